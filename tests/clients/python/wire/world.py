"""The servers that are asked, the access keys that ask, and the files to import."""

import contextlib
import json
import re
import types
from urllib.parse import quote

from keyfront import Caller, Server, until
from raw import Request, sign

from .exchange import send

BADLY_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")
STORES = "/2020-05-31/key-value-store"
TAGGING = "/2020-05-31/tagging"
ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"


def allow(actions, resources="*", effect="Allow", **more):
    return {"Effect": effect, "Action": actions, "Resource": resources} | more


def arn(store, account=ACCOUNT):
    return f"arn:aws:cloudfront::{account}:key-value-store/{store}"


CONTROL_READ = ["cloudfront:Describe*", "cloudfront:List*"]
DATA_READ = [
    "cloudfront-keyvaluestore:Describe*",
    "cloudfront-keyvaluestore:Get*",
    "cloudfront-keyvaluestore:List*",
]
BOTH = ["cloudfront:*", "cloudfront-keyvaluestore:*"]

# Each key's policy; None is a key without policies, which may do everything in its account.
POLICIES = {
    "admin": None,
    "other": None,
    "session": None,
    "nobody": [],
    "reader": [allow(CONTROL_READ), allow(DATA_READ)],
    "named": [allow(BOTH, arn("alpha*"))],
    "every": [allow(BOTH, arn("*"))],
    "denied": [allow("*"), allow(DATA_READ, arn("*"), "Deny")],
    "elsewhere": [
        allow(BOTH, Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ],
    "importer": [
        allow("cloudfront:*"),
        allow("s3:GetObject", "arn:aws:s3:::imports/good.json"),
        allow("s3:GetBucketLocation", "arn:aws:s3:::imports"),
    ],
    "unlocated": [allow("cloudfront:*"), allow("s3:GetObject", "arn:aws:s3:::imports/*")],
    "creator": [allow("cloudfront:CreateKeyValueStore")],
}


class Person:
    """One access key, and the requests that it signs."""

    def __init__(self, server, key, secret, account, token=None):
        self.server = server
        self.account = account
        self.caller = Caller(server, account=account, key=key, secret=secret, token=token)

    def control(self, method, path, query="", headers=None, body=b"", **how):
        return self._signed("control", method, path, query, headers, body, how)

    def data(self, method, path, query="", headers=None, body=b"", **how):
        return self._signed("data", method, path, query, headers, body, how)

    def _signed(self, plane, method, path, query, headers, body, how):
        body = body.encode() if isinstance(body, str) else body
        request = Request(method, path, query, headers or {}, body)
        if BADLY_ENCODED.search(query):
            # The signer for SigV4A takes no such query.
            how = {"scheme": "sigv4"} | how
        return sign(request, self.caller, plane, **how)

    def ready(self, name):
        """The store of that name once it has left PROVISIONING, with the ETags that it has then."""

        def described():
            answer = send(self.control("GET", f"{STORES}/{name}"), self.server)
            return None if b"<Status>PROVISIONING</Status>" in answer.body else answer

        answer = until(described, f"{name} is READY")
        contents = send(self.data("GET", f"/key-value-stores/{quoted(answer.arn)}"), self.server)
        return types.SimpleNamespace(
            name=name, arn=answer.arn, etag=answer.etag, data_etag=contents.etag
        )

    def settle(self):
        """Waits until no store of the account is PROVISIONING."""

        def settled():
            answer = send(self.control("GET", STORES, "MaxItems=1000"), self.server)
            return b"<Status>PROVISIONING</Status>" not in answer.body

        until(settled, "every store is READY")


def quoted(text):
    """The text as the clients encode one segment of a path."""
    return quote(text, safe="-_.~")


class World:
    """Three servers: one with a credentials file, two in development mode with other settings."""

    def __init__(self, folder):
        self.folder = folder
        self.main = Server(folder / "main", credentials=self._write_credentials())
        # Stores stay PROVISIONING, and an account has room for three.
        self.slow = Server(folder / "slow", provisioning_seconds=3600, stores_per_account=3)
        self.small = Server(
            folder / "small",
            key_bytes=16,
            value_bytes=64,
            store_bytes=300,
            keys_per_update=3,
            update_bytes=150,
            import_bytes=200,
        )
        for name in POLICIES:
            setattr(self, name, self._person(name))

    def _write_credentials(self):
        """The credentials file and its policies, in the folder of the main server."""
        folder = self.folder / "main"
        folder.mkdir(parents=True)
        lines = []
        for name, statements in POLICIES.items():
            lines += [
                "[[access_key]]",
                f'id = "AKIA{name.upper()}"',
                f'secret = "secret of {name}"',
                f'account = "{OTHER_ACCOUNT if name == "other" else ACCOUNT}"',
                f'user = "{name}"',
            ]
            if name == "session":
                lines.append('session_token = "the-token"')
            if statements is not None:
                documents = []
                if statements:
                    policy = {"Version": "2012-10-17", "Statement": statements}
                    (folder / f"{name}.json").write_text(json.dumps(policy))
                    documents = [f"{name}.json"]
                lines.append(f"policies = {json.dumps(documents)}")
        path = folder / "credentials.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _person(self, name):
        account = OTHER_ACCOUNT if name == "other" else ACCOUNT
        token = "the-token" if name == "session" else None
        return Person(self.main, f"AKIA{name.upper()}", f"secret of {name}", account, token)

    def developer(self, server, key="test"):
        """A key of the development mode."""
        return Person(server, key, "test", "000000000000" if key == "test" else key)

    def put_object(self, server, name, content):
        """Writes a file into the bucket `imports`, and returns its ARN."""
        path = server.buckets / "imports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return f"arn:aws:s3:::imports/{name}"

    def stop(self):
        for server in (self.main, self.slow, self.small):
            with contextlib.suppress(AssertionError):
                server.stop()


def id_of(store):
    return re.sub(".*/", "", store.arn)
