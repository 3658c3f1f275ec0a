"""The control plane's operations on stores: what succeeds, and every refusal."""

from raw import create, update, xml

from .world import STORES

LONGEST_NAME = "n" * 64
COMMENT = "<Comment>{}</Comment>".format
NAME = "<Name>{}</Name>".format

CREATED = {
    "with a comment": NAME("commented") + COMMENT("It's &lt;b&gt; &amp; &quot;c&quot;"),
    "with an empty comment": NAME("empty-comment") + "<Comment></Comment>",
    "with a comment of blanks and line ends": NAME("blanks") + COMMENT(" a\n\tb&#13; "),
    "with a comment in CDATA": NAME("cdata") + COMMENT("<![CDATA[<&>]]>"),
    "with the longest name and comment": NAME(LONGEST_NAME) + COMMENT("😀" * 128),
    "with the shortest name": NAME("a"),
    "with unknown elements": NAME("unknown_elements") + "<Other><Deep/></Other>",
    "with tags": NAME("tagged")
    + "<Tags><Items><Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key></Tag></Items></Tags>",
    "with no tags": NAME("no-tags") + "<Tags><Items/></Tags>",
}

REFUSED_CREATES = {
    "of a name that is taken": create(NAME("alpha")),
    "without a name": create(""),
    "with an empty name": create(NAME("")),
    "with a name of 65": create(NAME("n" * 65)),
    "with a blank in the name": create(NAME("a b")),
    "with a dot in the name": create(NAME("a.b")),
    "with a name that is not ASCII": create(NAME("é")),
    "with two names": create(NAME("b") + NAME("c")),
    "with a comment of 129": create(NAME("b") + COMMENT("c" * 129)),
    "with a control character in the comment": create(NAME("b") + COMMENT("&#1;")),
    "with 51 tags": create(
        NAME("b")
        + "<Tags><Items>"
        + "".join(f"<Tag><Key>k{n}</Key><Value/></Tag>" for n in range(51))
        + "</Items></Tags>"
    ),
    "with a tag twice": create(
        NAME("b") + "<Tags><Items>" + "<Tag><Key>k</Key></Tag>" * 2 + "</Items></Tags>"
    ),
    "with a tag key of AWS's": create(
        NAME("b") + "<Tags><Items><Tag><Key>aws:x</Key></Tag></Items></Tags>"
    ),
    "with an import from elsewhere than S3": create(
        NAME("b")
        + "<ImportSource><SourceType>HTTP</SourceType>"
        + "<SourceARN>arn:aws:s3:::imports/good.json</SourceARN></ImportSource>"
    ),
    "with an import that has no ARN": create(
        NAME("b") + "<ImportSource><SourceType>S3</SourceType></ImportSource>"
    ),
    "with an import from a bucket": create(
        NAME("b")
        + "<ImportSource><SourceType>S3</SourceType>"
        + "<SourceARN>arn:aws:s3:::imports</SourceARN></ImportSource>"
    ),
    "with an import from no bucket's name": create(
        NAME("b")
        + "<ImportSource><SourceType>S3</SourceType>"
        + "<SourceARN>arn:aws:s3:::A..b/c</SourceARN></ImportSource>"
    ),
    "without a body": b"",
    "with a body that is no XML": b'{"Name": "b"}',
    "with a body that is not UTF-8": create(NAME("b")).encode().replace(b"b<", b"\xff<"),
    "with a body that is cut off": create(NAME("b"))[:-10],
    "with another root": xml("KeyValueStore", NAME("b")),
    "with two roots": create(NAME("b")) + create(NAME("c")),
    "with another namespace": '<CreateKeyValueStoreRequest xmlns="urn:other"><Name>b</Name>'
    "</CreateKeyValueStoreRequest>",
    "with a document type": "<!DOCTYPE x>" + create(NAME("b")),
    "with an unknown entity": create(NAME("&b;")),
    "with text after the root": create(NAME("b")) + "c",
    "with attributes that are not well formed": create("<Name a=1>b</Name>"),
    "with a body of 300 KB": create(NAME("b") + COMMENT("c" * 300_000)),
}

LISTS = {
    "of a first page": "MaxItems=2",
    "of the page after alpha": "MaxItems=2&Marker=alpha",
    "after a name that no store has": "MaxItems=1&Marker=b-nothing",
    "after the last": "Marker=zzz",
    "with an empty marker": "Marker=&MaxItems=1",
    "with a marker that is no name": "Marker=a%20b",
    "with a marker that is badly encoded": "Marker=%zz",
    "of those READY": "Status=READY&MaxItems=1",
    "of those PROVISIONING": "Status=PROVISIONING",
    "of those whose import failed": "Status=IMPORT_FAILED",
    "of an unknown status": "Status=ready",
    "of an empty status": "Status=",
    "of no items": "MaxItems=0",
    "of items below zero": "MaxItems=-1",
    "of many items": "MaxItems=1001&Marker=no-tags",
    "of too many items": "MaxItems=99999999999",
    "of items in words": "MaxItems=ten",
    "with a parameter twice": "MaxItems=1&MaxItems=1",
    "with an unknown parameter": "MaxItems=1&Other=2&Other=3",
}

NO_SUCH_NAMES = {
    "a store that is not there": "absent",
    "a name that is invalid": "a.b",
    "a name with an encoded slash": "al%2Fpha",
    "a name in capitals": "ALPHA",
    "a name that is badly encoded": "al%zz",
    "a name that is no UTF-8": "%FF",
    "a name of 65": "n" * 65,
}


def run(ask, world):
    admin = world.admin
    _create(ask, admin)
    _describe(ask, admin)
    _update(ask, admin)
    admin.settle()
    _list(ask, admin)
    _delete(ask, admin)


def _create(ask, admin):
    ask("create alpha", admin.control("POST", STORES, body=create(NAME("alpha"))))
    for what, inner in CREATED.items():
        ask(f"create {what}", admin.control("POST", STORES, body=create(inner)))
    slash = admin.control("POST", f"{STORES}/", body=create(NAME("slash")))
    ask("create with a trailing slash", slash)
    bare = "<CreateKeyValueStoreRequest><Name>bare</Name></CreateKeyValueStoreRequest>"
    ask("create without a namespace", admin.control("POST", STORES, body=bare))
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n' + create(NAME("declared"))
    headers = {"content-type": "text/xml"}
    ask("create with a declaration", admin.control("POST", STORES, "", headers, declared))
    admin.settle()
    for what, body in REFUSED_CREATES.items():
        ask(f"create {what}", admin.control("POST", STORES, body=body))


def _describe(ask, admin):
    for name in ["alpha", "commented", "empty-comment", "blanks", "cdata", LONGEST_NAME]:
        ask(f"describe {name[:20]}", admin.control("GET", f"{STORES}/{name}"))
    ask("describe by an encoded name", admin.control("GET", f"{STORES}/%61lpha"))
    ask("describe with a query", admin.control("GET", f"{STORES}/alpha", "Marker=x&Marker=y"))
    ask("describe with a trailing slash", admin.control("GET", f"{STORES}/alpha/"))
    ask("describe by HEAD", admin.control("HEAD", f"{STORES}/alpha"))
    for what, name in NO_SUCH_NAMES.items():
        ask(f"describe {what}", admin.control("GET", f"{STORES}/{name}"))


def _update(ask, admin):
    alpha = admin.ready("alpha")

    def attempt(what, etag, body=None, name="alpha"):
        body = update(COMMENT("changed")) if body is None else body
        headers = {} if etag is None else {"if-match": etag}
        request = admin.control("PUT", f"{STORES}/{name}", "", headers, body)
        return ask(f"update {what}", request)

    attempt("without If-Match", None)
    for what, etag in NO_ETAGS.items():
        attempt(f"if it matches {what}", etag)
    first = attempt("a comment", alpha.etag)
    attempt("at a stale version", alpha.etag)
    second = attempt("to the same comment", first.etag)
    third = attempt("with the ETag in quotes", f'"{second.etag}"')
    fourth = attempt("to an empty comment", third.etag, update("<Comment/>"))
    attempt("without a comment", fourth.etag, update(""))
    attempt("with two comments", fourth.etag, update(COMMENT("a") * 2))
    attempt("with a comment that is too long", fourth.etag, update(COMMENT("c" * 129)))
    attempt("with another root", fourth.etag, create(COMMENT("a")))
    attempt("without a body", fourth.etag, b"")
    attempt("with a body of 300 KB", fourth.etag, update(COMMENT("c" * 300_000)))
    for what, name in NO_SUCH_NAMES.items():
        attempt(what, fourth.etag, name=name)
    ask("describe alpha when it was updated", admin.control("GET", f"{STORES}/alpha"))


NO_ETAGS = {
    "anything": "*",
    "a weak tag": 'W/"E1"',
    "a list": '"E1", "E2"',
    "nothing": "",
    "a data version": "KV1",
    "no ETag": "nonsense",
    "an ETag of no version": "E3UN6WX5RRO2AG",
}


def _list(ask, admin):
    ask("list all", admin.control("GET", STORES))
    ask("list by HEAD", admin.control("HEAD", STORES))
    ask("list with a trailing slash", admin.control("GET", f"{STORES}/", "MaxItems=1"))
    for what, query in LISTS.items():
        ask(f"list {what}", admin.control("GET", STORES, query))


def _delete(ask, admin):
    store = admin.ready("commented")

    def attempt(what, etag, name="commented", body=b""):
        headers = {} if etag is None else {"if-match": etag}
        return ask(f"delete {what}", admin.control("DELETE", f"{STORES}/{name}", "", headers, body))

    attempt("without If-Match", None)
    for what, etag in NO_ETAGS.items():
        attempt(f"if it matches {what}", etag)
    for what, name in NO_SUCH_NAMES.items():
        attempt(what, store.etag, name)
    attempt("with a large body", store.etag, body=b"x" * 300_000)
    attempt("a store", store.etag)
    attempt("a store twice", store.etag)
    ask("describe a store that was deleted", admin.control("GET", f"{STORES}/commented"))
    ask(
        "create a store of the name of a deleted one",
        admin.control("POST", STORES, body=create(NAME("commented"))),
    )
    admin.settle()
