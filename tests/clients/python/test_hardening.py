"""One client takes what others need: bodies that don't end, slow and large imports."""

import contextlib
import json
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from attack import (
    head_of_body,
    head_of_claim,
    send,
    unfinished_requests,
    unsigned_headers,
)
from keyfront import Caller, until
from raw import Request, sign, store_path
from slow_s3 import SlowS3

# What tells a request that hangs from one that works, in seconds.
BOUND = 10
MIB = 1024 * 1024

# What a caller without a known key sends of an UpdateKeys: how many connections, the length that is
# told, and how much of it comes.
BODIES = {"64-of-70-KB": (64, 10_000_000, 70_000), "32-of-18-MB": (32, 18_000_000, 17_999_999)}


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that clients trust, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl on this machine to make a certificate")
    line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    line += " -keyout key.pem -out cert.pem -subj /CN=keyfront-test"
    line += " -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE"
    subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)
    return {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}


class TestUnfinishedBodies:
    """Those of callers without a known key hold up no write, and take no memory."""

    def assert_writes_work(self, caller, store):
        began = time.monotonic()
        caller.put(store, "a", "1")
        # As JSON it is 270 KB: each of these characters is escaped by six.
        caller.update(store, puts={f"{number}": "\x01" * 900 for number in range(50)})
        caller.put(store, "a", "2")
        assert time.monotonic() - began < BOUND

    @contextlib.contextmanager
    def little_growth(self, server):
        before = server.memory()
        yield
        if before is not None:
            assert server.memory() - before < 100 * MIB

    @pytest.mark.parametrize("bodies", BODIES.values(), ids=BODIES)
    @pytest.mark.parametrize("key", [None, "AKIANOBODYSKEY"], ids=["unsigned", "unknown-key"])
    def test_over_http(self, start_server, bodies, key):
        server = start_server()
        caller = Caller(server)
        store = caller.make_store()
        count, length, sent = bodies
        path = store_path(store.arn, "keys")
        head = head_of_claim(caller, path, length, key) if key else head_of_body(path, length)
        with contextlib.ExitStack() as stack, self.little_growth(server):
            for _ in range(count):
                send(stack.enter_context(server.connect()), head + b" " * sent)
            self.assert_writes_work(caller, store)

    def test_over_tls_and_http2(self, start_server, certificate):
        server = start_server(**certificate)
        caller = Caller(server)
        store = caller.make_store()
        sent = unfinished_requests(unsigned_headers(store_path(store.arn, "keys", "a")), 100)
        with contextlib.ExitStack() as stack, self.little_growth(server):
            for _ in range(42):
                connection = stack.enter_context(server.connect(protocol="h2"))
                assert connection.selected_alpn_protocol() == "h2"
                send(connection, sent)
            time.sleep(0.5)
            self.assert_writes_work(caller, store)


class TestEdits:
    """Far too many edits in one UpdateKeys are refused before they take memory of their own."""

    def test_are_counted_while_they_are_read(self, start_server):
        server = start_server()
        caller = Caller(server)
        store = caller.make_store()
        edits = ",".join('{"Key":"%x","Value":""}' % number for number in range(600_000))
        body = f'{{"Puts":[{edits}]}}'.encode()
        headers = {"if-match": store.data_etag, "content-type": "application/json"}
        path = store_path(store.arn, "keys")
        request = sign(Request("POST", path, headers=headers, body=body), caller, "data")
        before = server.memory(peak=True)
        with ThreadPoolExecutor(8) as pool:
            for answer in pool.map(lambda _: request.send(server), range(8)):
                assert answer.status in (402, 503), answer.body
        if before is not None:
            # The bodies of one access key may take 64 MiB.
            assert server.memory(peak=True) - before < 150 * MIB
        caller.put(store, "a", "1")


class TestImports:
    """One account's imports hold up nobody else."""

    def large_document(self):
        """A document below the quota of an import, with many entries."""
        entries = [{"key": f"{number:06x}", "value": ""} for number in range(50_000)]
        return json.dumps({"data": entries})

    def test_slow_objects_of_one_account(self, start_server):
        with SlowS3(b'{"data":[{"key":"a","value":"1"}]}') as s3:
            server = start_server(**s3.options)
            slow, other = Caller(server), Caller(server)
            for number in range(4):
                slow.make_store(wait=False, ImportSource=source(f"slow-{number}.json"))
            until(lambda: s3.slow_reads > 1, "slow objects are being read")
            began = time.monotonic()
            store = other.make_store(ImportSource=source("fast.json"))
            assert time.monotonic() - began < BOUND
            assert other.contents(store) == {"a": "1"}

    def test_of_deleted_stores(self, start_server):
        with SlowS3(b'{"data":[]}') as s3:
            server = start_server(**s3.options)
            caller = Caller(server)
            stores = [
                caller.make_store(wait=False, ImportSource=source(f"slow-{number}.json"))
                for number in range(20)
            ]
            until(lambda: s3.slow_reads > 1, "slow objects are being read")
            for store in stores:
                etag = caller.control.describe_key_value_store(Name=store.name)["ETag"]
                caller.control.delete_key_value_store(Name=store.name, IfMatch=etag)
            began = time.monotonic()
            caller.make_store(ImportSource=source("fast.json"))
            assert time.monotonic() - began < BOUND

    def test_reads_go_on_while_large_ones_are_applied(self, start_server):
        server = start_server()
        importer, reader = Caller(server), Caller(server)
        store = reader.make_store()
        reader.put(store, "a", "1")
        large = importer.put_object(self.large_document())
        stop = threading.Event()
        made, failures = [], []

        def loop():
            try:
                while not stop.is_set():
                    store = importer.make_store(ImportSource=large, wait=False)
                    importer.wait_for(store, "READY", seconds=60)
                    made.append(store)
                    importer.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
            except Exception as error:
                failures.append(error)

        loops = [threading.Thread(target=loop) for _ in range(2)]
        for each in loops:
            each.start()
        longest = 0
        end = time.monotonic() + 5
        while time.monotonic() < end or len(made) < 2:
            assert not failures
            began = time.monotonic()
            assert reader.get(store, "a") == "1"
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.002)
        stop.set()
        for each in loops:
            each.join()
        assert not failures and longest < BOUND


def source(key):
    return {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::team-a/{key}"}
