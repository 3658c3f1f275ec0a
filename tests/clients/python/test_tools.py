"""The tools for people: `keyfront env`, `keyfront exec` and `keyfront doctor`, with real clients."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from keyfront import Caller, binary, until
from raw import Request, sign, store_path

JAVASCRIPT = Path(__file__).parents[1] / "javascript"

BOTO3 = """
import boto3, sys
client = boto3.client("cloudfront-keyvaluestore")
print(client.get_key(KvsARN=sys.argv[1], Key="greeting")["Value"])
"""

NODE = """
import "@aws-sdk/signature-v4a";
import { CloudFrontKeyValueStoreClient, GetKeyCommand } from "@aws-sdk/client-cloudfront-keyvaluestore";
const client = new CloudFrontKeyValueStoreClient({});
const answer = await client.send(new GetKeyCommand({ KvsARN: process.argv[1], Key: "greeting" }));
console.log(answer.Value);
"""


DEVELOPMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def environment(**more):
    """This one, with the programs that stand beside this Python first."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return os.environ | {"PATH": path} | more


def run(command, env=None, **options):
    return subprocess.run(
        command, env=env or environment(), capture_output=True, text=True, timeout=50, **options
    )


def tool(server, name, *arguments, **variables):
    """Runs one of the tools against a server."""
    url = server if isinstance(server, str) else server.url
    return run([binary(), name, *arguments], environment(KEYFRONT_ENDPOINT=url, **variables))


def said(result):
    assert result.returncode == 0, f"{result.returncode}: {result.stdout}{result.stderr}"
    return result.stdout


@pytest.fixture
def greeting(caller):
    """The ARN of a store with one key, and the flags that make the tools its owner."""
    store = caller.make_store(data={"greeting": "hello"})
    return store.arn, ["--access-key-id", caller.key]


def get_key(arn):
    words = "cloudfront-keyvaluestore get-key --query Value --output text --key greeting --kvs-arn"
    return ["aws", *words.split(), arn]


class TestExec:
    def test_control_plane(self, server, caller):
        store = caller.make_store()
        command = ["aws", "cloudfront", "list-key-value-stores", "--output", "json"]
        answer = said(tool(server, "exec", "--access-key-id", caller.key, "--", *command))
        found = json.loads(answer)["KeyValueStoreList"]["Items"]
        assert [item["Name"] for item in found] == [store.name]

    @pytest.mark.parametrize("via", ["auto", "user-info", "proxy"])
    def test_data_plane(self, server, greeting, via):
        arn, owner = greeting
        answer = tool(server, "exec", *owner, "--via", via, "--", *get_key(arn))
        assert said(answer) == "hello\n"

    @pytest.mark.parametrize("via", ["auto", "proxy"])
    def test_boto3(self, server, greeting, tmp_path, via):
        arn, owner = greeting
        script = tmp_path / "script.py"
        script.write_text(BOTO3)
        answer = tool(server, "exec", *owner, "--via", via, "--", "python3", script, arn)
        assert said(answer) == "hello\n"

    def test_a_command_of_which_nothing_is_known(self, server, greeting):
        arn, owner = greeting
        line = " ".join(get_key(arn))
        assert said(tool(server, "exec", *owner, "--", "sh", "-c", line)) == "hello\n"

    def test_node_finds_the_account_below_any_name(self, server):
        if not shutil.which("node"):
            pytest.skip("no node on this machine")
        # The name of the data plane's endpoint, whichever it is, with an account before it.
        script = """
            const url = new URL(process.env.AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE);
            url.hostname = "123456789012." + url.hostname;
            url.pathname = "/healthz";
            require("http").get(url, answer => {
                console.log(answer.statusCode);
                answer.resume();
            });
        """
        for command in (["node"], ["sh", "-c", 'node "$@"', "sh"]):
            arguments = ["exec", "--account", "123456789012", "--", *command, "-e", script]
            assert said(tool(server, *arguments)) == "200\n"

    def test_javascript(self, server, greeting):
        if not shutil.which("node"):
            pytest.skip("no node on this machine")
        if not (JAVASCRIPT / "node_modules/@aws-sdk/client-cloudfront-keyvaluestore").exists():
            pytest.skip("the AWS SDK for JavaScript is not installed in tests/clients/javascript")
        arn, owner = greeting
        command = ["node", "--no-warnings", "--input-type=module", "-e", NODE, arn]
        env = environment(KEYFRONT_ENDPOINT=server.url)
        answer = run([binary(), "exec", *owner, "--", *command], env, cwd=JAVASCRIPT)
        assert said(answer) == "hello\n"

    @pytest.mark.parametrize(
        "command, status",
        [
            (["sh", "-c", "exit 7"], 7),
            (["true"], 0),
            (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
            (["no-such-command"], 127),
            ([os.devnull], 126),
        ],
    )
    def test_the_exit_code_is_the_commands(self, server, command, status):
        assert tool(server, "exec", "--", *command).returncode == status

    def test_an_option_that_is_misspelt_is_no_command(self, server):
        answer = tool(server, "exec", "--endpont", server.url, "--", "true")
        assert answer.returncode == 125 and "--endpont" in answer.stderr
        assert tool(server, "exec", "--via", "pigeon", "--", "true").returncode == 125
        # What follows the command is the command's.
        assert said(tool(server, "exec", "echo", "--via", "x")) == "--via x\n"

    def test_an_account_that_is_asked_for_is_the_clients(self, server):
        create = "aws cloudfront create-key-value-store --name of-the-account --output text"
        command = [*create.split(), "--query", "KeyValueStore.ARN"]
        stray = {"AWS_SESSION_TOKEN": "of another key"}
        for account, environment in [("111122223333", {}), ("111122224444", DEVELOPMENT | stray)]:
            answer = tool(server, "exec", "--account", account, "--", *command, **environment)
            assert f"::{account}:" in said(answer)

    def test_signals_reach_the_command(self, server):
        # Not SIGINT: whoever runs the tests in the background has it ignored, by all that they start.
        script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done"
        command = [binary(), "exec", "--", "sh", "-c", script]
        env = environment(KEYFRONT_ENDPOINT=server.url)
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 5

    def test_other_services_stay_where_they_are(self, server, other_service):
        script = """
import os, urllib.request
print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL_S3"]).read().decode())
"""
        command = ["exec", "--via", "proxy", "--", "python3", "-c", script]
        answer = tool(server, *command, AWS_ENDPOINT_URL_S3=other_service)
        assert said(answer) == "the other\n"

    def test_credentials_and_region_of_the_user_stay(self, server):
        show = ["sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_REGION"]
        assert said(tool(server, "exec", "--", *show)) == "test test us-east-1\n"
        mine = {"AWS_ACCESS_KEY_ID": "mine", "AWS_REGION": "eu-west-1"}
        assert said(tool(server, "exec", "--", *show, **mine)) == "mine eu-west-1\n"
        assert said(tool(server, "exec", "--", *show, AWS_PROFILE="work")) == "us-east-1\n"

    def test_what_is_no_text_is_kept(self, server):
        show = "import os; print([os.environb[n.encode()].hex() for n in ('NODE_OPTIONS', 'NO_PROXY')])"
        theirs = {"NODE_OPTIONS": b"--require=/\xff.js", "NO_PROXY": b"\xff.example"}
        variables = {name: os.fsdecode(value) for name, value in theirs.items()}
        command = ["exec", "--via", "proxy", "--", sys.executable, "-c", show]
        shown = said(tool(server, *command, **variables))
        options, list_ = (bytes.fromhex(text) for text in shown.strip("[]\n").replace("'", "").split(", "))
        assert options.startswith(theirs["NODE_OPTIONS"] + b" --import=data:")
        assert list_.startswith(theirs["NO_PROXY"] + b",localhost,")

    def test_a_proxy_that_is_no_text_is_not_replaced(self, server):
        theirs = {"HTTP_PROXY": os.fsdecode(b"http://\xff:1")}
        answer = tool(server, "exec", "--via", "proxy", "--", "true", **theirs)
        assert answer.returncode == 125 and "HTTP_PROXY is" in answer.stderr
        show = "import os; print(os.environb[b'HTTP_PROXY'].hex(), os.environb[b'NO_PROXY'])"
        command = ["exec", "--via", "user-info", "--", sys.executable, "-c", show]
        shown = said(tool(server, *command, **theirs))
        assert shown.startswith(b"http://\xff:1".hex()) and "127.0.0.1" in shown

    def test_a_profile_gives_way_to_a_key_that_is_asked_for(self, server):
        theirs = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "theirs", "AWS_SECURITY_TOKEN": "theirs"}
        command = ["exec", "--account", "111122223333", "--", "sh", "-c", "env | grep ^AWS_ | sort"]
        assert "AWS_PROFILE=work" in said(tool(server, *command, **theirs))
        key = ["--access-key-id", "111122223333"]
        shown = said(tool(server, "exec", *key, *command[1:], **theirs))
        assert "AWS_ACCESS_KEY_ID=111122223333" in shown
        assert "work" not in shown and "theirs" not in shown

    @pytest.mark.parametrize("port", ["456600", "0", "65536", ""])
    def test_a_port_out_of_range_is_refused(self, port):
        for name, code in [("exec", 125), ("env", 2), ("doctor", 2)]:
            command = [binary(), name, "--endpoint", f"http://127.0.0.1:{port}"]
            answer = run([*command, "--", "true"] if name == "exec" else command)
            assert answer.returncode == code, answer.stderr
            assert "is no port: give a number from 1 to 65535" in answer.stderr

    def test_a_proxy_of_the_user_is_passed_or_kept(self, server, greeting):
        arn, owner = greeting
        nowhere = {"HTTP_PROXY": "http://127.0.0.1:9"}
        answer = tool(server, "exec", *owner, "--", *get_key(arn), **nowhere)
        assert said(answer) == "hello\n"
        answer = tool(server, "exec", "--via", "proxy", "--", "true", **nowhere)
        assert answer.returncode == 125
        assert "HTTP_PROXY is http://127.0.0.1:9 already" in answer.stderr


@pytest.fixture
def other_service():
    """A server that is not Keyfront."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"the other")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def impostor():
    """A server that says to be Keyfront, keeps what it gets, and answers what a terminal acts on."""
    requests = []
    forged = "\x1b[2Jno\nok       all is well"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(f"{self.requestline}\n{self.headers}")
            if self.path == "/_localstack/health":
                return self.answer(200, json.dumps({"edition": "keyfront", "version": "1.0"}))
            self.answer(503, forged)

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("x-amzn-errortype", "Forged\x9b31m ok all is well")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield types.SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", requests=requests)
    server.shutdown()
    server.server_close()


class TestEnv:
    @pytest.mark.parametrize("client", [[], ["--client", "aws-cli"], ["--client", "boto3"]])
    def test_a_shell_takes_it_over(self, server, greeting, client):
        arn, owner = greeting
        command = " ".join([binary(), "env", *owner, *client])
        line = " ".join(get_key(arn))
        script = f'set -eu; eval "$({command})"; {line}; aws cloudfront list-key-value-stores >&2'
        env = environment(KEYFRONT_ENDPOINT=server.url)
        assert said(run(["sh", "-c", script], env)) == "hello\n"

    def test_what_the_user_has_is_quoted(self, server, tmp_path):
        mark = tmp_path / "mark"
        tricky = f"a'b,$(touch {mark}),`touch {mark}`\ntouch {mark}\n"
        theirs = {"NO_PROXY": tricky, "HTTP_PROXY": "http://p:1", "NODE_OPTIONS": tricky}
        lines = [f'eval "$({binary()} env{client})"' for client in ("", " --client js")]
        script = "\n".join([*lines, 'printf %s "$NO_PROXY"'])
        env = environment(KEYFRONT_ENDPOINT=server.url, **theirs)
        assert said(run(["sh", "-c", script], env)).startswith("a'b,$(touch")
        assert not mark.exists()

    def test_what_is_no_text_is_quoted_byte_by_byte(self, server):
        list_ = b"\xff'.example"
        theirs = {"NO_PROXY": os.fsdecode(list_), "HTTP_PROXY": "http://p:1"}
        script = f'eval "$({binary()} env)"; printf %s "$NO_PROXY"'
        env = environment(KEYFRONT_ENDPOINT=server.url, **theirs)
        answer = subprocess.run(["sh", "-c", script], env=env, capture_output=True, timeout=50)
        assert answer.stdout.startswith(list_ + b","), answer
        answer = tool(server, "env", "--shell", "powershell", **theirs)
        assert answer.returncode == 1 and "NO_PROXY, whose value is not UTF-8" in answer.stderr

    def test_other_shells_get_their_language(self, server):
        fish = said(tool(server, "env", "--shell", "fish"))
        assert "set -gx AWS_ENDPOINT_URL_CLOUDFRONT 'http" in fish
        powershell = said(tool(server, "env", "--shell", "powershell"))
        assert "$env:AWS_ENDPOINT_URL_CLOUDFRONT = 'http" in powershell


class TestDoctor:
    def test_all_is_well(self, server):
        answer = tool(server, "doctor")
        lines = said(answer).splitlines()
        well = "\n".join(line for line in lines if line.startswith("ok "))
        for what in ("ready", "clock", "control plane", "SigV4A", "AWS CLI", "boto3"):
            assert what in well, answer.stdout
        assert f"answers at {server.url}" in well
        assert not any(line.startswith("problem") for line in lines)

    def test_it_is_well_with_what_env_prints(self, server):
        for client in ([], ["--client", "boto3"]):
            command = " ".join([binary(), "env", *client])
            script = f'eval "$({command})"; exec {binary()} doctor --json'
            env = environment(KEYFRONT_ENDPOINT=server.url)
            report = json.loads(said(run(["sh", "-c", script], env)))
            assert report["ok"] is True
            data = [f for f in report["findings"] if "_CLOUDFRONT_KEYVALUESTORE" in f["text"]]
            assert [finding["grade"] for finding in data] == ["ok"], data

    def test_a_stopped_server(self, start_server):
        server = start_server(in_memory=True)
        url = server.url
        server.stop()
        answer = tool(url, "doctor")
        assert answer.returncode == 1
        assert f"problem  nothing answers at {url}" in answer.stdout
        assert "keyfront serve" in answer.stdout

    def test_another_server(self, other_service):
        answer = tool(other_service, "doctor")
        assert answer.returncode == 1
        assert "another server than Keyfront" in answer.stdout

    @pytest.mark.parametrize(
        ("names", "trusted", "expected"),
        [
            ("DNS:localhost,IP:127.0.0.1", True, "ok       it is ready"),
            ("DNS:localhost,IP:127.0.0.1", False, "is not accepted: its issuer is not trusted"),
            ("DNS:kvs.test", True, "is not accepted: it is for another name"),
        ],
    )
    def test_certificates(self, tmp_path, names, trusted, expected):
        if not shutil.which("openssl"):
            pytest.skip("no openssl on this machine to make a certificate")
        line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        line += " -keyout key.pem -out cert.pem -subj /CN=keyfront-test"
        more = ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE"]
        said(run([*line.split(), *more], cwd=tmp_path))
        serve = [binary(), "serve", "--in-memory", "--listen", "127.0.0.1:0"]
        serve += ["--tls-certificate", "cert.pem", "--tls-key", "key.pem"]
        trust = {"AWS_CA_BUNDLE": str(tmp_path / "cert.pem")} if trusted else {}
        with subprocess.Popen(serve, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = server.stdout.readline().split()[-1]
                answer = tool(url, "doctor", PATH=os.defpath, **trust)
            finally:
                server.terminate()
        assert expected in answer.stdout, answer.stdout

    @pytest.mark.parametrize("theirs", ["environment", "profile"])
    def test_a_server_that_claims_to_be_keyfront(self, impostor, tmp_path, theirs):
        secret = {"id": "AKIAREALKEYOFMINE", "token": "TOKEN-OF-MINE"}
        if theirs == "environment":
            variables = {
                "AWS_ACCESS_KEY_ID": secret["id"],
                "AWS_SECRET_ACCESS_KEY": "HUSH",
                "AWS_SESSION_TOKEN": secret["token"],
                "AWS_SECURITY_TOKEN": secret["token"],
            }
        else:
            file = tmp_path / "credentials"
            file.write_text(
                f"[work]\naws_access_key_id = {secret['id']}\naws_secret_access_key = HUSH\n"
                f"aws_session_token = {secret['token']}\n"
            )
            variables = {"AWS_PROFILE": "work", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
        answer = tool(impostor.url, "doctor", **variables)
        # Its three signed requests arrived, and those of the AWS CLI and boto3.
        assert sum("uthorization" in request for request in impostor.requests) >= 5
        assert not [r for r in impostor.requests if any(value in r for value in secret.values())]
        assert "is not tried: the doctor signs with a development key" in answer.stdout
        # What it answers is text on one line.
        lines = answer.stdout.splitlines()
        assert "problem  it is not ready: \\u{1b}[2Jno\\nok all is well" in lines, answer.stdout
        assert not [line for line in lines if line.startswith("ok") and "all is well" in line]
        assert all(line.isprintable() for line in lines)
        report = json.loads(tool(impostor.url, "doctor", "--json", **variables).stdout)
        texts = [finding["text"] for finding in report["findings"]]
        assert all(text.isprintable() for text in texts), texts

    def test_a_host_that_a_page_could_have(self, start_server, tmp_path):
        hosts = tmp_path / "hosts"
        hosts.write_text("127.0.0.1 localhost\n127.0.0.1 kvs.example\n")
        inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
        inside += [f'mount --bind "{hosts}" /etc/hosts && exec "$@"', "sh"]
        if not shutil.which("unshare") or run([*inside, "true"]).returncode:
            pytest.skip("this user may not have a hosts file of its own in a namespace")
        for given, expected in [({}, "problem"), ({"host": "kvs.example"}, "ok ")]:
            server = start_server(in_memory=True, **given)
            url = f"http://kvs.example:{server.port}"
            answer = run([*inside, binary(), "doctor", "--endpoint", url], environment())
            lines = [line for line in answer.stdout.splitlines() if "access key test" in line]
            assert lines and all(line.startswith(expected) for line in lines), answer.stdout
            advice = "keyfront serve --host kvs.example, or with a credentials file"
            assert (advice in answer.stdout) == (not given), answer.stdout

    def test_an_unknown_key(self, server):
        answer = tool(server, "doctor", "--access-key-id", "AKIAUNKNOWN")
        assert answer.returncode == 1
        assert "UnrecognizedClientException" in answer.stdout

    def test_what_it_tells_of_curl_is_so(self, server, greeting):
        curl = shutil.which("curl")
        if not curl or "--aws-sigv4" not in run([curl, "--help", "all"]).stdout:
            pytest.skip("no curl with --aws-sigv4 on this machine")
        arn, owner = greeting
        (line,) = [
            line
            for line in said(tool(server, "doctor", *owner)).splitlines()
            if "curl --aws-sigv4" in line
        ]
        words = ["--silent", "--aws-sigv4", "aws:amz:us-east-1:cloudfront-keyvaluestore"]
        url = f"{server.url}{store_path(arn)}"
        answer = run([curl, *words, "--include", "--user", f"{owner[1]}:test", url])
        refused = "InvalidSignatureException" in answer.stdout
        assert refused or answer.stdout.startswith("HTTP/1.1 200 "), answer.stdout
        assert line.startswith("note" if refused else "ok"), line

    def test_variables_that_lead_elsewhere(self, server):
        variables = {
            "AWS_ENDPOINT_URL_CLOUDFRONT": server.url,
            "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": server.url,
            "AWS_ENDPOINT_URL_CLOUDFRONT_KVS": server.url,
            "AWS_USE_FIPS_ENDPOINT": "true",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }
        answer = tool(server, "doctor", **variables)
        assert answer.returncode == 1
        assert "KEYVALUESTORE becomes http://000000000000.127.0.0.1" in answer.stdout
        assert "AWS_ENDPOINT_URL_CLOUDFRONT_KVS is no variable" in answer.stdout
        assert "note     AWS_USE_FIPS_ENDPOINT makes all SDKs but" in answer.stdout
        assert "HTTP_PROXY sends requests" in answer.stdout


class TestServe:
    @pytest.mark.parametrize("level", ["degub", "Warning", "", "info,keyfront_api=all"])
    def test_an_unknown_log_level_is_told(self, level):
        # Rather than a server that logs nothing.
        answer = run([binary(), "serve", "--in-memory", "--listen", "127.0.0.1:0", "--log", level])
        assert answer.returncode == 1 and "--log" in answer.stderr

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (["--tls-certificate", "junk", "--tls-key", "junk"], "junk holds no certificate in PEM"),
            (["--tls-key", "junk"], "--tls-key is given without --tls-certificate"),
            (["--tls-certificate", "junk"], "--tls-certificate is given without --tls-key"),
            (["--s3", "--s3-endpoint", "http://localhost:1"], "give one of them"),
            (["--connections", "0"], "--connections 0 is out of range: give a number from 1 to"),
            (["--imports-at-once", "0"], "--imports-at-once 0 is out of range"),
            (["--credentials", "."], "not a regular file"),
            (["--credentials", "none.toml"], "none.toml can't be read"),
            (["--config", "none.toml"], "none.toml can't be read"),
            (["--listen", "203.0.113.1:0", "--allow-test-credentials"], "no such address"),
            (["--listen", "nonsense"], "give HOST:PORT"),
        ],
    )
    def test_a_mistake_is_told_with_what_helps(self, tmp_path, options, expected):
        (tmp_path / "junk").write_text("junk")
        command = [binary(), "serve", "--in-memory", "--listen", "127.0.0.1:0", *options]
        answer = run(command, cwd=tmp_path)
        assert answer.returncode == 1, answer.stderr
        assert expected in answer.stderr and answer.stderr.count("\n") == 1, answer.stderr
        # A cause is told once.
        assert answer.stderr.count("os error") <= 1, answer.stderr

    def test_what_may_be_a_mistake_is_told(self, start_server, tmp_path):
        server = start_server(buckets=tmp_path / "none")
        assert "the folder of --buckets is not there" in server.log()
        server.reload()
        until(lambda: "no credentials file" in server.log(), "SIGHUP has nothing to read")
        assert Caller(server).make_store()

    def numbers(self):
        """The options that are numbers, each with its range, as the help tells them."""
        text = " ".join(said(run([binary(), "serve", "--help"])).split())
        options = re.split(r" (?=--[a-z0-9-]+ <)", text)
        found = {}
        for option in options:
            range_ = re.search(r"\[default: \d+; from (\d+) to (\d+)\]", option)
            if range_:
                found[option.split()[0]] = tuple(map(int, range_.groups()))
        assert len(found) > 15, text
        return found

    def test_absurd_numbers_are_refused_by_name(self):
        for option, (least, most) in self.numbers().items():
            for number in [least - 1, most + 1, 2**64 - 1]:
                command = [binary(), "serve", "--in-memory", "--listen", "127.0.0.1:0"]
                answer = run([*command, f"{option}={number}"])
                assert answer.returncode in (1, 2), answer
                assert option in answer.stderr and "panicked" not in answer.stderr
                if number >= 0:
                    expected = f"{option} {number} is out of range: give a number from {least} to"
                    assert expected in answer.stderr

    def test_the_largest_numbers_serve(self, start_server):
        numbers = {name[2:].replace("-", "_"): most for name, (_, most) in self.numbers().items()}
        # Stores must become READY.
        del numbers["provisioning_seconds"]
        server = start_server(**numbers)
        caller = Caller(server)
        store = caller.make_store(data={"a": "1"})
        caller.put(store, "b", "2")
        assert caller.contents(store) == {"a": "1", "b": "2"}
        server.stop()
        assert "panicked" not in server.log()

    def test_the_smallest_numbers_serve(self, start_server):
        numbers = {name[2:].replace("-", "_"): least for name, (least, _) in self.numbers().items()}
        server = start_server(**numbers)
        assert Caller(server).control.list_key_value_stores()["KeyValueStoreList"]["Quantity"] == 0
        assert "panicked" not in server.log()

    def test_the_log_has_the_reads_if_asked_and_no_value_and_no_secret(
        self, start_server, tmp_path
    ):
        credentials = tmp_path / "keys.toml"
        secret = "HUSH-the-secret-of-AK"
        credentials.write_text(
            f'[[access_key]]\nid="AK"\nsecret="{secret}"\naccount="123456789012"\nuser="alice"\n'
        )
        server = start_server(credentials=credentials, log="debug", log_format="json")
        caller = Caller(server, key="AK", secret=secret, account="123456789012")
        store = caller.make_store(data={"greeting": "HUSH-the-value"})
        caller.put(store, "other", "HUSH-another-value")
        path = store_path(store.arn, "keys", "greeting")
        request = sign(Request("GET", path), caller, "data")
        signature = request.headers["authorization"].rpartition("Signature=")[2]
        answer = request.send(server)
        assert answer.status == 200
        until(lambda: '"GetKey"' in server.log(), "the log has the read")
        log = server.log()
        lines = [json.loads(line) for line in log.splitlines()]
        done = {line["operation"]: line for line in lines if line.get("message") == "done"}
        assert {"CreateKeyValueStore", "PutKey", "GetKey"} <= set(done)
        told = done["GetKey"]
        assert (told["user"], told["account"], told["status"]) == ("alice", "123456789012", 200)
        assert answer.headers["x-amzn-requestid"] in log
        assert "HUSH" not in log and signature not in log

    def test_the_banner_names_no_key_that_the_server_refuses(self, start_server, tmp_path):
        credentials = tmp_path / "keys.toml"
        credentials.write_text('[[access_key]]\nid="AK"\nsecret="s"\naccount="123456789012"\n')
        server = start_server(credentials=credentials)
        until(lambda: str(credentials) in "".join(server.printed), "the banner names the file")
        assert "AWS_ACCESS_KEY_ID=test" not in "".join(server.printed)
