"""TestFunction with boto3: what functions do when they are run.

The programs are those of `crates/functions/tests/programs`, written in the style of AWS's samples; what each must give
back is what AWS documents of the sample that it is like.
"""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest

from keyfront import new_account, refused, until, Caller

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


def response(status=200, headers=None, cookies=None, **of_request):
    """An event of the type viewer-response."""
    event = request(**of_request)
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
        created = self.caller.control.create_function(
            Name=f"f{self.made}", FunctionConfig=config, FunctionCode=code.encode()
        )
        return f"f{self.made}", created["ETag"]

    def test(self, function, event, **more):
        name, etag = function
        event = event if isinstance(event, bytes) else json.dumps(event).encode()
        tested = self.caller.control.test_function(Name=name, IfMatch=etag, EventObject=event, **more)
        return tested["TestResult"]

    def run(self, code, event, store=None, **more):
        """What a function returns."""
        result = self.test(self.create(code, store, **more), event)
        assert result["FunctionErrorMessage"] == "", result
        assert 1 <= int(result["ComputeUtilization"]) <= 100
        return json.loads(result["FunctionOutput"])

    def error(self, code, event=None, store=None, **more):
        """Why a function fails."""
        result = self.test(self.create(code, store, **more), event or request())
        assert result["FunctionOutput"] == "", result
        return result["FunctionErrorMessage"]


@pytest.fixture
def functions(caller):
    return Functions(caller)


def program(name):
    return (PROGRAMS / f"{name}.js").read_text()


class TestSamples:
    def test_index_document(self, functions):
        for uri, expected in [
            ("/docs/", "/docs/index.html"),
            ("/docs", "/docs/index.html"),
            ("/a.css", "/a.css"),
        ]:
            output = functions.run(program("index_document"), request(uri))
            assert output["request"]["uri"] == expected

    def test_redirects_from_a_store(self, functions):
        store = functions.store(**{"/old": "/new", "/gone": "https://b.example/x", "/gone:permanent": "1"})
        function = functions.create(program("redirects_from_store"), store)
        result = functions.test(function, request("/OLD/", querystring={"a": "1%202", "flag": ""}))
        assert json.loads(result["FunctionOutput"]) == {
            "response": {
                "headers": {
                    "location": {"value": "/new?a=1%202&flag"},
                    "cache-control": {"value": "max-age=3600"},
                },
                "statusDescription": "Found",
                "cookies": {},
                "statusCode": 302,
            }
        }
        result = functions.test(function, request("/gone"))
        assert json.loads(result["FunctionOutput"])["response"]["statusCode"] == 301
        result = functions.test(function, request("/other"))
        assert json.loads(result["FunctionOutput"])["request"]["uri"] == "/other"
        assert result["FunctionExecutionLogs"] == ["/other: Error: KeyNotFound"]

        # A changed key is seen without publishing anything.
        functions.put(store, {"/other": "/found"})
        result = functions.test(function, request("/other"))
        assert json.loads(result["FunctionOutput"])["response"]["headers"]["location"]["value"] == "/found"

    def test_an_experiment_by_cookie(self, functions):
        store = functions.store(weights='{"a": 0.5, "b": 0.5}')
        code = program("ab_test").replace("a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", store.split("/")[1])
        function = functions.create(code, store)
        seen = set()
        for _ in range(40):
            output = json.loads(functions.test(function, request("/p"))["FunctionOutput"])["request"]
            variant = output["cookies"]["X-Experiment-Name"]["value"]
            assert output["uri"] == f"/{variant}/p"
            seen.add(variant)
        assert seen == {"a", "b"}
        event = request("/p", cookies={"X-Experiment-Name": "c"})
        assert json.loads(functions.test(function, event)["FunctionOutput"])["request"]["uri"] == "/c/p"

    def test_a_token_is_verified_with_a_secret_of_the_store(self, functions):
        function = functions.create(program("jwt"), functions.store(**{"jwt.secret": "s3cret"}))

        def text(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        def token(payload, secret=b"s3cret"):
            parts = [text(json.dumps(part).encode()) for part in ({"alg": "HS256"}, payload)]
            signed = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
            return ".".join([*parts, text(signed)])

        now = int(time.time())
        for jwt, accepted in [
            (token({"exp": now + 60}), True),
            (token({"exp": now - 60}), False),
            (token({"nbf": now + 600}), False),
            (token({"exp": now + 60}, b"other"), False),
            ("x.y", False),
        ]:
            result = functions.test(function, request("/", querystring={"jwt": jwt, "test": "1"}))
            output = json.loads(result["FunctionOutput"])
            if accepted:
                assert output["request"]["querystring"] == {"test": {"value": "1"}}
            else:
                assert output["response"]["statusCode"] == 401

    def test_a_query_is_normalized_for_the_cache(self, functions):
        querystring = {
            "utm": "x",
            "q": "%20Shoes",
            "page": {"value": "2", "multiValue": [{"value": "2"}, {"value": "3"}]},
        }
        output = functions.run(program("normalize_query"), request("/", querystring=querystring))
        assert list(output["request"]["querystring"]) == ["page", "q"]
        assert output["request"]["querystring"]["q"] == {"value": "shoes"}

    def test_security_headers_are_added(self, functions):
        event = response(headers={"server": "x", "x-frame-options": "SAMEORIGIN"})
        headers = functions.run(program("security_headers"), event)["response"]["headers"]
        assert headers["x-frame-options"] == {"value": "SAMEORIGIN"}
        assert headers["x-content-type-options"] == {"value": "nosniff"}
        assert "server" not in headers

    def test_scripts_of_some_origins_are_allowed(self, functions):
        for origin, allowed in [("https://a.example.com", True), ("https://example.org", False)]:
            event = response(headers={"origin": origin}, method="OPTIONS")
            event["request"]["headers"] = fields({"origin": origin})
            event["response"]["headers"] = {}
            headers = functions.run(program("cors"), event)["response"]["headers"]
            assert ("access-control-allow-origin" in headers) == allowed

    def test_viewers_are_redirected_by_country(self, functions):
        event = request("/index.html", headers={"cloudfront-viewer-country": "DE"})
        assert functions.run(program("redirect_by_country"), event) == {
            "response": {
                "headers": {"location": {"value": "https://www.example.com/de/index.html"}},
                "statusDescription": "Found",
                "cookies": {},
                "statusCode": 302,
            }
        }

    def test_the_origin_is_chosen_by_path(self, functions):
        output = functions.run(program("origin_by_path"), request("/api/x"))
        assert output["request"]["headers"]["x-routed-by"] == {"value": "prefix /api/"}

    def test_a_closed_site_lets_some_in(self, functions):
        function = functions.create(
            program("maintenance"), functions.store(maintenance="on", allowed_ips="192.0.2.1 192.0.2.2")
        )
        for ip, status in [("192.0.2.2", None), ("192.0.2.9", 503)]:
            output = json.loads(functions.test(function, request(ip=ip))["FunctionOutput"])
            assert output.get("response", {}).get("statusCode") == status

    def test_every_program_runs(self, functions):
        store = functions.store(weights='{"a": 1}', maintenance="off", allowed_ips="")
        for path in sorted(PROGRAMS.glob("*.js")):
            code = path.read_text().replace("a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", store.split("/")[1])
            event = response() if "event.response" in code else request()
            assert functions.run(code, event, store), path.name


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
        output = functions.run(code, response(uri="/"), store)
        assert output["response"]["headers"] == fields({"x-one": "1", "x-two": "2"})
        assert functions.error(code, response(uri="/none"), store) == COULD_NOT_RUN + "Error: KeyNotFound"
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
