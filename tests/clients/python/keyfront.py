"""A server under test, and its real clients.

`Server` runs the binary in a folder of its own; `Caller` is one access key's view of it, through
boto3, with short cuts for what most tests begin with. Requests that no client would send are made
in `raw.py`.
"""

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import types
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"

# AWS's texts, as observed (aws-facts).
STALE_DATA = "Pre-Condition failed during update of Key-Value-Store"
WRONG_STATE = "Key-Value-Store was not in expected state"
TOO_MANY_PAIRS = (
    "Limit exceeded: Maximum key values pairs that you can update in a single API request"
)
VALUE_TOO_BIG = "Limit exceeded: Maximum size of the value in a key value pair"
STALE_CONTROL = (
    "The request failed because it didn't meet the preconditions in one or more "
    "request-header fields."
)
BAD_IF_MATCH = "The If-Match version is missing or not valid for the resource."

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CONTROL_ETAG = re.compile(r"E[0-9A-Z]{1,13}")
DATA_ETAG = re.compile(r"KV[0-9A-Z]{1,13}")

_numbers = itertools.count(1)
_session = boto3.Session(region_name=REGION)
_session_lock = threading.Lock()


def binary():
    """The program under test."""
    default = Path(__file__).parents[3] / "target" / "debug" / "keyfront"
    path = Path(os.environ.get("KEYFRONT_BIN", default))
    if not path.exists():
        pytest.exit(f"there is no program to test at {path}; build it or set KEYFRONT_BIN", 2)
    return str(path.absolute())


def new_account():
    """An account that no other test uses; with the development credentials its id is a key, too."""
    return f"{100_000_000_000 + next(_numbers):012}"


def until(condition, what, seconds=10):
    """Polls until the condition holds, and returns what it returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Server:
    """A `keyfront serve` on a free port of 127.0.0.1, in a folder of its own.

    Options are the flags of the program: `stores_per_account=2` is `--stores-per-account 2`, and
    True stands for a flag alone. With `tls_certificate` it speaks HTTPS, and its clients trust that
    certificate. `expect_failure` is for a server that must not start, `unread_log` for one whose
    stderr is a pipe that is never read.
    """

    def __init__(self, folder, listen="127.0.0.1:0", expect_failure=False, unread_log=False, **options):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.buckets = self.folder / "buckets"
        self.buckets.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / "server.log"
        self.unread_log = unread_log
        self.certificate = options.get("tls_certificate")
        self.command = [binary(), "serve", "--listen", listen]
        options = {"data": self.data, "buckets": self.buckets} | options
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            self.command += [flag] if value is True else [flag, str(value)]
        self.printed = []
        self.process = None
        self.port = None
        if not expect_failure:
            self.start()

    @property
    def scheme(self):
        return "https" if self.certificate else "http"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def admin_port(self):
        """The port of the operator's listener, of a server with `admin`."""
        metrics = re.compile(r"Metrics: http://\S+:(\d+)/metrics")
        return int(until(lambda: metrics.search("".join(self.printed)), "its port is printed")[1])

    @property
    def pid(self):
        return self.process.pid

    def log(self, since=0):
        """What the server has written to stderr."""
        return self.log_path.read_bytes()[since:].decode(errors="replace")

    def log_records(self):
        """What the server has written to a JSON log. A line whose end is still being written is left out."""
        return [json.loads(line) for line in self.log().splitlines(True) if line.endswith("\n")]

    def launch(self):
        """Starts the program, and waits for nothing."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if self.unread_log else log,
                cwd=self.folder,
                text=True,
                env=os.environ | {"RUST_BACKTRACE": "1"},
            )
        return self.process

    def start(self):
        """Starts the program and waits until it serves."""
        process = self.launch()
        self.port = None
        found = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(process, found), daemon=True)
        self._reader.start()
        if not found.wait(20) or self.port is None:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not start:\n{self._said()}")
        until(self._is_ready, "the server is ready")
        return self

    def _read(self, process, found):
        for line in process.stdout:
            self.printed.append(line)
            address = re.search(r"https?://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)", line)
            if address and not found.is_set():
                self.port = int(address[1])
                found.set()
        found.set()

    def connect(self, timeout=15, source="127.0.0.1", protocol="http/1.1"):
        """A connection to it, from an address of this machine."""
        connection = socket.create_connection(
            ("127.0.0.1", self.port), timeout=timeout, source_address=(source, 0)
        )
        if not self.certificate:
            return connection
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_alpn_protocols([protocol])
        return context.wrap_socket(connection, server_hostname="127.0.0.1")

    def memory(self, peak=False):
        """The bytes of memory that it takes, or took at most; None where the system does not say."""
        name = "VmHWM" if peak else "VmRSS"
        with contextlib.suppress(OSError):
            found = re.search(name + r":\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
            return int(found[1]) * 1024

    def _is_ready(self):
        # A bare socket, so that what is tested here is not hidden behind a client's retries.
        try:
            with self.connect(timeout=5) as connection:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return connection.recv(16).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def wait(self, seconds=10):
        """Waits for the program to end, and returns its status; one that goes on is killed."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end within {seconds} s:\n{self._said()}") from None

    def stop(self):
        """Stops it as an operator does; it must end well."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.wait(20)
        finally:
            said = self._said()
            self._forget()
        assert status == 0, f"exit status after SIGTERM: {status}\n{said}"

    def kill(self):
        """Ends it at once, as a crash does."""
        self.process.kill()
        self.process.wait()
        self._forget()

    def _forget(self):
        self._reader.join()
        self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()
        self.process = None

    def reload(self):
        """Tells it to read its credentials again."""
        self.process.send_signal(signal.SIGHUP)

    def _said(self):
        return "".join(self.printed[-20:]) + self.log()[-4000:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def client(service, endpoint, key, secret, token=None, certificate=None, **config):
    """A boto3 client that neither retries nor waits long, and trusts a certificate."""
    settings = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=40,
        **config,
    )
    with _session_lock:
        return _session.client(
            service,
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=settings,
            verify=certificate and str(certificate),
        )


class Caller:
    """One access key's clients of one server, made when they are first used.

    With the development credentials, an account's id is an access key with the secret `test`.
    """

    def __init__(self, server, account=None, key=None, secret="test", token=None):
        self.server = server
        self.key = key or account or new_account()
        self.account = account or (self.key if self.key.isdigit() else "000000000000")
        self.secret = secret
        self.token = token
        self._clients = {}

    def _client(self, service, **config):
        name = (service, tuple(config))
        if name not in self._clients:
            # The rules for endpoints put the account before the host. A user name in front of it
            # keeps that out of the host, so that no name must be resolved (wire.md, section 1).
            user = "x@" if service == "cloudfront-keyvaluestore" else ""
            endpoint = f"{self.server.scheme}://{user}127.0.0.1:{self.server.port}"
            keys = (self.key, self.secret, self.token)
            self._clients[name] = client(
                service, endpoint, *keys, certificate=self.server.certificate, **config
            )
        return self._clients[name]

    @property
    def control(self):
        return self._client("cloudfront")

    @property
    def data(self):
        return self._client("cloudfront-keyvaluestore")

    @property
    def unchecked_control(self):
        """The control plane's client without its own checks of what it is given."""
        return self._client("cloudfront", parameter_validation=False)

    @property
    def unchecked_data(self):
        """The data plane's client without its own checks of what it is given."""
        return self._client("cloudfront-keyvaluestore", parameter_validation=False)

    def make_store(self, name=None, data=None, wait=True, **arguments):
        """Creates a store; `data` is a dict to import. Its ETags are those after it is READY."""
        name = name or f"store-{next(_numbers)}"
        if data is not None:
            items = [{"key": key, "value": value} for key, value in data.items()]
            arguments["ImportSource"] = self.put_object(json.dumps({"data": items}))
        answer = self.control.create_key_value_store(Name=name, **arguments)
        found = answer["KeyValueStore"]
        store = types.SimpleNamespace(
            name=name, id=found["Id"], arn=found["ARN"], etag=answer["ETag"], data_etag=None
        )
        if wait:
            self.wait_for(store, "READY")
        return store

    def wait_for(self, store, status, seconds=20):
        """Waits until the store is in that state, and notes its ETags."""

        def reached():
            answer = self.control.describe_key_value_store(Name=store.name)
            found = answer["KeyValueStore"]["Status"]
            return answer if found != "PROVISIONING" else None

        answer = until(reached, f"the store is {status}", seconds)
        description = self.describe(store)
        reason = description.get("FailureReason")
        assert answer["KeyValueStore"]["Status"] == status, f"{answer['KeyValueStore']} {reason}"
        store.etag = answer["ETag"]
        store.data_etag = description["ETag"]
        return description

    def put_object(self, content, key=None, bucket="imports"):
        """Puts a file into a bucket, and returns it as an ImportSource."""
        key = key or f"{uuid.uuid4()}.json"
        path = self.server.buckets / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return {"SourceType": "S3", "SourceARN": f"arn:aws:s3:::{bucket}/{key}"}

    def describe(self, store):
        return self.data.describe_key_value_store(KvsARN=store.arn)

    def get(self, store, key):
        return self.data.get_key(KvsARN=store.arn, Key=key)["Value"]

    def put(self, store, key, value, etag=None):
        """PutKey at the newest version that this store object knows, or at the one given."""
        answer = self.data.put_key(
            KvsARN=store.arn, Key=key, Value=value, IfMatch=etag or store.data_etag
        )
        store.data_etag = answer["ETag"]
        return answer

    def delete(self, store, key, etag=None):
        answer = self.data.delete_key(KvsARN=store.arn, Key=key, IfMatch=etag or store.data_etag)
        store.data_etag = answer["ETag"]
        return answer

    def update(self, store, puts=None, deletes=None, etag=None):
        """UpdateKeys; `puts` is a dict or a list of pairs, `deletes` a list of keys."""
        arguments = {}
        if puts is not None:
            pairs = puts.items() if isinstance(puts, dict) else puts
            arguments["Puts"] = [{"Key": key, "Value": value} for key, value in pairs]
        if deletes is not None:
            arguments["Deletes"] = [{"Key": key} for key in deletes]
        answer = self.data.update_keys(
            KvsARN=store.arn, IfMatch=etag or store.data_etag, **arguments
        )
        store.data_etag = answer["ETag"]
        return answer

    def contents(self, store):
        """Every key and value, by the paginator."""
        pages = self.data.get_paginator("list_keys").paginate(
            KvsARN=store.arn, PaginationConfig={"PageSize": 50}
        )
        return {item["Key"]: item["Value"] for page in pages for item in page["Items"]}


def status_of(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def headers_of(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"]


def size_of(contents):
    """The bytes of keys and values, as they are counted."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in contents.items())


@contextlib.contextmanager
def refused(client, code, message=None, unlisted=False):
    """Expects the client's own exception of that name, with the status that its model gives it.

    The message is the whole text, or a pattern. The operation's model must list the exception,
    since typed clients raise no other, unless it is `unlisted`.
    """
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        yield caught
    error = caught.value
    model = client.meta.service_model
    assert error.response["Error"]["Code"] == code
    assert status_of(error.response) == model.shape_for(code).metadata["error"]["httpStatusCode"]
    if not unlisted:
        listed = [shape.name for shape in model.operation_model(error.operation_name).error_shapes]
        assert code in listed, f"{error.operation_name} must not answer {code}"
    text = error.response["Error"]["Message"]
    # Only the right spelling fills the modelled member, too.
    assert error.response["Message"] == text != ""
    if isinstance(message, re.Pattern):
        assert message.search(text), text
    elif message is not None:
        assert text == message


@contextlib.contextmanager
def refused_with(code, status):
    """Expects an error that no model lists, of authentication for example."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value
    assert (error.response["Error"]["Code"], status_of(error.response)) == (code, status)
    assert error.response["Error"]["Message"]
