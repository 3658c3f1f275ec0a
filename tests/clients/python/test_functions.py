"""CloudFront Functions on the control plane: the whole life of a function, and every refusal.

What a function's code does when it is run is tested elsewhere.
"""

import base64
import re
import threading

import pytest

from keyfront import (
    BAD_IF_MATCH,
    CONTROL_ETAG,
    STALE_CONTROL,
    Caller,
    headers_of,
    new_account,
    refused,
    refused_with,
    status_of,
    until,
)
from raw import assert_refused, call, xml
from test_policies import ACCOUNT, House, allow, arn_of, deny

FUNCTIONS = "/2020-05-31/function"
NEVER_GIVEN = "ETVPDKIKX0DER"
CODE = b"function handler(event) { return event.request }"
NOT_READY = re.compile(
    r"KeyValueStoreAssociationArn.*cannot be associated before the resource is provisioned"
)
NO_STORE = re.compile("names no key value store of this account")
IN_USE = "The specified key value store is currently associated with one or more functions."


def denied(caller):
    """A policy says no. The models of the operations on functions don't list that."""
    return refused(caller.control, "AccessDenied", unlisted=True)


def associations(*arns):
    items = [{"KeyValueStoreARN": arn} for arn in arns]
    return {"Quantity": len(items)} | ({"Items": items} if items else {})


def config(store=None, comment="c", runtime="cloudfront-js-2.0"):
    found = {"Comment": comment, "Runtime": runtime}
    return found | ({"KeyValueStoreAssociations": associations(store)} if store else {})


def make(caller, name="f", store=None, code=CODE, **more):
    return caller.control.create_function(
        Name=name, FunctionConfig=config(store), FunctionCode=code, **more
    )


def change(caller, etag, name="f", store=None, code=CODE, **more):
    return caller.control.update_function(
        Name=name, IfMatch=etag, FunctionConfig=config(store, **more), FunctionCode=code
    )


def describe(caller, stage="DEVELOPMENT", name="f"):
    return caller.control.describe_function(Name=name, Stage=stage)


def code_of(caller, stage="DEVELOPMENT", name="f"):
    return caller.control.get_function(Name=name, Stage=stage)["FunctionCode"].read()


def listed(caller, **more):
    found = caller.control.list_functions(**more)["FunctionList"].get("Items", [])
    return [(item["Name"], item["FunctionMetadata"]["Stage"]) for item in found]


def arn(caller, name="f"):
    return f"arn:aws:cloudfront::{caller.account}:function/{name}"


class TestLife:
    def test_from_create_to_delete(self, caller):
        created = make(caller)
        summary = created["FunctionSummary"]
        assert status_of(created) == 201
        assert CONTROL_ETAG.fullmatch(created["ETag"])
        assert created["Location"].endswith(f"{FUNCTIONS}/f")
        assert (summary["Name"], summary["Status"]) == ("f", "UNPUBLISHED")
        assert summary["FunctionConfig"] == config()
        metadata = summary["FunctionMetadata"]
        assert metadata["FunctionARN"] == arn(caller)
        assert metadata["Stage"] == "DEVELOPMENT"
        assert metadata["CreatedTime"] == metadata["LastModifiedTime"]

        # DEVELOPMENT is what is meant without a stage.
        described = caller.control.describe_function(Name="f")
        assert described["FunctionSummary"] == summary
        assert described["ETag"] == created["ETag"]
        with refused(caller.control, "NoSuchFunctionExists"):
            describe(caller, "LIVE")

        published = caller.control.publish_function(Name="f", IfMatch=created["ETag"])
        assert "ETag" not in published and "etag" not in headers_of(published)
        live = published["FunctionSummary"]
        assert (live["Status"], live["FunctionMetadata"]["Stage"]) == ("UNASSOCIATED", "LIVE")
        described = describe(caller, "LIVE")
        assert described["FunctionSummary"] == live
        assert described["ETag"] != created["ETag"]
        development = describe(caller)
        assert development["ETag"] == created["ETag"]
        assert development["FunctionSummary"]["Status"] == "UNASSOCIATED"

        updated = change(caller, created["ETag"], code=b"changed", comment="d")
        assert headers_of(updated)["etag"] == headers_of(updated)["ettag"] == updated["ETag"]
        summary = updated["FunctionSummary"]
        assert (summary["Status"], summary["FunctionMetadata"]["Stage"]) == (
            "UNPUBLISHED",
            "DEVELOPMENT",
        )
        assert summary["FunctionMetadata"]["CreatedTime"] == metadata["CreatedTime"]
        assert summary["FunctionMetadata"]["LastModifiedTime"] > metadata["LastModifiedTime"]
        assert (code_of(caller), code_of(caller, "LIVE")) == (b"changed", CODE)
        assert describe(caller, "LIVE")["FunctionSummary"]["FunctionConfig"] == config()

        # Once more, and again without a change in between.
        for _ in range(2):
            caller.control.publish_function(Name="f", IfMatch=updated["ETag"])
        assert code_of(caller, "LIVE") == b"changed"

        deleted = caller.control.delete_function(Name="f", IfMatch=updated["ETag"])
        assert status_of(deleted) == 204
        for stage in ["DEVELOPMENT", "LIVE"]:
            with refused(caller.control, "NoSuchFunctionExists", "The function does not exist."):
                describe(caller, stage)
        assert listed(caller) == []
        make(caller)

    def test_code_is_any_bytes(self, caller):
        code = bytes(range(256)) * 40
        created = make(caller, code=code)
        answer = caller.control.get_function(Name="f")
        assert answer["FunctionCode"].read() == code
        assert answer["ETag"] == created["ETag"]
        assert answer["ContentType"] == "application/octet-stream"

    def test_a_comment_is_kept_as_it_is(self, caller):
        for name, comment in [("a", ""), ("b", "<a> & \"b\"\n é 😀"), ("c", "c" * 1024)]:
            created = caller.control.create_function(
                Name=name, FunctionConfig=config(comment=comment), FunctionCode=CODE
            )
            assert created["FunctionSummary"]["FunctionConfig"]["Comment"] == comment
        with refused(caller.control, "InvalidArgument", re.compile("1,024 characters")):
            caller.control.create_function(
                Name="d", FunctionConfig=config(comment="c" * 1025), FunctionCode=CODE
            )

    def test_names_of_functions_and_stores_are_apart(self, caller):
        caller.make_store("same")
        make(caller, "same")
        with refused(caller.control, "FunctionAlreadyExists"):
            make(caller, "same")
        with refused(caller.control, "EntityAlreadyExists"):
            caller.make_store("same")

    def test_an_account_sees_its_own(self, caller, server):
        make(caller)
        other = Caller(server, account=new_account())
        assert listed(other) == []
        with refused(other.control, "NoSuchFunctionExists"):
            describe(other)
        make(other)

    def test_terraforms_sequence(self, caller, store):
        """aws_cloudfront_function, as the provider calls it (aws-facts, section 12)."""
        created = make(caller, store=store.arn)
        caller.control.publish_function(Name="f", IfMatch=created["ETag"])

        def read():
            development = caller.control.describe_function(Name="f", Stage="DEVELOPMENT")
            code_of(caller)
            live = caller.control.describe_function(Name="f", Stage="LIVE")
            found = development["FunctionSummary"]
            assert found["FunctionMetadata"]["FunctionARN"] == arn(caller)
            stores = found["FunctionConfig"]["KeyValueStoreAssociations"]["Items"]
            assert stores == [{"KeyValueStoreARN": store.arn}]
            assert found["Status"] == "UNASSOCIATED"
            return development["ETag"], live["ETag"]

        etag, live_etag = read()
        updated = change(caller, etag, store=store.arn, code=b"second")
        caller.control.publish_function(Name="f", IfMatch=updated["ETag"])
        assert read() != (etag, live_etag)
        caller.control.delete_function(Name="f", IfMatch=read()[0])
        with refused(caller.control, "NoSuchFunctionExists"):
            describe(caller)

    def test_a_list_has_each_stage_and_is_paged(self, caller):
        for name in ["b", "a", "c"]:
            created = make(caller, name)
            if name != "b":
                caller.control.publish_function(Name=name, IfMatch=created["ETag"])
        both = [("a", "DEVELOPMENT"), ("a", "LIVE"), ("b", "DEVELOPMENT"), ("c", "DEVELOPMENT")]
        both.append(("c", "LIVE"))
        assert listed(caller) == both
        assert listed(caller, Stage="LIVE") == [("a", "LIVE"), ("c", "LIVE")]
        for stage in [{}, {"Stage": "LIVE"}, {"Stage": "DEVELOPMENT"}]:
            found, marker = [], {}
            while True:
                page = caller.control.list_functions(MaxItems="1", **stage, **marker)["FunctionList"]
                assert (page["MaxItems"], page["Quantity"]) == (1, len(page["Items"]))
                found += [item["FunctionMetadata"] for item in page["Items"]]
                if "NextMarker" not in page:
                    break
                marker = {"Marker": page["NextMarker"]}
            stages = [(it["FunctionARN"].rsplit("/", 1)[1], it["Stage"]) for it in found]
            assert stages == listed(caller, **stage)
        # A name alone stands for all of its stages, also of a function that is not there.
        assert listed(caller, Marker="a") == both[2:]
        assert listed(caller, Marker="aa") == both[2:]

    def test_everything_is_there_after_a_restart(self, start_server):
        server = start_server()
        caller = Caller(server, account=new_account())
        store = caller.make_store()
        tags = {"Items": [{"Key": "team", "Value": "edge"}]}
        created = make(caller, store=store.arn, Tags=tags)
        caller.control.publish_function(Name="f", IfMatch=created["ETag"])
        updated = change(caller, created["ETag"], code=b"second")

        def everything(caller):
            found = [describe(caller, stage) for stage in ["DEVELOPMENT", "LIVE"]]
            for answer in found:
                del answer["ResponseMetadata"]
            codes = [code_of(caller), code_of(caller, "LIVE")]
            tagged = caller.control.list_tags_for_resource(Resource=arn(caller))["Tags"]
            return found, codes, tagged

        before = everything(caller)
        assert before[1] == [b"second", CODE]
        for end in [server.kill, server.stop]:
            end()
            server.start()
            again = Caller(server, account=caller.account)
            assert everything(again) == before
            with refused(again.control, "CannotDeleteEntityWhileInUse", IN_USE):
                again.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        again.control.delete_function(Name="f", IfMatch=updated["ETag"])
        again.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)


class TestAssociation:
    def test_a_store_that_is_used_stays(self, caller, store):
        def delete():
            caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)

        created = make(caller, store=store.arn)
        found = created["FunctionSummary"]["FunctionConfig"]["KeyValueStoreAssociations"]
        assert found == associations(store.arn)
        other = make(caller, "g", store=store.arn)
        with refused(caller.control, "CannotDeleteEntityWhileInUse", IN_USE):
            delete()
        caller.control.delete_function(Name="g", IfMatch=other["ETag"])
        with refused(caller.control, "CannotDeleteEntityWhileInUse"):
            delete()
        # LIVE keeps the store until the next publish.
        caller.control.publish_function(Name="f", IfMatch=created["ETag"])
        updated = change(caller, created["ETag"])
        assert "KeyValueStoreAssociations" not in updated["FunctionSummary"]["FunctionConfig"]
        with refused(caller.control, "CannotDeleteEntityWhileInUse"):
            delete()
        caller.control.publish_function(Name="f", IfMatch=updated["ETag"])
        delete()

    def test_a_used_store_is_written_and_configured_as_ever(self, caller, store):
        make(caller, store=store.arn)
        caller.put(store, "a", "1")
        updated = caller.control.update_key_value_store(
            Name=store.name, Comment="c", IfMatch=store.etag
        )
        assert updated["KeyValueStore"]["Comment"] == "c"

    def test_an_arn_in_capitals_names_the_same_store(self, caller, store):
        spelled = store.arn.replace(store.id, store.id.upper())
        created = make(caller, store=spelled)
        found = created["FunctionSummary"]["FunctionConfig"]["KeyValueStoreAssociations"]
        assert found == associations(store.arn)

    def test_a_store_that_is_not_ready(self, slow_caller):
        waiting = slow_caller.make_store(wait=False)
        with refused(slow_caller.control, "InvalidArgument", NOT_READY):
            make(slow_caller, store=waiting.arn)
        created = make(slow_caller)
        with refused(slow_caller.control, "InvalidArgument", NOT_READY):
            change(slow_caller, created["ETag"], store=waiting.arn)
        failed = slow_caller.make_store(wait=False, ImportSource=slow_caller.put_object("{"))
        slow_caller.wait_for(failed, "IMPORT_FAILED")
        with refused(slow_caller.control, "InvalidArgument", re.compile("import of the key value")):
            make(slow_caller, "g", store=failed.arn)

    def test_a_store_that_is_not_there_or_another_accounts(self, caller, server):
        other = Caller(server, account=new_account()).make_store()
        absent = f"arn:aws:cloudfront::{caller.account}:key-value-store/{'0' * 8}-0000-4000-8000-{'0' * 12}"
        foreign = other.arn.replace(other.arn.split(":")[4], caller.account)
        for store in [absent, other.arn, foreign]:
            with refused(caller.control, "InvalidArgument", NO_STORE):
                make(caller, store=store)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (lambda arn: associations(arn, arn), "one key value store at most"),
            (lambda arn: {"Quantity": 2, "Items": [{"KeyValueStoreARN": arn}]}, "Quantity"),
            (lambda arn: {"Quantity": 1}, "Quantity"),
            (lambda arn: associations(arn + "x"), "a store's id is a UUID"),
            (lambda arn: associations("redirects"), "a store's ARN is"),
        ],
    )
    def test_a_list_of_another_form(self, caller, store, given, message):
        found = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
        found["KeyValueStoreAssociations"] = given(store.arn)
        with refused(caller.control, "InvalidArgument", re.compile(message)):
            caller.control.create_function(Name="f", FunctionConfig=found, FunctionCode=CODE)

    def test_no_store_in_a_list_is_no_association(self, caller):
        found = config() | {"KeyValueStoreAssociations": {"Quantity": 0, "Items": []}}
        created = caller.control.create_function(Name="f", FunctionConfig=found, FunctionCode=CODE)
        assert created["FunctionSummary"]["FunctionConfig"] == config()

    def test_the_older_runtime_reads_no_store(self, caller, store):
        older = {"runtime": "cloudfront-js-1.0"}
        with refused(caller.control, "InvalidArgument", re.compile("cloudfront-js-2.0")):
            caller.control.create_function(
                Name="f", FunctionConfig=config(store.arn, **older), FunctionCode=CODE
            )
        caller.control.create_function(
            Name="f", FunctionConfig=config(**older), FunctionCode=CODE
        )

    def test_of_an_association_and_the_delete_of_the_store_one_wins(self, caller):
        for round_ in range(20):
            store = caller.make_store()
            barrier = threading.Barrier(2)
            outcomes = {}

            def attempt(what, run):
                barrier.wait()
                try:
                    run()
                    outcomes[what] = None
                except caller.control.exceptions.ClientError as error:
                    outcomes[what] = error.response["Error"]["Code"]

            name = f"f{round_}"
            threads = [
                threading.Thread(
                    target=attempt,
                    args=("associate", lambda: make(caller, name, store=store.arn)),
                ),
                threading.Thread(
                    target=attempt,
                    args=(
                        "delete",
                        lambda: caller.control.delete_key_value_store(
                            Name=store.name, IfMatch=store.etag
                        ),
                    ),
                ),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert outcomes in (
                {"associate": None, "delete": "CannotDeleteEntityWhileInUse"},
                {"associate": "InvalidArgument", "delete": None},
            )


class TestVersions:
    def test_stale_and_missing_and_no_etag(self, caller):
        created = make(caller)
        published = caller.control.publish_function(Name="f", IfMatch=created["ETag"])
        assert published["FunctionSummary"]["Status"] == "UNASSOCIATED"
        live = describe(caller, "LIVE")["ETag"]

        def attempts(client, etag):
            yield lambda: client.publish_function(Name="f", IfMatch=etag)
            yield lambda: client.delete_function(Name="f", IfMatch=etag)
            yield lambda: client.update_function(
                Name="f", IfMatch=etag, FunctionConfig=config(), FunctionCode=CODE
            )

        def test(client, etag, stage):
            client.test_function(Name="f", IfMatch=etag, Stage=stage, EventObject=b"{}")

        # LIVE's ETag is stale for what wants DEVELOPMENT's.
        for etag in [NEVER_GIVEN, live]:
            for attempt in attempts(caller.control, etag):
                with refused(caller.control, "PreconditionFailed", STALE_CONTROL):
                    attempt()
            with refused(caller.control, "InvalidIfMatchVersion", BAD_IF_MATCH):
                test(caller.control, etag, "DEVELOPMENT")
        with refused(caller.control, "InvalidIfMatchVersion"):
            test(caller.control, created["ETag"], "LIVE")
        for etag in ["*", "e1", ""]:
            for attempt in [
                *attempts(caller.unchecked_control, etag),
                lambda: test(caller.unchecked_control, etag, "DEVELOPMENT"),
            ]:
                with refused(caller.unchecked_control, "InvalidIfMatchVersion", BAD_IF_MATCH):
                    attempt()
        quoted = f'"{created["ETag"]}"'
        caller.control.publish_function(Name="f", IfMatch=quoted)


class TestRefusals:
    def test_what_is_not_there(self, caller):
        client = caller.control
        for attempt in [
            lambda: client.describe_function(Name="absent"),
            lambda: client.get_function(Name="absent"),
            lambda: client.publish_function(Name="absent", IfMatch=NEVER_GIVEN),
            lambda: client.delete_function(Name="absent", IfMatch=NEVER_GIVEN),
            lambda: client.test_function(Name="absent", IfMatch=NEVER_GIVEN, EventObject=b"{}"),
            lambda: change(caller, NEVER_GIVEN, "absent"),
        ]:
            with refused(client, "NoSuchFunctionExists", "The function does not exist."):
                attempt()

    @pytest.mark.parametrize("stage", ["live", "", "BOTH"])
    def test_a_stage_of_another_form(self, caller, stage):
        created = make(caller)
        client = caller.unchecked_control
        for operation in [client.describe_function, client.get_function]:
            with refused(client, "NoSuchFunctionExists", re.compile("DEVELOPMENT or LIVE")):
                operation(Name="f", Stage=stage)
        with refused(client, "InvalidArgument", re.compile("DEVELOPMENT or LIVE")):
            client.test_function(
                Name="f", IfMatch=created["ETag"], Stage=stage, EventObject=b"{}"
            )
        with refused(client, "InvalidArgument", re.compile("DEVELOPMENT or LIVE")):
            client.list_functions(Stage=stage)

    def test_a_name_of_another_form(self, caller):
        form = re.compile("a function's name is 1 to 64")
        client = caller.control
        for name in ["a.b", "n" * 65, "é"]:
            with refused(client, "InvalidArgument", form):
                make(caller, name)
            with refused(client, "InvalidArgument", form):
                change(caller, NEVER_GIVEN, name)
            with refused(client, "InvalidArgument", form):
                client.publish_function(Name=name, IfMatch=NEVER_GIVEN)
            for attempt in [client.describe_function, client.get_function]:
                with refused(client, "NoSuchFunctionExists", form):
                    attempt(Name=name)
            with refused(client, "NoSuchFunctionExists", form):
                client.delete_function(Name=name, IfMatch=NEVER_GIVEN)

    @pytest.mark.parametrize("value", ["0", "x", "-1"])
    def test_a_page_of_another_size(self, caller, value):
        with refused(caller.control, "InvalidArgument"):
            caller.control.list_functions(MaxItems=value)

    @pytest.mark.parametrize("marker", ["a.b", "a/", "a/BOTH", "/LIVE"])
    def test_a_marker_of_another_form(self, caller, marker):
        with refused(caller.control, "InvalidArgument", re.compile("Marker")):
            caller.control.list_functions(Marker=marker)

    def test_a_parameter_twice(self, caller):
        make(caller)
        query = "Stage=LIVE&Stage=DEVELOPMENT"
        for path in [f"{FUNCTIONS}/f", f"{FUNCTIONS}/f/describe"]:
            answer = call(caller, "control", "GET", path, query)
            assert_refused(answer, "control", "UnsupportedOperation", 400, re.compile("Stage"))
        answer = call(caller, "control", "GET", FUNCTIONS, query)
        assert_refused(answer, "control", "InvalidArgument", 400, re.compile("Stage"))

    def test_the_size_of_code(self, caller):
        make(caller, "most", code=b"x" * 10_240)
        with refused(caller.control, "FunctionSizeLimitExceeded"):
            make(caller, code=b"x" * 10_241)
        created = make(caller)
        with refused(caller.control, "FunctionSizeLimitExceeded"):
            change(caller, created["ETag"], code=b"x" * 10_241)
        # Also where the body is larger than any that is read.
        with refused(caller.control, "FunctionSizeLimitExceeded"):
            make(caller, code=b"x" * 1_000_000)
        with refused(caller.unchecked_control, "InvalidArgument", re.compile("at least one byte")):
            caller.unchecked_control.create_function(
                Name="g", FunctionConfig=config(), FunctionCode=b""
            )

    def test_the_size_of_an_event(self, caller):
        created = make(caller)
        with refused(caller.control, "InvalidArgument", re.compile("larger than 40960 bytes")):
            caller.control.test_function(
                Name="f", IfMatch=created["ETag"], EventObject=b"x" * 40_961
            )

    @pytest.mark.parametrize(
        ("inner", "message"),
        [
            ("", "the element FunctionConfig is missing"),
            ("<FunctionConfig/>", "the element FunctionCode is missing"),
            ("<FunctionConfig/><FunctionCode>YQ==</FunctionCode>", "Comment is missing"),
            (
                "<FunctionConfig><Comment/></FunctionConfig><FunctionCode>YQ==</FunctionCode>",
                "Runtime is missing",
            ),
            (
                "<FunctionConfig><Comment/><Runtime>js</Runtime></FunctionConfig>"
                "<FunctionCode>YQ==</FunctionCode>",
                "a runtime is cloudfront-js-1.0 or cloudfront-js-2.0",
            ),
            (
                "<FunctionConfig><Comment/><Runtime>cloudfront-js-2.0</Runtime></FunctionConfig>"
                "<FunctionCode>YQ=</FunctionCode>",
                "The FunctionCode is not base64",
            ),
        ],
    )
    def test_a_body_of_another_form(self, caller, inner, message):
        body = xml("CreateFunctionRequest", f"<Name>f</Name>{inner}")
        answer = call(caller, "control", "POST", FUNCTIONS, body=body)
        assert_refused(answer, "control", "InvalidArgument", 400, re.compile(message))
        make(caller)
        body = xml("UpdateFunctionRequest", inner)
        headers = {"if-match": NEVER_GIVEN}
        answer = call(caller, "control", "PUT", f"{FUNCTIONS}/f", headers=headers, body=body)
        assert_refused(answer, "control", "InvalidArgument", 400, re.compile(message))

    def test_bodies_as_other_clients_write_them(self, caller):
        """In another order, with a prolog, with the code in lines."""
        code = "\n".join([base64.b64encode(CODE).decode()[n : n + 20] for n in range(0, 99, 20)])
        body = '<?xml version="1.0" encoding="UTF-8"?>' + xml(
            "CreateFunctionRequest",
            f"<FunctionCode>{code}</FunctionCode><FunctionConfig>"
            "<Runtime>cloudfront-js-2.0</Runtime><Comment></Comment></FunctionConfig>"
            "<Name>f</Name>",
        )
        # With the slash that older clients end the path with.
        answer = call(caller, "control", "POST", FUNCTIONS + "/", body=body)
        assert answer.status == 201, answer.body
        assert code_of(caller) == CODE

    def test_an_event_that_is_missing_or_no_base64(self, caller):
        etag = make(caller)["ETag"]
        for inner, message in [
            ("", "EventObject is missing"),
            ("<EventObject>?</EventObject>", "The EventObject is not base64"),
        ]:
            answer = call(
                caller, "control", "POST", f"{FUNCTIONS}/f/test", headers={"if-match": etag},
                body=xml("TestFunctionRequest", inner),
            )  # fmt: skip
            assert_refused(answer, "control", "InvalidArgument", 400, re.compile(message))

    def test_other_paths_below_functions(self, caller):
        for method, path in [
            ("GET", f"{FUNCTIONS}/f/publish"),
            ("POST", f"{FUNCTIONS}/f"),
            ("GET", f"{FUNCTIONS}/f/describe/x"),
            ("GET", "/2020-05-31/connection-function"),
        ]:
            answer = call(caller, "control", method, path)
            assert_refused(answer, "control", "UnsupportedOperation", 400)


class TestQuotas:
    def test_functions_of_an_account(self, start_server):
        server = start_server(functions_per_account=2, function_code_bytes=10)
        caller = Caller(server, account=new_account())
        for name in ["a", "b"]:
            created = make(caller, name, code=b"0123456789")
        with refused(caller.control, "TooManyFunctions"):
            make(caller, "c", code=b"x")
        with refused(caller.control, "FunctionSizeLimitExceeded"):
            make(caller, "c", code=b"0123456789a")
        # An account has its own, and a delete makes room.
        make(Caller(server, account=new_account()), "c", code=b"x")
        caller.control.delete_function(Name="b", IfMatch=created["ETag"])
        make(caller, "c", code=b"x")

    def test_a_hundred_functions_by_default(self, caller):
        for number in range(100):
            make(caller, f"f{number}", code=b"x")
        with refused(caller.control, "TooManyFunctions"):
            make(caller, "one-more")


class TestTags:
    def test_tags_of_a_function(self, caller):
        tags = {"Items": [{"Key": "team", "Value": "edge"}]}
        created = make(caller, Tags=tags)
        client, resource = caller.control, arn(caller)

        def found():
            answer = client.list_tags_for_resource(Resource=resource)
            return {tag["Key"]: tag["Value"] for tag in answer["Tags"]["Items"]}

        assert found() == {"team": "edge"}
        client.tag_resource(Resource=resource, Tags={"Items": [{"Key": "a", "Value": "b"}]})
        client.untag_resource(Resource=resource, TagKeys={"Items": ["team"]})
        assert found() == {"a": "b"}
        # Tags are no part of the configuration, and end with the function.
        assert describe(caller)["ETag"] == created["ETag"]
        client.delete_function(Name="f", IfMatch=created["ETag"])
        with refused(client, "NoSuchResource"):
            found()
        make(caller)
        assert found() == {}

    def test_tags_that_break_a_rule(self, caller):
        with refused(caller.control, "InvalidArgument", re.compile("aws:")):
            make(caller, Tags={"Items": [{"Key": "aws:x", "Value": ""}]})
        with refused(caller.control, "NoSuchResource"):
            caller.control.list_tags_for_resource(Resource=arn(caller, "absent"))
        with refused(caller.control, "NoSuchResource"):
            caller.control.list_tags_for_resource(Resource=arn(caller, "a.b"))


@pytest.fixture(scope="class")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("functions-house"))
    yield house
    house.server.stop()


def function_arn(name, account=ACCOUNT):
    return f"arn:aws:cloudfront::{account}:function/{name}"


class TestPolicies:
    ACTIONS = [
        "CreateFunction",
        "DescribeFunction",
        "GetFunction",
        "UpdateFunction",
        "PublishFunction",
        "TestFunction",
        "DeleteFunction",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
    ]

    @staticmethod
    def attempts(caller, name):
        client, resource = caller.control, function_arn(name)
        tags = {"Items": [{"Key": "k", "Value": "v"}]}
        return {
            "CreateFunction": lambda: make(caller, name),
            "DescribeFunction": lambda: client.describe_function(Name=name),
            "GetFunction": lambda: client.get_function(Name=name),
            "UpdateFunction": lambda: change(caller, NEVER_GIVEN, name),
            "PublishFunction": lambda: client.publish_function(Name=name, IfMatch=NEVER_GIVEN),
            "TestFunction": lambda: client.test_function(
                Name=name, IfMatch=NEVER_GIVEN, EventObject=b"{}"
            ),
            "DeleteFunction": lambda: client.delete_function(Name=name, IfMatch=NEVER_GIVEN),
            "ListTagsForResource": lambda: client.list_tags_for_resource(Resource=resource),
            "TagResource": lambda: client.tag_resource(Resource=resource, Tags=tags),
            "UntagResource": lambda: client.untag_resource(
                Resource=resource, TagKeys={"Items": ["k"]}
            ),
        }

    def test_each_action_is_asked_of_the_functions_arn(self, house):
        some = house.caller_with("fn-none", allow("s3:GetObject"))
        existing = house.caller_with("fn-all", allow("cloudfront:*"))
        make(existing, "there")
        for name in ["there", "absent"]:
            for action, attempt in self.attempts(some, name).items():
                with denied(some) as caught:
                    attempt()
                message = str(caught.value)
                assert f"cloudfront:{action} on resource: {function_arn(name)} because" in message

    @pytest.mark.parametrize("action", ACTIONS)
    def test_a_right_to_one_action_of_one_function(self, house, action):
        caller = house.caller_with(
            f"fn-{action.lower()}", allow(f"cloudfront:{action}", function_arn("mine-*"))
        )
        for other, attempt in self.attempts(caller, "mine-a").items():
            if other != action:
                with denied(caller):
                    attempt()
        with denied(caller):
            self.attempts(caller, "yours")[action]()
        # What is allowed is answered otherwise.
        try:
            self.attempts(caller, "mine-a")[action]()
        except caller.control.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] != "AccessDenied"

    def test_a_list_is_asked_of_all_functions(self, house):
        some = house.caller_with(
            "fn-some", allow("cloudfront:ListFunctions", function_arn("a*"))
        )
        with denied(some) as caught:
            some.control.list_functions()
        assert f"on resource: {function_arn('*')} because" in str(caught.value)
        everything = house.caller_with(
            "fn-every", allow("cloudfront:ListFunctions", function_arn("*"))
        )
        everything.control.list_functions()

    def test_a_store_needs_no_right_to_be_associated(self, house):
        admin = house.caller_with("fn-admin", allow("*"))
        store = admin.make_store()
        caller = house.caller_with(
            "fn-associate",
            allow("cloudfront:CreateFunction"),
            deny("*", arn_of("*")),
        )
        make(caller, "associated", store=store.arn)

    def test_a_request_with_a_fault_is_judged_first(self, house):
        caller = house.caller_with("fn-fault", allow("cloudfront:*", function_arn("mine")))
        with denied(caller) as caught:
            make(caller, "yours", code=b"x" * 20_000)
        assert function_arn("yours") in str(caught.value)
        with denied(caller) as caught:
            make(caller, "a.b")
        assert f"on resource: {function_arn('*')} because" in str(caught.value)

    def test_another_accounts_function(self, house):
        caller = house.caller_with("fn-other", allow("*"))
        with denied(caller):
            caller.control.list_tags_for_resource(Resource=function_arn("f", "210987654321"))


class TestLog:
    def test_a_line_names_the_function(self, start_server):
        server = start_server(log_format="json")
        caller = Caller(server, account=new_account())
        created = make(caller, "told")
        with refused(caller.control, "NoSuchFunctionExists"):
            describe(caller, name="untold")
        caller.control.tag_resource(
            Resource=arn(caller, "told"), Tags={"Items": [{"Key": "k", "Value": "v"}]}
        )
        caller.control.delete_function(Name="told", IfMatch=created["ETag"])

        def logged():
            lines = [line for line in server.log_records() if "operation" in line]
            return lines if lines and lines[-1]["operation"] == "DeleteFunction" else None

        lines = until(logged, "the last request is logged")
        told = {line["operation"]: line.get("function") for line in lines}
        assert told == {
            "CreateFunction": "told",
            "DescribeFunction": "untold",
            "TagResource": arn(caller, "told"),
            "DeleteFunction": "told",
        }
        assert all("store" not in line for line in lines)
        assert "handler" not in server.log()


def test_without_a_signature_nothing_is_told(server):
    caller = Caller(server, account=new_account(), secret="wrong")
    with refused_with("SignatureDoesNotMatch", 403):
        listed(caller)


def test_a_server_that_keeps_no_history_keeps_functions(start_server):
    server = start_server(history_days=0, remember_deleted_days=0)
    caller = Caller(server, account=new_account())
    created = make(caller)
    caller.control.delete_function(Name="f", IfMatch=created["ETag"])
    make(caller)
