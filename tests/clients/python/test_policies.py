"""Who may do what: the file of credentials, its policies, and how it is read again."""

import json
import os
import re
from urllib.parse import quote

import pytest

from keyfront import Caller, Server, new_account, refused, refused_with, status_of, until
from raw import call

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
# Nothing here knows whether there was a second factor.
UNKNOWN_CONDITION = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
ABSENT = "00000000-0000-4000-8000-000000000000"


def allow(actions, resources="*", effect="Allow"):
    return {"Effect": effect, "Action": actions, "Resource": resources}


def deny(actions, resources="*"):
    return allow(actions, resources, "Deny")


def arn_of(store_id, account=ACCOUNT):
    return f"arn:aws:cloudfront::{account}:key-value-store/{store_id}"


class House:
    """A server with a file of credentials that a test writes, with `admin` always in it."""

    def __init__(self, folder, start=True):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "credentials.toml"
        self.keys = {}
        self.set_key("admin")
        self.server = None
        if start:
            self.write()
            self.server = Server(folder, credentials=self.file)

    def set_key(self, name, *statements, account=ACCOUNT, **more):
        """Describes an access key; without statements it may do everything in its account."""
        self.keys[name] = {
            "id": f"AKIA{name.upper()}",
            "secret": f"secret of {name}",
            "account": account,
            "user": name,
        } | more
        if statements:
            policy = {"Version": "2012-10-17", "Statement": list(statements)}
            # Relative to the file of credentials, not to where the server runs.
            (self.folder / "policies").mkdir(exist_ok=True)
            (self.folder / "policies" / f"{name}.json").write_text(json.dumps(policy))
            self.keys[name]["policies"] = [f"policies/{name}.json"]

    def write(self):
        lines = []
        for key in self.keys.values():
            lines.append("[[access_key]]")
            # JSON's strings and lists of strings are TOML's.
            lines += [f"{name} = {json.dumps(value)}" for name, value in key.items()]
        self.file.touch()
        self.file.chmod(0o600)
        self.file.write_text("\n".join(lines))

    def reload(self):
        """Writes the file and has it read again; returns when it is in force."""
        # The last key changes with every reading, so that its arrival can be seen.
        marker = f"marker-{new_account()}"
        self.set_key(marker)
        self.write()
        self.server.reload()
        caller = self.caller(marker)
        until(
            lambda: call(caller, "control", "GET", "/2020-05-31/key-value-store").status == 200,
            "the credentials were read again",
        )
        del self.keys[marker]

    def caller(self, name):
        key = self.keys[name]
        return Caller(
            self.server,
            account=key["account"],
            key=key["id"],
            secret=key["secret"],
            token=key.get("session_token"),
        )

    def caller_with(self, name, *statements, **more):
        """A caller for a key that is added now."""
        self.set_key(name, *statements, **more)
        self.reload()
        return self.caller(name)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"))
    with house.server:
        yield house


@pytest.fixture
def admin(house):
    return house.caller("admin")


@pytest.fixture
def store(admin):
    store = admin.make_store()
    admin.put(store, "a", "1")
    return store


def denied(caller, plane):
    client = {"control": caller.control, "data": caller.data}[plane]
    return refused(client, {"control": "AccessDenied", "data": "AccessDeniedException"}[plane])


class TestNoPolicies:
    def test_everything_in_the_account(self, admin, store):
        admin.control.update_key_value_store(Name=store.name, Comment="c", IfMatch=store.etag)
        admin.control.tag_resource(Resource=store.arn, Tags={"Items": [{"Key": "a", "Value": "1"}]})
        admin.update(store, {"b": "2"}, ["a"])
        assert admin.contents(store) == {"b": "2"}
        etag = admin.control.describe_key_value_store(Name=store.name)["ETag"]
        admin.control.delete_key_value_store(Name=store.name, IfMatch=etag)

    def test_nothing_in_another_account(self, house, store):
        other = house.caller_with("other", account=OTHER_ACCOUNT)
        with refused(other.control, "EntityNotFound"):
            other.control.describe_key_value_store(Name=store.name)
        with denied(other, "data"):
            other.get(store, "a")
        assert other.control.list_key_value_stores()["KeyValueStoreList"]["Quantity"] == 0

    def test_two_keys_of_one_account_see_the_same(self, house, store):
        second = house.caller_with("second")
        assert second.get(store, "a") == "1"


class TestReadOnly:
    @pytest.fixture(scope="class")
    @classmethod
    def reader(cls, house):
        return house.caller_with(
            "reader",
            allow(["cloudfront:Describe*", "cloudfront:List*"]),
            allow(
                [
                    "cloudfront-keyvaluestore:DescribeKeyValueStore",
                    "cloudfront-keyvaluestore:Get*",
                    "cloudfront-keyvaluestore:List?eys",
                ]
            ),
        )

    def test_may_read(self, reader, store):
        assert reader.control.describe_key_value_store(Name=store.name)["ETag"] == store.etag
        listed = reader.control.list_key_value_stores()["KeyValueStoreList"]["Items"]
        assert store.name in [item["Name"] for item in listed]
        assert "Tags" in reader.control.list_tags_for_resource(Resource=store.arn)
        assert reader.describe(store)["ETag"] == store.data_etag
        assert reader.get(store, "a") == "1"
        assert reader.contents(store) == {"a": "1"}

    def test_may_not_change_the_control_plane(self, reader, store):
        for attempt in [
            lambda: reader.control.create_key_value_store(Name="new"),
            lambda: reader.control.update_key_value_store(
                Name=store.name, Comment="c", IfMatch=store.etag
            ),
            lambda: reader.control.delete_key_value_store(Name=store.name, IfMatch=store.etag),
            lambda: reader.control.tag_resource(
                Resource=store.arn, Tags={"Items": [{"Key": "a", "Value": "1"}]}
            ),
            lambda: reader.control.untag_resource(Resource=store.arn, TagKeys={"Items": ["a"]}),
        ]:
            with denied(reader, "control"):
                attempt()

    def test_may_not_change_the_data_plane(self, reader, admin, store):
        for attempt in [
            lambda: reader.put(store, "b", "2"),
            lambda: reader.delete(store, "a"),
            lambda: reader.update(store, {"b": "2"}),
        ]:
            with denied(reader, "data"):
                attempt()
        assert admin.contents(store) == {"a": "1"}

    def test_the_policy_comes_before_form_and_limits(self, reader, store):
        with denied(reader, "data"):
            reader.put(store, "b", "x" * 2000, etag="nonsense")

    def test_is_told_what_it_may_not(self, reader, store):
        with denied(reader, "data") as caught:
            reader.put(store, "b", "2")
        assert caught.value.response["Error"]["Message"].startswith(
            f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: "
            f"cloudfront-keyvaluestore:PutKey on resource: {store.arn}"
        )

    def test_hears_of_a_store_that_is_not_there(self, reader):
        with refused(reader.control, "EntityNotFound"):
            reader.control.describe_key_value_store(Name="absent")
        with refused(reader.data, "ResourceNotFoundException"):
            reader.data.get_key(KvsARN=arn_of(ABSENT), Key="a")


def by_name(name, account=ACCOUNT):
    return f"arn:aws:cloudfront::{account}:key-value-store/{name}"


class TestByName:
    """On the control plane a policy knows a store by its name, and by its id as well."""

    def attempts(self, caller, name, etag):
        """Every operation of a store, each as (action, attempt)."""
        control = caller.control
        return [
            ("Describe", lambda: control.describe_key_value_store(Name=name)),
            (
                "Update",
                lambda: control.update_key_value_store(Name=name, Comment="c", IfMatch=etag),
            ),
            ("Delete", lambda: control.delete_key_value_store(Name=name, IfMatch=etag)),
        ]

    def manager(self, house, *resources, effect="Allow"):
        everything = [] if effect == "Allow" else [allow("*")]
        return house.caller_with(
            "manager", *everything, allow("cloudfront:*", list(resources), effect)
        )

    @pytest.mark.parametrize("pattern", ["{name}", "{prefix}*", "{prefix}?*", "*", "{id}"])
    def test_what_matches_is_allowed(self, house, admin, pattern):
        prefix = f"web-{new_account()}-"
        store = admin.make_store(f"{prefix}production")
        resource = by_name(pattern.format(name=store.name, prefix=prefix, id=store.id))
        caller = self.manager(house, resource)
        found = caller.control.describe_key_value_store(Name=store.name)
        assert found["KeyValueStore"]["ARN"] == store.arn
        updated = caller.control.update_key_value_store(
            Name=store.name, Comment="c", IfMatch=found["ETag"]
        )
        caller.control.tag_resource(
            Resource=store.arn, Tags={"Items": [{"Key": "a", "Value": "1"}]}
        )
        caller.control.untag_resource(Resource=store.arn, TagKeys={"Items": ["a"]})
        assert "Tags" in caller.control.list_tags_for_resource(Resource=store.arn)
        caller.control.delete_key_value_store(Name=store.name, IfMatch=updated["ETag"])
        if pattern != "{id}":
            caller.make_store(store.name, wait=False)

    @pytest.mark.parametrize("pattern", ["other", "{id7}*", "{id35}?", "{name}-*", "*-{id}"])
    def test_what_does_not_match_is_denied(self, house, admin, store, pattern):
        texts = {"name": store.name, "id": store.id, "id7": store.id[:7], "id35": store.id[:35]}
        caller = self.manager(house, by_name(pattern.format(**texts)))
        for _, attempt in self.attempts(caller, store.name, store.etag):
            with denied(caller, "control"):
                attempt()
        for attempt in [
            lambda: caller.control.create_key_value_store(Name=store.name),
            lambda: caller.control.list_key_value_stores(),
            lambda: caller.control.list_tags_for_resource(Resource=store.arn),
        ]:
            with denied(caller, "control"):
                attempt()

    @pytest.mark.parametrize("pattern", ["{name}", "{id}"])
    def test_either_spelling_denies(self, house, admin, store, pattern):
        other = admin.make_store()
        denied_store = by_name(pattern.format(name=store.name, id=store.id))
        caller = self.manager(house, denied_store, effect="Deny")
        for _, attempt in self.attempts(caller, store.name, store.etag):
            with denied(caller, "control"):
                attempt()
        with denied(caller, "control"):
            caller.control.list_tags_for_resource(Resource=store.arn)
        for _, attempt in self.attempts(caller, other.name, other.etag)[:2]:
            attempt()

    @pytest.mark.parametrize("pattern", ["{name}", "{id}"])
    @pytest.mark.parametrize("effect", ["Allow", "Deny"])
    def test_not_resource_leaves_out_what_either_spelling_names(
        self, house, admin, store, pattern, effect
    ):
        other = admin.make_store()
        named = by_name(pattern.format(name=store.name, id=store.id))
        statement = {"Effect": effect, "Action": "cloudfront:*", "NotResource": named}
        rest = [] if effect == "Allow" else [allow("*")]
        caller = house.caller_with("all-but-one", *rest, statement)
        allowed, refused_store = (other, store) if effect == "Allow" else (store, other)
        caller.control.describe_key_value_store(Name=allowed.name)
        with denied(caller, "control"):
            caller.control.describe_key_value_store(Name=refused_store.name)

    def test_create_needs_the_name_that_is_asked_for(self, house):
        prefix = f"web-{new_account()}-"
        caller = house.caller_with(
            "maker", allow("cloudfront:CreateKeyValueStore", by_name(f"{prefix}*"))
        )
        caller.make_store(f"{prefix}a", wait=False)
        with denied(caller, "control"):
            caller.control.create_key_value_store(Name=f"other-{prefix}")
        # Without a name that can be read it is any store's creation.
        path = "/2020-05-31/key-value-store"
        for body in ["", "<x", "<CreateKeyValueStoreRequest/>"]:
            assert call(caller, "control", "POST", path, body=body).status == 403
            admin = house.caller("admin")
            assert call(admin, "control", "POST", path, body=body).status == 400

    def test_the_data_plane_knows_the_id_alone(self, house, store):
        caller = house.caller_with(
            "reader-by-name", allow("cloudfront-keyvaluestore:*", by_name(store.name))
        )
        with denied(caller, "data"):
            caller.get(store, "a")
        assert "which know a store by its id" in house.server.log()

    def test_a_refusal_does_not_tell_whether_the_store_is_there(self, house, admin, store):
        caller = house.caller_with("curious", allow("cloudfront:*", by_name("other")))
        absent = f"absent-{new_account()}"

        def texts(name):
            for action, attempt in self.attempts(caller, name, store.etag):
                with denied(caller, "control") as caught:
                    attempt()
                message = caught.value.response["Error"]["Message"]
                assert f":key-value-store/{name} because" in message
                yield action, message.replace(name, "NAME")

        assert list(texts(store.name)) == list(texts(absent))

    def test_tags_of_an_id_that_is_not_there(self, house, store):
        everything = house.caller_with("all-tags", allow("cloudfront:*", by_name("*")))
        with refused(everything.control, "NoSuchResource"):
            everything.control.list_tags_for_resource(Resource=arn_of(ABSENT))
        some = house.caller_with("some-tags", allow("cloudfront:*", by_name("0*")))
        for arn in [arn_of(ABSENT), store.arn]:
            with denied(some, "control") as caught:
                some.control.list_tags_for_resource(Resource=arn)
            assert f"on resource: {arn} because" in str(caught.value)


class TestSkippedStatements:
    """What Keyfront never asks about opens and closes nothing, whatever a statement says of it."""

    FOREIGN = [
        allow("s3:ListBucket", "arn:aws:s3:::b") | {"Condition": {"StringLike": {"s3:prefix": "x/*"}}},
        allow("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"),
        deny("iam:*") | {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
    ]

    def test_a_pipelines_whole_role_serves(self, house, store):
        before = len(house.server.log_path.read_bytes())
        caller = house.caller_with(
            "pipeline", *self.FOREIGN, allow("cloudfront-keyvaluestore:*", store.arn)
        )
        caller.put(store, "b", "2")
        with denied(caller, "control"):
            caller.control.describe_key_value_store(Name=store.name)
        log = house.server.log(since=before)
        for number in [1, 2, 3]:
            assert re.search(rf"WARN.*pipeline\.json: statement {number} is skipped", log)

    def test_what_could_concern_a_request_is_still_refused_by_name(self, tmp_path):
        house = House(tmp_path, start=False)
        condition = self.FOREIGN[0]["Condition"]
        rights = allow(["s3:ListBucket", "s3:GetObject"]) | {"Condition": condition}
        house.set_key("x", rights)
        house.write()
        server = Server(house.folder, expect_failure=True, credentials=house.file)
        server.launch()
        assert server.wait() not in (0, None)
        assert "s3:prefix" in server.log()


class TestOneStoresWriter:
    @pytest.fixture
    def writer(self, house, store):
        return house.caller_with(
            "writer",
            allow("cloudfront-keyvaluestore:*", store.arn),
            allow("cloudfront:DescribeKeyValueStore", store.arn),
        )

    def test_may_write_that_store(self, writer, store):
        writer.put(store, "b", "2")
        assert writer.contents(store) == {"a": "1", "b": "2"}
        assert writer.control.describe_key_value_store(Name=store.name)["ETag"] == store.etag

    def test_may_not_touch_another(self, writer, admin, store):
        other = admin.make_store()
        for attempt in [
            lambda: writer.describe(other),
            lambda: writer.put(other, "a", "1"),
            lambda: writer.contents(other),
            lambda: writer.data.get_key(KvsARN=arn_of(ABSENT), Key="a"),
        ]:
            with denied(writer, "data"):
                attempt()
        # Whether there is a store of that name is for those to know who may ask for any.
        for name in [other.name, "absent"]:
            with denied(writer, "control"):
                writer.control.describe_key_value_store(Name=name)
        for attempt in [
            lambda: writer.control.list_key_value_stores(),
            lambda: writer.control.create_key_value_store(Name="new"),
            lambda: writer.control.delete_key_value_store(Name=store.name, IfMatch=store.etag),
        ]:
            with denied(writer, "control"):
                attempt()

    def test_the_store_that_comes_after_it_by_that_name_is_another(self, writer, admin, store):
        admin.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        heir = admin.make_store(store.name)
        with denied(writer, "data"):
            writer.put(heir, "a", "1")


class TestWhatADenialTells:
    """Nothing: neither whether a name is taken, nor the id of what has it."""

    @pytest.mark.parametrize("operation", ["describe", "update", "delete"])
    def test_of_a_store_by_its_name(self, house, admin, store, operation):
        caller = house.caller_with("curious", policies=[])
        absent = store.name[:-1] + "_"
        told = set()
        for name in [store.name, absent]:
            calls = {
                "describe": lambda: caller.control.describe_key_value_store(Name=name),
                "update": lambda: caller.control.update_key_value_store(
                    Name=name, Comment="c", IfMatch=store.etag
                ),
                "delete": lambda: caller.control.delete_key_value_store(
                    Name=name, IfMatch=store.etag
                ),
            }
            with denied(caller, "control") as caught:
                calls[operation]()
            text = caught.value.response["Error"]["Message"]
            assert store.id not in text
            assert f"on resource: {arn_of(name)} because" in text
            told.add(text.replace(name, "NAME"))
        assert len(told) == 1

    def test_of_a_name_that_is_asked_for(self, house, store):
        caller = house.caller_with("squatter", policies=[])
        told = set()
        for name in [store.name, store.name[:-1] + "_"]:
            with denied(caller, "control") as caught:
                caller.control.create_key_value_store(Name=name)
            told.add(caught.value.response["Error"]["Message"].replace(name, "NAME"))
        assert len(told) == 1

    def test_a_name_that_nothing_has_is_judged_by_its_name(self, house):
        caller = house.caller_with("team-a", allow("cloudfront:*", arn_of("team-a-*")))
        with refused(caller.control, "EntityNotFound"):
            caller.control.describe_key_value_store(Name="team-a-absent")
        with denied(caller, "control"):
            caller.control.describe_key_value_store(Name="team-b-absent")
        with denied(caller, "control"):
            caller.control.create_key_value_store(Name="team-b-new")
        created = caller.control.create_key_value_store(Name=f"team-a-{new_account()}")
        assert status_of(created) == 201


class TestStatements:
    def test_an_explicit_deny_wins(self, house, admin, store):
        kept = admin.make_store()
        caller = house.caller_with(
            "careful",
            allow("*"),
            deny("cloudfront:DeleteKeyValueStore"),
            deny("cloudfront-keyvaluestore:*", kept.arn),
        )
        caller.put(store, "b", "2")
        with denied(caller, "control"):
            caller.control.delete_key_value_store(Name=store.name, IfMatch=store.etag)
        with denied(caller, "data"):
            caller.describe(kept)

    def test_a_deny_can_not_be_evaded_by_writing_the_arn_differently(self, house, store):
        caller = house.caller_with(
            "evader", allow("*"), deny("cloudfront-keyvaluestore:*", store.arn)
        )
        encoded = store.arn.replace("/", "%2F")
        for arn in [store.arn, store.arn.replace(store.id, store.id.upper()), encoded]:
            path = f"/key-value-stores/{arn.replace('/', '%2F')}/keys/a"
            answer = call(caller, "data", "GET", path)
            assert answer.status in (403, 404), answer

    def test_nor_can_it_with_the_tags(self, house, store):
        caller = house.caller_with("tagger", allow("*"), deny("*", store.arn))
        tags = "<Tags><Items><Tag><Key>a</Key></Tag></Items></Tags>"
        keys = "<TagKeys><Items><Key>a</Key></Items></TagKeys>"
        for arn in [store.arn, store.arn.replace(store.id, store.id.upper())]:
            resource = f"Resource={quote(arn, safe='')}"
            for method, operation, body in [
                ("GET", "", ""),
                ("POST", "Operation=Tag&", tags),
                ("POST", "Operation=Untag&", keys),
            ]:
                path, query = "/2020-05-31/tagging", operation + resource
                answer = call(caller, "control", method, path, query, body=body)
                assert answer.status == 403, (method, query, answer)

    def test_what_nothing_allows_is_denied(self, house, store):
        caller = house.caller_with("nobody", allow("s3:*"))
        with denied(caller, "control"):
            caller.control.list_key_value_stores()
        with denied(caller, "data"):
            caller.describe(store)

    def test_a_list_and_a_create_are_of_any_store(self, house, store):
        caller = house.caller_with(
            "creator",
            allow(
                ["cloudfront:CreateKeyValueStore", "cloudfront:ListKeyValueStores"],
                f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/*",
            ),
        )
        caller.make_store(f"made-{new_account()}", wait=False)
        caller.control.list_key_value_stores()
        # It may not read what it made.
        with denied(caller, "control"):
            caller.control.describe_key_value_store(Name=store.name)

    def test_a_resource_of_another_account_allows_nothing(self, house):
        caller = house.caller_with(
            "misled",
            allow("cloudfront:*", f"arn:aws:cloudfront::{OTHER_ACCOUNT}:key-value-store/*"),
        )
        with denied(caller, "control"):
            caller.control.list_key_value_stores()

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ({"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1"]}}, True),
            ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
            ({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, False),
            ({"Bool": {"aws:SecureTransport": "false"}}, True),
            ({"Bool": {"aws:SecureTransport": "true"}}, False),
            ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
            ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ],
    )
    def test_a_condition_that_can_be_evaluated_is(self, house, store, condition, expected):
        rights = allow("cloudfront-keyvaluestore:*") | {"Condition": condition}
        caller = house.caller_with("conditional", rights)
        if expected:
            assert caller.get(store, "a") == "1"
        else:
            with denied(caller, "data"):
                caller.get(store, "a")

    def test_actions_are_in_any_case_and_several_policies_add_up(self, house, store):
        house.set_key("several", allow("CloudFront:describeKEYVALUEstore"))
        (house.folder / "second.json").write_text(
            json.dumps(
                {"Version": "2012-10-17", "Statement": allow("cloudfront-keyvaluestore:GetKey")}
            )
        )
        house.keys["several"]["policies"].append("second.json")
        house.reload()
        caller = house.caller("several")
        caller.control.describe_key_value_store(Name=store.name)
        assert caller.get(store, "a") == "1"
        with denied(caller, "data"):
            caller.describe(store)


class TestImportRights:
    def source(self, house, bucket="team-a"):
        return house.caller("admin").put_object('{"data":[{"key":"a","value":"1"}]}', bucket=bucket)

    def attempt(self, house, caller, source):
        """Tries to create a store from it; if that is denied, nothing of it may be left."""
        name = f"import-{new_account()}"
        create = caller.control.create_key_value_store
        try:
            answer = create(Name=name, ImportSource=source)
        except caller.control.exceptions.AccessDenied as error:
            assert status_of(error.response) == 403
            with refused(caller.control, "EntityNotFound"):
                house.caller("admin").control.describe_key_value_store(Name=name)
            return False
        assert status_of(answer) == 201
        return True

    @pytest.mark.parametrize(
        ("rights", "expected"),
        [
            (
                [
                    allow("s3:GetObject", "arn:aws:s3:::team-a/*"),
                    allow("s3:GetBucketLocation", "arn:aws:s3:::team-a"),
                ],
                True,
            ),
            ([allow("s3:*")], True),
            ([allow(["s3:GetObject", "s3:GetBucketLocation"], "arn:aws:s3:::team-a*")], True),
            ([], False),
            ([allow("s3:GetObject", "arn:aws:s3:::team-a/*")], False),
            ([allow("s3:GetBucketLocation", "arn:aws:s3:::team-a")], False),
            (
                [
                    allow("s3:GetObject", "arn:aws:s3:::team-b/*"),
                    allow("s3:GetBucketLocation", "arn:aws:s3:::team-b"),
                ],
                False,
            ),
            ([allow("s3:*"), deny("s3:GetObject", "arn:aws:s3:::team-a/*")], False),
        ],
    )
    def test_need_the_object_and_its_bucket(self, house, rights, expected):
        caller = house.caller_with("importer", allow("cloudfront:*"), *rights)
        assert self.attempt(house, caller, self.source(house)) is expected

    def test_are_not_needed_without_an_import(self, house):
        caller = house.caller_with("plain", allow("cloudfront:*"))
        caller.control.create_key_value_store(Name=f"plain-{new_account()}")

    def test_do_not_replace_the_right_to_create(self, house):
        caller = house.caller_with("thief", allow("s3:*"), allow("cloudfront:Describe*"))
        assert not self.attempt(house, caller, self.source(house))

    def test_of_a_key_without_policies_may_be_narrowed(self, house):
        caller = house.caller_with("narrow", import_from=["arn:aws:s3:::team-a-*/*"])
        assert self.attempt(house, caller, self.source(house, "team-a-one"))
        assert not self.attempt(house, caller, self.source(house, "team-a"))
        assert not self.attempt(house, caller, self.source(house, "team-b-one"))
        caller.control.create_key_value_store(Name=f"narrow-{new_account()}")

    def test_of_a_key_without_policies_are_all(self, house, admin):
        assert self.attempt(house, admin, self.source(house, "team-c"))

    def test_of_none_at_all(self, house):
        caller = house.caller_with("none", import_from=[])
        assert not self.attempt(house, caller, self.source(house))


class TestReload:
    @pytest.fixture
    def house(self, tmp_path):
        house = House(tmp_path / "reload")
        with house.server:
            yield house

    def works(self, caller):
        return call(caller, "control", "GET", "/2020-05-31/key-value-store").status

    def test_a_key_comes_and_goes(self, house):
        late = house.caller_with("late")
        late.control.list_key_value_stores()
        del house.keys["late"]
        house.reload()
        with refused_with("InvalidClientTokenId", 403):
            late.control.list_key_value_stores()

    def test_a_secret_changes(self, house):
        old = house.caller("admin")
        store = old.make_store()
        house.set_key("admin", secret="another")
        house.reload()
        with refused_with("SignatureDoesNotMatch", 403):
            old.control.list_key_value_stores()
        with refused_with("InvalidSignatureException", 403):
            old.describe(store)
        house.caller("admin").describe(store)

    def test_a_policy_changes_for_connections_that_are_open(self, house):
        store = house.caller("admin").make_store()
        caller = house.caller_with("changing", allow("cloudfront-keyvaluestore:*"))
        caller.put(store, "a", "1")
        house.set_key("changing", allow("cloudfront-keyvaluestore:Get*"))
        house.reload()
        assert caller.get(store, "a") == "1"
        with denied(caller, "data"):
            caller.put(store, "a", "2")

    @pytest.mark.parametrize(
        "break_it",
        [
            lambda house: house.file.write_text("[[access_key]\nid ="),
            lambda house: house.file.unlink(),
            lambda house: house.file.write_text('[[access_key]]\nid = "AKIAADMIN"\n'),
            lambda house: house.file.write_text(house.file.read_text().replace(ACCOUNT, "12345")),
            lambda house: house.file.write_text(house.file.read_text() + '\nunknown = "x"'),
            lambda house: house.file.write_text(
                house.file.read_text() + '\npolicies = ["absent.json"]'
            ),
            lambda house: house.file.write_text(
                house.file.read_text() + "\n" + house.file.read_text()
            ),
        ],
        ids=["toml", "gone", "incomplete", "account", "unknown", "policy", "twice"],
    )
    def test_a_broken_file_leaves_the_old_one_in_force(self, house, break_it):
        admin = house.caller("admin")
        before = len(house.server.log_path.read_bytes())
        break_it(house)
        house.server.reload()
        until(
            lambda: re.search(r"ERROR|WARN", house.server.log(since=before)),
            "the log says that the file is broken",
        )
        assert "credentials.toml" in house.server.log(since=before)
        assert "secret of admin" not in house.server.log()
        assert self.works(admin) == 200
        # A good file is taken again.
        house.set_key("later")
        house.reload()
        assert self.works(house.caller("later")) == 200

    def test_a_fifo_in_its_place_stops_nothing(self, tmp_path):
        house = House(tmp_path)
        admin = house.caller("admin")
        house.file.unlink()
        os.mkfifo(house.file)
        for _ in range(3):
            house.server.reload()
        until(lambda: "not a regular file" in house.server.log(), "the log says what is wrong")
        assert self.works(admin) == 200
        house.server.stop()

    def test_a_file_that_others_may_write_is_refused(self, tmp_path):
        house = House(tmp_path)
        admin = house.caller("admin")
        house.file.chmod(0o666)
        house.server.reload()
        until(lambda: "chmod go-w" in house.server.log(), "the log says what is wrong")
        assert self.works(admin) == 200
        # One that others may read is taken, and told.
        house.file.chmod(0o644)
        house.server.reload()
        until(lambda: "chmod go-r" in house.server.log(), "the log warns")
        house.server.stop()

    def test_a_condition_that_cannot_be_evaluated_is_refused(self, house):
        store = house.caller("admin").make_store()
        caller = house.caller_with("conditional", allow("cloudfront-keyvaluestore:GetKey"))
        before = len(house.server.log_path.read_bytes())
        house.set_key("conditional", allow("cloudfront-keyvaluestore:*") | UNKNOWN_CONDITION)
        house.write()
        house.server.reload()
        until(lambda: "Condition" in house.server.log(since=before), "the log names the Condition")
        with denied(caller, "data"):
            caller.describe(store)


class TestStart:
    def fails(self, house, *expected):
        server = Server(house.folder, expect_failure=True, credentials=house.file)
        server.launch()
        assert server.wait() not in (0, None)
        for text in expected:
            assert text in server.log()
        assert "panicked" not in server.log()

    def test_a_broken_file_is_refused(self, tmp_path):
        house = House(tmp_path, start=False)
        house.file.write_text("[[access_key]\n")
        self.fails(house, "credentials.toml")

    def test_a_file_that_is_none_or_that_others_may_write_is_refused(self, tmp_path):
        house = House(tmp_path, start=False)
        house.write()
        house.file.chmod(0o622)
        self.fails(house, "credentials.toml", "mode 0622", "chmod go-w")
        house.file.unlink()
        os.mkfifo(house.file)
        self.fails(house, "credentials.toml", "not a regular file")

    def test_a_file_that_is_not_there_is_refused(self, tmp_path):
        house = House(tmp_path, start=False)
        self.fails(house, "credentials.toml")

    def test_a_condition_that_cannot_be_evaluated_is_refused(self, tmp_path):
        house = House(tmp_path, start=False)
        house.set_key("x", allow("*") | UNKNOWN_CONDITION)
        house.write()
        self.fails(house, "Condition", "x.json")

    @pytest.mark.parametrize(
        "policy",
        [
            "",
            "[]",
            '{"Version":"2012-10-17"}',
            '{"Statement":[{"Effect":"Allow","Action":"*"}]}',
            '{"Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}',
        ],
    )
    def test_a_policy_that_is_none_is_refused(self, tmp_path, policy):
        house = House(tmp_path, start=False)
        house.set_key("x", allow("*"))
        house.write()
        (house.folder / "policies" / "x.json").write_text(policy)
        self.fails(house, "x.json")


class TestDevelopmentCredentials:
    """On an address that others can reach, they are for those who ask for them."""

    def test_serve_on_loopback_without_a_word(self, start_server):
        server = start_server()
        Caller(server, key="test").control.list_key_value_stores()
        assert "--allow-test-credentials" not in server.log()

    def test_are_refused_elsewhere_with_what_to_do(self, tmp_path):
        server = Server(tmp_path, listen="0.0.0.0:0", expect_failure=True)
        server.launch()
        assert server.wait() not in (0, None)
        assert "--allow-test-credentials" in server.log()
        assert "--credentials" in server.log()

    def test_may_be_allowed_and_each_start_warns(self, start_server):
        server = start_server(listen="0.0.0.0:0", allow_test_credentials=True)
        caller = Caller(server, key="test")
        store = caller.make_store()
        caller.put(store, "a", "1")
        assert re.search(r"WARN.*test", server.log())
        before = len(server.log_path.read_bytes())
        server.stop()
        server.start()
        assert re.search(r"WARN.*test", server.log(since=before))

    def test_do_not_matter_where_there_is_a_file(self, tmp_path):
        house = House(tmp_path, start=False)
        house.write()
        with Server(tmp_path, listen="0.0.0.0:0", credentials=house.file) as server:
            house.server = server
            house.caller("admin").control.list_key_value_stores()
            stranger = Caller(server, key="test")
            with refused_with("InvalidClientTokenId", 403):
                stranger.control.list_key_value_stores()
