"""Who may do what: every operation by keys of different policies."""

from urllib.parse import quote

from raw import create, update, xml

from .data import path
from .exchange import ABSENT_ID
from .imports import import_from
from .world import ACCOUNT, STORES, TAGGING, arn

S3_BUCKET = "arn:aws:s3:::imports"


def run(ask, world):
    alpha = world.admin.ready("alpha")
    for name in ("nobody", "reader", "named", "every", "elsewhere", "denied"):
        _every_operation(ask, getattr(world, name), name, alpha)
    _other_account(ask, world.other, alpha)
    _imports(ask, world)
    _order(ask, world, alpha)


def _every_operation(ask, who, name, store):
    """Each operation once, in such a way that it changes nothing if it is allowed."""
    stale = {"if-match": "E0"}
    key, keys = path(store.arn, "keys", "n00"), path(store.arn, "keys")
    resource = f"Resource={quote(store.arn)}"
    requests = {
        "create": who.control("POST", STORES, body=create("<Name>alpha</Name>")),
        "describe": who.control("GET", f"{STORES}/alpha"),
        "describe a store that is not there": who.control("GET", f"{STORES}/absent"),
        "describe an invalid name": who.control("GET", f"{STORES}/a.b"),
        "update": who.control("PUT", f"{STORES}/alpha", "", stale, update("<Comment/>")),
        "delete": who.control("DELETE", f"{STORES}/alpha", "", stale),
        "list": who.control("GET", STORES, "MaxItems=1"),
        "list tags": who.control("GET", TAGGING, resource),
        "tag": who.control("POST", TAGGING, f"Operation=Tag&{resource}", body=xml("Tags", "")),
        "untag": who.control(
            "POST", TAGGING, f"Operation=Untag&{resource}", body=xml("TagKeys", "")
        ),
        "data: describe": who.data("GET", path(store.arn)),
        "data: describe a store that is not there": who.data("GET", path(arn(ABSENT_ID))),
        "get": who.data("GET", key),
        "list keys": who.data("GET", keys, "MaxResults=1"),
        "put": who.data("PUT", key, "", stale, b'{"Value":"1"}'),
        "delete key": who.data("DELETE", key, "", stale),
        "update keys": who.data("POST", keys, "", stale, b"{}"),
    }
    for what, request in requests.items():
        ask(f"by {name}: {what}", request)


def _other_account(ask, other, alpha):
    """Another account's store, by a key that may do everything in its own."""
    ask("by other: describe", other.control("GET", f"{STORES}/alpha"))
    ask("by other: list", other.control("GET", STORES))
    resource = f"Resource={quote(alpha.arn)}"
    ask("by other: list tags", other.control("GET", TAGGING, resource))
    ask("by other: data: describe", other.data("GET", path(alpha.arn)))
    ask("by other: get", other.data("GET", path(alpha.arn, "keys", "n00")))
    ask("by other: put", other.data("PUT", path(alpha.arn, "keys", "k"), "", {}, b'{"Value":"1"}'))
    ask("by other: create", other.control("POST", STORES, body=create("<Name>alpha</Name>")))


def _imports(ask, world):
    """The rights at S3 that an import takes."""
    good, other = f"{S3_BUCKET}/good.json", f"{S3_BUCKET}/csv.json"

    def attempt(what, who, source):
        ask(f"import by {what}", who.control("POST", STORES, body=import_from("by-policy", source)))

    attempt("importer of another object", world.importer, other)
    attempt("importer of another bucket", world.importer, "arn:aws:s3:::absent-bucket/a.json")
    attempt("unlocated", world.unlocated, good)
    attempt("creator", world.creator, good)
    attempt("nobody", world.nobody, good)
    attempt("importer", world.importer, good)
    world.admin.settle()


def _order(ask, world, alpha):
    """What is judged first when several things are wrong."""
    reader, admin = world.reader, world.admin
    keys = path(alpha.arn, "keys")
    ask(
        "order: policy before form",
        reader.data("PUT", f"{keys}/{'k' * 2000}", "", {}, b"{"),
    )
    ask("order: policy before form of a create", reader.control("POST", STORES, body=b"<"))
    ask("order: policy before If-Match", reader.control("PUT", f"{STORES}/alpha", body=b"<"))
    ask(
        "order: repeated parameter before policy",
        reader.data("GET", keys, "MaxResults=1&MaxResults=1"),
    )
    ask(
        "order: form before existence",
        admin.data("PUT", path(arn(ABSENT_ID), "keys", "k"), "", {"if-match": "KV1"}, b"{"),
    )
    ask("order: If-Match's form before the body", admin.data("PUT", f"{keys}/k", "", {}, b"{"))
    ask(
        "order: If-Match before the quota",
        admin.data(
            "PUT", f"{keys}/k", "", {"if-match": "KV1"}, b'{"Value":"' + b"v" * 1025 + b'"}'
        ),
    )
    ask(
        "order: If-Match before the key",
        admin.data("DELETE", f"{keys}/absent", "", {"if-match": "KV1"}),
    )
    ask("order: name before If-Match", admin.control("DELETE", f"{STORES}/absent"))
    ask(
        "order: name before the body",
        admin.control("PUT", f"{STORES}/absent", "", {"if-match": "E1"}, b"<"),
    )
    ask("order: If-Match before the body", admin.control("PUT", f"{STORES}/alpha", "", {}, b"<"))
    other = quote(f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1")
    query = f"Operation=Tag&Resource={other}"
    ask("order: resource before the body", admin.control("POST", TAGGING, query, body=b"<"))
