"""A store that is PROVISIONING, one that was deleted, and an account without room."""

from urllib.parse import quote

from raw import create, update, xml

from .data import path
from .imports import document, import_from
from .world import STORES, TAGGING


def run(ask, world):
    admin = world.developer(world.slow)
    source = world.put_object(world.slow, "good.json", document())
    made = [
        ask("slow: create", admin.control("POST", STORES, body=create("<Name>one</Name>"))),
        ask(
            "slow: create with an import",
            admin.control("POST", STORES, body=import_from("two", source)),
        ),
    ]
    ask("slow: create the third", admin.control("POST", STORES, body=create("<Name>three</Name>")))
    ask(
        "slow: create one too many", admin.control("POST", STORES, body=create("<Name>four</Name>"))
    )
    ask(
        "slow: create a name that is taken",
        admin.control("POST", STORES, body=create("<Name>one</Name>")),
    )
    ask("slow: list of those PROVISIONING", admin.control("GET", STORES, "Status=PROVISIONING"))
    ask("slow: list of those READY", admin.control("GET", STORES, "Status=READY"))
    arn = made[0].arn
    ask("slow: describe", admin.control("GET", f"{STORES}/one"))
    described = ask("slow: data: describe", admin.data("GET", path(arn)))
    _data(ask, admin, "slow", arn, described.etag)
    resource = f"Resource={quote(arn)}"
    tags = xml("Tags", "<Items><Tag><Key>a</Key><Value>1</Value></Tag></Items>")
    ask("slow: tag", admin.control("POST", TAGGING, f"Operation=Tag&{resource}", body=tags))
    ask("slow: list tags", admin.control("GET", TAGGING, resource))
    headers = {"if-match": made[0].etag}
    body = update("<Comment>c</Comment>")
    updated = ask("slow: update", admin.control("PUT", f"{STORES}/one", "", headers, body))
    stale = admin.control("DELETE", f"{STORES}/one", "", headers)
    ask("slow: delete at a stale version", stale)
    headers = {"if-match": updated.etag}
    ask("slow: delete", admin.control("DELETE", f"{STORES}/one", "", headers))
    ask(
        "slow: delete with an import",
        admin.control("DELETE", f"{STORES}/two", "", {"if-match": made[1].etag}),
    )
    _deleted(ask, admin, arn, described.etag, resource)
    ask(
        "slow: create when there is room",
        admin.control("POST", STORES, body=create("<Name>four</Name>")),
    )
    other = world.developer(world.slow, "123456789012")
    ask(
        "slow: create for another account",
        other.control("POST", STORES, body=create("<Name>one</Name>")),
    )
    unknown = world.developer(world.slow, "12345678901")
    ask("slow: list by an account of 11 digits", unknown.control("GET", STORES))


def _data(ask, admin, what, arn, etag):
    key, headers = path(arn, "keys", "k"), {"if-match": etag}
    ask(f"{what}: get", admin.data("GET", key))
    ask(f"{what}: list keys", admin.data("GET", path(arn, "keys")))
    ask(f"{what}: put", admin.data("PUT", key, "", headers, b'{"Value":"1"}'))
    ask(f"{what}: put without If-Match", admin.data("PUT", key, "", {}, b'{"Value":"1"}'))
    ask(f"{what}: put a bad body", admin.data("PUT", key, "", headers, b"{"))
    ask(f"{what}: delete key", admin.data("DELETE", key, "", headers))
    ask(f"{what}: update keys", admin.data("POST", path(arn, "keys"), "", headers, b"{}"))


def _deleted(ask, admin, arn, etag, resource):
    ask("deleted: describe", admin.control("GET", f"{STORES}/one"))
    ask("deleted: data: describe", admin.data("GET", path(arn)))
    _data(ask, admin, "deleted", arn, etag)
    ask("deleted: list tags", admin.control("GET", TAGGING, resource))
    tags = xml("Tags", "<Items/>")
    ask("deleted: tag", admin.control("POST", TAGGING, f"Operation=Tag&{resource}", body=tags))
