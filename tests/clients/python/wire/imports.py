"""Stores that are made from a file."""

from raw import create

from .data import path
from .world import STORES

ENTRY = '{{"key":"{}","value":"{}"}}'.format


def document(*entries):
    return '{"data":[' + ",".join(entries) + "]}"


GOOD = {
    "good": document(ENTRY("/old", "/new"), ENTRY("é", "\\u00fc"), ENTRY("empty", "")),
    "no-entries": '\n{ "data" : [ ] }\n',
}

BAD = {
    "empty-file": b"",
    "csv": b"key,value\na,1\n",
    "flat": b'{"/old": "/new"}',
    "capitals": b'{"data":[{"Key":"a","Value":"1"}]}',
    "capital-data": b'{"Data":[]}',
    "list": b'[{"key":"a","value":"1"}]',
    "lines": b'{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n',
    "cut-off": b'{"data":[{"key":"a","value":"1"}',
    "nested": b'{"data":[{"key":"a","value":{"b":"c"}}]}',
    "number": b'{"data":[{"key":"a","value":1}]}',
    "more-members": b'{"data":[{"key":"a","value":"1","ttl":1}]}',
    "no-value": b'{"data":[{"key":"a"}]}',
    "no-data": b"{}",
    "data-is-an-object": b'{"data":{"a":"1"}}',
    "data-twice": b'{"data":[],"data":[]}',
    "trailing": b'{"data":[]} x',
    "comma": b'{"data":[{"key":"a","value":"1"},]}',
    "not-utf-8": b'{"data":[\n{"key":"\xe9","value":"1"}]}',
    "byte-order-mark": b"\xef\xbb\xbf" + document(ENTRY("a", "1")).encode(),
    "utf-16": document(ENTRY("a", "1")).encode("utf-16"),
    "empty-key": document(ENTRY("a", "1"), ENTRY("", "1")).encode(),
    "long-key": document(ENTRY("k" * 513, "1")).encode(),
    "long-value": document(ENTRY("k", "v" * 1025)).encode(),
    "key-twice": document(ENTRY("a", "1"), ENTRY("b", "1"), ENTRY("a", "2")).encode(),
    "too-large": document(ENTRY("a", "1")).encode().ljust(5 * 1024 * 1024 + 1),
}

ABSENT = {
    "no-object": "arn:aws:s3:::imports/absent.json",
    "no-bucket": "arn:aws:s3:::absent-bucket/a.json",
    "folder": "arn:aws:s3:::imports/folder/",
    "upwards": "arn:aws:s3:::imports/../../credentials.toml",
}


def import_from(name, source):
    return create(
        f"<Name>{name}</Name><ImportSource><SourceType>S3</SourceType>"
        f"<SourceARN>{source}</SourceARN></ImportSource>"
    )


def run(ask, world):
    admin = world.admin
    sources = dict(ABSENT)
    for name, content in (GOOD | BAD).items():
        sources[name] = world.put_object(world.main, f"{name}.json", content)
    for name, source in sources.items():
        body = import_from(f"import-{name}", source)
        ask(f"import {name}", admin.control("POST", STORES, body=body))
    admin.settle()
    for name in sources:
        store = admin.ready(f"import-{name}")
        ask(f"import {name}: describe", admin.control("GET", f"{STORES}/{store.name}"))
        ask(f"import {name}: data: describe", admin.data("GET", path(store.arn)))
        if name in GOOD:
            ask(f"import {name}: list keys", admin.data("GET", path(store.arn, "keys")))
    _failed_store(ask, admin)


def _failed_store(ask, admin):
    """What works in a store whose import failed."""
    store = admin.ready("import-csv")
    headers = {"if-match": store.data_etag}
    key = path(store.arn, "keys", "k")
    ask("import failed: get", admin.data("GET", key))
    ask("import failed: list keys", admin.data("GET", path(store.arn, "keys")))
    ask("import failed: put", admin.data("PUT", key, "", headers, b'{"Value":"1"}'))
    ask("import failed: delete key", admin.data("DELETE", key, "", headers))
    ask(
        "import failed: update keys",
        admin.data("POST", path(store.arn, "keys"), "", headers, b"{}"),
    )
    query = "Status=IMPORT_FAILED&MaxItems=2"
    ask("import failed: list", admin.control("GET", STORES, query))
    headers = {"if-match": store.etag}
    ask("import failed: delete", admin.control("DELETE", f"{STORES}/import-csv", "", headers))
