"""The AWS CLI, as someone uses it who has read the README and nothing else."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keyfront import new_account

VERSION_1 = Path(sys.executable).parent / "aws"


def version_2():
    """The AWS CLI 2, which no registry has: the one of this machine."""
    found = shutil.which("aws")
    if not found:
        pytest.skip("the AWS CLI 2 is not installed on this machine")
    told = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    if not told.startswith("aws-cli/2."):
        pytest.skip("the AWS CLI of this machine is not version 2")
    return Path(found)


class Shell:
    """A shell in which the environment points at a server."""

    def __init__(self, server, account, aws):
        self.server = server
        endpoint = f"127.0.0.1:{server.port}"
        self.environment = os.environ | {
            "PATH": f"{aws.parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL_CLOUDFRONT": f"http://{endpoint}",
            "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": f"http://x@{endpoint}",
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def run(self, script):
        """Runs a script as it is, and returns what it printed."""
        process = self.try_to(script)
        assert process.returncode == 0, process.stderr
        return process.stdout

    def try_to(self, script):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def json(self, command):
        output = self.run(f"{command} --output json")
        return json.loads(output) if output.strip() else None


@pytest.fixture(params=[1, 2], ids=["version-1", "version-2"])
def shell(request, server):
    assert VERSION_1.exists(), "the AWS CLI stands in requirements.txt"
    aws = VERSION_1 if request.param == 1 else version_2()
    return Shell(server, new_account(), aws)


@pytest.mark.timeout(120)
def test_a_story_from_an_import_to_a_delete(shell, server):
    folder = server.buckets / "example"
    folder.mkdir(exist_ok=True)
    (folder / "redirects.json").write_text(
        json.dumps({"data": [{"key": "/old", "value": "/new"}, {"key": "/a b", "value": "é"}]})
    )

    created = shell.json(
        "aws cloudfront create-key-value-store --name redirects --comment 'old to new' "
        "--import-source SourceType=S3,SourceARN=arn:aws:s3:::example/redirects.json"
    )
    arn = created["KeyValueStore"]["ARN"]
    assert created["KeyValueStore"]["Status"] == "PROVISIONING"
    assert created["Location"].endswith(arn)

    # The lines that a reader pastes.
    output = shell.run(
        f"""
        arn={shlex.quote(arn)}
        until [ "$(aws cloudfront describe-key-value-store --name redirects \
                   --query KeyValueStore.Status --output text)" = READY ]; do sleep 0.1; done

        aws cloudfront-keyvaluestore get-key --kvs-arn "$arn" --key /old --query Value --output text

        etag=$(aws cloudfront-keyvaluestore describe-key-value-store --kvs-arn "$arn" \
               --query ETag --output text)
        etag=$(aws cloudfront-keyvaluestore put-key --kvs-arn "$arn" --if-match "$etag" \
               --key "/sp ace/é%2F" --value "😀" --query ETag --output text)
        etag=$(aws cloudfront-keyvaluestore update-keys --kvs-arn "$arn" --if-match "$etag" \
               --puts Key=one,Value=1 Key=two,Value=2 --deletes Key=/old --query ETag --output text)
        etag=$(aws cloudfront-keyvaluestore delete-key --kvs-arn "$arn" --if-match "$etag" \
               --key one --query ETag --output text)
        echo "$etag"
        """
    )
    value, etag = output.split()
    assert value == "/new"
    assert etag.startswith("KV")

    listed = shell.json(f"aws cloudfront-keyvaluestore list-keys --kvs-arn {arn} --page-size 1")
    assert listed["Items"] == [
        {"Key": "/a b", "Value": "é"},
        {"Key": "/sp ace/é%2F", "Value": "😀"},
        {"Key": "two", "Value": "2"},
    ]
    described = shell.json(f"aws cloudfront-keyvaluestore describe-key-value-store --kvs-arn {arn}")
    assert (described["ItemCount"], described["ETag"]) == (3, etag)

    stores = shell.json("aws cloudfront list-key-value-stores")["KeyValueStoreList"]["Items"]
    assert [(store["Name"], store["ARN"]) for store in stores] == [("redirects", arn)]

    shell.run(
        f"""
        aws cloudfront tag-resource --resource {arn} --tags 'Items=[{{Key=team,Value=edge}}]'
        etag=$(aws cloudfront describe-key-value-store --name redirects --query ETag --output text)
        etag=$(aws cloudfront update-key-value-store --name redirects --if-match "$etag" \
               --comment changed --query ETag --output text)
        [ "$(aws cloudfront list-tags-for-resource --resource {arn} \
             --query 'Tags.Items[0].Value' --output text)" = edge ]
        aws cloudfront delete-key-value-store --name redirects --if-match "$etag"
        """
    )
    assert not shell.json("aws cloudfront list-key-value-stores")["KeyValueStoreList"].get("Items")


@pytest.mark.timeout(120)
def test_the_life_of_a_function(shell, tmp_path):
    code = tmp_path / "handler.js"
    code.write_text("function handler(event) { return event.request }")
    shell.run("aws cloudfront create-key-value-store --name flags")
    arn = shell.run(
        """
        until [ "$(aws cloudfront describe-key-value-store --name flags \
                   --query KeyValueStore.Status --output text)" = READY ]; do sleep 0.1; done
        aws cloudfront describe-key-value-store --name flags --query KeyValueStore.ARN --output text
        """
    ).strip()
    config = (
        "Comment=first,Runtime=cloudfront-js-2.0,KeyValueStoreAssociations="
        f"{{Quantity=1,Items=[{{KeyValueStoreARN={arn}}}]}}"
    )
    created = shell.json(
        f"aws cloudfront create-function --name route --function-config '{config}' "
        f"--function-code fileb://{code}"
    )
    assert created["FunctionSummary"]["Status"] == "UNPUBLISHED"
    status, etag = shell.run(
        f"""
        etag=$(aws cloudfront describe-function --name route --query ETag --output text)
        aws cloudfront publish-function --name route --if-match "$etag" \
            --query FunctionSummary.Status --output text
        aws cloudfront update-function --name route --if-match "$etag" \
            --function-config Comment=second,Runtime=cloudfront-js-2.0 \
            --function-code fileb://{code} --query ETag --output text
        """
    ).split()
    assert status == "UNASSOCIATED"
    output = shell.run(
        f"""
        aws cloudfront get-function --name route --stage LIVE {tmp_path}/live.js >/dev/null
        aws cloudfront list-functions --stage DEVELOPMENT \
            --query 'FunctionList.Items[0].FunctionConfig.Comment' --output text
        aws cloudfront delete-function --name route --if-match {etag}
        aws cloudfront list-functions --query FunctionList.Quantity --output text
        """
    )
    assert output.split() == ["second", "0"]
    assert (tmp_path / "live.js").read_text() == code.read_text()


@pytest.mark.timeout(120)
def test_a_function_reads_the_store(shell):
    """The examples, and a change of the store that needs no publish."""
    examples = Path(__file__).parents[3] / "examples"
    arn = shell.run(
        """
        aws cloudfront create-key-value-store --name redirects \
            --query KeyValueStore.ARN --output text
        until [ "$(aws cloudfront describe-key-value-store --name redirects \
                   --query KeyValueStore.Status --output text)" = READY ]; do sleep 0.1; done
        """
    ).strip()
    config = (
        "Comment=,Runtime=cloudfront-js-2.0,KeyValueStoreAssociations="
        f"{{Quantity=1,Items=[{{KeyValueStoreARN={arn}}}]}}"
    )
    etag = shell.run(
        f"aws cloudfront create-function --name redirect --function-config '{config}' "
        f"--function-code fileb://{examples}/redirect.js --query ETag --output text"
    ).strip()
    event = f"--event-object fileb://{examples}/event.json"
    test = f"aws cloudfront test-function --name redirect {event}"

    result = shell.json(f"{test} --if-match {etag}")["TestResult"]
    assert json.loads(result["FunctionOutput"])["request"]["uri"] == "/old"
    assert result["FunctionExecutionLogs"] == ["/old: Error: KeyNotFound"]
    assert result["FunctionErrorMessage"] == ""
    assert 1 <= int(result["ComputeUtilization"]) <= 100
    assert result["FunctionSummary"]["FunctionMetadata"]["Stage"] == "DEVELOPMENT"

    live = shell.run(
        f"""
        aws cloudfront publish-function --name redirect --if-match {etag} >/dev/null
        data=$(aws cloudfront-keyvaluestore describe-key-value-store --kvs-arn {arn} \
               --query ETag --output text)
        aws cloudfront-keyvaluestore put-key --kvs-arn {arn} --if-match "$data" \
            --key /old --value /new >/dev/null
        aws cloudfront describe-function --name redirect --stage LIVE --query ETag --output text
        """
    ).strip()
    for stage, version in [("DEVELOPMENT", etag), ("LIVE", live)]:
        result = shell.json(f"{test} --stage {stage} --if-match {version}")["TestResult"]
        response = json.loads(result["FunctionOutput"])["response"]
        assert response["statusCode"] == 301
        assert response["headers"] == {"location": {"value": "/new"}}
        assert result["FunctionSummary"]["FunctionMetadata"]["Stage"] == stage

    stale = shell.try_to(f"{test} --if-match {live}")
    assert "An error occurred (InvalidIfMatchVersion) when calling the TestFunction" in stale.stderr
    used = shell.try_to(
        """
        etag=$(aws cloudfront describe-key-value-store --name redirects --query ETag --output text)
        aws cloudfront delete-key-value-store --name redirects --if-match "$etag"
        """
    )
    assert "An error occurred (CannotDeleteEntityWhileInUse)" in used.stderr


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "aws cloudfront describe-key-value-store --name absent",
            "An error occurred (EntityNotFound) when calling the DescribeKeyValueStore operation: "
            "The key value store entity was not found.",
        ),
        (
            "aws cloudfront get-function --name absent /dev/null",
            "An error occurred (NoSuchFunctionExists) when calling the GetFunction operation: "
            "The function does not exist.",
        ),
        (
            "aws cloudfront-keyvaluestore get-key --key a --kvs-arn "
            "arn:aws:cloudfront::ACCOUNT:key-value-store/00000000-0000-4000-8000-000000000000",
            "An error occurred (ResourceNotFoundException) when calling the GetKey operation: "
            "Resource was not found.",
        ),
        (
            "AWS_SECRET_ACCESS_KEY=wrong aws cloudfront list-key-value-stores",
            "An error occurred (SignatureDoesNotMatch) when calling the ListKeyValueStores "
            "operation:",
        ),
    ],
)
def test_an_error_is_shown_by_its_name(shell, command, expected):
    process = shell.try_to(command.replace("ACCOUNT", shell.environment["AWS_ACCESS_KEY_ID"]))
    assert process.returncode != 0
    # Version 2 says as well how often it tried.
    assert expected in process.stderr.replace(" (reached max retries: 0)", "")
