"""The data plane: keys of stores, what succeeds and every refusal."""

import json

from raw import create

from .exchange import ABSENT_ID, FOREIGN_ID
from .world import OTHER_ACCOUNT, STORES, arn, id_of, quoted

JSON = {"content-type": "application/json"}

# A name for each kind of key, and how it stands in a path.
KEYS = {
    "plain": "k",
    "with slashes": "/a/b",
    "with percent signs": "100%25 %",
    "with blanks and pluses": "a b+c",
    "beyond ASCII": "é😀",
    "of one dot": ".",
    "of two dots": "..",
    "with a null": "a\0b",
    "with a line end": "a\r\nb",
    "with markup": "<a href='b'>&\"",
    "of 512 bytes": "é" * 256,
}

BAD_KEYS = {
    "empty": "",
    "of 513 bytes": "k" * 513,
    "of 1,024 bytes": "k" * 1024,
    "of 1,025 bytes": "k" * 1025,
    "badly encoded": "%zz",
    "cut off in its encoding": "a%2",
    "of no UTF-8": "%FF",
}

BODIES = {
    "without a value": {},
    "with null as its value": {"Value": None},
    "with a number as its value": {"Value": 1},
    "with an object as its value": {"Value": {}},
    "with a value in small letters": {"value": "1"},
    "with a list as its body": ["1"],
    "with a string as its body": "1",
    "with a value of 1,025 bytes": {"Value": "v" * 1025},
    "with a value of 1,026 bytes in 513 characters": {"Value": "é" * 513},
}

RAW_BODIES = {
    "without a body": b"",
    "with a body that is no JSON": b"{Value: 1}",
    "with a body that is cut off": b'{"Value": "1"',
    "with two bodies": b'{"Value": "1"} {"Value": "2"}',
    "with its value twice": b'{"Value": "1", "Value": "2"}',
    "with a body that is not UTF-8": b'{"Value": "\xff"}',
    "with half a surrogate": b'{"Value": "\\ud800"}',
    "with XML as its body": b"<Value>1</Value>",
    "with a body of 100 KB": json.dumps({"Value": "v" * 100_000}).encode(),
}

NO_VERSIONS = {
    "anything": "*",
    "a weak tag": 'W/"KV1"',
    "nothing": "",
    "a control version": "E1",
    "no ETag": "nonsense",
    "a version of no store": "KVPDKIKX0DER",
}


def run(ask, world):
    admin = world.admin
    store = admin.ready("alpha")
    _stores(ask, admin, store)
    etag = _puts(ask, admin, store)
    _reads(ask, admin, store)
    etag = _updates(ask, admin, store, etag)
    _lists(ask, admin, store)
    _deletes(ask, admin, store, etag)


def path(store_arn, *rest):
    return "/".join(["/key-value-stores", quoted(store_arn), *rest])


def in_path(key):
    """The key as the clients encode it; what is badly encoded stays as it is."""
    return key if key in BAD_KEYS.values() else quoted(key)


def _stores(ask, admin, store):
    """Which store a request is for."""
    arns = {
        "a store that is not there": arn(ABSENT_ID),
        "a store by its name": arn("alpha"),
        "a store of another account": arn(FOREIGN_ID, OTHER_ACCOUNT),
        "an ARN of another service": "arn:aws:s3:::bucket/key",
        "no ARN": "alpha",
        "an empty ARN": "",
    }
    ask("data: describe alpha", admin.data("GET", path(store.arn)))
    ask("data: describe by HEAD", admin.data("HEAD", path(store.arn)))
    capitals = store.arn.replace(id_of(store), id_of(store).upper())
    ask("data: describe by an id in capitals", admin.data("GET", path(capitals)))
    ask("data: describe by a plain ARN", admin.data("GET", f"/key-value-stores/{store.arn}"))
    ask("data: describe with SigV4", admin.data("GET", path(store.arn), scheme="sigv4"))
    headers = JSON | {"if-match": store.data_etag}
    value, nothing = '{"Value":"1"}', "{}"
    for what, text in arns.items():
        ask(f"data: describe {what}", admin.data("GET", path(text)))
        ask(f"get of {what}", admin.data("GET", path(text, "keys", "k")))
        ask(f"list keys of {what}", admin.data("GET", path(text, "keys")))
        ask(f"put in {what}", admin.data("PUT", path(text, "keys", "k"), "", headers, value))
        ask(f"delete in {what}", admin.data("DELETE", path(text, "keys", "k"), "", headers))
        ask(f"update keys of {what}", admin.data("POST", path(text, "keys"), "", headers, nothing))


def _puts(ask, admin, store):
    def put(what, key, etag, body):
        headers = JSON if etag is None else JSON | {"if-match": etag}
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(
            f"put {what}", admin.data("PUT", path(store.arn, "keys", key), "", headers, body)
        )

    etag = store.data_etag
    put("without If-Match", "k", None, {"Value": "1"})
    for what, version in NO_VERSIONS.items():
        put(f"if it matches {what}", "k", version, {"Value": "1"})
    for what, key in KEYS.items():
        etag = put(f"a key {what}", in_path(key), etag, {"Value": f"value {what}"}).etag
    put("at a stale version", "k", store.data_etag, {"Value": "1"})
    etag = put("an identical value", "k", etag, {"Value": "value plain"}).etag
    etag = put("an empty value", "empty", etag, {"Value": ""}).etag
    etag = put("the longest value", "longest", etag, {"Value": "é" * 512}).etag
    etag = put("with unknown members", "k", etag, {"Value": "a", "Other": [1, {}]}).etag
    etag = put("with the ETag in quotes", "k", f'"{etag}"', {"Value": "b"}).etag
    for what, key in BAD_KEYS.items():
        put(f"a key {what}", in_path(key), etag, {"Value": "1"})
    for what, body in (BODIES | RAW_BODIES).items():
        put(what, "k", etag, body)
    headers = {"content-type": "text/plain", "if-match": etag}
    request = admin.data("PUT", path(store.arn, "keys", "k"), "", headers, b'{"Value":"c"}')
    return ask("put with another content type", request).etag


def _reads(ask, admin, store):
    for what, key in (KEYS | BAD_KEYS).items():
        ask(f"get a key {what}", admin.data("GET", path(store.arn, "keys", in_path(key))))
    ask("get a key that is not there", admin.data("GET", path(store.arn, "keys", "absent")))
    ask("get a key with a query", admin.data("GET", path(store.arn, "keys", "k"), "a=1&a=2"))
    ask("get a key by HEAD", admin.data("HEAD", path(store.arn, "keys", "k")))
    ask("get a key with an encoded letter", admin.data("GET", path(store.arn, "keys", "%6B")))


def _updates(ask, admin, store, etag):
    def update(what, etag, body):
        headers = JSON if etag is None else JSON | {"if-match": etag}
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(
            f"update keys {what}", admin.data("POST", path(store.arn, "keys"), "", headers, body)
        )

    def puts(*keys, value="v"):
        return [{"Key": key, "Value": value} for key in keys]

    def deletes(*keys):
        return [{"Key": key} for key in keys]

    etag = update(
        "puts and deletes", etag, {"Puts": puts("p1", "p2"), "Deletes": deletes("k")}
    ).etag
    update("at a stale version", store.data_etag, {"Puts": puts("p1")})
    update("without If-Match", None, {"Puts": puts("p1")})
    update(
        "of 51",
        etag,
        {"Puts": puts(*(f"n{n}" for n in range(30))), "Deletes": deletes(*map(str, range(21)))},
    )
    etag = update("of 50", etag, {"Puts": puts(*(f"n{n:02}" for n in range(50)))}).etag
    same = {
        "with empty lists": {"Puts": [], "Deletes": []},
        "with null for lists": {"Puts": None, "Deletes": None},
        "with an empty body": {},
        "with deletes of absent keys": {"Deletes": deletes("x", "y")},
        "with unknown members": {"Other": 1, "Puts": []},
    }
    for what, body in same.items():
        update(what, etag, body)
    refused = {
        "with a key twice among the puts": {"Puts": puts("a", "a")},
        "with a key twice among the deletes": {"Deletes": deletes("a", "a")},
        "with a key in both lists": {"Puts": puts("a"), "Deletes": deletes("a")},
        "with an empty key": {"Puts": puts("")},
        "with an empty key to delete": {"Deletes": deletes("")},
        "with a key of 513 bytes": {"Puts": puts("k" * 513)},
        "with a key of 1,025 bytes": {"Puts": puts("k" * 1025)},
        "with a value of 1,025 bytes": {"Puts": puts("a", value="v" * 1025)},
        "with a put without a value": {"Puts": deletes("a")},
        "with a put that is a list": {"Puts": [["a", "1"]]},
        "with an object for a list": {"Puts": {"a": "1"}},
        "with a list as its body": puts("a"),
    }
    for what, body in refused.items():
        update(what, etag, body)
    update("without a body", etag, b"")
    update("with a body that is cut off", etag, b'{"Puts": [')
    return update("with a key of 513 bytes to delete", etag, {"Deletes": deletes("k" * 513)}).etag


def _lists(ask, admin, store):
    def page(what, query):
        return ask(f"list keys {what}", admin.data("GET", path(store.arn, "keys"), query))

    token = page("of the first page", "").token
    last = page("of the second page", f"NextToken={token}").token
    page("of the third page by fifty", f"NextToken={last}&MaxResults=50")
    page("one by one", "MaxResults=1")
    page("two by two, with an unknown parameter", "MaxResults=2&Other=x")
    for size in ("0", "51", "-1", "ten", ""):
        page(f"of {size or 'no'} results", f"MaxResults={size}")
    page("with a size twice", "MaxResults=1&MaxResults=1")
    for what, bad in {
        "empty": "",
        "unknown": "AAAA",
        "badly encoded": "%zz",
        "long": "A" * 5000,
    }.items():
        page(f"with a token that is {what}", f"NextToken={bad}")
    page("with a token that goes on", f"NextToken={token}A")
    other = admin.ready("bare")
    request = admin.data("GET", path(other.arn, "keys"), f"NextToken={token}")
    ask("list keys with a token of another store", request)
    ask("list keys of an empty store", admin.data("GET", path(other.arn, "keys")))


def _deletes(ask, admin, store, etag):
    def delete(what, key, etag):
        headers = {} if etag is None else {"if-match": etag}
        return ask(
            f"delete key {what}", admin.data("DELETE", path(store.arn, "keys", key), "", headers)
        )

    delete("without If-Match", "p1", None)
    for what, version in NO_VERSIONS.items():
        delete(f"if it matches {what}", "p1", version)
    delete("that is not there", "absent", etag)
    for what, key in BAD_KEYS.items():
        delete(what, in_path(key), etag)
    for what, key in list(KEYS.items())[1:]:
        etag = delete(what, in_path(key), etag).etag
    etag = delete("that is plain", "p1", etag).etag
    delete("twice", "p1", etag)
    ask("data: describe alpha after all", admin.data("GET", path(store.arn)))
    ask("describe alpha after all", admin.control("GET", f"{STORES}/alpha"))


def run_with_small_quotas(ask, world):
    """Quotas that are small enough to be reached."""
    admin = world.developer(world.small)
    ask("small: create", admin.control("POST", STORES, body=create("<Name>small</Name>")))
    store = admin.ready("small")
    headers = JSON | {"if-match": store.data_etag}

    def put(what, key, etag, value):
        request = admin.data(
            "PUT",
            path(store.arn, "keys", key),
            "",
            JSON | {"if-match": etag},
            json.dumps({"Value": value}),
        )
        return ask(f"small: put {what}", request).etag

    put("a key over its quota", "k" * 17, store.data_etag, "v")
    put("a value over its quota", "k", store.data_etag, "v" * 65)
    etag = store.data_etag
    for n in range(4):
        etag = put(f"entry {n}", f"key-{n}", etag, "v" * 64)
    put("an entry for which there is no room", "key-4", etag, "v" * 64)
    etag = put("an entry that fills the store", "key-4", etag, "v" * 11)
    put("a larger value in a full store", "key-4", etag, "v" * 12)
    for what, pairs in {
        "of too many keys": {f"{n}": "v" for n in range(4)},
        "of too many bytes": {f"{n}": "v" * 60 for n in range(3)},
        "for which there is no room": {"a": "v"},
    }.items():
        body = json.dumps({"Puts": [{"Key": key, "Value": value} for key, value in pairs.items()]})
        request = admin.data(
            "POST", path(store.arn, "keys"), "", headers | {"if-match": etag}, body
        )
        ask(f"small: update keys {what}", request)
    ask("small: describe", admin.data("GET", path(store.arn)))
    source = world.put_object(world.small, "large.json", b'{"data":[]}'.ljust(201))
    body = create(
        "<Name>large</Name><ImportSource><SourceType>S3</SourceType>"
        f"<SourceARN>{source}</SourceARN></ImportSource>"
    )
    ask("small: create from a file over its quota", admin.control("POST", STORES, body=body))
    store = admin.ready("large")
    ask("small: describe a store whose file was too large", admin.data("GET", path(store.arn)))
    page = "from a page of another origin"
    origin = {"origin": "https://evil.example"}
    ask(f"small: list {page}", admin.control("GET", STORES, "MaxItems=1", origin))
    host = f"evil.example:{world.small.port}"
    ask("small: list by a foreign name", admin.control("GET", STORES, "MaxItems=1", host=host))
