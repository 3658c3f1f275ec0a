"""Data folders that were made by other versions: `tests/data-folders`.

Each is an archive, NAME.tar.gz, and a file NAME.json that says what clients saw in it.
"""

import json
import tarfile
from pathlib import Path

from botocore.exceptions import ClientError

FOLDERS = Path(__file__).parents[2] / "data-folders"

# What the unfinished jobs of a folder import. The file is no part of the folder.
UNFINISHED = {f"/page/{n:02}": f"/new/{n}" for n in range(20)}


def names():
    return sorted(path.name.removesuffix(".tar.gz") for path in FOLDERS.glob("*.tar.gz"))


def expected(name):
    return json.loads((FOLDERS / f"{name}.json").read_text(encoding="utf-8"))


def unpack(name, folder):
    """Puts the data folder at `folder/data`."""
    with tarfile.open(FOLDERS / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")


def write_object(folder):
    """Writes the file that the unfinished jobs import; returns it as an ImportSource."""
    path = folder / "buckets" / "imports" / "unfinished.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    items = [{"key": key, "value": value} for key, value in UNFINISHED.items()]
    path.write_text(json.dumps({"data": items}))
    return {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::imports/{path.name}"}


def accounts(expected):
    """The accounts that have stores in a folder."""
    return sorted({store["account"] for store in expected["stores"]})


def observe(callers, gone):
    """What clients of some accounts see, and what the ARNs of deleted stores are answered."""
    of_account = {caller.account: caller for caller in callers}
    return {
        "stores": [_store(caller, summary) for caller in callers for summary in listed(caller)],
        "deleted": [_deleted(of_account[arn.split(":")[4]], arn) for arn in gone],
    }


def listed(caller):
    """Every store of an account."""
    pages = caller.control.get_paginator("list_key_value_stores").paginate()
    return [item for page in pages for item in page["KeyValueStoreList"].get("Items", [])]


def _store(caller, summary):
    described = caller.control.describe_key_value_store(Name=summary["Name"])
    store, arn = described["KeyValueStore"], summary["ARN"]
    assert store == summary, "the list says what the description says"
    contents = caller.data.describe_key_value_store(KvsARN=arn)
    tags = caller.control.list_tags_for_resource(Resource=arn)["Tags"].get("Items", [])
    found = {
        "account": caller.account,
        "name": store["Name"],
        "id": store["Id"],
        "arn": arn,
        # None is a comment that was never given.
        "comment": store.get("Comment"),
        "status": store["Status"],
        "etag": described["ETag"],
        "modified": store["LastModifiedTime"].isoformat(),
        "failure_reason": contents.get("FailureReason"),
        "contents": {
            "etag": contents["ETag"],
            "items": contents["ItemCount"],
            "bytes": contents["TotalSizeInBytes"],
            "created": contents["Created"].isoformat(),
            "modified": contents["LastModified"].isoformat(),
        },
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
    }
    if store["Status"] == "READY":
        found["entries"] = _entries(caller, arn)
    return found


def _entries(caller, arn):
    pages = caller.data.get_paginator("list_keys").paginate(
        KvsARN=arn, PaginationConfig={"PageSize": 50}
    )
    return {item["Key"]: item["Value"] for page in pages for item in page["Items"]}


def _deleted(caller, arn):
    """The error that the data plane answers for a store that was deleted."""
    try:
        caller.data.describe_key_value_store(KvsARN=arn)
    except ClientError as error:
        return {"arn": arn, "describe": error.response["Error"]["Code"]}
    raise AssertionError(f"{arn} was deleted and is there")
