"""Importing from the folder of buckets: what is taken, what is refused, and what a reader sees."""

import json
import os
import re
import time

import pytest

from keyfront import WRONG_STATE, Caller, new_account, refused, size_of, status_of, until

LIMIT = 5 * 1024 * 1024


def document(contents):
    return json.dumps({"data": [{"key": k, "value": v} for k, v in contents.items()]})


def entry(key='"a"', value='"1"', more=""):
    return f'{{"key":{key},"value":{value}{more}}}'


def data(*entries):
    return '{"data":[' + ",".join(entries) + "]}"


class TestGood:
    CONTENTS = {
        "/old": "/new",
        "é": "ü",
        "😀": "\u2028",
        ".": "dot",
        "..": "dots",
        "a/../b": "path",
        'qu"ote\\': "\n\t",
        "empty": "",
        "k" * 512: "v" * 1024,
        "é" * 256: "😀" * 256,
    }

    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_a_file_becomes_the_contents(self, caller, ascii_only):
        items = [{"key": key, "value": value} for key, value in self.CONTENTS.items()]
        text = json.dumps({"data": items}, ensure_ascii=ascii_only)
        store = caller.make_store(ImportSource=caller.put_object(text))
        assert caller.contents(store) == self.CONTENTS
        description = caller.describe(store)
        assert description["ItemCount"] == len(self.CONTENTS)
        assert description["TotalSizeInBytes"] == size_of(self.CONTENTS)
        assert description["Status"] == "READY"
        assert "FailureReason" not in description
        # It goes on from there as any other store.
        caller.update(store, {"new": "1"}, ["/old"])
        assert "/old" not in caller.contents(store)

    @pytest.mark.parametrize(
        "text",
        [
            '{"data":[]}',
            ' \n{ "data" : [ ] }\r\n\t',
        ],
    )
    def test_no_entries(self, caller, text):
        store = caller.make_store(ImportSource=caller.put_object(text))
        assert caller.contents(store) == {}
        assert caller.describe(store)["ItemCount"] == 0

    def test_blanks_order_and_escapes_are_free(self, caller):
        text = '\n{"data" :\t[ {"value" : "\\u0031\\/\\ud83d\\ude00", "key":"\\u00e9" } ] }\n'
        store = caller.make_store(ImportSource=caller.put_object(text))
        assert caller.contents(store) == {"é": "1/😀"}

    @pytest.mark.parametrize("key", ["a.json", "deep/er/file", "sp ace +%é😀.json", ".hidden"])
    def test_an_object_of_any_name(self, caller, key):
        source = caller.put_object(document({"a": "1"}), key=key, bucket="buck.et-1")
        assert caller.contents(caller.make_store(ImportSource=source)) == {"a": "1"}

    def test_a_file_of_exactly_five_megabytes(self, caller):
        text = document({"a": "1"})
        text += " " * (LIMIT - len(text))
        store = caller.make_store(ImportSource=caller.put_object(text))
        assert caller.contents(store) == {"a": "1"}

    def test_many_keys(self, caller):
        contents = {f"/page/{n:06}": f"/new/{n}" for n in range(80_000)}
        assert len(document(contents)) < LIMIT
        store = caller.make_store(ImportSource=caller.put_object(document(contents)))
        description = caller.describe(store)
        assert description["ItemCount"] == 80_000
        assert description["TotalSizeInBytes"] == size_of(contents)
        assert caller.get(store, "/page/079999") == "/new/79999"

    def test_the_file_may_change_behind_the_import(self, caller):
        source = caller.put_object(document({"a": "1"}))
        store = caller.make_store(ImportSource=source)
        for path in caller.server.buckets.rglob(source["SourceARN"].rsplit("/", 1)[1]):
            path.unlink()
        assert caller.contents(store) == {"a": "1"}


# What is wrong, and what the reason must say of the place.
LINE = r"\bline (\d+)\b.*\bcolumn (\d+)\b"
BAD_FILES = {
    "empty": (b"", LINE),
    "no-json": (b"key,value\na,1\n", "line 1, column 1"),
    "broken-off": (b'{"data":[{"key":"a","value":"1"}', LINE),
    "third-line": (
        b'{"data":[\n{"key":"a","value":"1"},\n  {"key":"b" "value":"2"}\n]}',
        "line 3, column 14",
    ),
    "comma": (b'{"data":[{"key":"a","value":"1"},]}', "line 1, column 34"),
    "trailing": (b'{"data":[]} x', "line 1, column 13"),
    "two-documents": (b'{"data":[]}\n{"data":[]}', "line 2, column 1"),
    "top-level-list": (b'[{"key":"a","value":"1"}]', "line 1, column 1"),
    "top-level-string": (b'"data"', "line 1, column 1"),
    "no-data": (b"{}", LINE),
    "data-is-no-list": (b'{"data":{"a":"1"}}', "line 1, column 9"),
    "data-is-null": (b'{"data":null}', "line 1, column 9"),
    "data-twice": (b'{"data":[],"data":[]}', LINE),
    "unknown-member": (b'{"data":[],\n"more":1}', "line 2, column 1"),
    "data-in-capitals": (b'{"Data":[]}', "line 1, column 2"),
    "entry-is-no-object": (b'{"data":["a"]}', "line 1, column 10"),
    "entry-with-unknown-member": (data(entry(more=',"ttl":1')).encode(), LINE),
    "entry-with-a-member-twice": (data(entry(more=',"key":"b"')).encode(), LINE),
    "entry-without-value": (b'{"data":[{"key":"a"}]}', LINE),
    "entry-without-key": (b'{"data":[{"value":"a"}]}', LINE),
    "value-is-a-number": (data(entry(value="1")).encode(), LINE),
    "value-is-null": (data(entry(value="null")).encode(), LINE),
    "value-is-an-object": (data(entry(value="{}")).encode(), LINE),
    "key-is-a-number": (data(entry(key="1")).encode(), LINE),
    "control-character": (data(entry(value='"a\nb"')).encode(), LINE),
    "bad-escape": (data(entry(value='"\\x"')).encode(), LINE),
    "lone-surrogate": (data(entry(value='"\\ud800"')).encode(), LINE),
    "deep": (b'{"data":' + b"[" * 100_000, LINE),
    "latin-1": ('{"data":[\n{"key":"é","value":"1"}]}'.encode("latin-1"), "line 2, column 9"),
    "utf-16": (data(entry()).encode("utf-16"), "."),
    "byte-order-mark": (data(entry()).encode("utf-8-sig"), "(?i)byte.order mark"),
    "empty-key": (data(entry(), entry(key='""')).encode(), r"\b2\b"),
    "long-key": (data(entry(key=f'"the-key-{"x" * 505}"')).encode(), "the-key-xxx.*512"),
    "long-key-in-bytes": (data(entry(key=f'"the-key-{"é" * 253}"')).encode(), "the-key-éé.*512"),
    "long-value": (data(entry(key='"the-key"', value=f'"{"x" * 1025}"')).encode(), "the-key.*1024"),
    "long-value-in-bytes": (
        data(entry(key='"the-key"', value=f'"{"é" * 513}"')).encode(),
        "the-key.*1024",
    ),
    "duplicate": (
        data(entry(), entry(key='"the-key"'), entry(key='"b"'), entry(key='"the-key"')).encode(),
        "the-key",
    ),
    "same-key-escaped": (data(entry(key='"é-key"'), entry(key='"\\u00e9-key"')).encode(), "é-key"),
    "one-byte-too-many": (data(entry()).encode().ljust(LIMIT + 1), "5242880"),
}


# Files of other forms that people have, each with the place and what to do.
FORM = '{"data":[{"key":"…","value":"…"}]}'
OTHER_FORMS = {
    "flat-map": ('{"/old": "/new"}', "line 1, column 2", "each pair of a map"),
    "map-in-data": ('{"data": {"/old": "/new"}}', "line 1, column 10", "each pair of a map"),
    "capitals": ('{"data":[{"Key":"a","Value":"1"}]}', "line 1, column 11", 'write "key"'),
    "one-a-line": (f"{entry()}\n{entry()}", "line 1, column 2", "into one list"),
    "bare-list": (f"[{entry()}]", "line 1, column 1", 'as its member "data"'),
    "nested-value": (data(entry(value='{"b":1}')), "line 1, column 29", "write JSON as text"),
    "number": (data(entry(value="7")), "line 1, column 29", "put it in double quotes"),
    "csv": ("key,value\n/old,/new\n", "line 1, column 1", "a line of a CSV file"),
    "byte-order-mark": ("\ufeff" + data(entry()), "byte-order mark", "UTF-8 without one"),
}


class TestBad:
    def fail(self, caller, source):
        store = caller.make_store(wait=False, ImportSource=source)
        return store, caller.wait_for(store, "IMPORT_FAILED")

    @pytest.mark.parametrize(("content", "expected"), BAD_FILES.values(), ids=BAD_FILES)
    def test_a_file_fails_and_the_reason_names_the_place(self, caller, content, expected):
        _, description = self.fail(caller, caller.put_object(content))
        assert description["Status"] == "IMPORT_FAILED"
        assert re.search(expected, description["FailureReason"]), description["FailureReason"]
        assert (description["ItemCount"], description["TotalSizeInBytes"]) == (0, 0)
        assert len(description["FailureReason"]) < 1000

    @pytest.mark.parametrize("content,place,advice", OTHER_FORMS.values(), ids=OTHER_FORMS)
    def test_a_file_of_another_form_is_told_the_form_wanted(self, caller, content, place, advice):
        _, description = self.fail(caller, caller.put_object(content))
        reason = description["FailureReason"]
        assert place in reason and advice in reason and FORM in reason, reason

    def test_the_reason_holds_no_value(self, caller):
        text = data(entry(key='"the-key"', value='"' + "secret" * 200 + '"'))
        _, description = self.fail(caller, caller.put_object(text))
        assert "secret" not in description["FailureReason"]

    def test_an_object_that_is_not_there(self, caller):
        caller.put_object("x", bucket="present")
        (caller.server.buckets / "present" / "folder").mkdir(exist_ok=True)
        for arn in ["absent/x.json", "present/absent.json", "present/folder", "present/folder/"]:
            source = {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::{arn}"}
            _, description = self.fail(caller, source)
            assert str(caller.server.folder) not in description["FailureReason"]

    def test_a_file_that_is_none(self, caller):
        folder = caller.server.buckets / "pipes"
        folder.mkdir(exist_ok=True)
        pipe = folder / f"{new_account()}.json"
        os.mkfifo(pipe)
        source = {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::pipes/{pipe.name}"}
        self.fail(caller, source)

    def test_the_store_can_be_described_and_deleted_and_nothing_else(self, caller):
        store, description = self.fail(caller, caller.put_object("{"))
        for attempt in [
            lambda: caller.get(store, "a"),
            lambda: caller.data.list_keys(KvsARN=store.arn),
            lambda: caller.put(store, "a", "1", etag=description["ETag"]),
            lambda: caller.delete(store, "a", etag=description["ETag"]),
            lambda: caller.update(store, {"a": "1"}, etag=description["ETag"]),
        ]:
            with refused(caller.data, "ConflictException", WRONG_STATE):
                attempt()
        updated = caller.control.update_key_value_store(
            Name=store.name, Comment="broken", IfMatch=store.etag
        )
        assert updated["KeyValueStore"]["Status"] == "IMPORT_FAILED"
        caller.control.delete_key_value_store(Name=store.name, IfMatch=updated["ETag"])
        assert caller.contents(caller.make_store(store.name)) == {}

    def test_quotas_are_settings(self, start_server):
        server = start_server(key_bytes=3, value_bytes=3, store_bytes=10, import_bytes=200)
        caller = Caller(server)
        for contents, expected in [
            ({"abcd": "1"}, "abcd"),
            ({"abc": "1234"}, "abc"),
            ({"a": "123", "b": "123", "c": "12"}, "10"),
            ({f"{n:02}": "" for n in range(20)}, "200"),
        ]:
            _, description = self.fail(caller, caller.put_object(document(contents)))
            assert re.search(expected, description["FailureReason"])
        fits = {"a": "123", "b": "123", "c": "1"}
        assert caller.contents(caller.make_store(data=fits)) == fits


class TestRefusedAtOnce:
    @pytest.mark.parametrize(
        "arn",
        [
            "",
            "nonsense",
            "s3://bucket/x.json",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::bucket/",
            "arn:aws:s3:::",
            "arn:aws:s3:::/x.json",
            "arn:aws:s3:::../x.json",
            "arn:aws:s3:::./x.json",
            "arn:aws:s3:::ab/x.json",
            "arn:aws:s3:us-east-1:123456789012:bucket/x.json",
            "arn:aws:cloudfront::123456789012:key-value-store/x",
            "arn:aws:s3:::bucket/" + "x" * 1025,
        ],
    )
    def test_an_arn_of_no_object(self, caller, arn):
        self.refuse(caller, {"SourceType": "S3", "SourceARN": arn})

    @pytest.mark.parametrize("kind", ["", "s3", "HTTP"])
    def test_a_source_of_another_type(self, caller, kind):
        self.refuse(caller, {"SourceType": kind, "SourceARN": "arn:aws:s3:::bucket/x.json"})

    @pytest.mark.parametrize("missing", ["SourceType", "SourceARN"])
    def test_a_source_without_one_of_its_parts(self, caller, missing):
        source = {"SourceType": "S3", "SourceARN": "arn:aws:s3:::bucket/x.json"}
        del source[missing]
        self.refuse(caller, source)

    def refuse(self, caller, source):
        with refused(caller.unchecked_control, "InvalidArgument"):
            caller.unchecked_control.create_key_value_store(Name="a", ImportSource=source)
        with refused(caller.control, "EntityNotFound"):
            caller.control.describe_key_value_store(Name="a")


class TestWayOut:
    """Nothing outside of the folder of buckets is ever read, nor of another bucket."""

    def never_read(self, caller, arn):
        name = f"out-{new_account()}"
        source = {"SourceType": "S3", "SourceARN": arn}
        try:
            caller.control.create_key_value_store(Name=name, ImportSource=source)
        except caller.control.exceptions.InvalidArgument:
            return

        def outcome():
            found = caller.control.describe_key_value_store(Name=name)["KeyValueStore"]["Status"]
            return found if found != "PROVISIONING" else None

        assert until(outcome, "the import has ended") == "IMPORT_FAILED"

    @pytest.fixture
    def outside(self, caller):
        """A good file beside the folder of buckets, and one in another bucket."""
        good = document({"secret": "1"})
        (caller.server.folder / "outside.json").write_text(good)
        folder = caller.server.folder / "outside"
        folder.mkdir(exist_ok=True)
        (folder / "x.json").write_text(good)
        (caller.server.buckets / "open" / "folder").mkdir(parents=True, exist_ok=True)
        (caller.server.buckets / "closed").mkdir(exist_ok=True)
        (caller.server.buckets / "closed" / "x.json").write_text(good)
        return folder

    @pytest.mark.parametrize(
        "key",
        [
            "../../outside.json",
            "../closed/x.json",
            "folder/../../closed/x.json",
            "folder/../../../outside.json",
            "./../closed/x.json",
            "/../closed/x.json",
            "%2e%2e/closed/x.json",
            "..%2Fclosed%2Fx.json",
            "..\\closed\\x.json",
        ],
    )
    def test_dot_segments(self, caller, outside, key):
        self.never_read(caller, f"arn:aws:s3:::open/{key}")

    def test_a_full_path(self, caller, outside):
        self.never_read(caller, f"arn:aws:s3:::open/{outside / 'x.json'}")
        self.never_read(caller, f"arn:aws:s3:::open/{str(outside / 'x.json')[1:]}")

    @pytest.mark.parametrize("target", ["../../outside.json", "../closed/x.json"])
    def test_a_link_to_a_file(self, caller, outside, target):
        link = caller.server.buckets / "open" / f"{new_account()}.json"
        link.symlink_to(target)
        assert json.loads(link.read_text())
        self.never_read(caller, f"arn:aws:s3:::open/{link.name}")

    def test_a_link_to_a_folder(self, caller, outside):
        link = caller.server.buckets / "open" / new_account()
        link.symlink_to(outside)
        assert (link / "x.json").exists()
        self.never_read(caller, f"arn:aws:s3:::open/{link.name}/x.json")

    def test_a_bucket_that_is_a_link(self, caller, outside):
        link = caller.server.buckets / f"linked-{new_account()}"
        link.symlink_to(outside)
        self.never_read(caller, f"arn:aws:s3:::{link.name}/x.json")


class TestWhileImporting:
    def test_the_data_plane_describes_and_nothing_else(self, slow_caller):
        source = slow_caller.put_object(document({"a": "1"}))
        store = slow_caller.make_store(wait=False, ImportSource=source)
        description = slow_caller.describe(store)
        assert (description["Status"], description["ItemCount"]) == ("PROVISIONING", 0)
        with refused(slow_caller.data, "ConflictException", WRONG_STATE):
            slow_caller.get(store, "a")
        slow_caller.wait_for(store, "READY")
        assert slow_caller.contents(store) == {"a": "1"}

    def test_a_comment_can_change(self, slow_caller):
        source = slow_caller.put_object(document({"a": "1"}))
        store = slow_caller.make_store(wait=False, ImportSource=source)
        updated = slow_caller.control.update_key_value_store(
            Name=store.name, Comment="meanwhile", IfMatch=store.etag
        )
        assert updated["KeyValueStore"]["Status"] == "PROVISIONING"
        slow_caller.wait_for(store, "READY")
        found = slow_caller.control.describe_key_value_store(Name=store.name)["KeyValueStore"]
        assert found["Comment"] == "meanwhile"
        assert slow_caller.contents(store) == {"a": "1"}

    def test_a_delete_ends_it_and_nothing_comes_back(self, slow_caller):
        old = slow_caller.put_object(document({"old": "1"}))
        new = slow_caller.put_object(document({"new": "1"}))
        first = slow_caller.make_store("same", wait=False, ImportSource=old)
        answer = slow_caller.control.delete_key_value_store(Name="same", IfMatch=first.etag)
        assert status_of(answer) == 204
        second = slow_caller.make_store("same", wait=False, ImportSource=new)
        slow_caller.wait_for(second, "READY")
        assert slow_caller.contents(second) == {"new": "1"}
        with refused(slow_caller.data, "ConflictException", WRONG_STATE):
            slow_caller.describe(first)
        listed = slow_caller.control.list_key_value_stores()["KeyValueStoreList"]["Items"]
        assert [item["Id"] for item in listed] == [second.id]

    @pytest.mark.parametrize("how", ["stop", "kill"])
    def test_a_restart_takes_it_up_again(self, start_server, how):
        server = start_server(provisioning_seconds=1)
        caller = Caller(server)
        imported = caller.make_store(
            wait=False, ImportSource=caller.put_object(document({"a": "1"}))
        )
        broken = caller.make_store(wait=False, ImportSource=caller.put_object("{"))
        empty = caller.make_store(wait=False)
        getattr(server, how)()
        server.start()
        again = Caller(server, account=caller.account)
        again.wait_for(imported, "READY")
        again.wait_for(broken, "IMPORT_FAILED")
        again.wait_for(empty, "READY")
        assert again.contents(imported) == {"a": "1"}
        assert again.contents(empty) == {}

    def test_a_store_is_provisioning_for_as_long_as_is_set(self, slow_caller):
        start = time.monotonic()
        store = slow_caller.make_store()
        assert 1.9 < time.monotonic() - start < 5
        assert store.data_etag
