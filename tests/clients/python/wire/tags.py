"""Tags of stores."""

from urllib.parse import quote

from raw import xml

from .exchange import ABSENT_ID
from .world import ACCOUNT, OTHER_ACCOUNT, TAGGING, arn, id_of

BAD_RESOURCES = {
    "no resource": "",
    "an empty resource": "Resource=",
    "a resource that is no ARN": "Resource=alpha",
    "a resource of another service": f"Resource={quote('arn:aws:s3:::bucket')}",
    "a distribution": f"Resource={quote(f'arn:aws:cloudfront::{ACCOUNT}:distribution/E1')}",
    "a store's name": f"Resource={quote(arn('alpha'))}",
    "a store that is not there": f"Resource={quote(arn(ABSENT_ID))}",
    "a store of another account": "Resource="
    + quote(f"arn:aws:cloudfront::{OTHER_ACCOUNT}:key-value-store/{ABSENT_ID}"),
    "a resource that is badly encoded": "Resource=arn%zz",
    "a resource twice": f"Resource={quote(arn(ABSENT_ID))}&Resource=x",
}

TAG = "<Tag><Key>{}</Key><Value>{}</Value></Tag>".format

BAD_TAGS = {
    "of an empty key": TAG("", "1"),
    "of a key of AWS's": TAG("AWS:x", "1"),
    "of a key of 129": TAG("k" * 129, "1"),
    "of a value of 257": TAG("k", "v" * 257),
    "of another character": TAG("k", "a*b"),
    "of the same key twice": TAG("k", "1") + TAG("k", "2"),
    "that are 51": "".join(TAG(f"k{n}", "") for n in range(51)),
    "without a key": "<Tag><Value>1</Value></Tag>",
}


def run(ask, world):
    admin = world.admin
    alpha = admin.ready("alpha")
    resource = f"Resource={quote(alpha.arn)}"
    capitals = f"Resource={quote(alpha.arn.replace(id_of(alpha), id_of(alpha).upper()))}"

    def list_tags(what, query=resource):
        ask(f"list tags {what}", admin.control("GET", TAGGING, query))

    def tag(what, items, query=f"Operation=Tag&{resource}"):
        body = xml("Tags", f"<Items>{items}</Items>")
        ask(f"tag {what}", admin.control("POST", TAGGING, query, body=body))

    def untag(what, keys, query=f"Operation=Untag&{resource}"):
        body = xml("TagKeys", "<Items>" + "".join(f"<Key>{k}</Key>" for k in keys) + "</Items>")
        ask(f"untag {what}", admin.control("POST", TAGGING, query, body=body))

    list_tags("of which there are none")
    tag("with two", TAG("b", "2") + TAG("a", "1 &amp; 2".replace(" &amp;", " +")))
    tag("with another and a new value", TAG("Größe", "") + TAG("b", "3"))
    list_tags("of which there are three")
    list_tags("by an id in capitals", capitals)
    tag("with nothing", "")
    for what, items in BAD_TAGS.items():
        tag(what, items)
    untag("one that is there and one that is not", ["a", "x"])
    untag("nothing", [])
    untag("of an invalid key", ["a*b"])
    list_tags("of which two are left")
    for what, query in BAD_RESOURCES.items():
        list_tags(f"of {what}", query)
        tag(f"{what}", TAG("k", "1"), f"Operation=Tag&{query}")
        untag(f"{what}", ["k"], f"Operation=Untag&{query}")
    tag("without an operation", TAG("k", "1"), resource)
    tag("with an unknown operation", TAG("k", "1"), f"Operation=Other&{resource}")
    tag("with two operations", TAG("k", "1"), f"Operation=Tag&Operation=Untag&{resource}")
    body = xml("TagKeys", "<Items><Key>b</Key></Items>")
    query = f"Operation=Tag&{resource}"
    ask("tag with the other operation's body", admin.control("POST", TAGGING, query, body=body))
    ask("tag without a body", admin.control("POST", TAGGING, query))
    ask(
        "describe alpha when it was tagged",
        admin.control("GET", "/2020-05-31/key-value-store/alpha"),
    )
