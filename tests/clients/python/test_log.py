"""What the log says, and that a caller's text in it is text alone."""

import json
import re
from urllib.parse import quote

import pytest

from keyfront import Caller, Server, new_account, until
from raw import Request, call, converse, create, sign, store_path

STORES = "/2020-05-31/key-value-store"
LINE = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z +(ERROR|WARN|INFO|DEBUG) keyfront[a-z_:]*: [^\x00-\x1f]*")
FORGED = "x\n2026-01-01T00:00:00Z  INFO keyfront: forged\r\x1b[2J\x07\x9b2J\u202e\u2028"
NO_STORE = "arn:aws:cloudfront::{}:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Makes a server with one key that may do everything and one that may do nothing."""
    folder = tmp_path_factory.mktemp("log")
    (folder / "none.json").write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    )
    (folder / "keys.toml").write_text(
        '[[access_key]]\nid = "AKIAALL"\nsecret = "s"\naccount = "123456789012"\nuser = "alice"\n'
        '[[access_key]]\nid = "AKIANONE"\nsecret = "s"\naccount = "123456789012"\nuser = "bob"\n'
        'policies = ["none.json"]\n'
    )
    (folder / "keys.toml").chmod(0o600)
    with Server(folder, credentials=folder / "keys.toml", log_format="json") as server:
        yield server


@pytest.fixture
def alice(house):
    return Caller(house, account="123456789012", key="AKIAALL", secret="s")


@pytest.fixture
def bob(house):
    return Caller(house, account="123456789012", key="AKIANONE", secret="s")


def lines_about(server, request_id, count=1):
    """The lines of a JSON log about a request, once there are that many."""

    def found():
        lines = server.log_records()
        about = [line for line in lines if line.get("request_id") == request_id]
        return about if len(about) >= count else None

    return until(found, "the log has lines about the request", 5)


def line_about(answer, server, message):
    lines = lines_about(server, answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])
    [line] = [line for line in lines if line["message"] == message]
    return line


def test_a_change_names_caller_and_store(house, alice):
    answer = alice.control.create_key_value_store(Name="told")
    created = line_about(answer, house, "done")
    store_id = answer["KeyValueStore"]["Id"]
    caller = {"access_key": "AKIAALL", "user": "alice", "account": "123456789012"}
    assert created | caller | {"store": "told", "store_id": store_id} == created
    assert re.fullmatch(r"127\.0\.0\.1:\d+", created["address"])

    store = alice.make_store(name="told-too")
    put = line_about(alice.put(store, "a", "1"), house, "done")
    assert put | caller | {"store": store.arn, "store_id": store.id} == put
    answer = alice.control.update_key_value_store(
        Name=store.name, Comment="c", IfMatch=store.etag
    )
    updated = line_about(answer, house, "done")
    assert updated | caller | {"store": store.name, "store_id": store.id} == updated
    tags = {"Items": [{"Key": "a", "Value": "b"}]}
    tagged = line_about(alice.control.tag_resource(Resource=store.arn, Tags=tags), house, "done")
    assert tagged | caller | {"store": store.arn, "store_id": store.id} == tagged


def test_a_refusal_names_caller_and_store(house, alice, bob):
    store = alice.make_store(name="refused")
    answer = call(bob, "control", "GET", f"{STORES}/{store.name}")
    [line] = lines_about(house, answer.request_id)
    told = {
        "message": "refused",
        "code": "AccessDenied",
        "access_key": "AKIANONE",
        "user": "bob",
        "account": "123456789012",
        "store": store.name,
        "store_id": store.id,
    }
    assert line | told == line
    assert re.fullmatch(r"127\.0\.0\.1:\d+", line["address"])


def test_a_wrong_signature_names_the_address_and_the_key(house, alice):
    answer = sign(Request("GET", STORES), alice, "control", secret="wrong").send(house)
    first, second = lines_about(house, answer.request_id, count=2)
    assert (first["message"], first["access_key"]) == ("not authenticated", "AKIAALL")
    for line in first, second:
        assert re.fullmatch(r"127\.0\.0\.1:\d+", line["address"])
    assert "user" not in second


def test_a_text_that_is_too_long_is_cut(house, alice):
    long = "x" * 20_000
    answers = [
        Request("GET", f"/{long}").send(house),
        Request("GET", f"/key-value-stores/{long}/{long}").send(house),
        Request("y" * 9000, "/2020-05-31/nothing").send(house),
        call(alice, "control", "GET", f"{STORES}/{long}"),
        call(alice, "control", "GET", "/2020-05-31/tagging", f"Resource={long}"),
        call(alice, "data", "GET", store_path(long)),
        sign(Request("GET", STORES), alice, "control", key="K" * 9000).send(house),
    ]
    for answer in answers:
        assert 400 <= answer.status < 500
        assert len(answer.body) < 1500
        for line in lines_about(house, answer.request_id):
            assert len(json.dumps(line)) < 2000
    assert "(20001 bytes)" in answers[0].message


def test_refusals_that_are_alike_are_counted(start_server):
    server = start_server(log_format="json")
    path = "/nothing-like-this"
    # Each answer is the last of its connection.
    for _ in range(350):
        converse(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    other = call(Caller(server), "control", "GET", f"{STORES}/none")
    assert lines_about(server, other.request_id)

    def counted():
        lines = server.log_records()
        return [line for line in lines if "more refusals like these" in line["message"]]

    [line] = until(counted, "the others are counted", 20)
    assert line["message"] == "250 more refusals like these within 10 s"
    assert (line["address"], line["operation"]) == ("127.0.0.1", "unknown")
    assert server.log().count(path) == 100


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_text_forges_a_line_or_an_escape_sequence(start_server, log_format):
    server = start_server(log_format=log_format, log="debug,hyper=info,h2=info,rustls=info")
    caller = Caller(server, account=new_account())
    other = NO_STORE.format("999999999999")
    forged = quote(FORGED)
    answers = [
        # The resource stands in the text of the refusal.
        call(caller, "control", "GET", "/2020-05-31/tagging", f"Resource={quote(other)}{forged}"),
        call(caller, "control", "GET", f"{STORES}/{forged}"),
        call(caller, "data", "GET", store_path(other + FORGED)),
        call(caller, "data", "GET", store_path(other, "keys", FORGED)),
        Request("GET", f"/{forged}").send(server),
    ]
    key = FORGED.replace("\r", "&#13;").replace("\x1b", "&#27;").replace("\x07", "&#7;")
    source = f"<ImportSource><SourceType>S3</SourceType><SourceARN>arn:aws:s3:::b/{key}</SourceARN>"
    body = create(f"<Name>forged</Name>{source}</ImportSource>")
    answers.append(call(caller, "control", "POST", STORES, body=body.encode()))
    for answer in answers:
        until(lambda: answer.request_id in server.log(), "the log names the request")
    lines = server.log_path.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    for line in lines:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", line)
        if log_format == "json":
            assert "level" in json.loads(line)
        else:
            assert LINE.fullmatch(line), line
