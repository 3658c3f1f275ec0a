"""Asking one request, and rendering its answer so that two runs can be compared."""

import http.client
import io
import re
import socket
from dataclasses import dataclass

from keyfront import CONTROL_ETAG, DATA_ETAG, UUID, XMLNS
from raw import converse

# Ids that the requests themselves hold, which are the same in every run.
ABSENT_ID = "00000000-0000-4000-8000-000000000000"
FOREIGN_ID = "00000000-0000-4000-8000-00000000000f"

HTTP_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
)
TIMES = [
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "{time}"),
    (re.compile(r"\b\d{8}T\d{6}Z"), "{time}"),
    (re.compile(r'("(?:Created|LastModified)":)\d{10}(\.\d{1,3})?(?=[,}])'), r"\1{seconds}"),
    (re.compile(r"(?<![\w-])20\d{6}(?!\w)"), "{day}"),
]
# The parts of a presigned query, each of which is new in every run.
PRESIGNED = re.compile(r"(X-Amz-(?:Signature|Date|Credential|Security-Token)=)[^&]*")
REPEATED = re.compile(r"((?:%[0-9A-F]{2}){1,4}?|.)\1{29,}")


# The headers that nearly every answer has; they are shown where they are missing.
USUAL = {
    ("content-length", "{length}"),
    ("date", "{date}"),
    ("x-amzn-requestid", "{request id}"),
}


@dataclass
class Answer:
    """What came back: the status line, the headers as they came, the body."""

    status: int
    reason: str
    headers: list
    body: bytes

    def header(self, name):
        return next((value for found, value in self.headers if found.lower() == name), "")

    @property
    def etag(self):
        """The ETag; of an answer without one, an ETag that no version has."""
        return self.header("etag") or "E0"

    @property
    def token(self):
        """The NextToken of a list; an empty one if it is the last page."""
        found = re.search(rb'"NextToken":"([^"]*)"', self.body)
        return found[1].decode() if found else ""

    @property
    def arn(self):
        """The ARN of the store that is described."""
        found = re.search(rb"<ARN>([^<]*)</ARN>", self.body)
        absent = f"arn:aws:cloudfront::000000000000:key-value-store/{ABSENT_ID}"
        return found[1].decode() if found else absent


def parse(received, method="GET"):
    """One answer from the bytes of a connection; None if the server closed it without a word."""
    if not received:
        return None

    class Connection:
        def makefile(self, *_):
            return io.BytesIO(received)

    response = http.client.HTTPResponse(Connection(), method=method)
    response.begin()
    return Answer(response.status, response.reason, response.getheaders(), response.read())


def send(request, server):
    """Sends one request over a connection of its own, and reads one answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request.bytes(server, connection="keep-alive"))
        response = http.client.HTTPResponse(connection, method=request.method)
        response.begin()
        return Answer(response.status, response.reason, response.getheaders(), response.read())


class Names:
    """Replaces what is new in every run by the name of the exchange in which it first appeared.

    What appears again has the same name, so that a lost or a repeated version is a difference.
    """

    def __init__(self):
        self._names = {}
        self._exchange = ""
        self._counts = {}

    def begin(self, exchange):
        self._exchange = exchange
        self._counts = {}

    def of(self, kind, value):
        if value not in self._names:
            count = self._counts[kind] = self._counts.get(kind, 0) + 1
            which = f" {count}" if count > 1 else ""
            self._names[value] = f"{{{kind}{which} of {self._exchange}}}"
        return self._names[value]

    def known(self, text):
        """The text with the known tokens replaced, of which one may begin with another."""
        tokens = [value for value, name in self._names.items() if name.startswith("{token")]
        for value in sorted(tokens, key=len, reverse=True):
            text = text.replace(value, self._names[value])
        return text

    def ids(self, text, request_id):
        def name(match):
            found = match[0].lower()
            if found == request_id:
                return "{request id}"
            if found in (ABSENT_ID, FOREIGN_ID):
                return match[0]
            named = self.of("id", found)
            return named if match[0] == found else named.replace("{id", "{ID")

        return re.sub(UUID.pattern, name, text, flags=re.IGNORECASE)


class Recorder:
    """Asks requests, and keeps each answer under the name of its exchange."""

    def __init__(self):
        self.exchanges = {}
        self._names = Names()

    def ask(self, name, request, server):
        """Asks one request; the name must be new."""
        answer = send(request, server)
        self._keep(name, f"{request.method} {request.target}", answer, server)
        return answer

    def ask_bytes(self, name, sent, server):
        """Sends bytes that may be no HTTP, and reads until the server closes the connection."""
        answer = parse(converse(server, sent, timeout=10))
        self._keep(name, repr(sent)[2:-1], answer, server)

    def _keep(self, name, asked, answer, server):
        assert name not in self.exchanges, f"two exchanges are called {name!r}"
        self._names.begin(name)
        lines = [f"> {self._text(asked, server)}"]
        if answer is None:
            lines.append("closed without an answer")
        else:
            lines += self._answer(answer, server)
        self.exchanges[name] = "\n".join(lines)

    def _answer(self, answer, server):
        request_id = answer.header("x-amzn-requestid")
        yield f"{answer.status} {answer.reason}"
        headers = [
            (name, self._header(name.lower(), value, answer, server, request_id))
            for name, value in answer.headers
        ]
        for name, value in sorted(header for header in headers if header not in USUAL):
            yield f"{name}: {value}"
        for name, _ in sorted(USUAL):
            if not answer.header(name):
                yield f"{name}: missing"
        if answer.body:
            body = answer.body.decode(errors="backslashreplace")
            for line in self._text(body, server, request_id).split("\n"):
                yield f"| {line}"

    def _header(self, name, value, answer, server, request_id):
        if name == "date" and HTTP_DATE.fullmatch(value):
            return "{date}"
        if name == "x-amzn-requestid" and UUID.fullmatch(value):
            return "{request id}"
        if name == "content-length":
            # Of an answer to HEAD, which has no body, the length depends on the ids in it.
            is_whole = value == str(len(answer.body)) or (not answer.body and int(value) > 0)
            return "{length}" if is_whole else value
        if name == "etag" and CONTROL_ETAG.fullmatch(value):
            return self._names.of("E", value)
        if name == "etag" and DATA_ETAG.fullmatch(value):
            return self._names.of("KV", value)
        return self._text(value, server, request_id)

    def _text(self, text, server, request_id=None):
        for token in re.findall(r'"NextToken":"([^"]*)"', text):
            self._names.of("token", token)
        text = self._names.known(text)
        text = self._names.ids(text, request_id)
        text = PRESIGNED.sub(r"\1…", text)
        for pattern, name in TIMES:
            text = pattern.sub(name, text)
        text = text.replace(f'xmlns="{XMLNS}"', "xmlns={namespace}")
        text = text.replace(f"127.0.0.1:{server.port}", "127.0.0.1:{port}")
        text = text.replace(f"127.0.0.1%3A{server.port}", "127.0.0.1%3A{port}")
        text = REPEATED.sub(lambda m: f"{{{m[1]} × {len(m[0]) // len(m[1])}}}", text)
        return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def dump(exchanges):
    """The exchanges as the text of the recorded file."""
    return "\n\n".join(f"=== {name}\n{text}" for name, text in exchanges.items()) + "\n"


def load(text):
    """The exchanges from the text of the recorded file."""
    parts = re.split(r"(?:\A|\n\n)=== (.*)\n", text.removesuffix("\n"))
    return dict(zip(parts[1::2], parts[2::2]))
