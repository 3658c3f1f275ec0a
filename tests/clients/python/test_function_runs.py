"""TestFunction: what functions do when they are run.

The programs are those of `crates/functions/tests/programs`, written in the style of AWS's samples; what each must give
back is what AWS documents of the sample that it is like. They are run with boto3 and through the AWS CLI, the rest with
boto3 alone.
"""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import re
import shlex
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import pytest

from keyfront import new_account, refused, until, Caller
from test_cli import VERSION_1, Shell

PROGRAMS = Path(__file__).parents[3] / "crates" / "functions" / "tests" / "programs"
COULD_NOT_RUN = (
    "The CloudFront function associated with the CloudFront distribution is invalid or could not run. "
)
INVALID = "The CloudFront function returned an invalid value: "


def request(uri="/", method="GET", headers=None, querystring=None, cookies=None, ip="192.0.2.1"):
    """An event of the type viewer-request; fields are given as plain values."""
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request", "requestId": "abc"},
        "viewer": {"ip": ip},
        "request": {
            "method": method,
            "uri": uri,
            "headers": fields(headers),
            "querystring": fields(querystring),
            "cookies": fields(cookies),
        },
    }


def response(status=200, headers=None, cookies=None, to=None):
    """An event of the type viewer-response; `to` is the event of the request."""
    event = to or request()
    event["context"]["eventType"] = "viewer-response"
    event["response"] = {
        "statusCode": status,
        "statusDescription": "OK",
        "headers": fields(headers),
        "cookies": fields(cookies),
    }
    return event


def fields(values):
    return {
        name: value if isinstance(value, dict) else {"value": value}
        for name, value in (values or {}).items()
    }


class Functions:
    """The functions of one account, and a store that they may read."""

    def __init__(self, caller):
        self.caller = caller
        self.made = 0

    def store(self, **entries):
        """A READY store with entries; its ARN."""
        self.made += 1
        name = f"s{self.made}"
        created = self.caller.control.create_key_value_store(Name=name)
        arn = created["KeyValueStore"]["ARN"]
        until(lambda: self._is_ready(name), "the store is ready")
        self.put(arn, entries)
        return arn

    def _is_ready(self, name):
        found = self.caller.control.describe_key_value_store(Name=name)
        return found["KeyValueStore"]["Status"] == "READY"

    def put(self, arn, entries):
        if entries:
            etag = self.caller.data.describe_key_value_store(KvsARN=arn)["ETag"]
            puts = [{"Key": key, "Value": value} for key, value in entries.items()]
            self.caller.data.update_keys(KvsARN=arn, IfMatch=etag, Puts=puts)

    def create(self, code, store=None, runtime="cloudfront-js-2.0"):
        """A function; its name and ETag."""
        self.made += 1
        config = {"Comment": "", "Runtime": runtime}
        if store:
            config["KeyValueStoreAssociations"] = {"Quantity": 1, "Items": [{"KeyValueStoreARN": store}]}
        name = f"f{self.made}"
        return name, self._send_create(name, config, code.encode())["ETag"]

    def _send_create(self, name, config, code):
        return self.caller.control.create_function(Name=name, FunctionConfig=config, FunctionCode=code)

    def test(self, function, event, **more):
        name, etag = function
        event = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self._send_test(name, etag, event, **more)["TestResult"]

    def _send_test(self, name, etag, event, **more):
        return self.caller.control.test_function(Name=name, IfMatch=etag, EventObject=event, **more)

    def output(self, function, event):
        """What a function that was created returns."""
        result = self.test(function, event)
        assert result["FunctionErrorMessage"] == "", result
        assert 1 <= int(result["ComputeUtilization"]) <= 100
        return json.loads(result["FunctionOutput"])

    def run(self, code, event, store=None, **more):
        """What a function returns."""
        return self.output(self.create(code, store, **more), event)

    def error(self, code, event=None, store=None, **more):
        """Why a function fails."""
        result = self.test(self.create(code, store, **more), event or request())
        assert result["FunctionOutput"] == "", result
        return result["FunctionErrorMessage"]


class FunctionsOfShell(Functions):
    """Functions that are created and tested through the AWS CLI; `test_cli.py` tries its other version."""

    def __init__(self, caller, folder):
        super().__init__(caller)
        self.shell = Shell(caller.server, caller.account, VERSION_1)
        self.folder = folder

    def _send_create(self, name, config, code):
        return self._send(
            f"create-function --name {name} --function-config {shlex.quote(json.dumps(config))} "
            f"--function-code {self._file(code)}"
        )

    def _send_test(self, name, etag, event):
        return self._send(
            f"test-function --name {name} --if-match {etag} --stage DEVELOPMENT "
            f"--event-object {self._file(event)}"
        )

    def _file(self, content):
        path = self.folder / str(uuid.uuid4())
        path.write_bytes(content)
        return f"fileb://{path}"

    def _send(self, command):
        return self.shell.json(f"aws cloudfront {command}")


@pytest.fixture
def functions(caller):
    return Functions(caller)


def program(name, store=None):
    """The code of a program. Where it has the id of a store, it gets that of the store whose ARN is given."""
    code = (PROGRAMS / f"{name}.js").read_text()
    return code.replace("a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", store.split("/")[1]) if store else code


class Sample(NamedTuple):
    """A program, events with what it must return for each, and what is in the store that it reads."""

    program: str
    cases: list
    entries: dict | None = None


def changed(event, **changes):
    """A case: the event's request or response is passed on with changes."""
    kind = "response" if "response" in event else "request"
    return event, {kind: event[kind] | changes}


def answered(event, status, description, headers=None, body=None):
    """A case: the function answers itself."""
    answer = {"statusCode": status, "statusDescription": description}
    answer |= {"headers": fields(headers), "cookies": {}}
    return event, {"response": answer | ({"body": {"encoding": "text", "data": body}} if body else {})}


def base64_of(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(payload, secret=b"s3cret"):
    """A JSON Web Token."""
    parts = [base64_of(json.dumps(part).encode()) for part in ({"alg": "HS256"}, payload)]
    signed = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64_of(signed)])


def with_token(jwt):
    return request(querystring={"jwt": jwt, "test": "1"})


def signed(expires, secret=b"secret"):
    """A request whose query is signed with a key of `signed_url`."""
    signature = hmac.new(secret, f"GET\n/film\n{expires}".encode(), hashlib.sha256).hexdigest()
    return request("/film", querystring={"expires": str(expires), "signature": signature, "page": "2"})


def preflight(origin):
    return response(to=request(method="OPTIONS", headers={"origin": origin}))


NOW = int(time.time())
DAY = 24 * 60 * 60

# Programs that choose at random have events here for which there is one choice.
SAMPLES = [
    Sample(
        "ab_test",
        [
            changed(request("/p"), uri="/b/p", cookies=fields({"X-Experiment-Name": "b"})),
            changed(request("/p", cookies={"X-Experiment-Name": "c"}), uri="/c/p"),
        ],
        {"weights": '{"a": 0, "b": 1}'},
    ),
    Sample(
        "basic_auth",
        [
            answered(
                request(headers={"authorization": "Basic eDp5"}),
                401,
                "Unauthorized",
                {"www-authenticate": "Basic realm=\"Enter 'your' name\""},
                "<h1>401</h1>\n",
            ),
            changed(request(headers={"authorization": "Basic dXNlcjpwYXNzd29yZA=="})),
        ],
    ),
    Sample(
        "cookies",
        [
            changed(
                response(to=request(cookies={"sid": "1"})),
                cookies={
                    "session": {"value": "1"},
                    "sid": {"value": "", "attributes": "Max-Age=0; Path=/; Secure; HttpOnly"},
                },
            ),
            changed(response(to=request(cookies={"session": "1"}))),
            changed(response(404)),
        ],
    ),
    Sample(
        "cors",
        [
            changed(
                preflight("https://a.example.com"),
                headers=fields(
                    {
                        "access-control-allow-origin": "https://a.example.com",
                        "vary": "Origin",
                        "access-control-max-age": "86400",
                    }
                ),
            ),
            changed(preflight("https://example.org")),
        ],
    ),
    Sample(
        "device",
        [
            changed(
                request(headers={"user-agent": "Mozilla/5.0 (iPhone)"}),
                uri="/m/",
                headers=fields(
                    {
                        "user-agent": "Mozilla/5.0 (iPhone)",
                        "x-device": "mobile/11",
                        "x-checked": "1",
                    }
                ),
            ),
            changed(request(), headers=fields({"x-device": "desktop/11", "x-checked": "1"})),
        ],
    ),
    Sample(
        "index_document",
        [
            changed(request("/docs/"), uri="/docs/index.html"),
            changed(request("/docs"), uri="/docs/index.html"),
            changed(request("/a.css")),
        ],
    ),
    Sample(
        "jwt",
        [
            changed(with_token(token({"exp": NOW + DAY})), querystring=fields({"test": "1"})),
            answered(with_token(token({"exp": NOW - DAY})), 401, "Unauthorized"),
            answered(with_token(token({"nbf": NOW + DAY})), 401, "Unauthorized"),
            answered(with_token(token({"exp": NOW + DAY}, b"other")), 401, "Unauthorized"),
            answered(with_token("x.y"), 401, "Unauthorized"),
        ],
        {"jwt.secret": "s3cret"},
    ),
    Sample(
        "language",
        [
            changed(
                request(headers={"accept-language": "it, fr-CH;q=0.9, en;q=0.8"}),
                headers=fields({"accept-language": "it, fr-CH;q=0.9, en;q=0.8", "x-language": "fr"}),
            ),
            changed(request(), headers=fields({"x-language": "en"})),
        ],
    ),
    Sample(
        "maintenance",
        [
            changed(request(ip="192.0.2.2")),
            answered(
                request(ip="192.0.2.9"),
                503,
                "Service Unavailable",
                {"retry-after": "300", "content-type": "text/html; charset=utf-8"},
                "<!DOCTYPE html>\n<html>\n  <head><title>Back soon</title></head>\n  <body>\n"
                "    <p>We are back at Tue, 14 Nov 2023 22:13:20 GMT.</p>\n  </body>\n</html>",
            ),
        ],
        {"maintenance": "on", "allowed_ips": "192.0.2.1 192.0.2.2"},
    ),
    Sample(
        "normalize_query",
        [
            changed(
                request(
                    querystring={
                        "utm": "x",
                        "q": "%20Shoes",
                        "page": {"value": "2", "multiValue": [{"value": "2"}, {"value": "3"}]},
                    }
                ),
                querystring={
                    "page": {"value": "2", "multiValue": [{"value": "2"}, {"value": "3"}]},
                    "q": {"value": "shoes"},
                },
            )
        ],
    ),
    Sample(
        "origin_by_path",
        [
            changed(request("/api/x"), headers=fields({"x-routed-by": "prefix /api/"})),
            changed(request("/")),
        ],
    ),
    Sample(
        "redirect_by_country",
        [
            answered(
                request("/index.html", headers={"cloudfront-viewer-country": "DE"}),
                302,
                "Found",
                {"location": "https://www.example.com/de/index.html"},
            ),
            changed(request("/index.html", headers={"cloudfront-viewer-country": "US"})),
        ],
    ),
    Sample(
        "redirects_from_store",
        [
            answered(
                request("/OLD/", querystring={"a": "1%202", "flag": ""}),
                302,
                "Found",
                {"location": "/new?a=1%202&flag", "cache-control": "max-age=3600"},
            ),
            answered(
                request("/gone"),
                301,
                "Moved Permanently",
                {"location": "https://b.example/x", "cache-control": "max-age=3600"},
            ),
            changed(request("/other")),
        ],
        {"/old": "/new", "/gone": "https://b.example/x", "/gone:permanent": "1"},
    ),
    Sample(
        "security_headers",
        [
            changed(
                response(headers={"server": "x", "x-frame-options": "SAMEORIGIN"}),
                headers=fields(
                    {
                        "x-frame-options": "SAMEORIGIN",
                        "strict-transport-security": "max-age=63072000; includeSubdomains; preload",
                        "content-security-policy": "default-src 'none'; img-src 'self'; script-src 'self'",
                        "x-content-type-options": "nosniff",
                        "referrer-policy": "same-origin",
                    }
                ),
            )
        ],
    ),
    Sample(
        "signed_url",
        [
            changed(
                signed(NOW + DAY),
                querystring=fields({"page": "2"}),
                headers=fields({"x-query": "a=1&b=2&b=3"}),
            ),
            answered(signed(NOW - DAY), 403, "Forbidden", {"x-reason": "expired"}),
            answered(signed(NOW + DAY, b"other"), 403, "Forbidden", {"x-reason": "signature"}),
            answered(request("/film"), 403, "Forbidden", {"x-reason": "parameters"}),
        ],
    ),
    Sample(
        "true_client_ip",
        [
            changed(
                request(ip="2001:db8::1"),
                headers=fields({"true-client-ip": "2001:db8::1", "x-viewer": "2001:db8::1 abc"}),
            )
        ],
    ),
]


@pytest.mark.timeout(120)
class TestSamples:
    @pytest.fixture(params=["boto3", "cli"])
    def functions(self, request, caller, tmp_path):
        return Functions(caller) if request.param == "boto3" else FunctionsOfShell(caller, tmp_path)

    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.program)
    def test_a_program_returns_what_is_documented(self, functions, sample):
        store = functions.store(**sample.entries) if sample.entries else None
        function = functions.create(program(sample.program, store), store)
        events, expected = zip(*sample.cases)
        # At the same time, since each call of the AWS CLI takes most of a second to start.
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            outputs = pool.map(lambda event: functions.output(function, event), events)
            assert list(outputs) == list(expected)

    def test_the_output_that_aws_shows(self, functions):
        """To the byte, from "Test functions" in AWS's guide; the order of the members is that of its engine."""
        code = """function handler(event) {
    return {
        statusCode: 302,
        statusDescription: 'Found',
        headers: {
            'cloudfront-functions': { value: 'generated-by-CloudFront-Functions' },
            'location': { value: 'https://aws.amazon.com/cloudfront/' }
        }
    };
}"""
        result = functions.test(functions.create(code, runtime="cloudfront-js-1.0"), request())
        assert result["FunctionOutput"] == (
            '{"response":{"headers":{"cloudfront-functions":{"value":"generated-by-CloudFront-Functions"},'
            '"location":{"value":"https://aws.amazon.com/cloudfront/"}},"statusDescription":"Found",'
            '"cookies":{},"statusCode":302}}'
        )
        assert (result["FunctionErrorMessage"], result["FunctionExecutionLogs"]) == ("", [])
        assert result["FunctionSummary"]["Status"] == "UNPUBLISHED"
        assert result["FunctionSummary"]["FunctionMetadata"]["Stage"] == "DEVELOPMENT"

    def test_a_changed_key_is_seen_without_publishing_anything(self, functions):
        store = functions.store()
        function = functions.create(program("redirects_from_store"), store)
        result = functions.test(function, request("/other"))
        assert result["FunctionExecutionLogs"] == ["/other: Error: KeyNotFound"]
        functions.put(store, {"/other": "/found"})
        output = functions.output(function, request("/other"))
        assert output["response"]["headers"]["location"]["value"] == "/found"


class TestSamplesBesides:
    """What samples do that a table of outputs does not show: what they choose at random, and order."""

    def test_an_experiment_by_cookie(self, functions):
        store = functions.store(weights='{"a": 0.5, "b": 0.5}')
        function = functions.create(program("ab_test", store), store)
        seen = set()
        for _ in range(40):
            output = functions.output(function, request("/p"))["request"]
            variant = output["cookies"]["X-Experiment-Name"]["value"]
            assert output["uri"] == f"/{variant}/p"
            seen.add(variant)
        assert seen == {"a", "b"}

    def test_a_session_for_each_viewer(self, functions):
        function = functions.create(program("cookies"))
        outputs = [functions.output(function, response()) for _ in range(2)]
        sessions = [output["response"]["cookies"]["session"] for output in outputs]
        for session in sessions:
            assert session["attributes"] == "Path=/; Secure; HttpOnly; SameSite=Lax"
            assert re.fullmatch("[0-9a-z]{32}", session["value"])
        assert sessions[0] != sessions[1]

    def test_the_parameters_of_a_query_come_in_one_order(self, functions):
        function = functions.create(program("normalize_query"))
        for names in [["sort", "q", "page"], ["page", "q", "sort"]]:
            output = functions.output(function, request(querystring=dict.fromkeys(names, "1")))
            assert list(output["request"]["querystring"]) == ["page", "q", "sort"]


def test_every_program_is_a_sample():
    assert [sample.program for sample in SAMPLES] == sorted(path.stem for path in PROGRAMS.glob("*.js"))


class TestFieldCases:
    """Public functions of people who use them at AWS."""

    def test_an_await_was_forgotten(self, functions):
        code = """import cf from 'cloudfront';
const kvs = cf.kvs();
async function handler(event) {
    var r = event.request;
    var page = kvs.get('page');
    r.uri = `/${page}`;
    return r;
}"""
        output = functions.run(code, request(), functions.store(page="home.html"))
        assert output["request"]["uri"] == "/[object Promise]"

    def test_the_spread_of_an_object(self, functions):
        code = "function handler(event) {\n  var meta = {};\n  var all = { ...meta, b: 2 };\n  return event.request;\n}"
        assert functions.error(code) == (
            COULD_NOT_RUN + 'SyntaxError: Token "..." not supported in this version in 3'
        )

    def test_the_value_of_an_entry_is_text(self, functions):
        code = """import cf from 'cloudfront';
const kvs = cf.kvs();
async function handler(event) {
    const entry = await kvs.get('k');
    const value = JSON.parse(WHAT);
    event.request.uri = value.uri;
    return event.request;
}"""
        store = functions.store(k='{"uri":"/x"}')
        assert functions.error(code.replace("WHAT", "entry.value"), store=store) == (
            COULD_NOT_RUN + "SyntaxError: Unexpected token at position 0"
        )
        output = functions.run(code.replace("WHAT", "entry"), request(), store)
        assert output["request"]["uri"] == "/x"

    def test_an_import_after_statements_and_an_id(self, functions):
        code = """var kvsId = 'ID';
import cf from 'cloudfront';
async function handler(event) {
    var kvs = cf.kvs(kvsId);
    var lines = (await kvs.get(event.request.uri)).split('\\n');
    lines.forEach(function (line) {
        var at = line.indexOf(':');
        event.response.headers[line.slice(0, at).toLowerCase()] = { value: line.slice(at + 1).trim() };
    });
    return event.response;
}"""
        store = functions.store(**{"/": "X-One: 1\nX-Two: 2"})
        code = code.replace("ID", store.split("/")[1])
        output = functions.run(code, response(to=request("/")), store)
        assert output["response"]["headers"] == fields({"x-one": "1", "x-two": "2"})
        assert functions.error(code, response(to=request("/none")), store) == COULD_NOT_RUN + "Error: KeyNotFound"
        wrong = code.replace(store.split("/")[1], "wrong")
        assert "KVSNamespaceNotFound" in functions.error(wrong, response(), store)

    def test_a_query_is_written_out(self, functions):
        code = """function handler(event) {
    var qs = event.request.querystring, parts = [];
    for (var name in qs) {
        var all = qs[name].multiValue || [qs[name]];
        all.forEach(function (one) { parts.push(one.value ? name + '=' + one.value : name); });
    }
    return { statusCode: 301, headers: { location: { value: '/new?' + parts.join('&') } } };
}"""
        querystring = {
            "utm_source": "a%20b",
            "x": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2%2C3"}]},
            "gclid": "",
        }
        output = functions.run(code, request(querystring=querystring))["response"]
        assert output["headers"]["location"]["value"] == "/new?utm_source=a%20b&x=1&x=2%2C3&gclid"
        assert set(output) == {"headers", "cookies", "statusCode"}


class TestStores:
    CODE = """import cf from 'cloudfront';
const kvs = cf.kvs();
async function handler(event) {
    const seen = [
        await kvs.get('json', { format: 'json' }),
        (await kvs.get('text', { format: 'bytes' })).toString('hex'),
        await kvs.exists('text'), await kvs.exists('none'),
        (await kvs.meta()).keyCount, await kvs.count(),
    ];
    console.log(JSON.stringify(seen));
    return event.request;
}"""

    def test_values_in_every_format(self, functions):
        store = functions.store(json='{"a":[1,2]}', text="é")
        result = functions.test(functions.create(self.CODE, store), request())
        assert result["FunctionErrorMessage"] == ""
        assert json.loads(result["FunctionExecutionLogs"][0]) == [{"a": [1, 2]}, "c3a9", True, False, 2, 2]

    def test_without_an_association_there_is_no_store(self, functions):
        assert "KVSNamespaceNotFound" in functions.error(self.CODE)

    def test_each_stage_reads_its_own_store(self, functions):
        code = """import cf from 'cloudfront';
async function handler(event) { event.request.uri = await cf.kvs().get('k'); return event.request; }"""
        old, new = functions.store(k="/old"), functions.store(k="/new")
        name, etag = functions.create(code, old)
        control = functions.caller.control
        control.publish_function(Name=name, IfMatch=etag)
        config = {
            "Comment": "",
            "Runtime": "cloudfront-js-2.0",
            "KeyValueStoreAssociations": {"Quantity": 1, "Items": [{"KeyValueStoreARN": new}]},
        }
        etag = control.update_function(
            Name=name, IfMatch=etag, FunctionConfig=config, FunctionCode=code.encode()
        )["ETag"]
        for stage, expected in [("DEVELOPMENT", "/new"), ("LIVE", "/old")]:
            etag = control.describe_function(Name=name, Stage=stage)["ETag"]
            result = functions.test((name, etag), request(), Stage=stage)
            assert json.loads(result["FunctionOutput"])["request"]["uri"] == expected
            assert result["FunctionSummary"]["FunctionMetadata"]["Stage"] == stage


class TestFailures:
    @pytest.mark.parametrize(
        "code, text",
        [
            ("class A {}", 'SyntaxError: Token "class" not supported in this version in 1'),
            ("\nexport default 1", "SyntaxError: Illegal export statement in 2"),
            ("function handler(e) { return e.x.y }", 'TypeError: cannot get property "y" of undefined'),
            ("function handler(e) { throw new Error('boom') }", "Error: boom"),
            ("async function handler(e) { throw new Error('boom') }", "Error: boom"),
            ("function handler(e) { new Map() }", 'ReferenceError: "Map" is not defined'),
            ("function handler(e) { eval('1') }", "InternalError: Not implemented"),
            (
                "function handler(e) { console.error('x') }",
                'TypeError: (intermediate value)["error"] is not a function',
            ),
        ],
    )
    def test_errors_are_in_the_words_of_aws(self, functions, code, text):
        assert functions.error(code) == COULD_NOT_RUN + text

    @pytest.mark.parametrize(
        "code",
        [
            "function handler(e) { for (;;) {} }",
            "async function handler(e) { for (;;) { try { await 0 } catch (x) {} } }",
            "function handler(e) { var a = []; for (;;) { a.push('x'.repeat(1000)) } }",
            "function handler(e) { return new Promise(function () {}) }",
            "function handler(e) { return handler(e) }",
            "var handled = 1",
        ],
    )
    def test_a_run_that_would_not_end_fails_alone(self, functions, code):
        assert functions.error(code).startswith(COULD_NOT_RUN)
        assert functions.run("function handler(e) { return e.request }", request())

    def test_logs_are_kept_when_it_fails(self, functions):
        code = "function handler(e) { console.log('one'); console.log({ a: 1 }); e.x.y }"
        result = functions.test(functions.create(code), request())
        assert result["FunctionExecutionLogs"] == ["one", "{a:1}"]
        assert result["FunctionErrorMessage"].startswith(COULD_NOT_RUN)

    def test_logs_are_cut_at_ten_kilobytes(self, functions):
        code = "function handler(e) { for (var i = 0; i < 100; i += 1) { console.log('x'.repeat(999)) } return e.request }"
        result = functions.test(functions.create(code), request())
        assert sum(len(line) for line in result["FunctionExecutionLogs"]) <= 10 * 1024

    @pytest.mark.parametrize(
        "returned, text",
        [
            (
                "{ statusCode: 200, headers: { 'X-Up': { value: '1' } } }",
                INVALID + "response.headers must have header names in lower case.",
            ),
            (
                "Object.assign(e.request, { headers: { 'x-forwarded-proto': { value: 'https' } } })",
                "The CloudFront function tried to add a disallowed header",
            ),
            ("undefined", INVALID),
            ("{ statusCode: 99 }", INVALID),
            ("Object.assign(e.request, { uri: 'x' })", INVALID),
        ],
    )
    def test_what_is_returned_is_validated(self, functions, returned, text):
        assert functions.error(f"function handler(e) {{ return {returned} }}").startswith(text)

    @pytest.mark.parametrize("event", [b"{", b"[]", b"{}", b'{"request":1}'])
    def test_what_is_no_event_is_refused(self, functions, event):
        function = functions.create("function handler(e) { return e.request }")
        with refused(functions.caller.control, "InvalidArgument"):
            functions.test(function, event)

    def test_runtime_1_has_neither_const_nor_await(self, functions):
        old = {"runtime": "cloudfront-js-1.0"}
        assert functions.error("\nconst a = 1;", **old) == (
            COULD_NOT_RUN + 'SyntaxError: Token "const" not supported in this version in 2'
        )
        assert functions.run("function handler(e) { var r = e.request; return r; }", request(), **old)

    def test_an_engine_that_fails_is_no_fault_of_the_function(self, start_server):
        server = start_server(function_memory_bytes=2**50)
        functions = Functions(Caller(server, account=new_account()))
        function = functions.create("function handler(e) { return e.request }")
        with refused(functions.caller.control, "TestFunctionFailed"):
            functions.test(function, request())
        until(lambda: "a function could not be run" in server.log(), "it is logged")


class TestBounds:
    def test_an_account_has_its_share_of_the_tests(self, start_server):
        server = start_server(function_tests_per_account=2, function_milliseconds=1000)
        functions = Functions(Caller(server, account=new_account()))
        other = Functions(Caller(server, account=new_account()))
        endless = functions.create("function handler(e) { for (;;) {} }")
        calm = other.create("function handler(e) { return e.request }")
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            tests = [pool.submit(self._code_of, functions, endless) for _ in range(12)]
            assert other.test(calm, request())["FunctionErrorMessage"] == ""
            codes = [test.result() for test in tests]
        assert "ServiceUnavailable" in codes and None in codes

    @staticmethod
    def _code_of(functions, function):
        control = functions.caller.control
        try:
            name, etag = function
            control.test_function(Name=name, IfMatch=etag, EventObject=json.dumps(request()).encode())
        except control.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    def test_runs_hold_up_no_other_request(self, functions, server):
        endless = functions.create("function handler(e) { for (;;) {} }")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            tests = [pool.submit(functions.test, endless, request()) for _ in range(8)]
            for _ in range(20):
                functions.caller.control.list_key_value_stores()
            assert all(test.result()["FunctionErrorMessage"] for test in tests)
