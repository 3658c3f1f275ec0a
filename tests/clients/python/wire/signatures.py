"""Who sent it: both planes, both schemes, in headers and in the query."""

from datetime import timedelta
from hashlib import sha256

from raw import Request, sign

from .data import path
from .world import STORES

WAYS = {"control": "sigv4", "data": "sigv4", "data with SigV4A": "sigv4a"}
EMPTY = sha256(b"").hexdigest()


def run(ask, world):
    store = world.admin.ready("alpha")
    for way, scheme in WAYS.items():
        plane = way.split()[0]
        # With a query, so that there is something to change in it.
        target = {"control": STORES, "data": path(store.arn, "keys")}[plane]
        size = {"control": "MaxItems", "data": "MaxResults"}[plane]
        read = Request("GET", target, f"{size}=1")
        write = {
            "control": Request("PUT", f"{STORES}/alpha", headers={"if-match": "E1"}, body=b"<"),
            "data": Request("PUT", f"{target}/k", headers={"if-match": "KV1"}, body=b"{"),
        }[plane]
        _headers(ask, world, way, plane, scheme, read, write)
        _changed(ask, world, way, plane, scheme, read, write)
        _presigned(ask, world, way, plane, scheme, read)
    for plane in ("control", "data"):
        _malformed(ask, world, plane, store)


def _headers(ask, world, way, plane, scheme, read, write):
    """Signed rightly, but by whom and for what?"""
    admin, session = world.admin.caller, world.session.caller

    def attempt(what, caller=admin, request=read, **how):
        ask(f"signed for {way}: {what}", sign(request, caller, plane, scheme, **how))

    attempt("rightly")
    attempt("rightly, a write", request=write)
    attempt("for another region", region="eu-west-1")
    attempt("for a foreign host", host="kvs.example:4566")
    attempt("four minutes ago", age=timedelta(minutes=4))
    attempt("six minutes ago", age=timedelta(minutes=6))
    attempt("six minutes from now", age=timedelta(minutes=-6))
    attempt("for another service", service="s3")
    attempt(
        "for the other plane",
        service={"control": "cloudfront-keyvaluestore", "data": "cloudfront"}[plane],
    )
    attempt("with another secret", secret="another")
    attempt("by an unknown key", key="AKIAUNKNOWN")
    attempt("by the development key", key="test", secret="test")
    attempt("with a token that is not expected", token="a-token")
    attempt("with its token", session)
    attempt("with another token", session, token="another")
    with_hash = read.but({"x-amz-content-sha256": EMPTY})
    attempt("with the hash of its body", request=with_hash)
    attempt("with another hash", request=read.but({"x-amz-content-sha256": "0" * 64}))
    attempt("without its payload", request=read.but({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}))
    # Only a caller that knows no token leaves it out.
    without = type(
        "Caller",
        (),
        {"key": session.key, "secret": session.secret, "token": None, "server": session.server},
    )
    attempt("without its token", without)


def _changed(ask, world, way, plane, scheme, read, write):
    """Changed after it was signed."""
    signed = sign(read, world.admin.caller, plane, scheme)
    written = sign(write, world.admin.caller, plane, scheme)
    authorization = signed.headers["authorization"]
    changes = {
        "its query": signed.but(query=signed.query.replace("=1", "=2")),
        "its query's order": signed.but(query=f"A=1&{signed.query}"),
        "its path": signed.but(path=signed.path + "x"),
        "its method": signed.but(method="POST"),
        "its body": written.but(body=b"["),
        "its host": signed.but({"host": "other.example"}),
        "its date": signed.but({"x-amz-date": "20200101T000000Z"}),
        "its date away": signed.but({"x-amz-date": None}),
        "its date into a bad one": signed.but({"x-amz-date": "yesterday"}),
        "a header that was not signed": signed.but({"x-other": "1"}),
        "its signature": signed.but({"authorization": authorization[:-4] + "0000"}),
        "its signature into capitals": signed.but(
            {"authorization": authorization[:-64] + authorization[-64:].upper()}
        ),
        "its signed headers": signed.but(
            {"authorization": authorization.replace("SignedHeaders=host;", "SignedHeaders=")}
        ),
        "its scope's end": signed.but(
            {"authorization": authorization.replace("aws4_request", "aws5")}
        ),
        "its scheme": signed.but({"authorization": authorization.replace("AWS4-", "AWS5-", 1)}),
        "into an unsigned one": signed.but({"authorization": None}),
    }
    for what, request in changes.items():
        ask(f"changed for {way}: {what}", request)


def _presigned(ask, world, way, plane, scheme, read):
    admin = world.admin.caller

    def presigned(request=read, **how):
        return sign(request, admin, plane, scheme, presign=True, **how)

    good = presigned()
    both = good.but({"authorization": sign(read, admin, plane, scheme).headers["authorization"]})
    requests = {
        "rightly": good,
        "with another secret": presigned(secret="another"),
        "and outlived": presigned(age=timedelta(minutes=2), expires=60),
        "from the future": presigned(age=timedelta(minutes=-6)),
        "for eight days": presigned(expires=8 * 24 * 3600),
        "for no time": good.but(query=good.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=0")),
        "for a time in words": good.but(
            query=good.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=x")
        ),
        "and signed in a header": both,
        "without a signature": good.but(query=good.query.rpartition("&X-Amz-Signature=")[0]),
        "with more after it": good.but(query=f"{good.query}&Other=1"),
        "with a date in a header": good.but({"x-amz-date": "20260101T000000Z"}),
    }
    for what, request in requests.items():
        ask(f"presigned for {way}: {what}", request)


AUTHORIZATIONS = {
    "empty": "",
    "Basic": "Basic dGVzdDp0ZXN0",
    "Bearer": "Bearer abc",
    "the algorithm alone": "AWS4-HMAC-SHA256",
    "nonsense": "AWS4-HMAC-SHA256 nonsense",
    "no scope": "AWS4-HMAC-SHA256 Credential=AKIAADMIN, SignedHeaders=host, Signature=00",
    "a part twice": "AWS4-HMAC-SHA256 Credential=a, Credential=b",
    "an unknown part": "AWS4-HMAC-SHA256 Credentials=a",
    "a short scope": "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260101/us-east-1/cloudfront, "
    "SignedHeaders=host, Signature=00",
    "SigV4A without a region set": "AWS4-ECDSA-P256-SHA256 "
    "Credential=AKIAADMIN/20260101/cloudfront-keyvaluestore/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00",
}


def _malformed(ask, world, plane, store):
    target = {"control": f"{STORES}/alpha", "data": path(store.arn)}[plane]
    for what, value in AUTHORIZATIONS.items():
        headers = {"authorization": value, "x-amz-date": "20260101T000000Z"}
        ask(f"authorization for {plane}: {what}", Request("GET", target, headers=headers))
