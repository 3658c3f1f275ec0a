"""The clients that can't stand beside boto3's newest: aiobotocore, aioboto3, httpx and awslocal."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from keyfront import binary, new_account
from test_tools import environment, run, said, tool

HERE = Path(__file__).parent
STORIES = HERE / "stories"
REQUIREMENTS = HERE / "requirements-async.txt"
FOLDER = HERE.parents[2] / "target" / "clients" / "python-async"

# Installing them takes longer than a test may otherwise.
pytestmark = pytest.mark.timeout(300)


def install():
    """Makes the environment with these clients, if it is not there yet; a reason if it can't be."""
    mark = FOLDER / ".installed-from"
    wanted = f"{sys.version}\n{REQUIREMENTS.read_text()}"
    if mark.exists() and mark.read_text() == wanted:
        return None
    python = FOLDER / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", FOLDER],
        [*pip, "--retries", "1", "--timeout", "15", "--requirement", REQUIREMENTS],
    ):
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=240)
        except subprocess.TimeoutExpired:
            return "they could not be installed within 240 s"
        if answer.returncode != 0:
            lines = (answer.stderr or answer.stdout).strip().splitlines()
            return f"they could not be installed: {lines[-1] if lines else answer.returncode}"
    mark.write_text(wanted)
    return None


@pytest.fixture(scope="module")
def programs():
    """The folder of programs of the environment with these clients."""
    if reason := install():
        pytest.skip(f"aiobotocore, aioboto3, httpx, awslocal: {reason}")
    return FOLDER / "bin"


class TestAsynchronous:
    @pytest.mark.parametrize("library", ["aiobotocore", "aioboto3"])
    def test_exec_finds_out_that_python_has_it(self, server, programs, library):
        command = [programs / "python", STORIES / "asynchronous.py", library, f"store-{library}"]
        arguments = ["--account", new_account(), "--", *command]
        assert said(tool(server, "exec", *arguments)) == "done\n"

    def test_what_env_prints(self, server, programs):
        account = f"--account {new_account()}"
        command = [programs / "python", STORIES / "asynchronous.py", "aioboto3", "store-env"]
        for client in ("aiobotocore", "aioboto3"):
            line = shlex.join(map(str, command))
            script = f'eval "$({binary()} env {account} --client {client})"; {line}'
            answer = run(["sh", "-c", script], environment(KEYFRONT_ENDPOINT=server.url))
            assert said(answer) == "done\n"

    def test_a_proxy_of_the_user_leaves_boto3s_way(self, server, programs):
        script = 'import os; print(os.environ["AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE"])'
        command = ["exec", "--", programs / "python", "-c", script]
        answer = tool(server, *command, HTTP_PROXY="http://127.0.0.1:9")
        assert said(answer) == server.url.replace("://", "://x@") + "\n"
        assert "keyfront.invalid" in said(tool(server, *command))


def test_httpx(server, caller, programs):
    arn = caller.make_store().arn
    command = [str(programs / "python"), str(STORIES / "by_httpx.py"), arn]
    owner = f"--access-key-id {caller.key}"
    script = f'eval "$({binary()} env {owner} --client httpx)"; {shlex.join(command)}'
    answer = run(["sh", "-c", script], environment(KEYFRONT_ENDPOINT=server.url))
    assert said(answer) == "done\n"


def test_awslocal(server, caller, programs):
    store = caller.make_store(data={"greeting": "hello"})
    words = "get-key --query Value --output text --key greeting --kvs-arn"
    awslocal = ["exec", "--access-key-id", caller.key, "--", programs / "awslocal"]
    data = [*awslocal, "cloudfront-keyvaluestore", *words.split(), store.arn]
    assert said(tool(server, *data)) == "hello\n"
    control = [*awslocal, "cloudfront", "list-key-value-stores", "--output", "text"]
    assert store.name in said(tool(server, *control))


def test_doctor_tries_aiobotocore(server, programs):
    path = os.pathsep.join([str(programs), environment()["PATH"]])
    answer = tool(server, "doctor", PATH=path)
    assert f"ok       aiobotocore ({programs}/python3) reaches the data plane" in said(answer)
