"""cfft (github.com/fujiwara/cfft), with which people test and publish functions at AWS.

It is taken from PATH: `go install github.com/fujiwara/cfft/cmd/cfft@latest`.
"""

import json
import os
import shutil
import subprocess

import pytest

from test_function_runs import Functions, request

CFFT = shutil.which("cfft")

pytestmark = pytest.mark.skipif(CFFT is None, reason="cfft is not installed")

FUNCTION = """import cf from 'cloudfront';

const kvs = cf.kvs("{{ must_env `KVS_ID` }}");

async function handler(event) {
    const request = event.request;
    const ip = event.viewer.ip;
    request.headers['x-name'] = { value: (await kvs.exists(ip)) ? await kvs.get(ip) : 'unknown' };
    console.log('asked for ' + ip);
    return request;
}
"""


@pytest.fixture
def project(tmp_path, caller):
    """A project of cfft's, with a store that has one key; runs cfft in it."""
    arn = Functions(caller).store(**{"192.0.2.1": "home"})
    (tmp_path / "function.js").write_text(FUNCTION)
    (tmp_path / "cfft.yaml").write_text(
        json.dumps(
            {
                "name": "named",
                "function": "function.js",
                "kvs": {"name": "s1"},
                "testCases": [
                    {"name": name, "event": f"{name}.json", "expect": f"{name}.expected.json"}
                    for name in ("home", "unknown")
                ],
            }
        )
    )
    for name, ip in [("home", "192.0.2.1"), ("unknown", "192.0.2.2")]:
        (tmp_path / f"{name}.json").write_text(json.dumps(request("/x", ip=ip)))
        output = {"method": "GET", "uri": "/x", "querystring": {}, "cookies": {}}
        expected = {"request": output | {"headers": {"x-name": {"value": name}}}}
        (tmp_path / f"{name}.expected.json").write_text(json.dumps(expected))

    def run(*arguments):
        environment = os.environ | {
            "AWS_ENDPOINT_URL": caller.server.url,
            "AWS_ACCESS_KEY_ID": caller.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "KVS_ID": arn.split("/")[1],
        }
        done = subprocess.run(
            [CFFT, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_cfft_tests_and_publishes(project, caller, tmp_path):
    status, said = project("test", "--create-if-missing")
    assert status == 0, said
    assert "asked for 192.0.2.1" in said and "2 testcases passed" in said

    status, said = project("publish")
    assert status == 0, said
    assert caller.control.describe_function(Name="named", Stage="LIVE")

    (tmp_path / "function.js").write_text(FUNCTION.replace("'unknown'", "'nobody'"))
    status, said = project("diff")
    assert status == 0 and "nobody" in said, said
    status, said = project("test")
    assert status != 0 and "1 testcases failed" in said, said
