"""One honest client, while everything that takes what others need goes on at once.

It lasts for KEYFRONT_ATTACK_SECONDS, 20 by default.
"""

import contextlib
import json
import multiprocessing
import os
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import attack
from keyfront import Caller, until
from raw import store_path
from slow_s3 import SlowS3

SECONDS = float(os.environ.pop("KEYFRONT_ATTACK_SECONDS", "20"))

# How long any request of the honest client may take, in seconds.
BOUND = 10

# Where the attacks come from: all of 127.0.0.0/8 is this machine.
ATTACKER = "127.0.0.2"

# Below the quota of an import.
LARGE = [{"key": f"{number:05}", "value": "v" * 250} for number in range(15_000)]


@contextlib.contextmanager
def attacks(*calls):
    """Has each call of a function of `attack` go on in a process of its own."""
    # Not forked: this process has threads.
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=attack.run, args=call, daemon=True) for call in calls]
    for process in processes:
        process.start()
    try:
        yield
        ended = [process for process in processes if not process.is_alive()]
    finally:
        for process in processes:
            process.kill()
            process.join()
    assert not ended, "an attack has ended by itself"


@contextlib.contextmanager
def imports(*callers, key):
    """Each of these callers creates stores from an object and deletes them."""
    stop = threading.Event()

    def delete(caller, name):
        """Whether the store is gone; an import that ends meanwhile gives it another version."""
        with contextlib.suppress(caller.control.exceptions.PreconditionFailed):
            etag = caller.control.describe_key_value_store(Name=name)["ETag"]
            caller.control.delete_key_value_store(Name=name, IfMatch=etag)
            return True

    def loop(caller):
        while not stop.is_set():
            # It may well be refused: it is not honest.
            with contextlib.suppress(ClientError, BotoCoreError):
                source = {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::bucket/{key}"}
                store = caller.make_store(wait=False, ImportSource=source)
                stop.wait(1)
                until(lambda: delete(caller, store.name), "the store is deleted")

    threads = [threading.Thread(target=loop, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def honest(caller, store, seconds):
    """Writes and reads for a while. Returns what was acknowledged, and how long each request took."""
    contents, reads, writes = {}, [], []
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        key, value = f"k{number % 100}", f"v{number}"
        began = time.monotonic()
        caller.put(store, key, value)
        written = time.monotonic()
        contents[key] = value
        assert caller.get(store, key) == value
        writes.append(written - began)
        reads.append(time.monotonic() - written)
        number += 1
    return contents, reads, writes


@pytest.mark.timeout(SECONDS + 60)
def test_an_honest_client_is_served_while_all_attacks_go_on(start_server):
    with SlowS3(json.dumps({"data": LARGE}).encode()) as s3:
        server = start_server(
            unread_log=True, log="info,keyfront_api=debug", connections=1000, **s3.options
        )
        caller, known, slow, large = (Caller(server) for _ in range(4))
        store = caller.make_store()
        path = store_path(store.arn, "keys")
        unsigned = attack.head_of_body(path, 10_000_000)
        claimed = attack.head_of_claim(known, path, 10_000_000, known.key)
        before = server.memory()
        with (
            attacks(
                (attack.unfinished_bodies, server.port, ATTACKER, unsigned, b" " * 70_000, 64),
                (attack.unfinished_bodies, server.port, ATTACKER, claimed, b" " * 70_000, 64),
                (attack.idle_connections, server.port, "127.0.0.3", 400),
                (attack.refused_requests, server.port, ATTACKER),
            ),
            imports(*[slow] * 8, key="slow.json"),
            imports(large, large, key="large.json"),
        ):
            contents, reads, writes = honest(caller, store, SECONDS)
            growth = (server.memory() or 0) - (before or 0)
        print(
            f"\n{len(writes)} writes, longest {max(writes):.3f} s; longest read {max(reads):.3f} s; "
            f"memory grew by {growth // 1024 // 1024} MiB"
        )
        assert max(reads + writes) < BOUND
        assert s3.slow_reads > 0
        assert caller.contents(store) == contents
        server.kill()
        server.start()
        assert Caller(server, account=caller.account).contents(store) == contents
