"""Ours against AWS's service models, which come with the botocore that is installed here.

What is ours is asked of the program (`keyfront routes`) and of the running server's raw answers;
nothing of either side is written down a second time.
"""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from keyfront import XMLNS, Caller, binary, new_account, status_of

PLANES = {"control": "cloudfront", "data": "cloudfront-keyvaluestore"}
UUID_OF_NONE = "00000000-0000-4000-8000-000000000000"
MODELS = {
    plane: ServiceModel(Loader().load_service_model(service, "service-2"), service)
    for plane, service in PLANES.items()
}
# Of CloudFront's two hundred operations, those on these paths are Keyfront's.
OUR_PATHS = ("/2020-05-31/key-value-store", "/2020-05-31/tagging", "/2020-05-31/function")
# The model calls it required; Terraform's provider works only if it is left out.
MAY_BE_MISSING = {("KeyValueStore", "Comment")}


def operations_of(plane):
    """The operations of a model that are Keyfront's to have."""
    model = MODELS[plane]
    ours = [
        name
        for name in model.operation_names
        if plane == "data"
        or model.operation_model(name).http["requestUri"].split("?")[0].startswith(OUR_PATHS)
    ]
    assert ours
    return ours


EVERY_OPERATION = [(plane, name) for plane in PLANES for name in operations_of(plane)]
each_operation = pytest.mark.parametrize(
    ("plane", "name"), EVERY_OPERATION, ids=[f"{plane}-{name}" for plane, name in EVERY_OPERATION]
)


def bound(shape, location):
    """The wire names of a structure's members that stand outside of the body."""
    members = shape.members.values() if shape else []
    return {
        member.serialization["name"]
        for member in members
        if member.serialization.get("location") == location
    }


def without_names(uri):
    """A template of a path, whatever its labels are called."""
    return re.sub(r"\{[^}]*\}", "{}", uri)


class TestRoutes:
    @pytest.fixture(scope="class")
    @classmethod
    def routes(cls):
        printed = subprocess.run([binary(), "routes"], capture_output=True, text=True, check=True)
        routes = json.loads(printed.stdout)
        found = {(route["plane"], route["operation"]): route for route in routes}
        assert len(found) == len(routes), "an operation stands there twice"
        return found

    def test_every_operation_of_the_models_is_there(self, routes):
        assert set(EVERY_OPERATION) <= set(routes)

    def test_every_operation_that_is_there_is_in_the_models(self, routes):
        for plane, name in routes:
            assert name in MODELS[plane].operation_names, (plane, name)

    def test_no_two_routes_are_the_same(self, routes):
        places = [(route["method"], without_names(route["uri"])) for route in routes.values()]
        assert len(set(places)) == len(places)

    @each_operation
    def test_a_route_is_the_models(self, routes, plane, name):
        ours = routes[plane, name]
        theirs = MODELS[plane].operation_model(name)
        our_path, _, our_query = ours["uri"].partition("?")
        path, _, query = theirs.http["requestUri"].partition("?")
        assert ours["method"] == theirs.http["method"]
        assert without_names(our_path) == without_names(path)
        assert set(our_query.split("&")) == set(query.split("&"))
        assert set(ours["query"]) == bound(theirs.input_shape, "querystring")
        assert set(ours["request_headers"]) == bound(theirs.input_shape, "header")
        assert set(ours["response_headers"]) == bound(theirs.output_shape, "header")
        assert ours["status"] == theirs.http["responseCode"]

    @each_operation
    def test_its_errors_are_the_models(self, routes, plane, name):
        ours = {(error["code"], error["status"]) for error in routes[plane, name]["errors"]}
        theirs = {
            (shape.error_code, shape.metadata["error"]["httpStatusCode"])
            for shape in MODELS[plane].operation_model(name).error_shapes
        }
        assert ours == theirs


class Recorder:
    """Keeps the last raw answer of a client."""

    def __init__(self, client):
        self.last = None
        client.meta.events.register("response-received.*", self.keep)

    def keep(self, response_dict, **_):
        self.last = response_dict


def check_xml(element, shape, seen):
    """Every element is known to the shape, and every required member is there."""
    if shape.type_name == "structure":
        known = {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
        }
        found = set()
        for child in element:
            name = child.tag.removeprefix(f"{{{XMLNS}}}")
            assert child.tag == f"{{{XMLNS}}}{name}", "an element of another namespace"
            assert name in known, f"{shape.name} has no member {name}"
            assert name not in found, f"{shape.name} has {name} twice"
            found.add(name)
            seen.add((shape.name, known[name][0]))
            check_xml(child, known[name][1], seen)
        check_required(shape, {known[name][0] for name in found})
    elif shape.type_name == "list":
        member = shape.member.serialization.get("name", "member")
        for child in element:
            assert child.tag == f"{{{XMLNS}}}{member}", f"{shape.name} holds {member}"
            check_xml(child, shape.member, seen)
    else:
        assert len(element) == 0, f"{shape.name} is no structure"
        check_text(element.text or "", shape)


def check_text(text, shape):
    if shape.type_name in ("integer", "long"):
        assert re.fullmatch(r"\d+", text)
    elif shape.type_name == "timestamp":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)


def check_json(value, shape, seen):
    if shape.type_name == "structure":
        assert isinstance(value, dict)
        body = {
            name: member
            for name, member in shape.members.items()
            if "location" not in member.serialization
        }
        known = {member.serialization.get("name", name): name for name, member in body.items()}
        for name, found in value.items():
            assert name in known, f"{shape.name} has no member {name}"
            seen.add((shape.name, known[name]))
            check_json(found, body[known[name]], seen)
        outside = set(shape.members) - set(body)
        check_required(shape, {known[name] for name in value} | outside)
    elif shape.type_name == "list":
        assert isinstance(value, list)
        for item in value:
            check_json(item, shape.member, seen)
    elif shape.type_name in ("integer", "long"):
        assert type(value) is int
    elif shape.type_name == "timestamp":
        assert type(value) in (int, float)
    else:
        assert shape.type_name == "string" and isinstance(value, str)


def check_required(shape, found):
    missing = {(shape.name, name) for name in shape.required_members} - {
        (shape.name, name) for name in found
    }
    assert missing <= MAY_BE_MISSING


def check_answer(raw, operation, seen):
    """A raw answer against the model of its operation."""
    assert raw["status_code"] == operation.http["responseCode"]
    output = operation.output_shape
    headers = {name.lower(): value for name, value in raw["headers"].items()}
    if output is None:
        assert raw["body"] == b""
        return
    for name, member in output.members.items():
        if member.serialization.get("location") == "header":
            assert headers.get(member.serialization["name"].lower()), f"no header for {name}"
            seen.add((output.name, name))
    if operation.service_model.resolved_protocol == "rest-xml":
        payload = output.serialization["payload"]
        shape = output.members[payload]
        seen.add((output.name, payload))
        # The client reads a blob as it comes, so that it is left to it.
        if shape.type_name == "blob":
            return
        root = ElementTree.fromstring(raw["body"])
        assert root.tag == f"{{{XMLNS}}}{shape.serialization.get('name', payload)}"
        check_xml(root, shape, seen)
    else:
        check_json(json.loads(raw["body"]), output, seen)


class Story:
    """Every operation, once with all that its model can be given; with what came of it.

    The values stand here; which members there are is the model's to say.
    """

    def __init__(self, server):
        self.caller = Caller(server, account=new_account())
        self.seen = set()
        self.sent = {}
        self.answers = {}
        self.recorders = {
            "control": Recorder(self.caller.control),
            "data": Recorder(self.caller.data),
        }

    def call(self, plane, name, values):
        """Calls an operation with every member that its model has."""
        operation = MODELS[plane].operation_model(name)
        arguments = self.fill(operation.input_shape, values)
        client = {"control": self.caller.control, "data": self.caller.data}[plane]
        method = "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
        answer = getattr(client, method)(**arguments)
        check_answer(self.recorders[plane].last, operation, self.seen)
        self.sent[plane, name] = arguments
        self.answers.setdefault((plane, name), []).append(answer)
        return answer

    def fill(self, shape, values):
        """Takes for each member the value of that name, which must be there."""
        if shape.type_name == "structure":
            assert set(values) == set(shape.members), f"members of {shape.name}"
            return {name: self.fill(member, values[name]) for name, member in shape.members.items()}
        if shape.type_name == "list":
            assert values, f"an item of {shape.name}"
            return [self.fill(shape.member, value) for value in values]
        return values

    def run(self):
        caller = self.caller
        source = caller.put_object('{"data":[{"key":"imported","value":"1"}]}')
        created = self.call(
            "control",
            "CreateKeyValueStore",
            {
                "Name": "b",
                "Comment": "first",
                "ImportSource": source,
                "Tags": {"Items": [{"Key": "team", "Value": "edge"}]},
            },
        )
        assert created["KeyValueStore"]["Comment"] == "first"
        store = caller.make_store("a")
        store.name, store.arn = "b", created["KeyValueStore"]["ARN"]
        caller.wait_for(store, "READY")
        described = self.call("control", "DescribeKeyValueStore", {"Name": "b"})
        assert described["KeyValueStore"]["Comment"] == "first"
        self.tags(store)
        self.keys(store)
        self.lists(store)
        self.functions(store)
        updated = self.call(
            "control",
            "UpdateKeyValueStore",
            {"Name": "b", "Comment": "second", "IfMatch": store.etag},
        )
        assert updated["KeyValueStore"]["Comment"] == "second"
        self.call("control", "DeleteKeyValueStore", {"Name": "b", "IfMatch": updated["ETag"]})
        return self

    def tags(self, store):
        def tags():
            answer = self.call("control", "ListTagsForResource", {"Resource": store.arn})
            return {tag["Key"]: tag["Value"] for tag in answer["Tags"]["Items"]}

        assert tags() == {"team": "edge"}
        added = {"Items": [{"Key": "stage", "Value": "test"}]}
        self.call("control", "TagResource", {"Resource": store.arn, "Tags": added})
        assert tags() == {"team": "edge", "stage": "test"}
        self.call(
            "control", "UntagResource", {"Resource": store.arn, "TagKeys": {"Items": ["team"]}}
        )
        assert tags() == {"stage": "test"}

    def keys(self, store):
        arn = {"KvsARN": store.arn}
        read = self.call("data", "GetKey", arn | {"Key": "imported"})
        assert (read["Key"], read["Value"], read["ItemCount"]) == ("imported", "1", 1)
        etag = self.call("data", "DescribeKeyValueStore", arn)["ETag"]
        put = arn | {"Key": "put", "Value": "2", "IfMatch": etag}
        etag = self.call("data", "PutKey", put)["ETag"]
        update = {
            "IfMatch": etag,
            "Puts": [{"Key": "updated", "Value": "3"}],
            "Deletes": [{"Key": "imported"}],
        }
        etag = self.call("data", "UpdateKeys", arn | update)["ETag"]
        first = self.caller.data.list_keys(KvsARN=store.arn, MaxResults=1)
        assert [item["Key"] for item in first["Items"]] == ["put"]
        page = {"NextToken": first["NextToken"], "MaxResults": 1}
        listed = self.call("data", "ListKeys", arn | page)
        assert listed["Items"] == [{"Key": "updated", "Value": "3"}]
        # Once more for the token of a page that is not the last.
        more = self.caller.data.put_key(KvsARN=store.arn, Key="z", Value="", IfMatch=etag)
        assert self.call("data", "ListKeys", arn | page)["NextToken"]
        deleted = self.call("data", "DeleteKey", arn | {"Key": "put", "IfMatch": more["ETag"]})
        assert deleted["ItemCount"] == 2

    def lists(self, store):
        caller = self.caller
        caller.make_store("c")
        first = caller.control.list_key_value_stores(MaxItems="1")["KeyValueStoreList"]
        assert [item["Name"] for item in first["Items"]] == ["a"]
        page = {"Marker": first["NextMarker"], "MaxItems": "1", "Status": "READY"}
        found = self.call("control", "ListKeyValueStores", page)["KeyValueStoreList"]
        assert [item["Name"] for item in found["Items"]] == ["b"]
        assert found["NextMarker"]
        none = self.call("control", "ListKeyValueStores", page | {"Status": "PROVISIONING"})
        assert none["KeyValueStoreList"]["Quantity"] == 0
        # A store that failed to import, for the one member that only it has.
        broken = caller.make_store("broken", wait=False, ImportSource=caller.put_object("{"))
        caller.wait_for(broken, "IMPORT_FAILED")
        answer = self.call("data", "DescribeKeyValueStore", {"KvsARN": broken.arn})
        assert answer["FailureReason"]


    def functions(self, store):
        def definition(code):
            associations = {"Quantity": 1, "Items": [{"KeyValueStoreARN": store.arn}]}
            config = {
                "Comment": "first",
                "Runtime": "cloudfront-js-2.0",
                "KeyValueStoreAssociations": associations,
            }
            return {"FunctionConfig": config, "FunctionCode": code}

        tags = {"Items": [{"Key": "team", "Value": "edge"}]}
        names = {}
        for name in ["f", "g"]:
            new = {"Name": name, "Tags": tags} | definition(b"first")
            names[name] = self.call("control", "CreateFunction", new)["ETag"]
        self.call("control", "PublishFunction", {"Name": "f", "IfMatch": names["f"]})
        second = b"function handler(event) { console.log('seen'); return event.request; }"
        update = {"Name": "f", "IfMatch": names["f"]} | definition(second)
        etag = self.call("control", "UpdateFunction", update)["ETag"]
        for stage, code in [("DEVELOPMENT", second), ("LIVE", b"first")]:
            place = {"Name": "f", "Stage": stage}
            self.call("control", "DescribeFunction", place)
            assert self.call("control", "GetFunction", place)["FunctionCode"].read() == code
        event = {"context": {"eventType": "viewer-request"}, "request": {"method": "GET", "uri": "/"}}
        test = {"EventObject": json.dumps(event).encode(), "Stage": "DEVELOPMENT"}
        tested = self.call("control", "TestFunction", {"Name": "f", "IfMatch": etag} | test)
        assert tested["TestResult"]["FunctionExecutionLogs"] == ["seen"]
        first = self.caller.control.list_functions(MaxItems="1")["FunctionList"]
        page = {"Marker": first["NextMarker"], "MaxItems": "1", "Stage": "DEVELOPMENT"}
        found = self.call("control", "ListFunctions", page)["FunctionList"]
        assert [item["Name"] for item in found["Items"]] == ["g"]
        page = {"Marker": "a", "MaxItems": "1", "Stage": "DEVELOPMENT"}
        assert self.call("control", "ListFunctions", page)["FunctionList"]["NextMarker"]
        for name, version in [("f", etag), ("g", names["g"])]:
            self.call("control", "DeleteFunction", {"Name": name, "IfMatch": version})


class TestAnswers:
    @pytest.fixture(scope="class")
    @classmethod
    def story(cls, server):
        return Story(server).run()

    def test_every_operation_takes_all_that_its_model_has(self, story):
        assert set(story.sent) == set(EVERY_OPERATION)

    def test_every_member_of_every_answer_was_seen(self, story):
        """Each is in some raw answer, under the wire name that the model gives it."""

        def members(shape, found):
            if shape.type_name == "structure":
                for name, member in shape.members.items():
                    found.add((shape.name, name))
                    members(member, found)
            elif shape.type_name == "list":
                members(shape.member, found)
            return found

        expected = set()
        for plane, name in set(EVERY_OPERATION):
            output = MODELS[plane].operation_model(name).output_shape
            if output is not None:
                members(output, expected)
        assert story.seen == expected

    def test_the_clients_understand_every_answer(self, story):
        for (plane, name), answers in story.answers.items():
            output = MODELS[plane].operation_model(name).output_shape
            expected = set(output.members) if output is not None else set()
            found = set().union(*answers) - {"ResponseMetadata"}
            assert found == expected, name
            for answer in answers:
                assert status_of(answer) == MODELS[plane].operation_model(name).http["responseCode"]

    @each_operation
    def test_an_error_fills_the_members_of_its_model(self, server, plane, name):
        # What any operation can answer is that its caller may not.
        operation = MODELS[plane].operation_model(name)
        caller = Caller(server, account=new_account(), secret="wrong")
        client = {"control": caller.control, "data": caller.data}[plane]
        recorder = Recorder(client)
        values = {
            "KvsARN": f"arn:aws:cloudfront::{caller.account}:key-value-store/{UUID_OF_NONE}",
            "Tags": {"Items": []},
            "TagKeys": {"Items": []},
            "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": b"a",
            "EventObject": b"{}",
        }
        arguments = {name: values.get(name, "a") for name in operation.input_shape.required_members}
        method = "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
        with pytest.raises(client.exceptions.ClientError):
            getattr(client, method)(**arguments)
        raw = recorder.last
        members = MODELS[plane].shape_for(operation.error_shapes[0].name).members
        if plane == "data":
            assert set(json.loads(raw["body"])) == set(members)
        else:
            error = ElementTree.fromstring(raw["body"]).find(f"{{{XMLNS}}}Error")
            found = {child.tag.removeprefix(f"{{{XMLNS}}}") for child in error}
            assert set(members) <= found
