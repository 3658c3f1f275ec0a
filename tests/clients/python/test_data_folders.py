"""Data folders of earlier versions open, with all that was in them."""

import pytest

import folders
from keyfront import Caller, Server, refused, until

# Longer than any folder is old: deleted stores of that time are still answered as such.
REMEMBERED_DAYS = 36_500


@pytest.fixture(params=folders.names())
def opened(request, tmp_path):
    """A server over an earlier version's folder, and what clients saw in it at that time."""
    folders.unpack(request.param, tmp_path)
    folders.write_object(tmp_path)
    with Server(tmp_path, remember_deleted_days=REMEMBERED_DAYS) as server:
        yield server, folders.expected(request.param)


def observe(server, expected):
    """What clients see of all that is expected, once no store is PROVISIONING."""
    callers = [Caller(server, account) for account in folders.accounts(expected)]

    def settled():
        stores = [store for caller in callers for store in folders.listed(caller)]
        return all(store["Status"] != "PROVISIONING" for store in stores)

    until(settled, "no store is PROVISIONING")
    return folders.observe(callers, [store["arn"] for store in expected["deleted"]])


def unfinished(expected):
    return [store for store in expected["stores"] if store["status"] == "PROVISIONING"]


def test_there_are_folders_of_a_stopped_and_of_a_killed_server():
    versions = {"3d780a3", "974bb46"}
    expected = {f"{version}-{end}" for version in versions for end in ("killed", "stopped")}
    assert expected <= set(folders.names())
    for name in folders.names():
        assert unfinished(folders.expected(name)), "no job is unfinished"


def test_everything_is_as_it_was(opened):
    server, expected = opened
    seen = observe(server, expected)
    assert seen["deleted"] == expected["deleted"]
    assert [s["arn"] for s in seen["stores"]] == [s["arn"] for s in expected["stores"]]
    for found, store in zip(seen["stores"], expected["stores"]):
        if store["status"] != "PROVISIONING":
            assert found == store


def test_unfinished_jobs_are_taken_up_and_finished(opened):
    server, expected = opened
    seen = {store["arn"]: store for store in observe(server, expected)["stores"]}
    for store in unfinished(expected):
        found = seen[store["arn"]]
        assert found["status"] == "READY"
        assert found["entries"] == store["becomes"]
        assert found["contents"]["items"] == len(store["becomes"])
        # Becoming READY is a new version of the configuration, and an import one of the contents.
        assert found["etag"] != store["etag"]
        assert (found["contents"]["etag"] != store["contents"]["etag"]) == bool(store["becomes"])
        for member in ("account", "name", "id", "comment", "tags"):
            assert found[member] == store[member]
        assert found["contents"]["created"] == store["contents"]["created"]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_goes_on_from_there(opened, end):
    server, expected = opened
    observe(server, expected)
    store = next(s for s in expected["stores"] if s["name"] == "odd-keys")
    caller = Caller(server, account=store["account"])
    # The versions that clients hold are still the current ones.
    answer = caller.data.put_key(
        KvsARN=store["arn"], Key="new", Value="1", IfMatch=store["contents"]["etag"]
    )
    with refused(caller.control, "EntityAlreadyExists"):
        caller.control.create_key_value_store(Name=store["name"])
    made = caller.make_store("made-now", data={"a": "1"})
    before = observe(server, expected)
    getattr(server, end)()
    server.start()
    assert observe(server, expected) == before
    caller = Caller(server, account=store["account"])
    assert caller.data.describe_key_value_store(KvsARN=store["arn"])["ETag"] == answer["ETag"]
    assert caller.contents(made) == {"a": "1"}
