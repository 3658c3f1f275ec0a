"""Requests that no client sends: signed by botocore's signers, then changed; or no HTTP at all."""

import contextlib
import http.client
import json
import re
import socket
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from unittest import mock
from urllib.parse import quote

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt.auth import CrtSigV4AsymAuth, CrtSigV4AsymQueryAuth

from keyfront import REGION, UUID, XMLNS

SERVICES = {"control": "cloudfront", "data": "cloudfront-keyvaluestore"}
SIGNERS = {
    ("sigv4", False): SigV4Auth,
    ("sigv4", True): SigV4QueryAuth,
    ("sigv4a", False): CrtSigV4AsymAuth,
    ("sigv4a", True): CrtSigV4AsymQueryAuth,
}


def xml(root, inner):
    """The body of a request of the control plane."""
    return f'<{root} xmlns="{XMLNS}">{inner}</{root}>'


def create(inner):
    return xml("CreateKeyValueStoreRequest", inner)


def update(inner):
    return xml("UpdateKeyValueStoreRequest", inner)


def store_path(arn, *rest):
    """A path of the data plane, encoded as the clients encode it; `rest` may end with a key."""
    segments = ["key-value-stores", arn, *rest]
    return "/" + "/".join(quote(segment, safe="-_.~") for segment in segments)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def xml(self):
        return ElementTree.fromstring(self.body)

    @property
    def code(self):
        """The error's code, in whichever format it stands."""
        if "x-amzn-errortype" in self.headers:
            return self.headers["x-amzn-errortype"].split(":")[0]
        found = self.xml.find(f"{{{XMLNS}}}Error/{{{XMLNS}}}Code")
        return None if found is None else found.text

    @property
    def message(self):
        if "x-amzn-errortype" in self.headers:
            return self.json["Message"]
        return self.xml.find(f"{{{XMLNS}}}Error/{{{XMLNS}}}Message").text

    @property
    def request_id(self):
        return self.headers["x-amzn-requestid"]


@dataclass
class Request:
    method: str
    path: str
    query: str = ""
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self):
        return f"{self.path}?{self.query}" if self.query else self.path

    def but(self, headers=None, **changes):
        """The same request with something changed; a header that is None is taken away."""
        merged = {name.lower(): value for name, value in self.headers.items()}
        merged |= {name.lower(): value for name, value in (headers or {}).items()}
        merged = {name: value for name, value in merged.items() if value is not None}
        return replace(self, headers=merged, **changes)

    def send(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        with contextlib.closing(connection):
            connection.putrequest(
                self.method, self.target, skip_host=True, skip_accept_encoding=True
            )
            headers = {"host": f"127.0.0.1:{server.port}"}
            headers |= {name.lower(): value for name, value in self.headers.items()}
            if self.body or self.method in ("PUT", "POST"):
                headers.setdefault("content-length", str(len(self.body)))
            for name, value in headers.items():
                connection.putheader(name, value)
            # A server that refuses a body unread may close before all of it is sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders(self.body or None)
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read())

    def bytes(self, server, target=None, connection="close"):
        """The request as it goes over the wire."""
        headers = {"host": f"127.0.0.1:{server.port}", "connection": connection}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        if self.body or self.method in ("PUT", "POST"):
            headers.setdefault("content-length", str(len(self.body)))
        lines = [f"{self.method} {target or self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@contextlib.contextmanager
def signed_at(moment):
    """Has botocore's signers take that moment for now."""

    def now(remove_tzinfo=True):
        return moment.replace(tzinfo=None) if remove_tzinfo else moment

    with (
        mock.patch("botocore.auth.get_current_datetime", now),
        mock.patch("botocore.crt.auth.get_current_datetime", now),
    ):
        yield


def sign(
    request,
    caller,
    plane,
    scheme=None,
    service=None,
    region=None,
    key=None,
    secret=None,
    token=None,
    age=timedelta(0),
    presign=False,
    expires=3600,
    host=None,
    signer=None,
):
    """Signs a request with one of botocore's signers: `age` ago, for any service and region."""
    scheme = scheme or {"control": "sigv4", "data": "sigv4a"}[plane]
    region = region if region is not None else {"sigv4": REGION, "sigv4a": "*"}[scheme]
    credentials = Credentials(key or caller.key, secret or caller.secret, token or caller.token)
    signer = signer or SIGNERS[scheme, presign]
    more = {"expires": expires} if presign else {}
    signer = signer(credentials, service or SERVICES[plane], region, **more)
    host = host or f"127.0.0.1:{caller.server.port}"
    aws = AWSRequest(
        request.method,
        url=f"http://{host}{request.target}",
        headers=dict(request.headers),
        data=request.body,
    )
    with signed_at(datetime.now(timezone.utc) - age):
        signer.add_auth(aws)
    target = re.sub(r"^http://[^/]*", "", aws.url)
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, value in aws.headers.items()} | {"host": host}
    return Request(request.method, path, query, headers, request.body)


def call(caller, plane, method, path, query="", headers=None, body=b"", **how):
    """Sends one signed request."""
    body = body.encode() if isinstance(body, str) else body
    request = Request(method, path, query, headers or {}, body)
    return sign(request, caller, plane, **how).send(caller.server)


def assert_refused(answer, plane, code, status, message=None):
    """Checks an error against the format of its plane, in every part that a client reads."""
    assert answer.status == status, answer
    assert answer.code == code, answer
    assert_format(answer, plane)
    if isinstance(message, re.Pattern):
        assert message.search(answer.message), answer.message
    elif message is not None:
        assert answer.message == message


def assert_format(answer, plane):
    """Checks the format of an error of any kind."""
    assert UUID.fullmatch(answer.request_id), answer.headers
    assert "date" in answer.headers, "clients set their clocks by it"
    if plane == "control":
        assert answer.headers["content-type"] == "text/xml"
        assert answer.body.startswith(b'<?xml version="1.0"')
        assert answer.xml.tag == f"{{{XMLNS}}}ErrorResponse"
        names = [child.tag.removeprefix(f"{{{XMLNS}}}") for child in answer.xml.iter()]
        assert names == ["ErrorResponse", "Error", "Type", "Code", "Message", "RequestId"]
        assert answer.xml.find(f"{{{XMLNS}}}Error/{{{XMLNS}}}Type").text == "Sender"
        assert answer.xml.find(f"{{{XMLNS}}}RequestId").text == answer.request_id
        assert "x-amzn-errortype" not in answer.headers
    else:
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json) == ["Message"]
        assert re.fullmatch(r"[A-Za-z]+", answer.headers["x-amzn-errortype"])
    assert answer.message


def converse(server, *parts, timeout=15, end=False):
    """Sends bytes on one connection, and returns all that comes until the server closes it.

    A reset counts as the end: a server that closes before it has read everything causes one. With
    `end`, nothing more is to come, and the server is told so.
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        received = b""
        with contextlib.suppress(OSError):
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
        return received
