"""In which order a request is checked, for every operation: of two faults the earlier is answered.

The order stands in docs/differences.md: what of the signature needs no body, the size of the request, the
signature, the policy, form and limits, the store exists, it is READY, If-Match, what depends on the contents.
"""

import base64
import itertools
import json
from dataclasses import dataclass, replace

import pytest

from keyfront import Caller, Server, new_account
from raw import Request, create, sign, store_path, update, xml

STORES = "/2020-05-31/key-value-store"
TAGGING = "/2020-05-31/tagging"
FUNCTIONS = "/2020-05-31/function"
FUNCTION = f"{FUNCTIONS}/{{name}}"
ABSENT_ID = "00000000-0000-4000-8000-000000000000"
STALE = {"control": "ETVPDKIKX0DER", "data": "KVTVPDKIKX0DER"}
ACCOUNT = "123456789012"

CREDENTIALS = f"""
[[access_key]]
id = "AKIAALL"
secret = "all"
account = "{ACCOUNT}"

[[access_key]]
id = "AKIANOTHING"
secret = "nothing"
account = "{ACCOUNT}"
policies = []
"""


@dataclass
class Attempt:
    """A request that is good until a fault is put into it."""

    plane: str
    method: str
    # The parts of the path after the store, on the data plane.
    rest: tuple = ()
    path: str = ""
    query: str = ""
    store: str = "ready"
    # Of an operation on a function: which.
    function: str | None = None
    if_match: str | None = "current"
    body: str = ""
    key: tuple = ("AKIAALL", "all")
    claimed: str | None = None
    padding: int = 0


def changed(**changes):
    return lambda attempt: replace(attempt, **changes)


def grown(attempt):
    return replace(attempt, padding=300_000)


# What is wrong, in the order in which it is told; the code is the control plane's and the data plane's.
CLAIM = ("claim", changed(claimed="AKIANOTKNOWN"))
SIZE = ("size", grown)
SIGNATURE = ("signature", lambda attempt: replace(attempt, key=(attempt.key[0], "wrong")))
POLICY = (
    "policy",
    lambda attempt: replace(
        attempt, key=("AKIANOTHING", "nothing" if attempt.key[1] != "wrong" else "wrong")
    ),
)
EXISTS = ("exists", changed(store="absent"))
READY = ("ready", changed(store="failed"))
VERSION = ("version", changed(if_match="stale"))
NO_IF_MATCH = ("form", changed(if_match=None))
NO_FUNCTION = ("exists", changed(function="absent"))
STAGE = ("form", changed(query="Stage=none"))


def form(**changes):
    return ("form", changed(**changes))


COMMON = {
    "control": {
        "claim": "InvalidClientTokenId",
        "size": "InvalidArgument",
        "signature": "SignatureDoesNotMatch",
        "policy": "AccessDenied",
        "form": "InvalidArgument",
        "exists": "EntityNotFound",
        "version": "PreconditionFailed",
    },
    "data": {
        "claim": "UnrecognizedClientException",
        "size": "ValidationException",
        "signature": "InvalidSignatureException",
        "policy": "AccessDeniedException",
        "form": "ValidationException",
        "exists": "ResourceNotFoundException",
        "ready": "ConflictException",
        "version": "ValidationException: Pre-Condition",
    },
}
FIRST = [CLAIM, SIZE, SIGNATURE, POLICY]

NO_SUCH_FUNCTION = "NoSuchFunctionExists: The function does not exist."
NO_STAGE = "NoSuchFunctionExists: The function does not exist: a stage"


def function(root, name="", runtime="cloudfront-js-2.0", code=b"code", store=""):
    """The body that sets a function."""
    code = base64.b64encode(code).decode()
    if store:
        store = (
            "<KeyValueStoreAssociations><Quantity>1</Quantity><Items><KeyValueStoreAssociation>"
            f"<KeyValueStoreARN>arn:aws:cloudfront::{ACCOUNT}:key-value-store/{store}"
            "</KeyValueStoreARN></KeyValueStoreAssociation></Items></KeyValueStoreAssociations>"
        )
    return xml(
        root,
        f"{name}<FunctionConfig><Comment/><Runtime>{runtime}</Runtime>{store}</FunctionConfig>"
        f"<FunctionCode>{code}</FunctionCode>",
    )


def created(name="new", **more):
    return function("CreateFunctionRequest", f"<Name>{name}</Name>", **more)


def updated(**more):
    return function("UpdateFunctionRequest", **more)

# Each operation: a good attempt, its own faults after the first four, and its own codes.
OPERATIONS = {
    "CreateKeyValueStore": (
        Attempt("control", "POST", path=STORES, body=create("<Name>new</Name>"), if_match=None),
        [
            form(body=create("<Name>taken</Name><Comment>&#1;</Comment>")),
            ("contents", changed(body=create("<Name>taken</Name>"))),
        ],
        {"size": "EntitySizeLimitExceeded", "contents": "EntityAlreadyExists"},
    ),
    "ListKeyValueStores": (
        Attempt("control", "GET", path=STORES, if_match=None),
        [form(query="MaxItems=0")],
        {},
    ),
    "DescribeKeyValueStore (control)": (
        Attempt("control", "GET", path=f"{STORES}/{{name}}", if_match=None),
        [EXISTS],
        {},
    ),
    "UpdateKeyValueStore": (
        Attempt(
            "control", "PUT", path=f"{STORES}/{{name}}", body=update("<Comment>c</Comment>")
        ),
        [form(body=update("")), EXISTS, VERSION],
        {},
    ),
    "DeleteKeyValueStore": (
        Attempt("control", "DELETE", path=f"{STORES}/{{name}}"),
        [NO_IF_MATCH, EXISTS, VERSION],
        {"size": "UnsupportedOperation", "form": "InvalidIfMatchVersion"},
    ),
    "ListTagsForResource": (
        Attempt("control", "GET", path=TAGGING, query="Resource={arn}", if_match=None),
        [EXISTS],
        {"exists": "NoSuchResource"},
    ),
    "TagResource": (
        Attempt(
            "control", "POST", path=TAGGING, query="Operation=Tag&Resource={arn}", if_match=None,
            body=xml("Tags", "<Items/>"),
        ),
        [form(body=xml("Tag", "")), EXISTS],
        {"exists": "NoSuchResource"},
    ),
    "UntagResource": (
        Attempt(
            "control", "POST", path=TAGGING, query="Operation=Untag&Resource={arn}",
            if_match=None, body=xml("TagKeys", "<Items/>"),
        ),
        [form(body=xml("Tag", "")), EXISTS],
        {"exists": "NoSuchResource"},
    ),
    "CreateFunction": (
        Attempt("control", "POST", path=FUNCTIONS, body=created(), if_match=None),
        [
            form(body=created("taken", runtime="none")),
            ("limits", changed(body=created("taken", code=b"x" * 20_000))),
            ("contents", changed(body=created("taken"))),
        ],
        {
            "size": "FunctionSizeLimitExceeded",
            "limits": "FunctionSizeLimitExceeded",
            "contents": "FunctionAlreadyExists",
        },
    ),
    "ListFunctions": (
        Attempt("control", "GET", path=FUNCTIONS, if_match=None),
        [form(query="MaxItems=0")],
        {},
    ),
    "DescribeFunction": (
        Attempt("control", "GET", path=f"{FUNCTION}/describe", function="there", if_match=None),
        [STAGE, NO_FUNCTION],
        {"size": "UnsupportedOperation", "form": NO_STAGE, "exists": NO_SUCH_FUNCTION},
    ),
    "GetFunction": (
        Attempt("control", "GET", path=FUNCTION, function="there", if_match=None),
        [STAGE, NO_FUNCTION],
        {"size": "UnsupportedOperation", "form": NO_STAGE, "exists": NO_SUCH_FUNCTION},
    ),
    "UpdateFunction": (
        Attempt("control", "PUT", path=FUNCTION, function="there", body=updated()),
        [
            form(body=updated(runtime="none")),
            ("limits", changed(body=updated(code=b"x" * 20_000))),
            NO_FUNCTION,
            VERSION,
            ("contents", changed(body=updated(store=ABSENT_ID))),
        ],
        {
            "size": "FunctionSizeLimitExceeded",
            "form": "InvalidArgument: An argument is invalid: a runtime",
            "limits": "FunctionSizeLimitExceeded",
            "exists": NO_SUCH_FUNCTION,
            "contents": "InvalidArgument: The KeyValueStoreAssociationArn",
        },
    ),
    "PublishFunction": (
        Attempt("control", "POST", path=f"{FUNCTION}/publish", function="there"),
        [NO_IF_MATCH, NO_FUNCTION, VERSION],
        {"form": "InvalidIfMatchVersion", "exists": NO_SUCH_FUNCTION},
    ),
    "TestFunction": (
        Attempt(
            "control", "POST", path=f"{FUNCTION}/test", function="there",
            body=xml("TestFunctionRequest", "<EventObject>e30=</EventObject>"),
        ),
        [form(body=xml("TestFunctionRequest", "")), NO_FUNCTION, VERSION],
        {"exists": NO_SUCH_FUNCTION, "version": "InvalidIfMatchVersion"},
    ),
    "DeleteFunction": (
        Attempt("control", "DELETE", path=FUNCTION, function="there"),
        [NO_IF_MATCH, NO_FUNCTION, VERSION],
        {
            "size": "UnsupportedOperation",
            "form": "InvalidIfMatchVersion",
            "exists": NO_SUCH_FUNCTION,
        },
    ),
    "DescribeKeyValueStore (data)": (
        Attempt("data", "GET", if_match=None),
        [EXISTS],
        {"size": "ResourceNotFoundException: The request's body is larger"},
    ),
    "GetKey": (
        Attempt("data", "GET", rest=("keys", "a"), if_match=None),
        [
            form(rest=("keys", "k" * 1025)),
            EXISTS,
            READY,
            ("contents", changed(rest=("keys", "absent"))),
        ],
        {
            "size": "ResourceNotFoundException: The request's body is larger",
            "form": "ResourceNotFoundException: Resource was not found: a key",
            "contents": "ResourceNotFoundException",
        },
    ),
    "ListKeys": (
        Attempt("data", "GET", rest=("keys",), if_match=None),
        [form(query="MaxResults=51"), EXISTS, READY],
        {},
    ),
    "PutKey": (
        Attempt("data", "PUT", rest=("keys", "a"), body='{"Value":"1"}'),
        [
            form(rest=("keys", "k" * 1025)),
            ("limits", changed(body=json.dumps({"Value": "v" * 1025}))),
            EXISTS,
            READY,
            VERSION,
        ],
        {
            "size": "ServiceQuotaExceededException",
            "form": "ValidationException: Validation failed: a key",
            "limits": "ServiceQuotaExceededException",
        },
    ),
    "DeleteKey": (
        Attempt("data", "DELETE", rest=("keys", "a")),
        [
            form(rest=("keys", "k" * 1025)),
            EXISTS,
            READY,
            VERSION,
            ("contents", changed(rest=("keys", "absent"))),
        ],
        {
            "form": "ValidationException: Validation failed: a key",
            "contents": "ResourceNotFoundException",
        },
    ),
    "UpdateKeys": (
        Attempt("data", "POST", rest=("keys",), body="{}"),
        [
            form(body='{"Puts":1}'),
            (
                "limits",
                changed(body=json.dumps({"Deletes": [{"Key": str(n)} for n in range(51)]})),
            ),
            EXISTS,
            READY,
            VERSION,
        ],
        {
            "size": "ServiceQuotaExceededException",
            "form": "ValidationException: The request's body",
            "limits": "ServiceQuotaExceededException",
        },
    ),
}  # fmt: skip


def same_place(first, second):
    """Whether two faults can't be in one request: they are in the same part of it."""
    pairs = [
        {"exists", "ready"},
        {"form", "limits"},
        {"form", "contents"},
        {"limits", "contents"},
    ]
    return {first, second} in pairs


def pairs():
    for name, (good, faults, codes) in OPERATIONS.items():
        faults = FIRST + faults
        codes = COMMON[good.plane] | codes
        for (first, put_first), (second, put_second) in itertools.combinations(faults, 2):
            if not same_place(first, second):
                yield pytest.param(
                    good, put_first, put_second, codes[first], id=f"{name}-{first}-{second}"
                )


def single():
    for name, (good, faults, codes) in OPERATIONS.items():
        codes = COMMON[good.plane] | codes
        for fault, put in FIRST + faults:
            yield pytest.param(good, put, lambda it: it, codes[fault], id=f"{name}-{fault}")


class World:
    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "credentials.toml"
        file.write_text(CREDENTIALS)
        # A body of 3 MB and its escapes would be large to send so often.
        self.server = Server(folder, credentials=file, update_bytes=10_000)
        self.caller = Caller(self.server, account=ACCOUNT, key="AKIAALL", secret="all")
        self.stores = {
            "ready": self.caller.make_store("ready"),
            "failed": self.caller.make_store(
                "failed", wait=False, ImportSource=self.caller.put_object("{")
            ),
        }
        self.caller.wait_for(self.stores["failed"], "IMPORT_FAILED")
        self.caller.make_store("taken")
        self.caller.put(self.stores["ready"], "a", "1")
        gone = replace_store(self.stores["ready"])
        self.stores["absent"] = gone
        config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
        self.functions = {"absent": "E1"}
        for name in ["there", "taken"]:
            created = self.caller.control.create_function(
                Name=name, FunctionConfig=config, FunctionCode=b"code"
            )
            self.functions[name] = created["ETag"]

    def ask(self, attempt):
        store = self.stores[attempt.store]
        plane = attempt.plane
        if plane == "data":
            path = store_path(store.arn, *attempt.rest)
        else:
            path = attempt.path.replace("{name}", attempt.function or store.name)
        query = attempt.query.replace("{arn}", store_path(store.arn).rsplit("/", 1)[1])
        etag = {"control": store.etag, "data": store.data_etag}[plane]
        etag = self.functions[attempt.function] if attempt.function else etag
        etags = {"current": etag, "stale": STALE[plane]}
        headers = {} if attempt.if_match is None else {"if-match": etags[attempt.if_match]}
        body = (attempt.body + " " * attempt.padding).encode()
        request = Request(attempt.method, path, query, headers, body)
        key, secret = attempt.key
        signed = sign(request, self.caller, plane, key=key, secret=secret)
        if attempt.claimed:
            value = signed.headers["authorization"].replace(key, attempt.claimed)
            signed = signed.but({"authorization": value})
        return signed.send(self.server)


def replace_store(store):
    """A store that never was, as far as a caller can name it."""
    arn = store.arn.replace(store.id, ABSENT_ID)
    return type(store)(
        name="absent", id=ABSENT_ID, arn=arn, etag=store.etag, data_etag=store.data_etag
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("order"))
    with world.server:
        yield world


def assert_answered(answer, expected):
    code, _, text = expected.partition(": ")
    assert answer.code == code, (answer.code, answer.message)
    assert answer.message.startswith(text), answer.message


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "List" in name or "Get" in name])
def test_without_a_fault_it_is_answered(world, name):
    good, _, _ = OPERATIONS[name]
    assert world.ask(good).status == 200


@pytest.mark.parametrize(("good", "put", "no_more", "expected"), list(single()))
def test_each_fault_is_told(world, good, put, no_more, expected):
    assert_answered(world.ask(no_more(put(good))), expected)


@pytest.mark.parametrize(("good", "put_first", "put_second", "expected"), list(pairs()))
def test_of_two_faults_the_earlier_is_told(world, good, put_first, put_second, expected):
    # The second must not undo the first.
    attempt = put_first(put_second(good))
    assert_answered(world.ask(attempt), expected)
