"""The control plane through boto3: each operation, each rule, each modelled exception."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from keyfront import (
    BAD_IF_MATCH,
    CONTROL_ETAG,
    STALE_CONTROL,
    UUID,
    Caller,
    headers_of,
    new_account,
    refused,
    status_of,
    until,
)
from raw import assert_refused, call, create, update

STORES = "/2020-05-31/key-value-store"
UNKNOWN_STORE = "00000000-0000-4000-8000-000000000000"
NEVER_GIVEN = "ETVPDKIKX0DER"
NO_ETAGS = ["", "*", 'W/"E1"', '"E1", "E2"', "E", "Eabc", "nonsense"]


def names(answer):
    return [item["Name"] for item in answer["KeyValueStoreList"].get("Items", [])]


def arn_of(account, store_id=UNKNOWN_STORE):
    return f"arn:aws:cloudfront::{account}:key-value-store/{store_id}"


def tags_of(caller, store):
    answer = caller.control.list_tags_for_resource(Resource=store.arn)
    assert status_of(answer) == 200
    return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"].get("Items", [])}


def as_tags(tags):
    return {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}


class TestCreate:
    def test_answers_201_with_the_store_its_etag_and_its_location(self, caller):
        answer = caller.control.create_key_value_store(Name="redirects", Comment="old to new")
        found = answer["KeyValueStore"]
        assert status_of(answer) == 201
        assert found["Name"] == "redirects"
        assert found["Comment"] == "old to new"
        assert found["Status"] == "PROVISIONING"
        assert UUID.fullmatch(found["Id"])
        assert found["ARN"] == arn_of(caller.account, found["Id"])
        assert abs(datetime.now(timezone.utc) - found["LastModifiedTime"]) < timedelta(seconds=60)
        assert CONTROL_ETAG.fullmatch(answer["ETag"])
        assert headers_of(answer)["etag"] == answer["ETag"]
        assert answer["Location"] == f"{caller.server.url}{STORES}/{found['ARN']}"
        assert headers_of(answer)["content-type"] == "text/xml"
        assert UUID.fullmatch(answer["ResponseMetadata"]["RequestId"])

    def test_a_slash_behind_the_path_is_accepted_as_old_clients_send_it(self, caller):
        body = create("<Name>a</Name>")
        assert call(caller, "control", "POST", f"{STORES}/", body=body).status == 201

    @pytest.mark.parametrize("name", ["a", "-", "_", "9", "A-b_9", "x" * 64])
    def test_takes_every_valid_name(self, caller, name):
        assert caller.make_store(name).name == name

    @pytest.mark.parametrize("name", ["", "x" * 65, "a.b", "a b", "a/b", "ä", "a\n", "a:b"])
    def test_refuses_an_invalid_name(self, caller, name):
        with refused(caller.unchecked_control, "InvalidArgument"):
            caller.unchecked_control.create_key_value_store(Name=name)
        assert names(caller.control.list_key_value_stores()) == []

    def test_a_name_is_unique_in_its_account(self, caller):
        store = caller.make_store("redirects")
        with refused(
            caller.control,
            "EntityAlreadyExists",
            "The entity already exists. You must provide a unique entity.",
        ):
            caller.control.create_key_value_store(Name="redirects")
        other = Caller(caller.server, account=new_account()).make_store("redirects")
        assert other.arn != store.arn

    def test_a_name_is_free_again_behind_a_delete(self, caller):
        first = caller.make_store("redirects")
        caller.control.delete_key_value_store(Name="redirects", IfMatch=first.etag)
        second = caller.make_store("redirects")
        assert second.id != first.id
        assert second.etag != first.etag

    def test_no_more_stores_than_the_account_may_have(self, start_server):
        caller = Caller(start_server(stores_per_account=2))
        caller.make_store("one")
        two = caller.make_store("two")
        with refused(caller.control, "EntityLimitExceeded", "The entity limit has been exceeded."):
            caller.control.create_key_value_store(Name="three")
        Caller(caller.server, account=new_account()).make_store("three")
        caller.control.delete_key_value_store(Name="two", IfMatch=two.etag)
        caller.make_store("three")

    def test_creators_that_race_for_a_name(self, caller):
        def create(_):
            try:
                return caller.control.create_key_value_store(Name="same")["KeyValueStore"]["Id"]
            except caller.control.exceptions.EntityAlreadyExists:
                return None

        with ThreadPoolExecutor(16) as pool:
            made = [found for found in pool.map(create, range(16)) if found]
        assert len(made) == 1
        listed = caller.control.list_key_value_stores()["KeyValueStoreList"]["Items"]
        assert [item["Id"] for item in listed] == made

    def test_creators_that_race_for_the_last_places(self, start_server):
        caller = Caller(start_server(stores_per_account=5))
        assert names(caller.control.list_key_value_stores()) == []

        def create(number):
            try:
                caller.control.create_key_value_store(Name=f"s{number}")
                return True
            except caller.control.exceptions.EntityLimitExceeded:
                return False

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(create, range(16))) == 5
        assert len(names(caller.control.list_key_value_stores())) == 5

    def test_a_body_larger_than_any_valid_one_is_413(self, caller):
        body = create(f"<Name>a</Name>{' ' * 500_000}")
        answer = call(caller, "control", "POST", STORES, body=body)
        assert_refused(
            answer, "control", "EntitySizeLimitExceeded", 413, "The entity size limit was exceeded."
        )
        assert names(caller.control.list_key_value_stores()) == []

    def test_elements_may_come_in_any_order(self, caller):
        # As Rust and Go send them.
        body = create("<Comment>c</Comment><Name>a</Name>")
        assert call(caller, "control", "POST", STORES, body=body).status == 201
        found = caller.control.describe_key_value_store(Name="a")["KeyValueStore"]
        assert found["Comment"] == "c"

    def test_references_and_a_prolog_are_read(self, caller):
        # As Go, Java and JavaScript send them.
        comment = "&#34;&#39;&#xA;&#x9;&quot;&apos;&lt;&#x2028;&amp;"
        body = create(f"<Name>a</Name><Comment>{comment}</Comment>")
        body = '<?xml version="1.0" encoding="UTF-8"?>' + body
        headers = {"content-type": "application/xml"}
        assert call(caller, "control", "POST", STORES, body=body, headers=headers).status == 201
        found = caller.control.describe_key_value_store(Name="a")["KeyValueStore"]
        assert found["Comment"] == "\"'\n\t\"'<\u2028&"


class TestComment:
    @pytest.mark.parametrize(
        "comment", ["x" * 128, "😀" * 128, "", " two  blanks ", "<a&b>\"'é]]>", "line\nline\ttab"]
    )
    def test_is_kept_to_the_character(self, caller, comment):
        created = caller.control.create_key_value_store(Name="a", Comment=comment)
        described = caller.control.describe_key_value_store(Name="a")
        listed = caller.control.list_key_value_stores()
        assert created["KeyValueStore"]["Comment"] == comment
        assert described["KeyValueStore"]["Comment"] == comment
        assert listed["KeyValueStoreList"]["Items"][0]["Comment"] == comment

    def test_keeps_a_carriage_return(self, caller):
        # As Go and Java send it. In XML it is a line feed unless it is written as a reference.
        body = create("<Name>a</Name><Comment>a&#xD;b&#13;&#10;</Comment>")
        assert call(caller, "control", "POST", STORES, body=body).status == 201
        found = caller.control.describe_key_value_store(Name="a")["KeyValueStore"]
        assert found["Comment"] == "a\rb\r\n"

    @pytest.mark.parametrize("character", ["&#1;", "&#0;", "&#xB;", "&#xFFFE;", "\uffff", "&#x1F;"])
    def test_holds_no_character_that_xml_lacks(self, caller, store, character):
        # It would make every answer that has it unreadable.
        comment = f"<Comment>{character}</Comment>"
        for method, path, body in [
            ("POST", STORES, create(f"<Name>a</Name>{comment}")),
            ("PUT", f"{STORES}/{store.name}", update(comment)),
        ]:
            headers = {"if-match": store.etag}
            answer = call(caller, "control", method, path, body=body, headers=headers)
            assert_refused(answer, "control", "InvalidArgument", 400)
        assert names(caller.control.list_key_value_stores()) == [store.name]

    @pytest.mark.parametrize("comment", ["x" * 129, "😀" * 129])
    def test_is_at_most_128_characters(self, caller, comment):
        with refused(caller.control, "InvalidArgument"):
            caller.control.create_key_value_store(Name="a", Comment=comment)
        store = caller.make_store("b")
        with refused(caller.control, "InvalidArgument"):
            caller.control.update_key_value_store(Name="b", Comment=comment, IfMatch=store.etag)

    def test_is_left_out_if_it_was_never_given(self, caller):
        created = caller.control.create_key_value_store(Name="a")
        described = caller.control.describe_key_value_store(Name="a")
        listed = caller.control.list_key_value_stores()
        assert "Comment" not in created["KeyValueStore"]
        assert "Comment" not in described["KeyValueStore"]
        assert "Comment" not in listed["KeyValueStoreList"]["Items"][0]


class TestDescribe:
    def test_tells_what_create_told(self, caller):
        store = caller.make_store("a", Comment="c")
        answer = caller.control.describe_key_value_store(Name="a")
        found = answer["KeyValueStore"]
        assert status_of(answer) == 200
        assert (found["Name"], found["Id"], found["ARN"]) == ("a", store.id, store.arn)
        assert (found["Comment"], found["Status"]) == ("c", "READY")
        assert headers_of(answer)["etag"] == answer["ETag"] == store.etag

    def test_becoming_ready_changes_the_time_and_the_etag(self, slow_caller):
        created = slow_caller.control.create_key_value_store(Name="a")
        before = slow_caller.control.describe_key_value_store(Name="a")
        assert before["KeyValueStore"]["Status"] == "PROVISIONING"
        assert before["ETag"] == created["ETag"]
        assert (
            before["KeyValueStore"]["LastModifiedTime"]
            == created["KeyValueStore"]["LastModifiedTime"]
        )

        def ready():
            answer = slow_caller.control.describe_key_value_store(Name="a")
            return answer if answer["KeyValueStore"]["Status"] == "READY" else None

        after = until(ready, "the store is READY")
        passed = (
            after["KeyValueStore"]["LastModifiedTime"] - before["KeyValueStore"]["LastModifiedTime"]
        )
        assert passed >= timedelta(seconds=2)
        assert CONTROL_ETAG.fullmatch(after["ETag"])
        assert after["ETag"] != created["ETag"]
        with refused(slow_caller.control, "PreconditionFailed"):
            slow_caller.control.delete_key_value_store(Name="a", IfMatch=created["ETag"])

    def test_a_store_that_is_not_there(self, caller):
        with refused(caller.control, "EntityNotFound", "The key value store entity was not found."):
            caller.control.describe_key_value_store(Name="nothing")

    def test_a_store_of_another_account_is_not_there(self, caller, store):
        other = Caller(caller.server, account=new_account())
        with refused(other.control, "EntityNotFound"):
            other.control.describe_key_value_store(Name=store.name)

    def test_an_id_or_an_arn_is_no_name(self, caller, store):
        with refused(caller.control, "EntityNotFound"):
            caller.control.describe_key_value_store(Name=store.id)
        with refused(caller.control, "InvalidArgument"):
            caller.control.describe_key_value_store(Name=store.arn)

    def test_writing_keys_leaves_the_control_etag(self, caller, store):
        caller.put(store, "a", "1")
        assert caller.control.describe_key_value_store(Name=store.name)["ETag"] == store.etag


class TestUpdate:
    def test_changes_the_comment_and_the_version(self, caller):
        store = caller.make_store("a", Comment="before")
        before = caller.control.describe_key_value_store(Name="a")["KeyValueStore"]
        answer = caller.control.update_key_value_store(
            Name="a", Comment="after", IfMatch=store.etag
        )
        found = answer["KeyValueStore"]
        assert status_of(answer) == 200
        assert CONTROL_ETAG.fullmatch(answer["ETag"]) and answer["ETag"] != store.etag
        assert (found["Name"], found["Id"], found["ARN"]) == ("a", store.id, store.arn)
        assert (found["Comment"], found["Status"]) == ("after", "READY")
        assert found["LastModifiedTime"] >= before["LastModifiedTime"]
        described = caller.control.describe_key_value_store(Name="a")
        assert described["KeyValueStore"] == found
        assert described["ETag"] == answer["ETag"]

    def test_may_make_the_comment_empty(self, caller):
        store = caller.make_store("a", Comment="before")
        caller.control.update_key_value_store(Name="a", Comment="", IfMatch=store.etag)
        found = caller.control.describe_key_value_store(Name="a")["KeyValueStore"]
        assert found["Comment"] == ""

    def test_needs_a_comment(self, caller, store):
        # Java's client lets one leave it out.
        headers = {"if-match": store.etag}
        answer = call(
            caller, "control", "PUT", f"{STORES}/{store.name}", body=update(""), headers=headers
        )
        assert_refused(answer, "control", "InvalidArgument", 400)

    def test_leaves_the_contents(self, caller, store):
        caller.put(store, "a", "1")
        caller.control.update_key_value_store(Name=store.name, Comment="c", IfMatch=store.etag)
        assert caller.describe(store)["ETag"] == store.data_etag
        assert caller.contents(store) == {"a": "1"}

    def test_needs_the_current_version(self, caller, store):
        change = caller.control.update_key_value_store
        change(Name=store.name, Comment="second", IfMatch=store.etag)
        for stale in [store.etag, NEVER_GIVEN]:
            with refused(caller.control, "PreconditionFailed", STALE_CONTROL):
                change(Name=store.name, Comment="third", IfMatch=stale)
        found = caller.control.describe_key_value_store(Name=store.name)["KeyValueStore"]
        assert found["Comment"] == "second"

    def test_a_version_of_the_data_plane_is_none_of_this_one(self, caller, store):
        for call_with in [
            lambda etag: caller.control.update_key_value_store(
                Name=store.name, Comment="c", IfMatch=etag
            ),
            lambda etag: caller.control.delete_key_value_store(Name=store.name, IfMatch=etag),
        ]:
            with refused(caller.control, "PreconditionFailed"):
                call_with(store.data_etag)

    @pytest.mark.parametrize("etag", NO_ETAGS)
    def test_needs_an_etag(self, caller, store, etag):
        with refused(caller.control, "InvalidIfMatchVersion", BAD_IF_MATCH):
            caller.control.update_key_value_store(Name=store.name, Comment="c", IfMatch=etag)

    def test_needs_an_if_match(self, caller, store):
        body = update("<Comment>c</Comment>")
        answer = call(caller, "control", "PUT", f"{STORES}/{store.name}", body=body)
        assert_refused(answer, "control", "InvalidIfMatchVersion", 400, BAD_IF_MATCH)

    def test_takes_an_etag_in_quotes(self, caller, store):
        answer = caller.control.update_key_value_store(
            Name=store.name, Comment="c", IfMatch=f'"{store.etag}"'
        )
        assert answer["KeyValueStore"]["Comment"] == "c"

    def test_a_store_that_is_not_there(self, caller):
        with refused(caller.control, "EntityNotFound"):
            caller.control.update_key_value_store(Name="nothing", Comment="c", IfMatch=NEVER_GIVEN)

    def test_an_invalid_name(self, caller):
        with refused(caller.control, "InvalidArgument"):
            caller.control.update_key_value_store(Name="a.b", Comment="c", IfMatch=NEVER_GIVEN)

    def test_a_body_larger_than_any_valid_one(self, caller, store):
        body = update(f"<Comment>c</Comment>{' ' * 500_000}")
        headers = {"if-match": store.etag}
        path = f"{STORES}/{store.name}"
        answer = call(caller, "control", "PUT", path, body=body, headers=headers)
        assert_refused(answer, "control", "InvalidArgument", 400)


class TestDelete:
    def test_removes_the_store(self, caller, store):
        caller.put(store, "a", "1")
        answer = caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        assert status_of(answer) == 204
        with refused(caller.control, "EntityNotFound"):
            caller.control.describe_key_value_store(Name=store.name)
        assert names(caller.control.list_key_value_stores()) == []

    def test_needs_the_current_version(self, caller, store):
        for stale in [NEVER_GIVEN, caller.make_store().etag]:
            with refused(caller.control, "PreconditionFailed", STALE_CONTROL):
                caller.control.delete_key_value_store(Name=store.name, IfMatch=stale)
        caller.control.describe_key_value_store(Name=store.name)

    @pytest.mark.parametrize("etag", NO_ETAGS)
    def test_needs_an_etag(self, caller, store, etag):
        with refused(caller.control, "InvalidIfMatchVersion", BAD_IF_MATCH):
            caller.control.delete_key_value_store(Name=store.name, IfMatch=etag)

    def test_needs_an_if_match(self, caller, store):
        answer = call(caller, "control", "DELETE", f"{STORES}/{store.name}")
        assert_refused(answer, "control", "InvalidIfMatchVersion", 400, BAD_IF_MATCH)

    def test_takes_an_etag_in_quotes(self, caller, store):
        etag = f'"{store.etag}"'
        answer = caller.control.delete_key_value_store(Name=store.name, IfMatch=etag)
        assert status_of(answer) == 204

    @pytest.mark.parametrize("name", ["nothing", "a.b", "x" * 65])
    def test_a_store_that_is_not_there(self, caller, name):
        # Its model has no InvalidArgument, so that an invalid name is one that nothing has.
        with refused(caller.control, "EntityNotFound"):
            caller.control.delete_key_value_store(Name=name, IfMatch=NEVER_GIVEN)

    def test_is_done_once(self, caller, store):
        caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        with refused(caller.control, "EntityNotFound"):
            caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)

    def test_works_while_the_store_is_provisioning(self, slow_caller):
        store = slow_caller.make_store(wait=False)
        slow_caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        with refused(slow_caller.control, "EntityNotFound"):
            slow_caller.control.describe_key_value_store(Name=store.name)


class TestList:
    def test_is_empty_at_first(self, caller):
        answer = caller.control.list_key_value_stores()
        assert status_of(answer) == 200
        found = answer["KeyValueStoreList"]
        assert (found["Quantity"], found["MaxItems"]) == (0, 100)
        assert "NextMarker" not in found
        assert names(answer) == []

    def test_is_in_the_order_of_names_and_tells_all(self, caller):
        for name in ["b", "Z", "a-1", "_", "a", "0"]:
            caller.make_store(name, Comment=f"comment of {name}")
        found = caller.control.list_key_value_stores()["KeyValueStoreList"]
        assert [item["Name"] for item in found["Items"]] == ["0", "Z", "_", "a", "a-1", "b"]
        assert found["Quantity"] == 6
        for item in found["Items"]:
            described = caller.control.describe_key_value_store(Name=item["Name"])
            assert item == described["KeyValueStore"]

    def test_shows_the_stores_of_one_account(self, caller, store):
        other = Caller(caller.server, account=new_account())
        other.make_store("other")
        assert names(other.control.list_key_value_stores()) == ["other"]
        assert names(caller.control.list_key_value_stores()) == [store.name]

    def test_comes_in_pages(self, caller):
        made = [caller.make_store(f"s{n}", wait=False).name for n in range(5)]
        first = caller.control.list_key_value_stores(MaxItems="2")["KeyValueStoreList"]
        assert (first["Quantity"], first["MaxItems"]) == (2, 2)
        assert [item["Name"] for item in first["Items"]] == made[:2]
        marker = first["NextMarker"]
        second = caller.control.list_key_value_stores(Marker=marker, MaxItems="3")
        assert names(second) == made[2:]
        assert "NextMarker" not in second["KeyValueStoreList"]

    def test_the_paginator_sees_each_store_once(self, caller):
        made = [caller.make_store(f"s{n}", wait=False).name for n in range(5)]
        paginator = caller.control.get_paginator("list_key_value_stores")
        pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
        assert [len(names(page)) for page in pages] == [2, 2, 1]
        assert [name for page in pages for name in names(page)] == made

    def test_a_marker_is_good_when_its_store_is_gone(self, caller):
        stores = [caller.make_store(f"s{n}") for n in range(4)]
        marker = caller.control.list_key_value_stores(MaxItems="2")["KeyValueStoreList"][
            "NextMarker"
        ]
        for store in stores[1:3]:
            caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        assert names(caller.control.list_key_value_stores(Marker=marker)) == ["s3"]

    def test_may_be_of_one_status(self, slow_caller):
        ready = slow_caller.make_store("ready", wait=False)
        broken = slow_caller.make_store(
            "broken", wait=False, ImportSource=slow_caller.put_object("{")
        )
        slow_caller.wait_for(ready, "READY")
        slow_caller.wait_for(broken, "IMPORT_FAILED")
        slow_caller.make_store("new", wait=False)
        for status, expected in [
            ("READY", ["ready"]),
            ("PROVISIONING", ["new"]),
            ("IMPORT_FAILED", ["broken"]),
        ]:
            answer = slow_caller.control.list_key_value_stores(Status=status)
            assert names(answer) == expected
            assert answer["KeyValueStoreList"]["Quantity"] == 1

    def test_pages_count_only_what_the_status_lets_through(self, slow_caller):
        stores = [slow_caller.make_store(f"r{n}", wait=False) for n in range(3)]
        for store in stores:
            slow_caller.wait_for(store, "READY")
        for n in range(3):
            slow_caller.make_store(f"r{n}-new", wait=False)
        paginator = slow_caller.control.get_paginator("list_key_value_stores")
        pages = paginator.paginate(Status="READY", PaginationConfig={"PageSize": 2})
        assert [names(page) for page in pages] == [["r0", "r1"], ["r2"]]

    @pytest.mark.parametrize("status", ["ready", "UNKNOWN", "READY,PROVISIONING"])
    def test_an_unknown_status(self, caller, status):
        with refused(caller.control, "InvalidArgument"):
            caller.control.list_key_value_stores(Status=status)

    @pytest.mark.parametrize("most", ["x", "0", "-1", "1.5", "99999999999999999999"])
    def test_an_invalid_number_of_items(self, caller, most):
        with refused(caller.control, "InvalidArgument"):
            caller.control.list_key_value_stores(MaxItems=most)


class TestTags:
    def test_are_given_with_the_store(self, caller):
        store = caller.make_store(Tags=as_tags({"team": "edge", "Größe": "1 x_.:/=+-@"}))
        assert tags_of(caller, store) == {"team": "edge", "Größe": "1 x_.:/=+-@"}

    def test_are_none_at_first(self, caller, store):
        assert tags_of(caller, store) == {}

    def test_are_added_and_replaced(self, caller):
        store = caller.make_store(Tags=as_tags({"a": "1", "b": "2"}))
        answer = caller.control.tag_resource(Resource=store.arn, Tags=as_tags({"b": "3", "c": "4"}))
        assert status_of(answer) == 204
        assert tags_of(caller, store) == {"a": "1", "b": "3", "c": "4"}

    def test_are_removed_and_what_is_not_there_is_passed_over(self, caller):
        store = caller.make_store(Tags=as_tags({"a": "1", "b": "2", "c": "3"}))
        answer = caller.control.untag_resource(
            Resource=store.arn, TagKeys={"Items": ["a", "c", "never"]}
        )
        assert status_of(answer) == 204
        assert tags_of(caller, store) == {"b": "2"}

    def test_may_have_no_value(self, caller, store):
        tags = {"Items": [{"Key": "bare"}, {"Key": "empty", "Value": ""}]}
        caller.control.tag_resource(Resource=store.arn, Tags=tags)
        assert tags_of(caller, store) == {"bare": "", "empty": ""}

    def test_reach_their_limits(self, caller, store):
        tags = {f"{n:02}" + "k" * 126: "v" * 256 for n in range(50)}
        caller.control.tag_resource(Resource=store.arn, Tags=as_tags(tags))
        assert tags_of(caller, store) == tags

    @pytest.mark.parametrize(
        "tags",
        [
            [("a*", "")],
            [("a", "<b>")],
            [("a\n", "")],
            [("", "v")],
            [("k" * 129, "")],
            [("a", "v" * 257)],
            [("aws:mine", "")],
            [("a", "1"), ("a", "2")],
            [(f"k{n}", "") for n in range(51)],
        ],
        ids=["key", "value", "control", "empty", "long-key", "long-value", "aws", "twice", "many"],
    )
    def test_that_break_a_rule(self, caller, store, tags):
        tags = {"Items": [{"Key": key, "Value": value} for key, value in tags]}
        with refused(caller.unchecked_control, "InvalidTagging"):
            caller.unchecked_control.tag_resource(Resource=store.arn, Tags=tags)
        assert tags_of(caller, store) == {}
        # The model of Create has no InvalidTagging.
        with refused(caller.unchecked_control, "InvalidArgument"):
            caller.unchecked_control.create_key_value_store(Name="tagged", Tags=tags)
        assert names(caller.control.list_key_value_stores()) == [store.name]

    def test_are_at_most_fifty_in_all(self, caller, store):
        tags = {f"k{n}": "" for n in range(50)}
        caller.control.tag_resource(Resource=store.arn, Tags=as_tags(tags))
        with refused(caller.control, "InvalidTagging"):
            caller.control.tag_resource(Resource=store.arn, Tags=as_tags({"one-more": ""}))
        caller.control.tag_resource(Resource=store.arn, Tags=as_tags({"k0": "new"}))
        assert tags_of(caller, store) == tags | {"k0": "new"}

    def test_leave_the_stores_version(self, caller, store):
        caller.control.tag_resource(Resource=store.arn, Tags=as_tags({"a": "1"}))
        assert caller.control.describe_key_value_store(Name=store.name)["ETag"] == store.etag

    @pytest.mark.parametrize("operation", ["list", "tag", "untag"])
    class TestOfWhat:
        """Which resource the tags are of."""

        def call(self, caller, operation, arn):
            if operation == "list":
                caller.control.list_tags_for_resource(Resource=arn)
            elif operation == "tag":
                caller.control.tag_resource(Resource=arn, Tags=as_tags({"a": "1"}))
            else:
                caller.control.untag_resource(Resource=arn, TagKeys={"Items": ["a"]})

        def test_nothing_that_is_there(self, caller, operation):
            with refused(
                caller.control, "NoSuchResource", "A resource that was specified is not valid."
            ):
                self.call(caller, operation, arn_of(caller.account))

        def test_a_store_that_was_deleted(self, caller, store, operation):
            caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
            with refused(caller.control, "NoSuchResource"):
                self.call(caller, operation, store.arn)

        def test_something_else_of_cloudfront(self, caller, operation):
            arn = f"arn:aws:cloudfront::{caller.account}:distribution/E1"
            with refused(caller.control, "NoSuchResource"):
                self.call(caller, operation, arn)

        @pytest.mark.parametrize("arn", ["nonsense", "arn:aws:s3:::bucket", ""])
        def test_no_arn_of_cloudfront(self, caller, operation, arn):
            with refused(caller.control, "InvalidArgument"):
                self.call(caller, operation, arn)

        def test_a_store_of_another_account(self, caller, store, operation):
            other = Caller(caller.server, account=new_account())
            for arn in [store.arn, arn_of(caller.account)]:
                with refused(other.control, "AccessDenied"):
                    self.call(other, operation, arn)


class TestRequests:
    def test_an_operation_that_is_not_here(self, caller):
        with refused(
            caller.control,
            "UnsupportedOperation",
            re.compile(r"GET.*/2020-05-31/distribution"),
            unlisted=True,
        ):
            caller.control.list_distributions()

    def test_a_method_that_is_not_here(self, caller):
        answer = call(caller, "control", "PUT", STORES, body="x")
        message = re.compile(rf"PUT.*{STORES}")
        assert_refused(answer, "control", "UnsupportedOperation", 400, message)

    @pytest.mark.parametrize("operation", ["create", "update", "tag", "untag"])
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"no XML",
            b"<",
            b"<a>",
            b"<Name>a</Name>",
            (create("<Name>a</Name>") * 2).encode(),
            create("<Name>é</Name>").encode("latin-1"),
            create("<Name>&nope;</Name>").encode(),
            b"{}",
        ],
    )
    def test_a_body_that_cannot_be_read(self, caller, store, operation, body):
        method, path, query, headers = {
            "create": ("POST", STORES, "", {}),
            "update": ("PUT", f"{STORES}/{store.name}", "", {"if-match": store.etag}),
            "tag": ("POST", "/2020-05-31/tagging", f"Operation=Tag&Resource={store.arn}", {}),
            "untag": ("POST", "/2020-05-31/tagging", f"Operation=Untag&Resource={store.arn}", {}),
        }[operation]
        query = query.replace(":", "%3A").replace("/", "%2F")
        answer = call(caller, "control", method, path, query, headers, body)
        assert answer.code in ("InvalidArgument", "InvalidTagging")
        assert_refused(answer, "control", answer.code, 400)
        if operation in ("create", "update"):
            assert answer.code == "InvalidArgument"

    def test_a_store_needs_a_name(self, caller):
        body = create("<Comment>c</Comment>")
        answer = call(caller, "control", "POST", STORES, body=body)
        assert_refused(answer, "control", "InvalidArgument", 400)
