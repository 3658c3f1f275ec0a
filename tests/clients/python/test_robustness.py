"""A running server that is fed what no client sends, is stopped, killed and started again."""

import contextlib
import http.client
import json
import os
import random
import re
import resource
import socket
import threading
import time
from urllib.parse import quote

import pytest

from keyfront import UUID, Caller, Server, client, new_account, refused
from raw import (
    Request,
    assert_format,
    assert_refused,
    call,
    converse,
    create,
    sign,
    store_path,
    update,
)

STORES = "/2020-05-31/key-value-store"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of this file's own, which must be the same process at its end."""
    with Server(tmp_path_factory.mktemp("robust")) as server:
        pid = server.pid
        yield server
        assert server.process.poll() is None and server.pid == pid
        assert "panicked" not in server.log()


@pytest.fixture(scope="module")
def caller(server):
    return Caller(server, account=new_account())


@pytest.fixture(scope="module")
def store(caller):
    store = caller.make_store()
    caller.put(store, "a", "1")
    return store


@pytest.fixture(autouse=True)
def good_request_afterwards(request):
    """Whatever came before, the next request is answered."""
    yield
    if "server" in request.fixturenames and "store" in request.fixturenames:
        caller, store = request.getfixturevalue("caller"), request.getfixturevalue("store")
        assert caller.get(store, "a") == "1"


def statuses(received):
    """The status of each answer in what came over one connection."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def open_connection(server, timeout=15):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def read_answer(connection):
    """One whole answer from a connection that stays open."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, dict(response.getheaders()), response.read()


POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CREATE = b"POST /2020-05-31/key-value-store HTTP/1.1\r\nHost: x\r\n"
CHUNKED = CREATE + b"Transfer-Encoding: chunked\r\n\r\n"
GARBAGE = {
    "zeros": b"\0" * 100,
    "random": bytes(range(256)) * 4,
    "a-word": b"hello\r\n\r\n",
    "http-0.9": b"GET /\r\n\r\n",
    "version-9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
    "http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "no-colon": b"GET /healthz HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n",
    "blank-in-name": b"GET /healthz HTTP/1.1\r\nHost: x\r\na b: c\r\n\r\n",
    "blank-before-colon": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A : c\r\n\r\n",
    "null-in-header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n",
    "folded-header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n",
    "blank-in-path": b"GET /health z HTTP/1.1\r\nHost: x\r\n\r\n",
    "control-in-path": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw-bytes-in-path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "fragment-in-path": b"GET /key-value-stores/a#b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "odd-method": b"G@T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "unknown-method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    "options-star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    "long-line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "endless-line": b"GET /" + b"a" * 3_000_000,
    "long-header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "many-headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 50_000 + b"\r\n",
    "length-is-a-word": POST + b"Content-Length: ten\r\n\r\n",
    "length-below-zero": POST + b"Content-Length: -1\r\n\r\n",
    "length-with-plus": POST + b"Content-Length: +1\r\n\r\nx",
    "length-too-long": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "two-lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "unknown-coding": POST + b"Transfer-Encoding: nonsense\r\n\r\n",
    "coding-before-chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked-twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunk-is-a-word": CHUNKED + b"ZZ\r\n\r\n",
    "chunk-too-long": CHUNKED + b"FFFFFFFFFFFFFFFFF\r\nx\r\n",
    "chunk-without-end": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
}
# Of what the framing of a drawn request is made; a valid one is drawn as often as not.
LENGTHS = [b"0", b"4", b"+4", b"-4", b"4,4", b"4, 4", b"0x4", b"4_0", b"", b"4 4", b"\xb2"]
CODINGS = [b"chunked", b"Chunked", b"identity", b"gzip, chunked", b"chunked, chunked", b"x", b"", b"chunked;a"]
SPELLINGS = [b"%s: %s", b"%s:%s", b"%s:\t%s ", b"%s : %s", b" %s: %s", b"%s\0: %s"]
LINE_ENDS = [b"\r\n"] * 12 + [b"\n", b"\r"]
CUT_OFF = {
    "nothing": b"",
    "newlines": b"\r\n\r\n\r\n",
    "head": b"GET /healthz HTTP/1.1\r\nHo",
    "chunk": CHUNKED + b"100\r\nabc",
    "body": CREATE + b"Content-Length: 100\r\n\r\nabc",
}


class TestTunnels:
    """What Netty asks its proxy for, even without TLS."""

    @staticmethod
    def ask(connection, host):
        # As Netty writes it, its header's name in lower case.
        asked = f"CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n\r\n"
        connection.sendall(asked.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(4096)
            if not part:
                break
            received += part
        return received

    @pytest.mark.parametrize(
        "host",
        [
            "000000000000.keyfront.invalid:4566",
            "000000000000.localhost:4566",
            "127.0.0.1:4566",
            "[::1]:1",
        ],
    )
    def test_one_to_keyfront_itself_is_a_connection(self, server, caller, store, host):
        with open_connection(server) as connection:
            answer = self.ask(connection, host)
            assert statuses(answer) == [200]
            # Whatever followed the headers would be taken for a part of the next answer.
            assert answer.endswith(b"\r\n\r\n") and answer.count(b"\r\n\r\n") == 1
            assert b"content-length" not in answer and b"transfer-encoding" not in answer
            request = Request("GET", store_path(store.arn, "keys", "a"))
            request = sign(request, caller, "data", host=host)
            for _ in range(2):
                connection.sendall(request.bytes(server, connection="keep-alive"))
                status, _, body = read_answer(connection)
                assert status == 200 and json.loads(body)["Value"] == "1"
            # In a tunnel there is none.
            assert 400 <= statuses(self.ask(connection, host))[0] < 500

    def test_one_to_a_name_that_was_given_is_a_connection(self, start_server):
        server = start_server(host="kvs.example")
        for host, is_own in [
            ("kvs.example:4566", True),
            ("000000000000.kvs.example:1", True),
            ("KVS.example.:1", True),
            ("a.kvs.example:1", False),
            ("other.example:1", False),
        ]:
            with open_connection(server) as connection:
                assert (statuses(self.ask(connection, host)) == [200]) == is_own, host

    @pytest.mark.parametrize("host", ["example.com:443", "169.254.169.254:80", "10.0.0.1:4566"])
    def test_one_to_another_host_is_refused(self, server, host):
        with open_connection(server) as connection:
            assert 400 <= statuses(self.ask(connection, host))[0] < 500


def test_names_of_headers_are_in_lower_case(server, caller, store):
    request = sign(Request("GET", store_path(store.arn)), caller, "data")
    head, _ = converse(server, request.bytes(server)).split(b"\r\n\r\n", 1)
    names = [line.split(b":")[0] for line in head.split(b"\r\n")[1:]]
    assert b"etag" in names and b"x-amzn-requestid" in names
    assert all(name == name.lower() for name in names), names


class TestGarbage:
    @pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
    def test_is_answered_with_4xx_or_a_close(self, server, store, sent):
        found = statuses(converse(server, sent, timeout=5))
        assert len(found) <= 1
        assert all(400 <= status < 500 for status in found), found

    def test_framing_of_any_kind_is_read_in_one_way_or_refused(self, server, store):
        seed = random.randrange(10**9)
        rng = random.Random(seed)
        for _ in range(300):
            headers, lengths, codings, is_clear = b"", [], [], True
            for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
                name, values, given = rng.choice(
                    [
                        (b"Content-Length", LENGTHS, lengths),
                        (b"transfer-encoding", CODINGS, codings),
                    ]
                )
                value = rng.choice(values if rng.random() < 0.5 else values[:2])
                spelling = rng.choice(SPELLINGS if rng.random() < 0.3 else SPELLINGS[:2])
                end = rng.choice(LINE_ENDS)
                is_clear &= end != b"\r" and spelling in SPELLINGS[:3]
                given.append(value)
                headers += spelling % (name, value) + end
            # What the HTTP library decides by itself stands in docs/differences.md.
            if codings:
                is_clear &= len(codings) == 1 and codings[0].lower() == b"chunked"
            else:
                is_clear &= len(set(lengths)) < 2 and all(value.isdigit() for value in lengths)
            head = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"
            # To who reads no body, a request of its own.
            sent = head + b"0\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            found = statuses(converse(server, sent, timeout=5, end=True))
            shown = f"seed {seed}: {head}: {found}"
            if is_clear and not (codings and lengths):
                assert found[:1] == [200], shown
            else:
                expected = [[], [400], [200]] if is_clear else [[], [400]]
                assert found in expected, shown

    @pytest.mark.parametrize("sent", CUT_OFF.values(), ids=CUT_OFF)
    def test_that_ends_early_is_forgotten(self, server, store, sent):
        found = statuses(converse(server, sent, timeout=5, end=True))
        assert all(400 <= status < 500 for status in found), found

    @pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", CREATE], ids=["", "line", "head"])
    def test_that_never_ends_is_not_waited_for(self, start_server, sent):
        server = start_server(idle_seconds=1)
        found = statuses(converse(server, sent, timeout=10))
        assert all(400 <= status < 500 for status in found), found

    def test_a_body_with_length_and_chunks_is_read_in_one_way_only(self, server, caller, store):
        # Were it read by its length, what follows would be a part of it.
        made = caller.make_store()
        headers = {"if-match": made.data_etag, "content-type": "application/json"}
        path = store_path(made.arn, "keys", "k")
        signed = sign(Request("PUT", path, headers=headers, body=b'{"Value":"x"}'), caller, "data")
        both = {"transfer-encoding": "chunked", "content-length": "100"}
        sent = signed.but(both, body=b'd\r\n{"Value":"x"}\r\n0\r\n\r\n').bytes(server)
        sent = sent.replace(b"connection: close\r\n", b"")
        sent += b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        # Refused, or read by its chunks, as RFC 9112 has it, after which it may close.
        assert statuses(converse(server, sent)) in ([400], [200], [200, 200])

    def test_a_server_full_of_idle_connections_still_serves(self, server, caller, store):
        connections = [open_connection(server) for _ in range(200)]
        for connection in connections[::2]:
            connection.sendall(b"GET /healthz HTT")
        assert caller.get(store, "a") == "1"
        for connection in connections:
            connection.close()


class TestBounds:
    """No client takes what others need."""

    def test_idle_connections_of_one_address_keep_nobody_out(self, start_server):
        server = start_server()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard - 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
        with contextlib.ExitStack() as stack:
            stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            for _ in range(wanted):
                stack.enter_context(open_connection(server))
            began = time.monotonic()
            for source in ("127.0.0.1", "127.0.0.2"):
                for path, status in (("/healthz", 200), ("/readyz", 200), ("/nowhere", 404)):
                    assert ask_from(server, source, path) == status
            assert time.monotonic() - began < 10

    def test_a_full_server_answers_probes_and_says_which_bound_is_reached(self, start_server):
        server = start_server(connections=2)
        caller = Caller(server)
        path = store_path(caller.make_store().arn, "keys", "a")
        body = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
        with contextlib.ExitStack() as stack:
            for source in ("127.0.0.1", "127.0.0.2"):
                busy = socket.create_connection(
                    ("127.0.0.1", server.port), timeout=15, source_address=(source, 0)
                )
                stack.enter_context(busy).sendall(body)
            time.sleep(0.5)
            assert ask_from(server, "127.0.0.3", "/healthz") == 200
            for plane, target, code in (
                ("control", STORES, "ServiceUnavailable"),
                ("data", path, "ServiceUnavailableException"),
            ):
                answer = Request("GET", target).send(server)
                assert (answer.status, answer.code) == (503, code)
                assert answer.headers["retry-after"] == "1"
                assert answer.headers["connection"] == "close"
                assert "--connections" in answer.message
                assert UUID.fullmatch(answer.request_id)


def ask_from(server, source, path):
    """The status of a path that is asked for from an address of this machine."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=20, source_address=(source, 0)
    )
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/key-value-stores/%",
            "/key-value-stores/%zz/keys/a",
            "/key-value-stores/%00",
            "/key-value-stores//keys/a",
            "/key-value-stores/%ff%fe/keys/a",
            "/key-value-stores/a%2Fkeys%2Fb",
            "//key-value-stores/a",
            "/key-value-stores/../2020-05-31/key-value-store",
        ],
    )
    def test_of_garbage(self, server, caller, store, path):
        answer = Request("GET", path).send(server)
        assert 400 <= answer.status < 500
        answer = call(caller, "data", "GET", path)
        assert 400 <= answer.status < 500
        assert_format(answer, "data")

    @pytest.mark.parametrize(
        "key", ["%ff", "a%ff", "%F0%9F", "%c0%80", "%ed%a0%80", "%", "%4", "%zz"]
    )
    def test_a_key_that_is_no_utf_8(self, caller, store, key):
        path = f"{store_path(store.arn)}/keys/{key}"
        # A path that isn't well encoded is no client's; the signers must not stumble over it.
        answer = call(caller, "data", "GET", path, scheme="sigv4")
        assert_refused(answer, "data", "ResourceNotFoundException", 404)
        headers = {"if-match": caller.describe(store)["ETag"]}
        answer = call(
            caller, "data", "PUT", path, headers=headers, body='{"Value":"1"}', scheme="sigv4"
        )
        assert_refused(answer, "data", "ValidationException", 400)

    def test_an_empty_key(self, caller, store):
        answer = call(caller, "data", "GET", f"{store_path(store.arn)}/keys/")
        assert answer.status == 404
        assert_format(answer, "data")

    def test_a_store_name_of_garbage(self, caller, store):
        for name in ["%ff", "%", "a%00b", "%2e%2e"]:
            answer = call(caller, "control", "GET", f"{STORES}/{name}")
            assert answer.status in (400, 404)
            assert_format(answer, "control")

    def test_a_zero_byte_in_a_key_is_a_byte_or_refused(self, caller, store):
        made = caller.make_store()
        try:
            caller.put(made, "a\0b", "1")
        except caller.data.exceptions.ValidationException:
            assert caller.contents(made) == {}
        else:
            assert caller.contents(made) == {"a\0b": "1"}


class TestBodies:
    @pytest.fixture
    def own(self, caller, store):
        """A store that a failing test may spoil."""
        own = caller.make_store()
        caller.put(own, "a", "1")
        return own

    VALUES = {
        "empty": b"",
        "brace": b"{",
        "list": b"[]",
        "null": b"null",
        "string": b'"x"',
        "no-value": b"{}",
        "value-in-small-letters": b'{"value":"x"}',
        "number": b'{"Value":1}',
        "null-value": b'{"Value":null}',
        "object-value": b'{"Value":{}}',
        "trailing": b'{"Value":"x"} x',
        "two": b'{"Value":"x"}{"Value":"y"}',
        "comma": b'{"Value":"x",}',
        "single-quotes": b"{'Value':'x'}",
        "lone-surrogate": b'{"Value":"\\ud800"}',
        "surrogates-swapped": b'{"Value":"\\ude00\\ud83d"}',
        "bad-escape": b'{"Value":"\\x"}',
        "control-character": b'{"Value":"\n"}',
        "no-utf-8": b'{"Value":"\xff"}',
        "no-utf-8-in-what-is-passed-over": b'{"Value":"x","Other":"\xff"}',
        "surrogate-in-utf-8": b'{"Value":"\xed\xa0\x80"}',
        "utf-16": '{"Value":"x"}'.encode("utf-16"),
        "zero": b'{"Value":"\0"}',
        "deep": b'{"Value":' + b"[" * 15_000,
        "list-of-the-value": b'["x"]',
        "deep-object": b'{"a":' * 3_000,
        "nan": b'{"Value":NaN}',
        "xml": b"<Value>x</Value>",
    }

    @pytest.mark.parametrize("body", VALUES.values(), ids=VALUES)
    def test_of_put_key(self, caller, own, body):
        headers = {"if-match": caller.describe(own)["ETag"], "content-type": "application/json"}
        path = store_path(own.arn, "keys", "a")
        answer = call(caller, "data", "PUT", path, headers=headers, body=body)
        assert_refused(answer, "data", "ValidationException", 400)

    def test_deep_where_nothing_is_read(self, caller, own):
        headers = {"if-match": own.data_etag, "content-type": "application/json"}
        body = b'{"Value":"x","Other":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
        path = store_path(own.arn, "keys", "a")
        answer = call(caller, "data", "PUT", path, headers=headers, body=body)
        assert answer.status in (200, 400)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b'{"Puts":{}}',
            b'{"Puts":"a"}',
            b'{"Puts":[1]}',
            b'[[{"Key":"b","Value":"c"}]]',
            b'{"Puts":[["b","c"]]}',
            b'{"Puts":[null]}',
            b'{"Puts":[{"Key":"b"}]}',
            b'{"Puts":[{"Value":"b"}]}',
            b'{"Puts":[{"Key":1,"Value":"b"}]}',
            b'{"Puts":[{"Key":"","Value":"b"}]}',
            b'{"Puts":[{"Key":"\\udc00","Value":"b"}]}',
            b'{"Deletes":["a"]}',
            b'{"Deletes":[{}]}',
            b'{"Deletes":[{"Key":""}]}',
            b'{"Deletes":[{"Key":"a"}],"Puts":[{"Key":"b","Value":null}]}',
            b'{"Deletes":[{"Key":"a"}]',
        ],
    )
    def test_of_update_keys(self, caller, own, body):
        etag = caller.describe(own)["ETag"]
        headers = {"if-match": etag, "content-type": "application/json"}
        path = store_path(own.arn, "keys")
        answer = call(caller, "data", "POST", path, headers=headers, body=body)
        assert_refused(answer, "data", "ValidationException", 400)
        assert caller.describe(own)["ETag"] == etag

    def test_a_body_larger_than_any_valid_one(self, caller, own):
        etag = caller.describe(own)["ETag"]
        headers = {"if-match": etag, "content-type": "application/json"}
        body = b'{"Value":"x"' + b" " * 1_000_000 + b"}"
        path = store_path(own.arn, "keys", "a")
        answer = call(caller, "data", "PUT", path, headers=headers, body=body)
        assert answer.status in (400, 402)
        assert_format(answer, "data")
        assert caller.describe(own)["ETag"] == etag

    BOMB = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {n} "{f"&{chr(ord(n) - 1)};" * 10}">' for n in "bcdefghi")
        + "]>"
    )
    DOCUMENTS = {
        "bomb": BOMB + create("<Name>b</Name><Comment>&i;</Comment>"),
        "entity": '<!DOCTYPE x [<!ENTITY a "b">]>' + create("<Name>&a;</Name>"),
        "file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        + create("<Name>b</Name><Comment>&a;</Comment>"),
        "deep": "<a>" * 3_000,
        "deep-and-closed": create(f"<Name>{'<a>' * 700}{'</a>' * 700}</Name>"),
        "crossed": create("<Name>b") + "</Name>",
        "unclosed": create("<Name>b</Name>").rpartition("</")[0],
        "zero": create("<Name>b</Name><Comment>\0</Comment>"),
        "control-character": create("<Name>b</Name><Comment>\x01</Comment>"),
        "control-reference": create("<Name>b</Name><Comment>&#1;</Comment>"),
        "zero-reference": create("<Name>b</Name><Comment>&#0;</Comment>"),
        "surrogate-reference": create("<Name>b</Name><Comment>&#xD800;</Comment>"),
        "name-twice": create("<Name>b</Name><Name>c</Name>"),
        "name-in-name": create("<Name><Name>b</Name></Name>"),
        "another-root": update("<Name>b</Name>"),
    }

    @pytest.mark.parametrize("body", DOCUMENTS.values(), ids=DOCUMENTS)
    def test_of_create_key_value_store(self, server, store, body):
        caller = Caller(server, account=new_account())
        answer = call(caller, "control", "POST", STORES, body=body)
        assert_refused(answer, "control", "InvalidArgument", 400)
        assert caller.control.list_key_value_stores()["KeyValueStoreList"]["Quantity"] == 0


class TestProxyForm:
    """Absolute targets: what `HTTP_PROXY` pointed at Keyfront makes of a request."""

    def test_the_real_client_through_the_server_as_its_proxy(self, server, caller, store):
        proxies = {"http": server.url}
        control = client(
            "cloudfront", "http://kvs.local:4566", caller.key, caller.secret, proxies=proxies
        )
        data = client(
            "cloudfront-keyvaluestore",
            "http://kvs.local:4566",
            caller.key,
            caller.secret,
            proxies=proxies,
        )
        assert control.describe_key_value_store(Name=store.name)["ETag"] == store.etag
        assert data.get_key(KvsARN=store.arn, Key="a")["Value"] == "1"

    def test_a_target_of_another_host_is_not_fetched(self, server, store):
        with socket.create_server(("127.0.0.1", 0)) as elsewhere:
            elsewhere.settimeout(0.5)
            port = elsewhere.getsockname()[1]
            for path in ["/", "/anything?a=b", ""]:
                target = f"http://127.0.0.1:{port}{path}"
                received = converse(
                    server,
                    f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                    "Connection: close\r\n\r\n".encode(),
                )
                assert statuses(received) == [404]
            with pytest.raises(TimeoutError):
                elsewhere.accept()

    @pytest.mark.parametrize(
        "target",
        ["http://example.com/", "https://example.com/x", "ftp://example.com/", "http://[::1"],
    )
    def test_foreign_targets(self, server, store, target):
        sent = f"GET {target} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"
        found = statuses(converse(server, sent.encode()))
        assert found in ([404], [400]) if "[" in target else found == [404]

    def test_a_signature_is_for_the_host_that_was_received(self, server, caller, store):
        host = f"{caller.account}.kvs.local:{server.port}"
        signed = sign(Request("GET", store_path(store.arn, "keys", "a")), caller, "data", host=host)
        good = signed.bytes(server, target=f"http://{host}{signed.target}")
        assert statuses(converse(server, good)) == [200]
        other = signed.but({"host": "other.local"})
        received = converse(
            server, other.bytes(server, target=f"http://other.local{signed.target}")
        )
        assert statuses(received) == [403]


class TestConnections:
    def test_many_requests_on_one_connection(self, server, caller, store):
        with open_connection(server) as connection:
            for number in range(20):
                key = "a" if number % 2 else "absent"
                request = Request("GET", store_path(store.arn, "keys", key))
                signed = sign(request, caller, "data")
                connection.sendall(signed.bytes(server, connection="keep-alive"))
                status, headers, body = read_answer(connection)
                assert status == (200 if number % 2 else 404)
                assert "x-amzn-requestid" in {name.lower() for name in headers}
                assert json.loads(body)

    def test_requests_that_do_not_wait_are_answered_in_order(self, server, caller, store):
        keys = ["a", "absent"] * 5
        requests = [
            sign(Request("GET", store_path(store.arn, "keys", key)), caller, "data") for key in keys
        ]
        sent = b"".join(request.bytes(server, connection="keep-alive") for request in requests)
        last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert statuses(converse(server, sent + last)) == [200, 404] * 5 + [200]

    def test_a_body_may_come_in_chunks(self, server, caller, store):
        made = caller.make_store()
        headers = {"if-match": made.data_etag, "content-type": "application/json"}
        body = b'{"Value":"chunked"}'
        path = store_path(made.arn, "keys", "k")
        signed = sign(Request("PUT", path, headers=headers, body=body), caller, "data")
        signed = signed.but({"transfer-encoding": "chunked", "connection": "close"}, body=b"")
        head = signed.bytes(server).replace(b"content-length: 0\r\n", b"")
        chunks = b"5\r\n" + body[:5] + b"\r\n" + b"%x\r\n" % len(body[5:]) + body[5:]
        assert statuses(converse(server, head, chunks, b"\r\n0\r\n\r\n")) == [200]
        assert caller.get(made, "k") == "chunked"

    def test_a_body_may_come_slowly(self, server, caller, store):
        made = caller.make_store()
        headers = {"if-match": made.data_etag, "content-type": "application/json"}
        path = store_path(made.arn, "keys", "k")
        request = Request("PUT", path, headers=headers, body=b'{"Value":"slow"}')
        sent = sign(request, caller, "data").bytes(server)
        with open_connection(server) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(sent), 7):
                connection.sendall(sent[at : at + 7])
            assert read_answer(connection)[0] == 200
        assert caller.get(made, "k") == "slow"

    def test_a_head_is_answered_without_a_body(self, server, store):
        received = converse(
            server, b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert statuses(received) == [200]
        assert received.endswith(b"\r\n\r\n")


class TestQuery:
    """A parameter that is no text, or given twice, is wrong, and not as good as none or one."""

    @pytest.mark.parametrize("values", [["%FF"], ["10", "10"]])
    @pytest.mark.parametrize("name", ["NextToken", "MaxResults"])
    def test_on_the_data_plane(self, caller, store, name, values):
        path = store_path(store.arn, "keys")
        query = "&".join(f"{name}={value}" for value in values)
        answer = call(caller, "data", "GET", path, query)
        assert_refused(answer, "data", "ValidationException", 400)

    @pytest.mark.parametrize("values", [["%FF"], ["READY", "READY"]])
    @pytest.mark.parametrize("name", ["Marker", "MaxItems", "Status"])
    def test_on_the_control_plane(self, caller, name, values):
        path = "/2020-05-31/key-value-store"
        query = "&".join(f"{name}={value}" for value in values)
        answer = call(caller, "control", "GET", path, query)
        assert_refused(answer, "control", "InvalidArgument", 400)

    def test_which_operation(self, caller, store):
        """The order of two values is not signed: it must not choose between two operations."""
        query = f"Operation=Tag&Operation=Untag&Resource={quote(store.arn, safe='')}"
        answer = call(caller, "control", "POST", "/2020-05-31/tagging", query, body="<Tags/>")
        assert_refused(answer, "control", "InvalidArgument", 400)


class TestExpect:
    """`Expect: 100-continue`, which Java's client sends with every PUT."""

    def put(self, server, caller, store, **changes):
        headers = {"if-match": store.data_etag, "content-type": "application/json"}
        path = store_path(store.arn, "keys", "k")
        request = Request("PUT", path, headers=headers, body=b'{"Value":"expected"}')
        signed = sign(request, caller, "data").but({"expect": "100-continue"} | changes)
        sent = signed.bytes(server, connection="keep-alive")
        head, separator, body = sent.partition(b"\r\n\r\n")
        return head + separator, body

    def test_is_answered_at_once(self, server, caller, store):
        made = caller.make_store()
        head, body = self.put(server, caller, made)
        with open_connection(server, timeout=2) as connection:
            connection.sendall(head)
            assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(body)
            assert read_answer(connection)[0] == 200
            # The connection goes on.
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(connection)[0] == 200
        assert caller.get(made, "k") == "expected"

    def test_a_client_that_does_not_wait(self, server, caller, store):
        made = caller.make_store()
        head, body = self.put(server, caller, made)
        with open_connection(server) as connection:
            connection.sendall(head + body)
            received = b""
            while b"ItemCount" not in received:
                received += connection.recv(65536)
        assert statuses(received) in ([200], [100, 200])

    def test_a_final_answer_before_the_body_closes(self, server, caller, store):
        head, _ = self.put(server, caller, store, **{"content-length": "50000000"})
        with open_connection(server) as connection:
            connection.sendall(head)
            received = b""
            while piece := connection.recv(65536):
                received += piece
        found = statuses(received)
        assert len(found) == 1 and 400 <= found[0] < 500


class TestProbes:
    def test_healthz_and_readyz(self, server, store):
        for path in ["/healthz", "/readyz"]:
            assert Request("GET", path).send(server).status == 200

    def test_localstack_health(self, server, store):
        answer = Request("GET", "/_localstack/health").send(server)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        services = answer.json["services"]
        assert services["cloudfront"] in ("running", "available")


class TestRestart:
    def fill(self, caller):
        """Stores in every state that lasts, and what a reader can see of them."""
        filled = caller.make_store("filled", Comment="c", data={"imported": "1"})
        caller.update(filled, {".": "dot", "é😀": "\u2028", "empty": ""}, ["imported"])
        caller.put(filled, "a/b", "x" * 1024)
        caller.make_store("empty")
        broken = caller.make_store("broken", wait=False, ImportSource=caller.put_object("{"))
        caller.wait_for(broken, "IMPORT_FAILED")
        tags = {"Items": [{"Key": "team", "Value": "edge"}]}
        caller.control.tag_resource(Resource=filled.arn, Tags=tags)
        gone = caller.make_store("gone")
        caller.control.delete_key_value_store(Name="gone", IfMatch=gone.etag)
        return filled, gone

    def everything(self, caller, filled):
        """All that can be read, without what differs from answer to answer."""

        def plain(answer):
            return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

        stores = caller.control.list_key_value_stores()["KeyValueStoreList"]["Items"]
        described = [
            plain(caller.control.describe_key_value_store(Name=store["Name"])) for store in stores
        ]
        contents = [plain(caller.data.describe_key_value_store(KvsARN=s["ARN"])) for s in stores]
        tags = plain(caller.control.list_tags_for_resource(Resource=filled.arn))
        return stores, described, contents, tags, caller.contents(filled)

    @pytest.mark.parametrize("how", ["stop", "kill"])
    def test_everything_is_there_again(self, start_server, how):
        server = start_server(stores_per_account=4)
        caller = Caller(server)
        filled, gone = self.fill(caller)
        before = self.everything(caller, filled)
        assert len(before[0]) == 3
        for _ in range(2):
            getattr(server, how)()
            server.start()
            caller = Caller(server, account=caller.account)
            assert self.everything(caller, filled) == before
        # What was deleted is remembered, versions go on, and the count of stores is right.
        with refused(caller.data, "ConflictException"):
            caller.describe(gone)
        caller.put(filled, "after", "1")
        caller.make_store("fourth")
        with refused(caller.control, "EntityLimitExceeded"):
            caller.control.create_key_value_store(Name="fifth")

    def test_what_was_acknowledged_survives_a_kill(self, start_server):
        server = start_server()
        caller = Caller(server)
        store = caller.make_store()
        acknowledged = {}
        for _ in range(3):
            killer = threading.Timer(0.15, server.kill)
            killer.start()
            attempt = None
            try:
                while True:
                    attempt = (f"k{len(acknowledged)}", f"v{len(acknowledged)}")
                    caller.put(store, *attempt)
                    acknowledged[attempt[0]] = attempt[1]
            except Exception as error:
                assert "ClientError" not in type(error).__name__, error
            killer.join()
            server.start()
            caller = Caller(server, account=caller.account)
            found = caller.contents(store)
            # The one under way may be there, with nothing acknowledged for it.
            assert found in (acknowledged, acknowledged | dict([attempt]))
            acknowledged = found
            store.data_etag = caller.describe(store)["ETag"]
        assert acknowledged

    def test_in_memory_nothing_is_left(self, start_server):
        server = start_server(in_memory=True)
        caller = Caller(server)
        store = caller.make_store(data={"a": "1"})
        caller.put(store, "b", "2")
        assert caller.contents(store) == {"a": "1", "b": "2"}
        server.stop()
        assert not server.data.exists() or list(server.data.iterdir()) == []
        server.start()
        again = Caller(server, account=caller.account)
        with refused(again.control, "EntityNotFound"):
            again.control.describe_key_value_store(Name=store.name)


class TestFolder:
    def refuse(self, server, *expected):
        server.launch()
        assert server.wait() not in (0, None)
        log = server.log()
        assert "panicked" not in log
        for text in expected:
            assert re.search(text, log), log
        return log

    def test_belongs_to_one_server(self, start_server, tmp_path):
        first = start_server()
        caller = Caller(first)
        store = caller.make_store()
        second = Server(tmp_path / "second", expect_failure=True, data=first.data)
        self.refuse(second, re.escape(str(first.data)), r"(?i)another|in use|already")
        caller.put(store, "a", "1")
        assert caller.get(store, "a") == "1"
        first.stop()
        with Server(tmp_path / "third", data=first.data) as third:
            assert Caller(third, account=caller.account).get(store, "a") == "1"

    def test_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("")
        server = Server(tmp_path / "server", expect_failure=True, data=tmp_path / "file")
        self.refuse(server, re.escape(str(tmp_path / "file")))

    def test_a_port_that_is_taken(self, start_server, tmp_path):
        first = start_server()
        listen = f"127.0.0.1:{first.port}"
        self.refuse(Server(tmp_path / "second", listen=listen, expect_failure=True), listen)


@pytest.fixture
def one_processor():
    """What is started meanwhile has one processor, on which the server needs no pool of threads."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say which processors a program may have")
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    yield
    os.sched_setaffinity(0, all_of_them)


class TestStop:
    def test_requests_under_way_are_finished_on_one_processor(self, one_processor, start_server):
        self.test_requests_under_way_are_finished(start_server)

    def test_requests_under_way_are_finished(self, start_server):
        server = start_server()
        caller = Caller(server)
        failures = []

        def write(own):
            number = 0
            try:
                while True:
                    caller.put(own, f"k{number}", "v")
                    number += 1
            except Exception as error:
                # A refused or closed connection is fine, half an answer or an error is not.
                if type(error).__name__ not in ("EndpointConnectionError", "ConnectionClosedError"):
                    failures.append(repr(error))

        threads = [threading.Thread(target=write, args=(caller.make_store(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        caller.make_store()
        server.stop()
        for thread in threads:
            thread.join()
        assert failures == []

    def test_idle_connections_do_not_hold_it_up(self, start_server):
        server = start_server()
        with open_connection(server) as idle, open_connection(server) as used:
            used.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(used)[0] == 200
            server.process.terminate()
            assert server.wait(5) == 0
            assert idle.recv(10) == b""
        server.process = None


def test_who_has_sent_all_still_gets_the_answer(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/_localstack/health"])
def test_nobody_elses_health_is_answered(server, path):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        target = f"http://other.example{path}".encode()
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: other.example\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")
