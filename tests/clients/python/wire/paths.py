"""Probes, paths that nothing is at, and bytes that are no request."""

from raw import Request

from .exchange import ABSENT_ID
from .world import STORES, arn, quoted

PROBES = ["/healthz", "/readyz", "/_localstack/health"]

UNKNOWN = {
    "the root": ("GET", "/"),
    "a path of nothing": ("GET", "/nothing"),
    "a distribution": ("GET", "/2020-05-31/distribution"),
    "functions": ("GET", "/2020-05-31/function?Stage=LIVE"),
    "an invalidation": ("POST", "/2020-05-31/distribution/E1/invalidation"),
    "the version alone": ("GET", "/2020-05-31/"),
    "the version without a slash": ("GET", "/2020-05-31"),
    "another version": ("GET", "/2019-03-26/key-value-store"),
    "two slashes in front": ("GET", "/" + STORES),
    "a store's path with more": ("GET", f"{STORES}/alpha/keys"),
    "a store's path by PATCH": ("PATCH", f"{STORES}/alpha"),
    "stores by DELETE": ("DELETE", STORES),
    "an encoded path": ("GET", "/2020-05-31/key%2Dvalue-store"),
    "the data plane's root": ("GET", "/key-value-stores"),
    "the data plane's root with a slash": ("GET", "/key-value-stores/"),
    "keys by POST on one key": ("POST", f"/key-value-stores/{quoted(arn(ABSENT_ID))}/keys/k"),
    "keys with a slash in a key": ("GET", f"/key-value-stores/{quoted(arn(ABSENT_ID))}/keys/a/b"),
    "keys with a trailing slash": ("DELETE", f"/key-value-stores/{quoted(arn(ABSENT_ID))}/keys"),
    "Keyfront's own paths": ("GET", "/_keyfront/feed"),
    "a path like the data plane's": ("GET", "/key-value-storesX"),
    "markup": ("GET", "/%3Cb%3E%22&amp;"),
}


def run(ask, world):
    for path in PROBES:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            ask(f"{method} {path}", Request(method, path))
        ask(f"GET {path} with a query", Request("GET", path, "a=b"))
        ask(f"GET {path} with a slash", Request("GET", f"{path}/"))
    ask("GET /healthz of another host", Request("GET", "http://other.example/healthz"))
    ask("GET a store of another host", Request("GET", "http://other.example/key-value-stores/x"))
    for what, (method, target) in UNKNOWN.items():
        path, _, query = target.partition("?")
        ask(f"unknown, unsigned: {what}", Request(method, path, query))
    for what in ("the root", "a distribution", "the version alone", "Keyfront's own paths"):
        method, path = UNKNOWN[what]
        ask(f"unknown, signed for data: {what}", world.admin.data(method, path))
        ask(f"unknown, signed for control: {what}", world.admin.control(method, path))


CLOSE = b"Connection: close\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + CLOSE
POST = b"POST /nothing HTTP/1.1\r\nHost: x\r\n" + CLOSE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    "a word": b"hello\r\n\r\n",
    "HTTP 0.9": b"GET /\r\n\r\n",
    "HTTP 1.0": b"GET /healthz HTTP/1.0\r\n\r\n",
    "HTTP 9.9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "a header without a colon": GET + b"broken\r\n\r\n",
    "a blank in a header's name": GET + b"a b: c\r\n\r\n",
    "a blank before the colon": GET + b"X-A : c\r\n\r\n",
    "a null in a header": GET + b"X-A: \0\r\n\r\n",
    "a folded header": GET + b"X-A: b\r\n c\r\n\r\n",
    "lines that end with LF": GET.replace(b"\r\n", b"\n") + b"\n",
    "a blank in the path": b"GET /health z HTTP/1.1\r\nHost: x\r\n\r\n",
    "a control character in the path": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an odd method": b"G@T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "an unknown method": b"BREW /healthz HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n" + CLOSE + b"\r\n",
    "OPTIONS of everything": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n" + CLOSE + b"\r\n",
    "a length in words": POST + b"Content-Length: ten\r\n\r\n",
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n",
    "a length with a plus": POST + b"Content-Length: +1\r\n\r\nx",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "one length twice": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "an unknown transfer coding": POST + b"Transfer-Encoding: nonsense\r\n\r\n",
    "two transfer codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a chunk's length in words": CHUNKED + b"ZZ\r\n\r\n",
    "a whole body in chunks": CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
}


def run_malformed(ask_bytes):
    for what, sent in MALFORMED.items():
        ask_bytes(f"malformed: {what}", sent)
