"""The operator's listener: metrics, probes, and that it harms nobody."""

import contextlib
import http.client
import re
import socket
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from attack import head_of_body, head_of_claim, send
from keyfront import Caller, Server, refused, size_of, until
from raw import store_path

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"
LOOPBACK = "127.0.0.1:0"
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# What tells a request that hangs from one that works, in seconds.
BOUND = 10

# What Prometheus adds to the name of such a metric in its samples.
SUFFIXES = {"counter": "_total", "info": "_info"}


def ask(port, path, method="GET", body=None, **headers):
    """An answer: its status, its headers and its body as text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def families(server):
    """The metrics of a server, read as Prometheus does."""
    status, headers, page = ask(server.admin_port, "/metrics")
    assert (status, headers["content-type"]) == (200, CONTENT_TYPE)
    assert page.endswith("# EOF\n")
    return list(text_string_to_metric_families(page))


class Samples:
    """The samples of a server at one moment."""

    def __init__(self, server):
        found = [sample for family in families(server) for sample in family.samples]
        self.values = {(s.name, frozenset(s.labels.items())): s.value for s in found}

    def __call__(self, name, **labels):
        """The value of a sample; 0 if there is none, as of a code that was never answered."""
        return self.values.get((f"keyfront_{name}", frozenset(labels.items())), 0)


def until_sampled(server, condition, what):
    """Polls until the samples fulfil a condition: a page is given out for a while after it was made."""

    def fulfilled():
        samples = Samples(server)
        return samples if condition(samples) else None

    return until(fulfilled, what)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("metrics"), admin=LOOPBACK) as server:
        yield server


class TestWhatIsMeasured:
    def test_requests_by_operation_and_code(self, server, caller, store):
        before = Samples(server)
        caller.put(store, "a", "1")
        for _ in range(3):
            caller.get(store, "a")
        with refused(caller.data, "ResourceNotFoundException"):
            caller.get(store, "b")
        with pytest.raises(Exception, match="UnrecognizedClient"):
            Caller(server, key="AKIANOBODY").get(store, "a")
        assert ask(server.port, "/nothing")[0] == 404

        def grown(samples, **labels):
            name = "requests_total"
            return samples(name, **labels) - before(name, **labels)

        get = {"plane": "data", "operation": "GetKey"}
        after = until_sampled(server, lambda now: grown(now, code="OK", **get) == 3, "three reads")
        assert grown(after, code="ResourceNotFoundException", **get) == 1
        assert grown(after, code="UnrecognizedClientException", **get) == 1
        assert grown(after, plane="data", operation="PutKey", code="OK") == 1
        unknown = {"plane": "control", "operation": "unknown", "code": "UnknownOperation"}
        assert grown(after, **unknown) == 1
        times = after("request_seconds_count", **get) - before("request_seconds_count", **get)
        assert times == 5
        took = after("request_seconds_sum", **get) - before("request_seconds_sum", **get)
        assert 0 < took < BOUND

    def test_the_two_planes_are_told_apart(self, server, caller, store):
        named = {"operation": "DescribeKeyValueStore", "code": "OK"}
        before = Samples(server)
        caller.describe(store)

        def grown(samples, plane):
            labels = named | {"plane": plane}
            return samples("requests_total", **labels) - before("requests_total", **labels)

        after = until_sampled(server, lambda now: grown(now, "data") == 1, "the data plane's")
        assert grown(after, "control") == 0

    def test_the_size_of_a_store(self, server, caller):
        contents = {"key": "value", "ключ": "значение"}
        store = caller.make_store(data=contents)
        labels = {"store": store.id, "account": caller.account}
        size = size_of(contents)
        until_sampled(server, lambda now: now("store_bytes", **labels) == size, "its bytes")
        samples = Samples(server)
        assert samples("store_entries", **labels) == 2
        assert samples("stored_bytes") >= size
        assert samples("store_quota_bytes") == 5 * 1024 * 1024
        stores, tombstones = samples("stores"), samples("tombstones")
        caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        after = until_sampled(server, lambda now: now("stores") == stores - 1, "it is gone")
        assert after("tombstones") == tombstones + 1
        assert after("store_bytes", **labels) == 0

    def test_the_engine_and_the_replica(self, server, caller, store):
        before = until_sampled(server, lambda now: now("history_commits") > 0, "it is counted")
        for number in range(70):
            caller.put(store, "a", str(number))
        commits = before("engine_commits_total") + 70
        after = until_sampled(server, lambda now: now("engine_commits_total") >= commits, "made")
        assert after("engine_sync_seconds_count") >= before("engine_sync_seconds_count") + 70
        assert after("engine_sync_seconds_sum") > before("engine_sync_seconds_sum")
        assert after("engine_wal_bytes") > 0
        assert after("history_commits") >= before("history_commits") + 70
        assert after("history_bytes") > before("history_bytes")
        assert after("replica_revision") >= before("replica_revision") + 70
        assert (after("engine_writable"), after("replica_following")) == (1, 1)
        assert after("replica_behind_seconds") == 0
        assert time.time() - 3600 < after("start_time_seconds") <= time.time()

    def test_no_page_tells_a_key_a_value_or_an_access_key(self, server, caller):
        store = caller.make_store(data={"secret-key": "secret-value"})
        with pytest.raises(Exception, match="UnrecognizedClient"):
            Caller(server, key="AKIASECRET").get(store, "secret-key")
        ask(server.port, "/secret-path")
        page = ask(server.admin_port, "/metrics")[2]
        assert "secret" not in page.lower() and store.name not in page
        names = {label for found in families(server) for s in found.samples for label in s.labels}
        known = {"plane", "operation", "code", "bound", "store", "account", "version", "le"}
        assert names == known

    def test_what_a_bound_refuses(self, start_server):
        server = start_server(admin=LOOPBACK, connections=2, connections_per_address=0)
        caller = Caller(server)
        with contextlib.ExitStack() as stack:
            path = store_path("arn:aws:cloudfront::123456789012:key-value-store/x", "keys")
            for _ in range(2):
                connection = stack.enter_context(server.connect())
                send(connection, head_of_claim(caller, path, 1000, caller.key) + b"{")
            until_sampled(server, lambda now: now("bodies") == 2, "both bodies are arriving")
            status, headers, _ = ask(server.port, "/anything")
            assert (status, headers["retry-after"]) == (503, "1")
            name = "bound_refusals_total"
            after = until_sampled(
                server, lambda now: now(name, bound="connections") == 1, "it is counted"
            )
            assert after(name, bound="bodies") == 0
            assert after("connections") == after("connections_bound") == 2
            assert after("requests_in_flight") >= 2

    def test_lost_log_lines(self, start_server):
        server = start_server(admin=LOOPBACK, unread_log=True)
        path = store_path("a" * 400, "keys", "a")
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode()
        # Of refusals of one address that are alike, so many have a line each.
        sent = (request + b"\r\n") * 99 + request + b"Connection: close\r\n\r\n"

        def lines_are_lost(number):
            with server.connect(source=f"127.0.1.{number}") as connection:
                connection.sendall(sent)
                while connection.recv(65536):
                    pass
            return Samples(server)("log_lost_lines_total") > 0

        assert any(lines_are_lost(number) for number in range(1, 101))


class TestTheListOfMetrics:
    def test_is_what_a_server_answers(self, server):
        """Both ways: each metric with its type and its labels."""
        text = OPERATING.read_text()
        rows = re.findall(r"^\| `(keyfront_\w+)` \| (\w+) \|(.*?)\|", text, re.M)
        listed = {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows}
        assert len(listed) == len(rows)
        Caller(server).make_store()
        found = {}
        for family in families(server):
            name = family.name + SUFFIXES.get(family.type, "")
            labels = {label for sample in family.samples for label in sample.labels}
            found[name] = (family.type, labels - {"le"})
        assert found == listed


class TestTheListener:
    def test_is_none_by_default(self, start_server):
        server = start_server()
        assert "Metrics:" not in "".join(server.printed)

    def test_answers_the_probes(self, server):
        assert ask(server.admin_port, "/healthz")[::2] == (200, "ok\n")
        assert ask(server.admin_port, "/readyz")[::2] == (200, "ready\n")

    def test_answers_nothing_else(self, server, caller):
        status, _, text = ask(server.admin_port, "/2020-05-31/key-value-store")
        assert status == 404 and "/metrics" in text
        status, headers, _ = ask(server.admin_port, "/metrics", "POST", body="x" * 100_000)
        assert (status, headers["allow"]) == (405, "GET, HEAD")
        assert headers["connection"] == "close"
        status, headers, page = ask(server.admin_port, "/metrics", "HEAD")
        assert (status, page, headers["content-type"]) == (200, "", CONTENT_TYPE)

    def test_the_api_answers_no_metrics(self, server):
        """The ordinary error of a path that has no operation."""
        status, _, text = ask(server.port, "/metrics")
        assert status == 404
        assert "<Code>UnknownOperation</Code>" in text
        assert "There is no operation GET /metrics" in text

    def test_warns_of_an_address_that_others_can_reach(self, start_server):
        server = start_server(admin="0.0.0.0:0")
        assert families(server)
        [line] = [line for line in server.log().splitlines() if "--admin" in line]
        assert "WARN" in line and f"0.0.0.0:{server.admin_port}" in line

    def test_warns_of_no_loopback_address(self, server):
        assert "--admin" not in server.log()

    def test_is_a_setting_of_the_file_and_the_environment(self, start_server, tmp_path, monkeypatch):
        settings = tmp_path / "keyfront.toml"
        settings.write_text(f'admin = "{LOOPBACK}"\n')
        assert families(start_server(config=settings))
        monkeypatch.setenv("KEYFRONT_ADMIN", LOOPBACK)
        assert families(start_server())

    def test_an_address_that_is_taken_stops_the_start(self, start_server, server):
        taken = f"127.0.0.1:{server.admin_port}"
        second = start_server(admin=taken, expect_failure=True)
        second.launch()
        assert second.wait() == 1
        assert f"can't listen on {taken}" in second.log()
        assert "choose another place with --admin" in second.log()
        second.process = None


class TestWebPages:
    """A browser on this machine reaches its loopback addresses too."""

    def test_get_no_metrics(self, server):
        for headers in (
            {"Host": f"evil.example:{server.admin_port}"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "http://evil.example"},
        ):
            status, _, text = ask(server.admin_port, "/metrics", **headers)
            assert (status, "web pages" in text) == (403, True), headers

    def test_names_that_no_page_can_have_are_served(self, tmp_path):
        with Server(tmp_path, admin=LOOPBACK, host="monitor.example") as server:
            for host in ("localhost", "127.0.0.1", "monitor.example"):
                status, _, _ = ask(server.admin_port, "/metrics", Host=f"{host}:1")
                assert status == 200, host


class TestClientsThatHarm:
    def assert_all_is_well(self, server, caller, store):
        began = time.monotonic()
        caller.put(store, "a", "1")
        assert caller.get(store, "a") == "1"
        assert ask(server.admin_port, "/healthz")[0] == 200
        assert ask(server.port, "/readyz")[0] == 200
        assert time.monotonic() - began < BOUND

    def test_connections_that_say_nothing_keep_nobody_out(self, server, caller, store):
        with contextlib.ExitStack() as stack:
            for number in range(200):
                address = ("127.0.0.1", server.admin_port)
                connection = stack.enter_context(socket.create_connection(address, timeout=5))
                with contextlib.suppress(OSError):
                    connection.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: " if number % 2 else b"")
            self.assert_all_is_well(server, caller, store)
            assert families(server)

    def test_clients_that_take_no_answer_hold_up_nobody(self, server, caller, store):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                connection = stack.enter_context(socket.socket())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(5)
                connection.connect(("127.0.0.1", server.admin_port))
                with contextlib.suppress(OSError):
                    connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
            self.assert_all_is_well(server, caller, store)
        until(lambda: ask(server.admin_port, "/metrics")[0] == 200, "the metrics are back", 30)

    def test_bodies_that_do_not_end_hold_up_nobody(self, server, caller, store):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                address = ("127.0.0.1", server.admin_port)
                connection = stack.enter_context(socket.create_connection(address, timeout=5))
                send(connection, head_of_body("/metrics", 1000, "GET") + b"x")
            self.assert_all_is_well(server, caller, store)
        until(lambda: ask(server.admin_port, "/metrics")[0] == 200, "the metrics are back", 30)
