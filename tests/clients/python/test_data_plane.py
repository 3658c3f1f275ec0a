"""The data plane through boto3: each operation, each rule, each modelled exception."""

import json
import re
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from keyfront import (
    DATA_ETAG,
    STALE_DATA,
    TOO_MANY_PAIRS,
    UUID,
    VALUE_TOO_BIG,
    WRONG_STATE,
    Caller,
    headers_of,
    new_account,
    refused,
    size_of,
    status_of,
)
from raw import assert_refused, call, store_path

NEVER_GIVEN = "KVTVPDKIKX0DER"
UNKNOWN_STORE = "00000000-0000-4000-8000-000000000000"
QUOTA = re.compile("^Limit exceeded: Maximum ")

AWKWARD_KEYS = [
    "/",
    "/old/page",
    "a//b",
    "trailing/",
    " ",
    "sp ace",
    "pl+us",
    "per%cent",
    "%2F",
    "%",
    "co:lon",
    "'single' \"double\"",
    "é",
    "e\u0301",
    "😀",
    "\u2028",
    "tab\there",
    "line\nbreak",
    "back\\slash",
    ".",
    "..",
    "...",
    "a/../b",
    "./a",
    "?query=1&x#fragment",
    "~-_.!*'()",
    "keys",
    "<a>&amp;",
    "\ufeffmark",
    "x" * 512,
    "é" * 256,
    "😀" * 128,
]
AWKWARD_VALUES = [
    "",
    " ",
    "é😀",
    '{"json": [1, "two"]}',
    'line\n\ttab\\"',
    "\u2028",
    "x" * 1024,
    "é" * 512,
]

# Each operation, for what is the same in all of them: its name, and a call of it.
OPERATIONS = {
    "DescribeKeyValueStore": lambda data, arn: data.describe_key_value_store(KvsARN=arn),
    "GetKey": lambda data, arn: data.get_key(KvsARN=arn, Key="a"),
    "ListKeys": lambda data, arn: data.list_keys(KvsARN=arn),
    "PutKey": lambda data, arn: data.put_key(KvsARN=arn, Key="a", Value="1", IfMatch=NEVER_GIVEN),
    "DeleteKey": lambda data, arn: data.delete_key(KvsARN=arn, Key="a", IfMatch=NEVER_GIVEN),
    "UpdateKeys": lambda data, arn: data.update_keys(
        KvsARN=arn, Puts=[{"Key": "a", "Value": "1"}], IfMatch=NEVER_GIVEN
    ),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)

# The same for the writes, each a change of the key "a".
WRITES = {
    "PutKey": lambda caller, store, etag: caller.put(store, "a", "2", etag=etag),
    "DeleteKey": lambda caller, store, etag: caller.delete(store, "a", etag=etag),
    "UpdateKeys": lambda caller, store, etag: caller.update(store, {"a": "2"}, etag=etag),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def assert_contents(caller, store, expected):
    """Checks every key, its value, the counts and the sizes, by each operation that tells them."""
    assert caller.contents(store) == expected
    description = caller.describe(store)
    assert description["ItemCount"] == len(expected)
    assert description["TotalSizeInBytes"] == size_of(expected)
    assert description["ETag"] == store.data_etag


class TestDescribe:
    def test_tells_everything_of_an_empty_store(self, caller, store):
        answer = caller.describe(store)
        assert status_of(answer) == 200
        assert (answer["ItemCount"], answer["TotalSizeInBytes"]) == (0, 0)
        assert answer["KvsARN"] == store.arn
        assert answer["Status"] == "READY"
        assert "FailureReason" not in answer
        assert DATA_ETAG.fullmatch(answer["ETag"])
        assert headers_of(answer)["etag"] == answer["ETag"]
        assert headers_of(answer)["content-type"] == "application/json"
        assert UUID.fullmatch(answer["ResponseMetadata"]["RequestId"])
        for moment in (answer["Created"], answer["LastModified"]):
            assert abs(datetime.now(timezone.utc) - moment) < timedelta(seconds=60)
        assert answer["LastModified"] >= answer["Created"]

    def test_the_two_planes_have_versions_of_their_own(self, caller, store):
        assert store.data_etag != store.etag
        with refused(caller.data, "ValidationException"):
            caller.put(store, "a", "1", etag=store.etag)

    def test_a_write_moves_the_time_of_the_last_change(self, caller, store):
        before = caller.describe(store)
        caller.put(store, "a", "1")
        after = caller.describe(store)
        assert after["Created"] == before["Created"]
        assert after["LastModified"] >= before["LastModified"]


    def test_a_write_changes_nothing_on_the_control_plane(self, caller, store):
        def control():
            answer = caller.control.describe_key_value_store(Name=store.name)
            (listed,) = caller.control.list_key_value_stores()["KeyValueStoreList"]["Items"]
            assert listed == answer["KeyValueStore"]
            return answer["ETag"], listed["LastModifiedTime"]

        before, described = control(), caller.describe(store)
        time.sleep(0.05)
        caller.put(store, "a", "1")
        caller.update(store, {"b": "2"}, ["a"])
        caller.delete(store, "b")
        assert control() == before
        assert caller.describe(store)["LastModified"] > described["LastModified"]
        assert caller.describe(store)["Created"] == described["Created"]


class TestWrites:
    def test_put_get_and_delete_a_key(self, caller, store):
        put = caller.put(store, "/sample", "sample")
        assert status_of(put) == 200
        # The size that AWS was seen to count.
        assert (put["ItemCount"], put["TotalSizeInBytes"]) == (1, 13)
        got = caller.data.get_key(KvsARN=store.arn, Key="/sample")
        assert status_of(got) == 200
        assert (got["Key"], got["Value"]) == ("/sample", "sample")
        assert (got["ItemCount"], got["TotalSizeInBytes"]) == (1, 13)
        deleted = caller.delete(store, "/sample")
        assert status_of(deleted) == 200
        assert (deleted["ItemCount"], deleted["TotalSizeInBytes"]) == (0, 0)
        assert_contents(caller, store, {})

    def test_update_puts_and_deletes_at_once(self, caller, store):
        caller.update(store, {"a": "1", "b": "2", "c": "3"})
        answer = caller.update(store, {"b": "two", "d": "4"}, ["a", "never"])
        expected = {"b": "two", "c": "3", "d": "4"}
        assert status_of(answer) == 200
        assert (answer["ItemCount"], answer["TotalSizeInBytes"]) == (3, size_of(expected))
        assert_contents(caller, store, expected)

    def test_each_write_gives_the_next_version(self, caller, store):
        seen = [store.data_etag]
        for write in [
            lambda: caller.put(store, "a", "1"),
            lambda: caller.put(store, "a", "1"),
            lambda: caller.update(store, {"b": "2"}),
            lambda: caller.delete(store, "a"),
            lambda: caller.update(store, deletes=["b"]),
            lambda: caller.put(store, "c", ""),
        ]:
            answer = write()
            assert DATA_ETAG.fullmatch(answer["ETag"])
            assert headers_of(answer)["etag"] == answer["ETag"]
            assert caller.describe(store)["ETag"] == answer["ETag"]
            seen.append(answer["ETag"])
        assert len(set(seen)) == len(seen), "a version is never given twice"

    def test_sizes_follow_every_change_of_a_value(self, caller, store):
        for value in ["short", "much longer than before", "", "é😀", "short"]:
            answer = caller.put(store, "ké", value)
            expected = {"ké": value}
            assert (answer["ItemCount"], answer["TotalSizeInBytes"]) == (1, size_of(expected))
            assert_contents(caller, store, expected)

    @pytest.mark.parametrize("value", AWKWARD_VALUES)
    def test_a_value_is_kept_to_the_byte(self, caller, store, value):
        caller.put(store, "put", value)
        caller.update(store, {"updated": value})
        assert caller.get(store, "put") == value
        assert_contents(caller, store, {"put": value, "updated": value})

    def test_keys_are_exact_bytes(self, caller, store):
        expected = {}
        for number, key in enumerate(AWKWARD_KEYS):
            expected[key] = f"value {number}"
            caller.put(store, key, expected[key])
        for key, value in expected.items():
            answer = caller.data.get_key(KvsARN=store.arn, Key=key)
            assert (answer["Key"], answer["Value"]) == (key, value)
        assert_contents(caller, store, expected)
        for key in AWKWARD_KEYS:
            del expected[key]
            caller.delete(store, key)
            assert caller.describe(store)["TotalSizeInBytes"] == size_of(expected)
            with refused(caller.data, "ResourceNotFoundException"):
                caller.get(store, key)
        assert_contents(caller, store, {})

    def test_keys_are_exact_bytes_in_a_batch(self, caller, store):
        expected = {key: f"value {number}" for number, key in enumerate(AWKWARD_KEYS)}
        caller.update(store, expected)
        assert_contents(caller, store, expected)
        caller.update(store, deletes=AWKWARD_KEYS)
        assert_contents(caller, store, {})

    def test_keys_are_not_folded(self, caller, store):
        keys = ["a", "A", "a ", " a", "é", "e\u0301", "%61", "a/", "/a", "//a", "a%2F"]
        expected = {key: str(number) for number, key in enumerate(keys)}
        for key, value in expected.items():
            caller.put(store, key, value)
        assert_contents(caller, store, expected)

    def test_stores_do_not_share_keys(self, caller):
        one, two = caller.make_store(), caller.make_store()
        caller.put(one, "a", "1")
        assert caller.contents(two) == {}
        assert caller.describe(two)["ETag"] == two.data_etag
        caller.put(two, "a", "2")
        assert (caller.get(one, "a"), caller.get(two, "a")) == ("1", "2")


class TestVersions:
    @each_write
    def test_a_write_needs_the_current_version(self, caller, store, write):
        first = store.data_etag
        caller.put(store, "a", "1")
        current = store.data_etag
        for stale in [first, NEVER_GIVEN, caller.make_store().data_etag]:
            with refused(caller.data, "ValidationException", STALE_DATA):
                write(caller, store, stale)
        assert_contents(caller, store, {"a": "1"})
        assert caller.describe(store)["ETag"] == current
        write(caller, store, current)
        with refused(caller.data, "ValidationException", STALE_DATA):
            write(caller, store, current)

    @each_write
    @pytest.mark.parametrize(
        "etag", ["", "*", 'W/"KV1"', '"KV1", "KV2"', "KV", "KVabc", "nonsense", '""']
    )
    def test_a_write_needs_an_etag(self, caller, store, write, etag):
        # The empty one reaches the server through boto3 as an empty header.
        def through_boto(arn=store.arn):
            operations = {
                WRITES["PutKey"]: lambda: caller.data.put_key(
                    KvsARN=arn, Key="a", Value="2", IfMatch=etag
                ),
                WRITES["DeleteKey"]: lambda: caller.data.delete_key(
                    KvsARN=arn, Key="a", IfMatch=etag
                ),
                WRITES["UpdateKeys"]: lambda: caller.data.update_keys(KvsARN=arn, IfMatch=etag),
            }
            operations[write]()

        with refused(caller.data, "ValidationException"):
            through_boto()
        assert_contents(caller, store, {})

    @pytest.mark.parametrize(
        ("method", "rest", "body"),
        [
            ("PUT", ["keys", "a"], {"Value": "1"}),
            ("DELETE", ["keys", "a"], None),
            ("POST", ["keys"], {}),
        ],
        ids=WRITES,
    )
    def test_a_write_needs_an_if_match(self, caller, store, method, rest, body):
        body = b"" if body is None else json.dumps(body)
        answer = call(caller, "data", method, store_path(store.arn, *rest), body=body)
        assert_refused(answer, "data", "ValidationException", 400)
        assert_contents(caller, store, {})

    def test_an_etag_may_stand_in_quotes(self, caller, store):
        caller.put(store, "a", "1", etag=f'"{store.data_etag}"')
        caller.update(store, {"b": "2"}, etag=f'"{store.data_etag}"')
        caller.delete(store, "a", etag=f'"{store.data_etag}"')
        assert_contents(caller, store, {"b": "2"})

    def test_writers_that_race_lose_no_update(self, caller, store):
        """32 writers: each write that succeeded is one version, and they stand in one chain."""
        first = store.data_etag
        steps, failures, lock = {}, [], threading.Lock()

        def write(writer):
            try:
                for number in range(2):
                    key = f"{writer}-{number}"
                    while not put(key, number):
                        pass
            except Exception as error:
                failures.append(error)

        def put(key, number):
            etag = caller.describe(store)["ETag"]
            try:
                answer = caller.data.put_key(
                    KvsARN=store.arn, Key=key, Value=str(number), IfMatch=etag
                )
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ValidationException", error
                assert error.response["Error"]["Message"] == STALE_DATA
                return False
            with lock:
                assert etag not in steps, "two writes succeeded on one version"
                steps[etag] = answer["ETag"]
            return True

        assert caller.data and caller.contents(store) == {}
        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(steps) == 64
        versions, etag = 0, first
        while etag in steps:
            etag = steps.pop(etag)
            versions += 1
        assert versions == 64 and steps == {}
        store.data_etag = etag
        expected = {
            f"{writer}-{number}": str(number) for writer in range(32) for number in range(2)
        }
        assert_contents(caller, store, expected)


class TestGetAndDelete:
    def test_a_key_that_is_not_there(self, caller, store):
        caller.put(store, "a", "1")
        with refused(caller.data, "ResourceNotFoundException", "Resource was not found."):
            caller.get(store, "b")
        with refused(caller.data, "ResourceNotFoundException", "Resource was not found."):
            caller.delete(store, "b")
        assert_contents(caller, store, {"a": "1"})

    def test_a_stale_version_comes_before_a_key_that_is_not_there(self, caller, store):
        with refused(caller.data, "ValidationException", STALE_DATA):
            caller.delete(store, "b", etag=NEVER_GIVEN)

    def test_a_key_longer_than_any(self, caller, store):
        # GetKey's model has no ValidationException.
        with refused(caller.data, "ResourceNotFoundException"):
            caller.get(store, "x" * 1025)
        with refused(caller.data, "ResourceNotFoundException"):
            caller.get(store, "x" * 513)


class TestUpdate:
    @pytest.mark.parametrize(
        ("puts", "deletes"),
        [
            ([("x", "1"), ("x", "2")], None),
            ([("x", "1"), ("x", "1")], None),
            (None, ["a", "a"]),
            (None, ["never", "never"]),
            ([("a", "2")], ["a"]),
            ([("y", "1"), ("x", "1")], ["never", "x"]),
        ],
    )
    def test_the_same_key_twice(self, caller, store, puts, deletes):
        caller.put(store, "a", "1")
        with refused(caller.data, "ValidationException"):
            caller.update(store, puts, deletes)
        assert_contents(caller, store, {"a": "1"})

    @pytest.mark.parametrize(
        ("puts", "deletes"), [(None, None), ({}, None), (None, []), ({}, []), (None, ["b", "c"])]
    )
    def test_with_nothing_to_do(self, caller, store, puts, deletes):
        caller.put(store, "a", "1")
        before = store.data_etag
        answer = caller.update(store, puts, deletes)
        assert (answer["ItemCount"], answer["TotalSizeInBytes"]) == (1, 2)
        assert answer["ETag"] == before
        assert_contents(caller, store, {"a": "1"})
        # The version is still good, and still needed.
        caller.update(store, puts, deletes)
        caller.put(store, "b", "2")
        with refused(caller.data, "ValidationException", STALE_DATA):
            caller.update(store, puts, deletes, etag=before)

    def test_puts_the_same_value_again_as_a_new_version(self, caller, store):
        caller.put(store, "a", "1")
        before = store.data_etag
        assert caller.update(store, {"a": "1"})["ETag"] != before

    @pytest.mark.parametrize(
        ("puts", "code"),
        [
            ({"b": "2", "c": "x" * 1025}, "ServiceQuotaExceededException"),
            ({"b": "2", "x" * 513: "3"}, "ServiceQuotaExceededException"),
            ({"b": "2", "x" * 1025: "3"}, "ValidationException"),
            ({"b": "2", "": "3"}, "ValidationException"),
        ],
        ids=["value", "key", "model", "empty"],
    )
    def test_is_all_or_nothing(self, caller, store, puts, code):
        caller.put(store, "a", "1")
        items = [{"Key": key, "Value": value} for key, value in puts.items()]
        with refused(caller.unchecked_data, code):
            caller.unchecked_data.update_keys(
                KvsARN=store.arn, IfMatch=store.data_etag, Puts=items, Deletes=[{"Key": "a"}]
            )
        assert_contents(caller, store, {"a": "1"})


class TestQuotas:
    def test_keys_up_to_512_bytes(self, caller, store):
        for key in ["x" * 513, "é" * 256 + "x", "😀" * 128 + "x", "x" * 1024]:
            with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
                caller.put(store, key, "1")
            with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
                caller.update(store, {key: "1"})
        for key in ["x" * 1025]:
            with refused(caller.data, "ValidationException"):
                caller.put(store, key, "1")
            with refused(caller.data, "ValidationException"):
                caller.delete(store, key)
        assert_contents(caller, store, {})

    def test_values_up_to_1024_bytes(self, caller, store):
        for value in ["x" * 1025, "é" * 512 + "x", "😀" * 257]:
            with refused(caller.data, "ServiceQuotaExceededException", VALUE_TOO_BIG):
                caller.put(store, "a", value)
            with refused(caller.data, "ServiceQuotaExceededException", VALUE_TOO_BIG):
                caller.update(store, {"a": value})
        assert_contents(caller, store, {})

    def test_fifty_keys_in_one_request(self, caller, store):
        fifty = {f"k{n}": "v" for n in range(50)}
        with refused(caller.data, "ServiceQuotaExceededException", TOO_MANY_PAIRS):
            caller.update(store, fifty | {"one more": "v"})
        with refused(caller.data, "ServiceQuotaExceededException", TOO_MANY_PAIRS):
            caller.update(store, fifty, ["one more"])
        with refused(caller.data, "ServiceQuotaExceededException", TOO_MANY_PAIRS):
            caller.update(store, deletes=[f"d{n}" for n in range(51)])
        assert_contents(caller, store, {})
        caller.update(store, fifty)
        more = {f"m{n}": "v" for n in range(25)}
        caller.update(store, more, [f"k{n}" for n in range(25)])
        left = {f"k{n}": "v" for n in range(25, 50)}
        assert_contents(caller, store, left | more)

    def test_five_megabytes_in_a_store(self, caller, store):
        limit = 5 * 1024 * 1024
        contents = {f"{n:06}" + "k" * 506: "v" * 1024 for n in range(limit // 1536)}
        contents["rest"] = "v" * (limit - size_of(contents) - 4)
        pairs = list(contents.items())
        for at in range(0, len(pairs), 50):
            answer = caller.update(store, pairs[at : at + 50])
        assert (answer["ItemCount"], answer["TotalSizeInBytes"]) == (len(contents), limit)
        for key, value in [("x", ""), ("rest", contents["rest"] + "v")]:
            with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
                caller.put(store, key, value)
            with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
                caller.update(store, {key: value})
        assert caller.describe(store)["ETag"] == store.data_etag
        # What makes room in the same request counts.
        answer = caller.update(store, {"tser": contents["rest"]}, ["rest"])
        assert answer["TotalSizeInBytes"] == limit
        caller.put(store, "tser", "")
        answer = caller.put(store, "x", "1")
        assert answer["TotalSizeInBytes"] == limit - len(contents["rest"]) + 2

    def test_the_size_of_one_request(self, start_server):
        # Fifty keys of AWS's sizes never reach 3 MB; the quota is a setting, as the others are.
        caller = Caller(start_server(update_bytes=1000))
        store = caller.make_store()
        caller.update(store, {"a": "x" * 499, "b": "é" * 249 + "x"})
        with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
            caller.update(store, {"a": "x" * 499, "b": "x" * 500})
        caller.update(store, {"a": "x" * 499, "b": "x" * 498}, ["c"])
        with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
            caller.update(store, {"a": "x" * 499, "b": "x" * 498}, ["cc"])

    def test_three_megabytes_in_one_request(self, start_server):
        caller = Caller(start_server(value_bytes=200_000))
        store = caller.make_store()
        limit = 3 * 1024 * 1024
        puts = {f"k{n}": "x" * 199_998 for n in range(15)}
        puts["z"] = "x" * (limit - size_of(puts) - 1)
        answer = caller.update(store, puts)
        assert answer["TotalSizeInBytes"] == limit
        # Escapes make the body larger than what it says.
        escaped = {key: "\u0001" * (len(value) - 100) for key, value in puts.items()}
        assert caller.update(store, escaped)["TotalSizeInBytes"] == size_of(escaped)
        puts["z"] += "x"
        with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
            caller.update(store, puts)

    def test_quotas_are_settings(self, start_server):
        server = start_server(key_bytes=5, value_bytes=5, store_bytes=20, keys_per_update=2)
        caller = Caller(server)
        store = caller.make_store()
        caller.update(store, {"12345": "12345", "54321": "54321"})
        for attempt in [
            lambda: caller.put(store, "123456", ""),
            lambda: caller.put(store, "a", "123456"),
            lambda: caller.put(store, "a", ""),
            lambda: caller.update(store, deletes=["a", "b", "c"]),
        ]:
            with refused(caller.data, "ServiceQuotaExceededException", QUOTA):
                attempt()


class TestList:
    def fill(self, caller, store, keys):
        keys = list(keys)
        for at in range(0, len(keys), 50):
            caller.update(store, {key: f"value of {key}" for key in keys[at : at + 50]})

    def page(self, caller, store, **arguments):
        answer = caller.data.list_keys(KvsARN=store.arn, **arguments)
        return [item["Key"] for item in answer["Items"]], answer.get("NextToken")

    def test_is_empty_at_first(self, caller, store):
        answer = caller.data.list_keys(KvsARN=store.arn)
        assert status_of(answer) == 200
        assert answer["Items"] == []
        assert "NextToken" not in answer

    def test_gives_keys_with_their_values(self, caller, store):
        caller.update(store, {"b": "2", "a": "1"})
        answer = caller.data.list_keys(KvsARN=store.arn)
        assert answer["Items"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]

    def test_is_in_the_order_of_bytes(self, caller, store):
        # U+10000 follows U+FFFF in UTF-8, and precedes it in UTF-16.
        keys = ["b", "B", "a", "a/b", "a.b", "aa", "é", "z", "\uffff", "\U00010000", "0", "10", "9"]
        self.fill(caller, store, keys)
        found, _ = self.page(caller, store, MaxResults=50)
        assert found == sorted(keys, key=str.encode)
        paginator = caller.data.get_paginator("list_keys")
        pages = paginator.paginate(KvsARN=store.arn, PaginationConfig={"PageSize": 1})
        assert [page["Items"][0]["Key"] for page in pages] == found

    def test_pages_are_of_ten_keys_unless_told_otherwise(self, caller, store):
        keys = [f"{n:02}" for n in range(60)]
        self.fill(caller, store, keys)
        found, token = self.page(caller, store)
        assert (found, bool(token)) == (keys[:10], True)
        for most in [1, 2, 49, 50]:
            found, token = self.page(caller, store, MaxResults=most)
            assert (found, bool(token)) == (keys[:most], True)

    def test_a_last_page_that_is_full_has_no_token(self, caller, store):
        self.fill(caller, store, [f"{n:02}" for n in range(20)])
        found, token = self.page(caller, store)
        assert len(found) == 10 and token
        found, token = self.page(caller, store, NextToken=token)
        assert len(found) == 10 and token is None

    def test_the_paginator_sees_each_key_once(self, caller, store):
        keys = [f"{n:03}" for n in range(169)]
        self.fill(caller, store, keys)
        paginator = caller.data.get_paginator("list_keys")
        for size in [7, 10, 50]:
            pages = paginator.paginate(KvsARN=store.arn, PaginationConfig={"PageSize": size})
            assert [item["Key"] for page in pages for item in page["Items"]] == keys

    def test_a_token_goes_on_with_any_page_size(self, caller, store):
        keys = [f"{n:02}" for n in range(30)]
        self.fill(caller, store, keys)
        _, token = self.page(caller, store, MaxResults=5)
        assert self.page(caller, store, MaxResults=25, NextToken=token) == (keys[5:], None)
        # It may be used again.
        assert self.page(caller, store, MaxResults=2, NextToken=token)[0] == keys[5:7]

    def test_a_token_names_a_place_and_not_a_key(self, caller, store):
        keys = [f"{n:02}" for n in range(30)]
        self.fill(caller, store, keys)
        _, token = self.page(caller, store)
        caller.update(store, {"095": "new", "085": "before"}, ["09", "10"])
        found, _ = self.page(caller, store, MaxResults=3, NextToken=token)
        assert found == ["095", "11", "12"]
        caller.update(store, deletes=found)
        caller.update(store, deletes=keys[11:])
        assert self.page(caller, store, NextToken=token) == ([], None)

    @pytest.mark.parametrize("key", [".", "..", "a/b", "é😀", "\n", "x" * 512, '"'])
    def test_a_token_can_name_any_key(self, caller, store, key):
        self.fill(caller, store, [key, key + "2" if len(key) < 512 else "y"])
        found, token = self.page(caller, store, MaxResults=1)
        assert found == [key]
        found, token = self.page(caller, store, MaxResults=1, NextToken=token)
        assert len(found) == 1 and token is None

    def test_a_token_of_another_store(self, caller):
        one, two = caller.make_store(), caller.make_store()
        for store in (one, two):
            self.fill(caller, store, [f"{n:02}" for n in range(20)])
        _, token = self.page(caller, one)
        with refused(caller.data, "ValidationException"):
            self.page(caller, two, NextToken=token)

    @pytest.mark.parametrize("token", ["", "nonsense", "AAAA", "é", "0" * 3000, "=", "%", "null"])
    def test_a_token_of_another_form(self, caller, store, token):
        with refused(caller.data, "ValidationException"):
            self.page(caller, store, NextToken=token)

    def test_a_token_that_was_changed(self, caller, store):
        self.fill(caller, store, [f"{n:02}" for n in range(20)])
        _, token = self.page(caller, store)
        for changed in [token + "!", token[5:], " " + token]:
            with refused(caller.data, "ValidationException"):
                self.page(caller, store, NextToken=changed)

    @pytest.mark.parametrize("most", [0, 51, -1, 1000, "ten", "1.5", "", "99999999999999999999"])
    def test_the_page_size_is_1_to_50(self, caller, store, most):
        with refused(caller.unchecked_data, "ValidationException"):
            caller.unchecked_data.list_keys(KvsARN=store.arn, MaxResults=most)


class TestWhichStore:
    @pytest.mark.parametrize("name", OPERATIONS)
    def test_one_that_was_deleted(self, caller, store, name):
        caller.put(store, "a", "1")
        caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        # Terraform's provider relies on it.
        not_found = ("ResourceNotFoundException", "Resource was not found.")
        expected = not_found if name == "GetKey" else ("ConflictException", WRONG_STATE)
        with refused(caller.data, *expected):
            OPERATIONS[name](caller.data, store.arn)

    @each_operation
    def test_one_that_never_was(self, caller, operation):
        arn = f"arn:aws:cloudfront::{caller.account}:key-value-store/{UNKNOWN_STORE}"
        with refused(caller.data, "ResourceNotFoundException", "Resource was not found."):
            operation(caller.data, arn)

    @each_operation
    def test_one_of_another_account_whether_it_is_there_or_not(self, caller, store, operation):
        other = Caller(caller.server, account=new_account())
        caller.put(store, "a", "1")
        never = store.arn.replace(store.id, UNKNOWN_STORE)
        texts = set()
        for arn in [store.arn, never]:
            with refused(other.data, "AccessDeniedException") as caught:
                operation(other.data, arn)
            texts.add(caught.value.response["Error"]["Message"].replace(arn, "ARN"))
        assert len(texts) == 1, "the text tells which stores there are"
        assert_contents(caller, store, {"a": "1"})

    @each_operation
    def test_one_with_the_callers_account_and_anothers_id(self, caller, store, operation):
        other = Caller(caller.server, account=new_account())
        arn = store.arn.replace(caller.account, other.account)
        with refused(other.data, "ResourceNotFoundException"):
            operation(other.data, arn)

    @each_operation
    def test_one_that_is_provisioning(self, slow_caller, operation):
        store = slow_caller.make_store(wait=False)
        if operation is OPERATIONS["DescribeKeyValueStore"]:
            answer = operation(slow_caller.data, store.arn)
            assert (answer["Status"], answer["ItemCount"]) == ("PROVISIONING", 0)
            assert DATA_ETAG.fullmatch(answer["ETag"])
        else:
            with refused(slow_caller.data, "ConflictException", WRONG_STATE):
                operation(slow_caller.data, store.arn)

    @pytest.mark.parametrize(
        "arn",
        [
            "nonsense",
            "arn:aws:cloudfront::000000000000:key-value-store/redirects",
            "arn:aws:cloudfront::000000000000:distribution/" + UNKNOWN_STORE,
            "arn:aws:s3:::bucket",
            "x" * 3000,
        ],
    )
    def test_no_arn_of_a_store(self, server, arn):
        # The clients' own rules refuse these, so they are sent by hand. The models of GetKey and
        # Describe have no ValidationException.
        caller = Caller(server, key="test")
        for rest in [[], ["keys", "a"]]:
            answer = call(caller, "data", "GET", store_path(arn, *rest))
            assert_refused(answer, "data", "ResourceNotFoundException", 404)
        answer = call(caller, "data", "GET", store_path(arn, "keys"))
        assert_refused(answer, "data", "ValidationException", 400)
        answer = call(
            caller,
            "data",
            "DELETE",
            store_path(arn, "keys", "a"),
            headers={"if-match": NEVER_GIVEN},
        )
        assert_refused(answer, "data", "ValidationException", 400)

    def test_the_arn_may_be_encoded_in_other_ways(self, caller, store):
        # As the examples of signing by hand send it.
        caller.put(store, "a", "1")
        for arn in [store.arn.replace("/", "%2F"), store.arn.replace("/", "%2f")]:
            answer = call(caller, "data", "GET", f"/key-value-stores/{arn}/keys/a")
            assert (answer.status, answer.json["Value"]) == (200, "1")


class TestOrderOfChecks:
    """Form and limits, then the store, then its state, then the version, then the contents."""

    def test_limits_come_before_the_store(self, caller):
        arn = f"arn:aws:cloudfront::{caller.account}:key-value-store/{UNKNOWN_STORE}"
        with refused(caller.data, "ServiceQuotaExceededException", VALUE_TOO_BIG):
            caller.data.put_key(KvsARN=arn, Key="a", Value="x" * 1025, IfMatch=NEVER_GIVEN)

    def test_form_comes_before_the_store(self, caller):
        arn = f"arn:aws:cloudfront::{caller.account}:key-value-store/{UNKNOWN_STORE}"
        with refused(caller.data, "ValidationException"):
            caller.data.put_key(KvsARN=arn, Key="x" * 1025, Value="1", IfMatch=NEVER_GIVEN)

    def test_what_is_no_etag_is_judged_where_a_stale_one_is(self, caller, store):
        arn = f"arn:aws:cloudfront::{caller.account}:key-value-store/{UNKNOWN_STORE}"
        with refused(caller.data, "ResourceNotFoundException"):
            caller.data.put_key(KvsARN=arn, Key="a", Value="1", IfMatch="*")
        with refused(caller.data, "ValidationException", STALE_DATA):
            caller.data.delete_key(KvsARN=store.arn, Key="absent", IfMatch="*")

    def test_the_account_comes_before_form_and_limits(self, caller, store):
        other = Caller(caller.server, account=new_account())
        with refused(other.data, "AccessDeniedException"):
            other.data.put_key(KvsARN=store.arn, Key="a", Value="x" * 1025, IfMatch="*")

    def test_the_version_comes_before_the_contents(self, start_server):
        caller = Caller(start_server(store_bytes=10))
        store = caller.make_store()
        with refused(caller.data, "ValidationException", STALE_DATA):
            caller.put(store, "a", "x" * 100, etag=NEVER_GIVEN)


class TestJson:
    def test_numbers_are_numbers_and_times_are_seconds(self, caller, store):
        caller.put(store, "a", "1")
        answer = call(caller, "data", "GET", store_path(store.arn))
        found = answer.json
        assert type(found["ItemCount"]) is int and type(found["TotalSizeInBytes"]) is int
        for name in ("Created", "LastModified"):
            assert type(found[name]) in (int, float)
            assert abs(found[name] - datetime.now(timezone.utc).timestamp()) < 60
        # Milliseconds and no more digits, in the plain form.
        text = re.search(rb'"Created":\s*([^,}]+)', answer.body)[1]
        assert re.fullmatch(rb"\d{10}(\.\d{1,3})?", text)
        assert "ETag" not in found, "the version stands in a header"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"Value":"\xc3\xa9"}',
            b'{"Value": "\\u00e9"}',
            b' {\n"Value"\t:\r"\\u00E9" } ',
            b'{"Value":"\xc3\xa9","Unknown":[{"deep":null}]}',
        ],
    )
    def test_bodies_of_every_client(self, caller, store, body):
        headers = {"if-match": store.data_etag, "content-type": "application/json"}
        answer = call(
            caller, "data", "PUT", store_path(store.arn, "keys", "a"), headers=headers, body=body
        )
        assert answer.status == 200
        assert caller.get(store, "a") == "é"

    def test_surrogate_escapes_are_one_character(self, caller, store):
        body = b'{"Deletes":[],"Puts":[{"Value":"\\ud83d\\ude00","Key":"\\ud83d\\ude00"}]}'
        headers = {"if-match": store.data_etag, "content-type": "application/json"}
        answer = call(
            caller, "data", "POST", store_path(store.arn, "keys"), headers=headers, body=body
        )
        assert answer.status == 200
        assert answer.json == {"ItemCount": 1, "TotalSizeInBytes": 8}
        assert caller.get(store, "😀") == "😀"
