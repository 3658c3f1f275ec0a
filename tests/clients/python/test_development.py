"""The development keys, which everybody knows: no web page can use them."""

import hashlib

import pytest
from botocore.auth import SigV4QueryAuth

from keyfront import Caller, new_account
from raw import Request, assert_refused, call, converse, create, sign, store_path

STORES = "/2020-05-31/key-value-store"
DENIED = {"control": ("AccessDenied", 403), "data": ("AccessDeniedException", 403)}


@pytest.fixture
def store(caller):
    store = caller.make_store()
    caller.put(store, "greeting", "hello")
    return store


def names(caller):
    found = caller.control.list_key_value_stores()["KeyValueStoreList"].get("Items", [])
    return [item["Name"] for item in found]


def read(caller, store, headers=None, host=None, server=None):
    """Reads the one key, as a page would that has the request signed by itself."""
    request = Request("GET", store_path(store.arn, "keys", "greeting"))
    signed = sign(request, caller, "data", host=host)
    return signed.but(headers).send(server or caller.server)


def page_post(caller, name, presign, headers):
    """The POST that a page can send without asking first: a presigned one of plain text."""
    body = create(f"<Name>{name}</Name>").encode()
    request = Request("POST", STORES, headers={"content-type": "text/plain"}, body=body)
    if not presign:
        return sign(request, caller, "control").but(headers).send(caller.server)

    class Presigner(SigV4QueryAuth):
        # botocore would move the body into the query.
        def payload(self, _):
            return hashlib.sha256(body).hexdigest()

    signed = sign(request.but(body=b""), caller, "control", presign=True, signer=Presigner)
    return signed.but(headers, body=body).send(caller.server)


class TestPages:
    @pytest.mark.parametrize("presign", [True, False])
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:1"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ],
    )
    def test_of_another_origin_change_nothing(self, caller, presign, headers):
        answer = page_post(caller, "from-a-page", presign, headers)
        assert_refused(answer, "control", *DENIED["control"])
        assert next(iter(headers.values())) in answer.message
        assert "--credentials" in answer.message
        assert names(caller) == []

    def test_of_another_origin_read_nothing(self, caller, store):
        answer = read(caller, store, {"origin": "https://evil.example"})
        assert_refused(answer, "data", *DENIED["data"])
        assert b"hello" not in answer.body

    def test_of_keyfront_itself_are_served(self, caller, store):
        own = {"origin": caller.server.url, "sec-fetch-site": "same-origin"}
        assert page_post(caller, "own-page", True, own).status == 201
        assert read(caller, store, own).json["Value"] == "hello"
        assert read(caller, store, {"sec-fetch-site": "none"}).status == 200


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "000000000000.evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            # A name that anybody can register, and no account before a name without a dot.
            "123456789012.com",
        ],
    )
    @pytest.mark.parametrize("plane", ["control", "data"])
    def test_that_a_page_can_have_are_refused(self, caller, store, plane, host):
        with_port = f"{host}:{caller.server.port}"
        if plane == "data":
            answer = read(caller, store, host=with_port)
        else:
            answer = call(caller, "control", "GET", STORES, host=with_port)
        assert_refused(answer, plane, *DENIED[plane])
        assert f"--host {host.removeprefix('000000000000.')} " in answer.message

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "10.9.8.7",
            "[::1]",
            "localhost",
            "keyfront",
            "keyfront.invalid",
            "kvs.localhost",
            "host.docker.internal",
            "a.b.test",
        ],
    )
    def test_that_no_page_can_have_are_taken(self, caller, store, host):
        for account in ["", f"{caller.account}."]:
            if account and host.startswith("["):
                continue
            for port in ["", f":{caller.server.port}", ":81"]:
                answer = read(caller, store, host=f"{account}{host}{port}")
                assert answer.json["Value"] == "hello"

    def test_that_are_given_are_taken(self, start_server):
        server = start_server(host="kvs.example,other.example")
        caller = Caller(server)
        store = caller.make_store(data={"greeting": "hello"})
        for host in ["kvs.example", f"{caller.account}.kvs.example:1", "other.example"]:
            assert read(caller, store, host=host).status == 200
        assert read(caller, store, host="a.kvs.example").status == 403

    def test_a_target_for_a_proxy_may_name_any(self, caller, store):
        host = f"{caller.account}.evil.example"
        signed = sign(
            Request("GET", store_path(store.arn, "keys", "greeting")), caller, "data", host=host
        )
        sent = signed.bytes(caller.server, target=f"http://{host}{signed.target}")
        assert converse(caller.server, sent).startswith(b"HTTP/1.1 200 ")

    @pytest.mark.parametrize("name", ["*.example", "http://a.example", "a.example:80", ""])
    def test_that_are_none_are_refused_at_the_start(self, start_server, name):
        server = start_server(expect_failure=True, host=name)
        server.launch()
        assert server.wait() == 1
        assert "--host" in server.log() and f'"{name}"' in server.log()
        server.process = None


def test_keys_of_a_file_are_secrets_and_may_be_used_by_any_page(start_server, tmp_path):
    credentials = tmp_path / "keys.toml"
    account = new_account()
    credentials.write_text(f'[[access_key]]\nid="AK"\nsecret="s"\naccount="{account}"\n')
    credentials.chmod(0o600)
    server = start_server(credentials=credentials)
    caller = Caller(server, account=account, key="AK", secret="s")
    store = caller.make_store(data={"greeting": "hello"})
    page = {"origin": "https://app.example", "sec-fetch-site": "cross-site"}
    assert read(caller, store, page, host="kvs.example").json["Value"] == "hello"
