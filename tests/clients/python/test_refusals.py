"""Every refusal says why: what is wrong with a request, and which form was wanted.

Texts that were observed at AWS stay as they are, and the log says the rest.
"""

import json
import re

import pytest
from botocore.exceptions import ClientError

from keyfront import BAD_IF_MATCH, STALE_DATA, Caller, new_account, until
from raw import Request, assert_refused, call, create, sign, store_path, update, xml

STORES = "/2020-05-31/key-value-store"
TAGGING = "/2020-05-31/tagging"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NEVER_GIVEN = {"control": "ETVPDKIKX0DER", "data": "KVTVPDKIKX0DER"}

NAME_FORM = "a store's name is 1 to 64 of letters, digits, hyphens and underscores"
ARN_FORM = "a store's ARN is arn:aws:cloudfront::ACCOUNT:key-value-store/ID"
ENCODING = "the path is not UTF-8, or not well percent-encoded"
NOT_FOUND = "Resource was not found"
ENTITY_NOT_FOUND = "The key value store entity was not found"
NOT_XML = "The request's body is not the expected XML"
PUT_FORM = 'The request\'s body is not the expected {"Value":"…"}'
UPDATE_FORM = (
    'The request\'s body is not the expected {"Puts":[{"Key":"…","Value":"…"}],'
    '"Deletes":[{"Key":"…"}]}'
)
IF_MATCH_FORM = "Validation failed: the If-Match header must be the store's ETag of this plane, KV…."
RESOURCE_FORM = (
    "The Resource is not the ARN of a CloudFront resource, such as "
    "arn:aws:cloudfront::ACCOUNT:key-value-store/ID."
)
MEMBER = "a member is missing, given twice or of another type"

# Each: method, path, query, If-Match, body; code, status, text. In paths and queries {name} and {arn}
# stand for the store's.
CONTROL = {
    "describe: a name of another form": (
        "GET", f"{STORES}/a.b", "", None, "",
        "InvalidArgument", 400, f"An argument is invalid: {NAME_FORM}.",
    ),
    "describe: an ARN where a name is wanted": (
        "GET", f"{STORES}/{{arn}}", "", None, "",
        "InvalidArgument", 400, f"An argument is invalid: {NAME_FORM}.",
    ),
    "describe: an id where a name is wanted": (
        "GET", f"{STORES}/{UNKNOWN_ID}", "", None, "",
        "EntityNotFound", 404,
        f"{ENTITY_NOT_FOUND}: a store is named by its name here, and this has the form of an id.",
    ),
    "describe: a path that is no text": (
        "GET", f"{STORES}/%FF", "", None, "",
        "InvalidArgument", 400,
        "An argument is invalid: the store's name in the path is not well encoded.",
    ),
    "describe: no such store": (
        "GET", f"{STORES}/absent", "", None, "", "EntityNotFound", 404, f"{ENTITY_NOT_FOUND}.",
    ),
    "delete: a name of another form": (
        "DELETE", f"{STORES}/a.b", "", NEVER_GIVEN["control"], "",
        "EntityNotFound", 404, f"{ENTITY_NOT_FOUND}: {NAME_FORM}.",
    ),
    "delete: no If-Match": (
        "DELETE", f"{STORES}/{{name}}", "", None, "", "InvalidIfMatchVersion", 400, BAD_IF_MATCH,
    ),
    "delete: an If-Match that is no ETag": (
        "DELETE", f"{STORES}/{{name}}", "", "*", "", "InvalidIfMatchVersion", 400, BAD_IF_MATCH,
    ),
    "update: no body": (
        "PUT", f"{STORES}/{{name}}", "", NEVER_GIVEN["control"], "",
        "InvalidArgument", 400, f"{NOT_XML}: the element Comment is missing.",
    ),
    "update: no Comment": (
        "PUT", f"{STORES}/{{name}}", "", NEVER_GIVEN["control"], update(""),
        "InvalidArgument", 400, f"{NOT_XML}: the element Comment is missing.",
    ),
    "update: a long comment": (
        "PUT", f"{STORES}/{{name}}", "", NEVER_GIVEN["control"],
        update(f"<Comment>{'c' * 129}</Comment>"),
        "InvalidArgument", 400, "An argument is invalid: a comment is at most 128 characters.",
    ),
    "create: no body": (
        "POST", STORES, "", None, "",
        "InvalidArgument", 400, f"{NOT_XML}: the element Name is missing.",
    ),
    "create: no Name": (
        "POST", STORES, "", None, create("<Comment>c</Comment>"),
        "InvalidArgument", 400, f"{NOT_XML}: the element Name is missing.",
    ),
    "create: a name of another form": (
        "POST", STORES, "", None, create("<Name>a.b</Name>"),
        "InvalidArgument", 400, f"An argument is invalid: {NAME_FORM}.",
    ),
    "create: two names": (
        "POST", STORES, "", None, create("<Name>a</Name><Name>b</Name>"),
        "InvalidArgument", 400, f"{NOT_XML}: an element is misplaced, empty or given twice.",
    ),
    "create: another root": (
        "POST", STORES, "", None, update("<Name>a</Name>"),
        "InvalidArgument", 400, f"{NOT_XML}: its root is another element.",
    ),
    "create: another namespace": (
        "POST", STORES, "", None, '<CreateKeyValueStoreRequest xmlns="urn:x"/>',
        "InvalidArgument", 400, f"{NOT_XML}: its namespace is not the API's.",
    ),
    "create: no XML": (
        "POST", STORES, "", None, "<a", "InvalidArgument", 400, f"{NOT_XML}: it is not well formed.",
    ),
    "create: a document type": (
        "POST", STORES, "", None, "<!DOCTYPE x>" + create("<Name>a</Name>"),
        "InvalidArgument", 400, f"{NOT_XML}: it has a document type.",
    ),
    "create: text besides the root": (
        "POST", STORES, "", None, create("<Name>a</Name>") + "x",
        "InvalidArgument", 400, f"{NOT_XML}: there is text outside the root.",
    ),
    "create: not one root": (
        "POST", STORES, "", None, create("<Name>a</Name>") * 2,
        "InvalidArgument", 400, f"{NOT_XML}: it has not one root.",
    ),
    "create: not UTF-8": (
        "POST", STORES, "", None, create("<Name>é</Name>").encode("latin-1"),
        "InvalidArgument", 400, f"{NOT_XML}: it is not UTF-8.",
    ),
    "create: an import of another kind": (
        "POST", STORES, "", None,
        create(
            "<Name>a</Name><ImportSource><SourceType>FTP</SourceType>"
            "<SourceARN>arn:aws:s3:::bucket/key</SourceARN></ImportSource>"
        ),
        "InvalidArgument", 400, "The SourceType of an import must be S3.",
    ),
    "create: an import without its type": (
        "POST", STORES, "", None,
        create(
            "<Name>a</Name><ImportSource><SourceARN>arn:aws:s3:::bucket/key</SourceARN>"
            "</ImportSource>"
        ),
        "InvalidArgument", 400, f"{NOT_XML}: the element SourceType is missing.",
    ),
    "create: an import without its object": (
        "POST", STORES, "", None,
        create("<Name>a</Name><ImportSource><SourceType>S3</SourceType></ImportSource>"),
        "InvalidArgument", 400, f"{NOT_XML}: the element SourceARN is missing.",
    ),
    "create: an import of no object": (
        "POST", STORES, "", None,
        create(
            "<Name>a</Name><ImportSource><SourceType>S3</SourceType>"
            "<SourceARN>s3://bucket/key</SourceARN></ImportSource>"
        ),
        "InvalidArgument", 400,
        "An argument is invalid: an object's ARN is arn:aws:s3:::BUCKET/KEY.",
    ),
    "create: a bad tag": (
        "POST", STORES, "", None,
        create("<Name>a</Name><Tags><Items><Tag><Key>a*</Key></Tag></Items></Tags>"),
        "InvalidArgument", 400,
        "An argument is invalid: a tag holds letters, digits, spaces and _ . : / = + - @.",
    ),
    "list: a Status of another form": (
        "GET", STORES, "Status=ready", None, "",
        "InvalidArgument", 400,
        "The Status is not valid: a status is PROVISIONING, READY or IMPORT_FAILED.",
    ),
    "list: a Marker of another form": (
        "GET", STORES, "Marker=a.b", None, "",
        "InvalidArgument", 400, f"The Marker is not valid: {NAME_FORM}.",
    ),
    "list: a MaxItems of another form": (
        "GET", STORES, "MaxItems=0", None, "",
        "InvalidArgument", 400, "MaxItems must be a positive number.",
    ),
    "list: a parameter twice": (
        "GET", STORES, "MaxItems=1&MaxItems=1", None, "",
        "InvalidArgument", 400, "The parameter MaxItems is given more than once.",
    ),
    "tags: no resource": (
        "GET", TAGGING, "", None, "", "InvalidArgument", 400, RESOURCE_FORM,
    ),
    "tags: a name where an ARN is wanted": (
        "GET", TAGGING, "Resource={name}", None, "", "InvalidArgument", 400, RESOURCE_FORM,
    ),
    "tag: no body": (
        "POST", TAGGING, "Operation=Tag&Resource={arn}", None, "",
        "InvalidArgument", 400, f"{NOT_XML}: the element Items is missing.",
    ),
    "tag: a Tag without its Key": (
        "POST", TAGGING, "Operation=Tag&Resource={arn}", None,
        xml("Tags", "<Items><Tag><Value>v</Value></Tag></Items>"),
        "InvalidArgument", 400, f"{NOT_XML}: the element Key is missing.",
    ),
    "tag: a reserved key": (
        "POST", TAGGING, "Operation=Tag&Resource={arn}", None,
        xml("Tags", "<Items><Tag><Key>aws:x</Key></Tag></Items>"),
        "InvalidTagging", 400,
        "The tagging is not valid: tag keys that begin with aws: are reserved.",
    ),
    "untag: a key of another form": (
        "POST", TAGGING, "Operation=Untag&Resource={arn}", None,
        xml("TagKeys", "<Items><Key></Key></Items>"),
        "InvalidTagging", 400, "The tagging is not valid: a tag's key is 1 to 128 characters.",
    ),
    "an operation that is not here": (
        "GET", "/2020-05-31/distribution", "", None, "",
        "UnsupportedOperation", 400, "GET /2020-05-31/distribution is not supported by Keyfront",
    ),
    "a path of nobody": (
        "GET", "/x", "", None, "", "UnknownOperation", 404, "There is no operation GET /x",
    ),
}

KEY = ("{arn}", "keys", "a")
DATA = {
    "describe: a name where an ARN is wanted": (
        "GET", ("{name}",), "", None, "",
        "ResourceNotFoundException", 404, f"{NOT_FOUND}: {ARN_FORM}.",
    ),
    "get: an id where an ARN is wanted": (
        "GET", (UNKNOWN_ID, "keys", "a"), "", None, "",
        "ResourceNotFoundException", 404, f"{NOT_FOUND}: {ARN_FORM}.",
    ),
    "put: an id where an ARN is wanted": (
        "PUT", (UNKNOWN_ID, "keys", "a"), "", NEVER_GIVEN["data"], {"Value": "1"},
        "ValidationException", 400, f"Validation failed: {ARN_FORM}.",
    ),
    "list: an ARN with a name": (
        "GET", ("arn:aws:cloudfront::123456789012:key-value-store/{name}", "keys"), "", None, "",
        "ValidationException", 400, "Validation failed: a store's id is a UUID with hyphens.",
    ),
    "list: an ARN with another account": (
        "GET", (f"arn:aws:cloudfront::12345:key-value-store/{UNKNOWN_ID}", "keys"), "", None, "",
        "ValidationException", 400, "Validation failed: an account id is 12 digits.",
    ),
    "get: a key over the model's 1,024 bytes": (
        "GET", ("{arn}", "keys", "k" * 1025), "", None, "",
        "ResourceNotFoundException", 404, f"{NOT_FOUND}: a key is at most 1,024 bytes.",
    ),
    "put: a key over the model's 1,024 bytes": (
        "PUT", ("{arn}", "keys", "k" * 1025), "", NEVER_GIVEN["data"], {"Value": "1"},
        "ValidationException", 400, "Validation failed: a key is at most 1,024 bytes.",
    ),
    "put: no If-Match": (
        "PUT", KEY, "", None, {"Value": "1"}, "ValidationException", 400, IF_MATCH_FORM,
    ),
    "delete: an empty If-Match": (
        "DELETE", KEY, "", "", "", "ValidationException", 400, IF_MATCH_FORM,
    ),
    "update: no If-Match": (
        "POST", ("{arn}", "keys"), "", None, {}, "ValidationException", 400, IF_MATCH_FORM,
    ),
    "put: an If-Match that is no ETag": (
        "PUT", KEY, "", "*", {"Value": "1"}, "ValidationException", 400, STALE_DATA,
    ),
    "put: no Value": (
        "PUT", KEY, "", NEVER_GIVEN["data"], {},
        "ValidationException", 400, f"{PUT_FORM}: {MEMBER} (line 1, column 2)",
    ),
    "put: no body": (
        "PUT", KEY, "", NEVER_GIVEN["data"], "",
        "ValidationException", 400, f"{PUT_FORM}: it ends too early (line 1, column 0)",
    ),
    "put: no JSON": (
        "PUT", KEY, "", NEVER_GIVEN["data"], "{Value}",
        "ValidationException", 400, f"{PUT_FORM}: it is no JSON (line 1, column 2)",
    ),
    "put: not UTF-8": (
        "PUT", KEY, "", NEVER_GIVEN["data"], b'{"Value":"\xff"}',
        "ValidationException", 400, "The request's body is not UTF-8",
    ),
    "update: a list of values": (
        "POST", ("{arn}", "keys"), "", NEVER_GIVEN["data"], {"Puts": ["a"]},
        "ValidationException", 400, re.compile("^" + re.escape(f"{UPDATE_FORM}: {MEMBER} (line 1, ")),
    ),
    "update: an empty key": (
        "POST", ("{arn}", "keys"), "", NEVER_GIVEN["data"], {"Deletes": [{"Key": ""}]},
        "ValidationException", 400, "Validation failed: a key is at least one byte.",
    ),
    "update: a key twice": (
        "POST", ("{arn}", "keys"), "", NEVER_GIVEN["data"],
        {"Deletes": [{"Key": "a"}, {"Key": "a"}]},
        "ValidationException", 400, "A key can be changed only once in a single API request",
    ),
    "list: a MaxResults of another form": (
        "GET", ("{arn}", "keys"), "MaxResults=51", None, "",
        "ValidationException", 400, "MaxResults must be from 1 to 50",
    ),
    "list: a NextToken of another form": (
        "GET", ("{arn}", "keys"), "NextToken=x", None, "",
        "ValidationException", 400, "NextToken is not valid: it is not one that ListKeys gave",
    ),
    "list: a NextToken of another store": (
        "GET", ("{arn}", "keys"), "NextToken=" + "A" * 24, None, "",
        "ValidationException", 400, "NextToken is not valid: it is another store's",
    ),
    "list: a parameter twice": (
        "GET", ("{arn}", "keys"), "MaxResults=1&MaxResults=1", None, "",
        "ValidationException", 400, "The parameter MaxResults is given more than once",
    ),
    "get: a path that is no text": (
        "GET", "/key-value-stores/{encoded}/keys/%FF", "", None, "",
        "ResourceNotFoundException", 404, f"{NOT_FOUND}: {ENCODING}.",
    ),
    "put: a path that is no text": (
        "PUT", "/key-value-stores/{encoded}/keys/%FF", "", NEVER_GIVEN["data"], {"Value": "1"},
        "ValidationException", 400, f"Validation failed: {ENCODING}.",
    ),
    "a path of nobody": (
        "GET", "/key-value-stores", "", None, "",
        "UnknownOperationException", 404, "There is no operation GET /key-value-stores",
    ),
}  # fmt: skip


def filled(text, store):
    encoded = store_path(store.arn).rsplit("/", 1)[1]
    return (
        text.replace("{name}", store.name).replace("{arn}", store.arn).replace("{encoded}", encoded)
    )


def ask(caller, store, plane, row):
    method, path, query, if_match, body = row[:5]
    if plane == "data" and isinstance(path, tuple):
        path = store_path(*(filled(part, store) for part in path))
    elif plane == "control":
        path = filled(path.replace("{arn}", "{encoded}"), store)
    else:
        path = filled(path, store)
    query = filled(query.replace("{arn}", "{encoded}"), store)
    headers = {} if if_match is None else {"if-match": if_match}
    body = json.dumps(body) if isinstance(body, dict) else body
    return call(caller, plane, method, path, query, headers, body)


@pytest.fixture(scope="module")
def own(server):
    """A caller with one store, which no refused request changes."""
    caller = Caller(server, account=new_account())
    return caller, caller.make_store("store")


@pytest.mark.parametrize("row", CONTROL.values(), ids=CONTROL)
def test_on_the_control_plane(own, row):
    answer = ask(*own, "control", row)
    assert_refused(answer, "control", *row[5:])


@pytest.mark.parametrize("row", DATA.values(), ids=DATA)
def test_on_the_data_plane(own, row):
    answer = ask(*own, "data", row)
    assert_refused(answer, "data", *row[5:])


def test_the_log_says_what_an_observed_text_does_not(own):
    caller, store = own
    before = len(caller.server.log_path.read_bytes())
    with pytest.raises(ClientError):
        caller.control.delete_key_value_store(Name=store.name, IfMatch="*")
    until(
        lambda: "the If-Match header is no ETag" in caller.server.log(since=before),
        "the log says the reason",
    )


def test_the_unchecked_client_is_told_what_it_left_out(own):
    caller, store = own
    client = caller.unchecked_control
    with pytest.raises(client.exceptions.InvalidArgument, match="Comment is missing"):
        client.update_key_value_store(Name=store.name, IfMatch=store.etag)
    with pytest.raises(client.exceptions.InvalidArgument, match="Name is missing"):
        client.create_key_value_store()


@pytest.mark.parametrize("character", ["%00", "%1F", "%EF%BF%BE", "%0B"])
def test_an_error_of_the_control_plane_is_xml_whatever_it_repeats(own, character):
    caller, _ = own
    other = f"arn%3Aaws%3Acloudfront%3A%3A999999999999%3Ax{character}"
    answer = call(caller, "control", "GET", TAGGING, f"Resource={other}")
    assert_refused(answer, "control", "AccessDenied", 403)
    assert "x\ufffd because" in answer.message


def test_a_body_is_not_waited_for_before_it_is_known_who_sends_it(own):
    """An unsigned client that never sends what it announced is answered all the same."""
    caller, store = own
    path = store_path(store.arn, "keys", "a")
    stranger = sign(Request("PUT", path, body=b"x"), caller, "data", key="AKIANOTKNOWN")
    for request, status in [(Request("PUT", path, body=b"x"), 403), (stranger, 403)]:
        for length in ["500", "500000"]:
            sent = request.but({"content-length": length}, body=b"")
            assert sent.send(caller.server).status == status
