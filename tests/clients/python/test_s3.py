"""Importing from an S3-compatible server, here moto's."""

import json
import re
import subprocess
import sys

import boto3
import pytest

from keyfront import REGION, Caller, new_account, until


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """A client of an S3 server with a bucket in it; its endpoint is `client.meta.endpoint_url`."""
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    address = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")
    endpoint = until(lambda: address.search(log.read_text()), "moto serves", 30)[1]
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="s3-key",
        aws_secret_access_key="s3-secret",
    )
    client.create_bucket(Bucket="team-a")
    yield client
    process.terminate()
    process.wait()


def options(s3):
    return {
        "s3_endpoint": s3.meta.endpoint_url,
        "s3_access_key_id": "s3-key",
        "s3_secret_access_key": "s3-secret",
    }


def source(key):
    return {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::team-a/{key}"}


@pytest.mark.parametrize("key", ["a.json", "deep/er/b c+é%#?*~[1].json"])
def test_an_object_becomes_the_contents(s3, start_server, key):
    contents = {"/old": "/new", "é": "😀"}
    items = [{"key": name, "value": value} for name, value in contents.items()]
    s3.put_object(Bucket="team-a", Key=key, Body=json.dumps({"data": items}))
    caller = Caller(start_server(**options(s3)), account=new_account())
    store = caller.make_store(ImportSource=source(key))
    assert caller.contents(store) == contents


def test_what_is_not_there_fails_the_import(s3, start_server):
    caller = Caller(start_server(**options(s3)), account=new_account())
    store = caller.make_store(ImportSource=source("missing.json"), wait=False)
    reason = caller.wait_for(store, "IMPORT_FAILED")["FailureReason"]
    assert "missing.json" in reason and "does not exist" in reason


def test_a_server_that_is_away_is_asked_again_for_a_while(start_server):
    away = {"s3_endpoint": "http://127.0.0.1:9", "s3_access_key_id": "a", "s3_secret_access_key": "b"}
    caller = Caller(start_server(import_retry_seconds=1, **away), account=new_account())
    store = caller.make_store(ImportSource=source("a.json"), wait=False)
    caller.wait_for(store, "IMPORT_FAILED")


def test_credentials_in_the_environment_do_not_lead_away_from_the_folder(start_server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    caller = Caller(start_server(), account=new_account())
    store = caller.make_store(data={"a": "1"})
    assert caller.contents(store) == {"a": "1"}
