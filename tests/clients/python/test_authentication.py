"""Who is let in: every row of the table in aws-facts, section 7.4, on both planes.

The requests are signed by botocore's own signers and then changed.
"""

import json
import re
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth

from keyfront import UUID, Caller, Server, new_account, refused_with, until
from raw import Request, assert_format, assert_refused, call, sign, store_path, update

STORES = "/2020-05-31/key-value-store"
ABSENT = "00000000-0000-4000-8000-000000000000"

# The same failure has a name of its own on each plane.
MISSING = {
    "control": ("MissingAuthenticationToken", 403),
    "data": ("MissingAuthenticationTokenException", 403),
}
INCOMPLETE = {
    "control": ("IncompleteSignature", 400),
    "data": ("IncompleteSignatureException", 400),
}
UNKNOWN_KEY = {
    "control": ("InvalidClientTokenId", 403),
    "data": ("UnrecognizedClientException", 403),
}
MISMATCH = {
    "control": ("SignatureDoesNotMatch", 403),
    "data": ("InvalidSignatureException", 403),
}
WRONG_TOKEN = {
    "control": ("InvalidClientTokenId", 403),
    "data": ("AccessDeniedException", 403),
}

# Both schemes are taken on the data plane.
WAYS = [("control", "sigv4"), ("data", "sigv4"), ("data", "sigv4a")]
each_way = pytest.mark.parametrize(("plane", "scheme"), WAYS, ids=[f"{p}-{s}" for p, s in WAYS])
each_plane = pytest.mark.parametrize("plane", ["control", "data"])


def read_of(plane, store):
    """A request that reads a store."""
    if plane == "control":
        return Request("GET", f"{STORES}/{store.name}")
    return Request("GET", store_path(store.arn))


def list_of(plane, store):
    """A request with a query."""
    if plane == "control":
        return Request("GET", STORES, "MaxItems=5&Status=READY")
    return Request("GET", store_path(store.arn, "keys"), "MaxResults=5")


def write_of(plane, store):
    """A request that changes a store, with a body and an If-Match."""
    if plane == "control":
        body = update("<Comment>written</Comment>")
        headers = {"if-match": store.etag}
        return Request("PUT", f"{STORES}/{store.name}", headers=headers, body=body.encode())
    body = json.dumps({"Value": "written"}).encode()
    headers = {"if-match": store.data_etag, "content-type": "application/json"}
    return Request("PUT", store_path(store.arn, "keys", "a"), headers=headers, body=body)


def assert_unchanged(caller, store):
    described = caller.control.describe_key_value_store(Name=store.name)
    assert described["ETag"] == store.etag
    assert caller.describe(store)["ETag"] == store.data_etag


class TestWhatIsGood:
    @each_way
    def test_a_signed_request(self, caller, store, plane, scheme):
        for request in [read_of(plane, store), list_of(plane, store), write_of(plane, store)]:
            answer = sign(request, caller, plane, scheme).send(caller.server)
            assert answer.status == 200, answer
            assert UUID.fullmatch(answer.request_id)
            assert "date" in answer.headers

    @each_way
    @pytest.mark.parametrize("minutes", [-4, 4])
    def test_a_clock_that_is_a_little_off(self, caller, store, plane, scheme, minutes):
        request = read_of(plane, store)
        age = timedelta(minutes=minutes)
        assert sign(request, caller, plane, scheme, age=age).send(caller.server).status == 200

    @pytest.mark.parametrize("plane", ["control", "data"])
    @pytest.mark.parametrize("region", ["eu-west-1", "aws-global", ""])
    def test_any_region_in_the_scope(self, caller, store, plane, region):
        # As the clients sign with a custom endpoint; Go without a region signs none.
        request = sign(read_of(plane, store), caller, plane, "sigv4", region=region)
        assert f"/{region}/" in request.headers["authorization"]
        assert request.send(caller.server).status == 200

    @pytest.mark.parametrize("regions", ["*", "us-east-1", "us-east-1,eu-west-1", "eu-*"])
    def test_any_set_of_regions(self, caller, store, regions):
        request = sign(read_of("data", store), caller, "data", "sigv4a", region=regions)
        assert request.headers["x-amz-region-set"] == regions
        assert request.send(caller.server).status == 200

    @each_way
    def test_any_host_that_is_the_one_signed(self, caller, store, plane, scheme):
        host = f"{caller.account}.kvs.internal:{caller.server.port}"
        request = sign(read_of(plane, store), caller, plane, scheme, host=host)
        assert request.send(caller.server).status == 200

    @each_way
    def test_a_header_that_was_not_signed(self, caller, store, plane, scheme):
        # Clients add such headers behind the signer.
        request = sign(write_of(plane, store), caller, plane, scheme)
        changed = request.but({"amz-sdk-invocation-id": ABSENT, "user-agent": "changed"})
        assert changed.send(caller.server).status == 200

    @each_way
    def test_the_hash_of_the_body_in_a_header(self, caller, store, plane, scheme):
        # JavaScript and Java send it.
        request = write_of(plane, store)
        request = request.but({"x-amz-content-sha256": sha256(request.body).hexdigest()})
        signed = sign(request, caller, plane, scheme)
        assert "x-amz-content-sha256" in signed.headers["authorization"]
        assert signed.send(caller.server).status == 200

    @each_way
    def test_blanks_in_headers_do_not_matter(self, caller, store, plane, scheme):
        request = read_of(plane, store).but({"x-amz-meta": "a  b   c"})
        signed = sign(request, caller, plane, scheme)
        assert signed.but({"x-amz-meta": " a b c "}).send(caller.server).status == 200

    @each_way
    def test_the_order_of_a_query_does_not_matter(self, caller, store, plane, scheme):
        first, second = {
            "control": ("MaxItems=5", "Status=READY"),
            "data": ("MaxResults=5", "X=%2F%20a"),
        }[plane]
        request = list_of(plane, store).but(query=f"{first}&{second}")
        signed = sign(request, caller, plane, scheme)
        assert signed.but(query=f"{second}&{first}").send(caller.server).status == 200


class TestNoCredentials:
    @each_plane
    def test_a_bare_request(self, caller, store, plane):
        for request in [read_of(plane, store), list_of(plane, store), write_of(plane, store)]:
            assert_refused(request.send(caller.server), plane, *MISSING[plane])
        assert_unchanged(caller, store)


class TestIncomplete:
    @each_plane
    @pytest.mark.parametrize(
        "value",
        [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 nonsense",
            "AWS4-ECDSA-P256-SHA256 Credential=",
            "AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudfront, "
            "SignedHeaders=host, Signature=00",
            "AWS4-UNKNOWN Credential=test/20260101/us-east-1/cloudfront/aws4_request, "
            "SignedHeaders=host, Signature=00",
        ],
    )
    def test_an_authorization_that_cannot_be_read(self, caller, store, plane, value):
        request = read_of(plane, store).but(
            {"authorization": value, "x-amz-date": "20260101T000000Z"}
        )
        assert_refused(request.send(caller.server), plane, *INCOMPLETE[plane])

    @each_way
    @pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
    def test_an_authorization_without_one_of_its_parts(self, caller, store, plane, scheme, part):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        value = signed.headers["authorization"]
        without = re.sub(rf"{part}=[^,]*,? ?", "", value).rstrip(", ")
        assert without != value
        answer = signed.but({"authorization": without}).send(caller.server)
        assert_refused(answer, plane, *INCOMPLETE[plane])

    @each_way
    def test_a_date_that_is_missing(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        answer = signed.but({"x-amz-date": None}).send(caller.server)
        assert_refused(answer, plane, *INCOMPLETE[plane])

    @each_way
    @pytest.mark.parametrize("date", ["", "yesterday", "2026-01-01T00:00:00Z", "20261332T000000Z"])
    def test_a_date_that_cannot_be_read(self, caller, store, plane, scheme, date):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        answer = signed.but({"x-amz-date": date}).send(caller.server)
        assert_refused(answer, plane, *INCOMPLETE[plane])


class TestWrongKey:
    @each_way
    @pytest.mark.parametrize("key", ["AKIANOTKNOWN", "12345678901", "1234567890123", "tes", "TEST"])
    def test_a_key_that_is_not_known(self, caller, store, plane, scheme, key):
        signed = sign(read_of(plane, store), caller, plane, scheme, key=key)
        assert_refused(signed.send(caller.server), plane, *UNKNOWN_KEY[plane])

    @each_way
    @pytest.mark.parametrize("secret", ["tesT", "test ", "t", "x" * 1000])
    def test_a_wrong_secret(self, caller, store, plane, scheme, secret):
        for request in [read_of(plane, store), write_of(plane, store)]:
            signed = sign(request, caller, plane, scheme, secret=secret)
            assert_refused(signed.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    def test_the_key_of_another_account_with_this_ones_signature(self, caller, store):
        # With SigV4 this would be good, since all of these keys have the same secret.
        signed = sign(read_of("data", store), caller, "data", "sigv4a")
        value = signed.headers["authorization"].replace(caller.key, new_account())
        answer = signed.but({"authorization": value}).send(caller.server)
        assert_refused(answer, "data", *MISMATCH["data"])

    def test_the_clients_see_it(self, caller, store):
        stranger = Caller(caller.server, key="AKIANOTKNOWN", account=caller.account)
        with refused_with(*UNKNOWN_KEY["control"]):
            stranger.control.list_key_value_stores()
        with refused_with(*UNKNOWN_KEY["data"]):
            stranger.describe(store)
        liar = Caller(caller.server, account=caller.account, secret="wrong")
        with refused_with(*MISMATCH["control"]):
            liar.control.list_key_value_stores()
        with refused_with(*MISMATCH["data"]):
            liar.describe(store)

    @each_way
    def test_does_not_tell_which_stores_there_are(self, caller, store, plane, scheme):
        absent = type(store)(name="absent", arn=store.arn.replace(store.id, ABSENT))
        for how in [{"secret": "wrong"}, {"key": "AKIANOTKNOWN"}]:
            seen = set()
            for which in [store, absent]:
                request = read_of(plane, which)
                answer = sign(request, caller, plane, scheme, **how).send(caller.server)
                names = frozenset(answer.headers) - {"content-length"}
                seen.add((answer.status, answer.code, answer.message, names))
            assert len(seen) == 1


class TestChangedOnTheWay:
    @each_way
    def test_the_body(self, caller, store, plane, scheme):
        signed = sign(write_of(plane, store), caller, plane, scheme)
        changed = signed.but(body=signed.body.replace(b"written", b"wr1tten"))
        assert_refused(changed.send(caller.server), plane, *MISMATCH[plane])
        emptied = signed.but(body=b"")
        assert_refused(emptied.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    @each_way
    def test_the_body_but_not_its_hash_in_the_header(self, caller, store, plane, scheme):
        request = write_of(plane, store)
        request = request.but({"x-amz-content-sha256": sha256(request.body).hexdigest()})
        signed = sign(request, caller, plane, scheme)
        changed = signed.but(body=signed.body.replace(b"written", b"wr1tten"))
        assert_refused(changed.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    @each_way
    def test_a_signed_header(self, caller, store, plane, scheme):
        signed = sign(write_of(plane, store), caller, plane, scheme)
        for changes in [
            {"if-match": store.data_etag if plane == "control" else store.etag},
            {"if-match": None},
            {"host": "elsewhere.example"},
        ]:
            answer = signed.but(changes).send(caller.server)
            assert answer.status in (400, 403)
            assert_refused(answer, plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    def test_the_set_of_regions(self, caller, store):
        signed = sign(read_of("data", store), caller, "data")
        answer = signed.but({"x-amz-region-set": "us-east-1"}).send(caller.server)
        assert_refused(answer, "data", *MISMATCH["data"])
        answer = signed.but({"x-amz-region-set": None}).send(caller.server)
        assert_refused(answer, "data", *INCOMPLETE["data"])

    @each_way
    def test_the_path(self, caller, store, plane, scheme):
        other = caller.make_store()
        signed = sign(write_of(plane, store), caller, plane, scheme)
        changed = signed.but(path=write_of(plane, other).path)
        assert_refused(changed.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)
        assert_unchanged(caller, other)

    @each_way
    def test_the_method(self, caller, store, plane, scheme):
        signed = sign(write_of(plane, store), caller, plane, scheme)
        changed = signed.but(method="DELETE")
        assert_refused(changed.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    @each_way
    def test_the_query(self, caller, store, plane, scheme):
        signed = sign(list_of(plane, store), caller, plane, scheme)
        for query in [signed.query.replace("5", "6"), signed.query + "&a=b", ""]:
            answer = signed.but(query=query).send(caller.server)
            assert_refused(answer, plane, *MISMATCH[plane])

    @each_way
    def test_the_signature(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        value, signature = signed.headers["authorization"].split("Signature=")
        other = sign(list_of(plane, store), caller, plane, scheme)
        flipped = format(int(signature[-1], 16) ^ 1, "x")
        for changed in [
            signature[:-1] + flipped,
            "0" * len(signature),
            other.headers["authorization"].split("Signature=")[1],
        ]:
            answer = signed.but({"authorization": f"{value}Signature={changed}"}).send(
                caller.server
            )
            assert_refused(answer, plane, *MISMATCH[plane])

    @each_way
    def test_the_list_of_signed_headers(self, caller, store, plane, scheme):
        # Taking a header off the list must not free it to be changed.
        signed = sign(write_of(plane, store), caller, plane, scheme)
        value = signed.headers["authorization"]
        assert "if-match;" in value
        answer = signed.but({"authorization": value.replace("if-match;", "")}).send(caller.server)
        assert_refused(answer, plane, *MISMATCH[plane])
        assert_unchanged(caller, store)

    @each_way
    def test_the_date(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme, age=timedelta(seconds=90))
        now = sign(read_of(plane, store), caller, plane, scheme).headers["x-amz-date"]
        answer = signed.but({"x-amz-date": now}).send(caller.server)
        assert_refused(answer, plane, *MISMATCH[plane])


class TestClock:
    @each_way
    @pytest.mark.parametrize(
        ("minutes", "text"), [(6, "Signature expired"), (-6, ""), (60 * 24, "")]
    )
    def test_more_than_five_minutes_off(self, caller, store, plane, scheme, minutes, text):
        age = timedelta(minutes=minutes)
        answer = sign(read_of(plane, store), caller, plane, scheme, age=age).send(caller.server)
        assert_refused(answer, plane, *MISMATCH[plane])
        if plane == "control":
            assert answer.message.startswith(text)


class TestScope:
    @each_way
    @pytest.mark.parametrize("service", ["s3", "other-plane"])
    def test_another_service(self, caller, store, plane, scheme, service):
        other = {"control": "cloudfront-keyvaluestore", "data": "cloudfront"}[plane]
        service = other if service == "other-plane" else service
        signed = sign(read_of(plane, store), caller, plane, scheme, service=service)
        assert_refused(signed.send(caller.server), plane, *MISMATCH[plane])

    @each_way
    def test_another_day(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        day = signed.headers["x-amz-date"][:8]
        value = signed.headers["authorization"].replace(f"/{day}/", "/20200101/")
        answer = signed.but({"authorization": value}).send(caller.server)
        assert_refused(answer, plane, *MISMATCH[plane])

    @each_way
    def test_another_end(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme)
        value = signed.headers["authorization"].replace("aws4_request", "aws5_request")
        answer = signed.but({"authorization": value}).send(caller.server)
        assert_refused(answer, plane, *MISMATCH[plane])


class TestPayload:
    @each_way
    @pytest.mark.parametrize(
        "value", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "nonsense", "0" * 64]
    )
    def test_an_unsigned_body(self, caller, store, plane, scheme, value):
        # The signature itself is good: it says that the body may be any.
        request = write_of(plane, store).but({"x-amz-content-sha256": value})
        signed = sign(request, caller, plane, scheme)
        assert signed.headers["x-amz-content-sha256"] == value
        assert_refused(signed.send(caller.server), plane, *MISMATCH[plane])
        assert_unchanged(caller, store)


class TestPresigned:
    """The query form."""

    @each_way
    def test_a_read(self, caller, store, plane, scheme):
        for request in [read_of(plane, store), list_of(plane, store)]:
            signed = sign(request, caller, plane, scheme, presign=True)
            assert "X-Amz-Signature=" in signed.query
            assert "authorization" not in signed.headers
            bare = Request("GET", signed.path, signed.query)
            assert bare.send(caller.server).status == 200

    @each_way
    def test_is_good_for_as_long_as_it_says(self, caller, store, plane, scheme):
        request = read_of(plane, store)
        old = timedelta(minutes=20)
        good = sign(request, caller, plane, scheme, presign=True, expires=3600, age=old)
        assert good.send(caller.server).status == 200
        expired = sign(request, caller, plane, scheme, presign=True, expires=60, age=old)
        assert_refused(expired.send(caller.server), plane, *MISMATCH[plane])
        early = sign(request, caller, plane, scheme, presign=True, age=-old)
        assert_refused(early.send(caller.server), plane, *MISMATCH[plane])

    @each_way
    def test_changed_on_the_way(self, caller, store, plane, scheme):
        signed = sign(list_of(plane, store), caller, plane, scheme, presign=True)
        other = caller.make_store()
        for changed in [
            signed.but(query=signed.query.replace("=5&", "=6&")),
            signed.but(query=signed.query.replace("Expires=3600", "Expires=7200")),
            signed.but(path=read_of(plane, other).path),
            signed.but(method="POST"),
        ]:
            assert (changed.path, changed.query, changed.method) != (
                signed.path,
                signed.query,
                signed.method,
            )
            assert_refused(changed.send(caller.server), plane, *MISMATCH[plane])

    @each_way
    def test_with_a_wrong_secret_or_key(self, caller, store, plane, scheme):
        request = read_of(plane, store)
        signed = sign(request, caller, plane, scheme, presign=True, secret="wrong")
        assert_refused(signed.send(caller.server), plane, *MISMATCH[plane])
        signed = sign(request, caller, plane, scheme, presign=True, key="AKIANOTKNOWN")
        assert_refused(signed.send(caller.server), plane, *UNKNOWN_KEY[plane])

    @each_way
    @pytest.mark.parametrize(
        "part", ["Credential", "Date", "SignedHeaders", "Signature", "Expires"]
    )
    def test_without_one_of_its_parts(self, caller, store, plane, scheme, part):
        signed = sign(read_of(plane, store), caller, plane, scheme, presign=True)
        parts = signed.query.split("&")
        left = [one for one in parts if not one.startswith(f"X-Amz-{part}=")]
        assert len(left) == len(parts) - 1
        answer = signed.but(query="&".join(left)).send(caller.server)
        assert_refused(answer, plane, *INCOMPLETE[plane])


class TestDotKeys:
    """The keys `.` and `..`, which each client normalises in its own way (wire.md, section 3)."""

    class Raw(SigV4Auth):
        """Signs the path as it is, as Go does."""

        def _normalize_url_path(self, path):
            return quote(path, safe="/~")

    class Rust(SigV4Auth):
        """Leaves a slash behind what is taken off."""

        def _normalize_url_path(self, path):
            *kept, last = path.split("/")
            kept = kept[:-1] if last == ".." else kept
            return quote("/".join([*kept, ""]), safe="/~")

    @pytest.mark.parametrize("signer", [SigV4Auth, Raw, Rust, None])
    @pytest.mark.parametrize("key", [".", ".."])
    def test_every_clients_form(self, caller, store, key, signer):
        caller.update(store, {key: f"of {key}", "a": "1"})
        path = f"{store_path(store.arn)}/keys/{key}"
        how = {"scheme": "sigv4", "signer": signer} if signer else {}
        answer = call(caller, "data", "GET", path, **how)
        assert (answer.status, answer.json["Value"]) == (200, f"of {key}")

    @pytest.mark.parametrize(
        ("signed", "sent"),
        [
            ("keys/a", "keys/../keys/a"),
            ("keys/a", "keys/./a"),
            ("keys/a", "x/../keys/a"),
            ("keys/a", "keys//a"),
            ("keys/a", "keys/a/"),
            ("keys/a", "keys/a/."),
            ("keys", "keys/a/.."),
        ],
    )
    def test_no_other_path_is_normalised(self, caller, store, signed, sent):
        caller.put(store, "a", "1")
        base = store_path(store.arn)
        for scheme in ["sigv4", "sigv4a"]:
            request = sign(Request("GET", f"{base}/{signed}"), caller, "data", scheme)
            answer = request.but(path=f"{base}/{sent}").send(caller.server)
            assert answer.status in (403, 404), answer
            assert_format(answer, "data")

    def test_a_signature_for_another_key_does_not_open_them(self, caller, store):
        caller.update(store, {".": "dot", "a": "1"})
        base = f"{store_path(store.arn)}/keys"
        request = sign(Request("GET", f"{base}/a"), caller, "data")
        answer = request.but(path=f"{base}/.").send(caller.server)
        assert_refused(answer, "data", *MISMATCH["data"])

    def test_the_raw_form_is_taken_for_them_alone(self, caller, store):
        caller.update(store, {"...": "1"})
        path = f"{store_path(store.arn)}/keys/..."
        assert call(caller, "data", "GET", path).status == 200
        path = f"{store_path(store.arn)}/../{quote(store.arn, safe='')}/keys/..."
        answer = call(caller, "data", "GET", path, scheme="sigv4", signer=self.Raw)
        assert answer.status in (403, 404)


class TestTestCredentials:
    """What serves while there is no file of credentials."""

    def test_test_is_the_account_of_zeros(self, server):
        caller = Caller(server, key="test")
        store = caller.make_store(f"zeros-{new_account()}")
        assert store.arn.startswith("arn:aws:cloudfront::000000000000:key-value-store/")
        assert caller.describe(store)["KvsARN"] == store.arn

    def test_an_account_id_is_a_key_of_that_account(self, server):
        caller = Caller(server, account="012345678901")
        store = caller.make_store(f"own-{new_account()}")
        assert store.arn.startswith("arn:aws:cloudfront::012345678901:key-value-store/")

    def test_the_account_of_zeros_by_its_number(self, server):
        test = Caller(server, key="test")
        store = test.make_store(f"same-{new_account()}")
        test.put(store, "a", "1")
        assert Caller(server, account="000000000000").get(store, "a") == "1"

    def test_a_session_token_is_not_expected(self, server):
        caller = Caller(server, account=new_account())
        store = caller.make_store()
        with_token = Caller(server, account=caller.account, token="unexpected")
        with refused_with(*WRONG_TOKEN["control"]):
            with_token.control.list_key_value_stores()
        with refused_with(*WRONG_TOKEN["data"]) as caught:
            with_token.describe(store)
        assert caught.value.response["Error"]["Message"] == "Authentication failed"


class TestSessionTokens:
    FILE = """
        [[access_key]]
        id = "ASIASESSION"
        secret = "the secret/+="
        account = "123456789012"
        user = "alice"
        session_token = "the-token/+="

        [[access_key]]
        id = "AKIAPLAIN"
        secret = "another secret"
        account = "123456789012"
    """

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("tokens")
        (folder / "credentials.toml").write_text(cls.FILE)
        with Server(folder, credentials=folder / "credentials.toml") as server:
            yield server

    @staticmethod
    def session(server, token="the-token/+="):
        return Caller(
            server, account="123456789012", key="ASIASESSION", secret="the secret/+=", token=token
        )

    @pytest.fixture(scope="class")
    @classmethod
    def made(cls, server):
        return cls.session(server).make_store("shared")

    def test_the_right_one(self, server, made):
        session = self.session(server)
        session.put(made, "a", "1")
        plain = Caller(server, account="123456789012", key="AKIAPLAIN", secret="another secret")
        assert plain.get(made, "a") == "1"
        for plane, scheme in WAYS:
            for presign in [False, True]:
                signed = sign(read_of(plane, made), session, plane, scheme, presign=presign)
                assert signed.send(server).status == 200

    @pytest.mark.parametrize("token", [None, "wrong", "the-token/+=x", "the-token/+"])
    def test_a_wrong_one_or_none(self, server, made, token):
        session = self.session(server, token)
        with refused_with(*WRONG_TOKEN["control"]):
            session.control.list_key_value_stores()
        with refused_with(*WRONG_TOKEN["data"]) as caught:
            session.describe(made)
        assert caught.value.response["Error"]["Message"] == "Authentication failed"

    def test_one_where_none_is_expected(self, server, made):
        plain = Caller(
            server, account="123456789012", key="AKIAPLAIN", secret="another secret", token="any"
        )
        with refused_with(*WRONG_TOKEN["control"]):
            plain.control.list_key_value_stores()
        with refused_with(*WRONG_TOKEN["data"]):
            plain.describe(made)

    @each_way
    def test_a_wrong_secret_comes_first(self, server, made, plane, scheme):
        # Who has no secret learns nothing of the token.
        session = self.session(server, token="wrong")
        signed = sign(read_of(plane, made), session, plane, scheme, secret="wrong")
        assert_refused(signed.send(server), plane, *MISMATCH[plane])

    @each_way
    def test_one_changed_on_the_way(self, server, made, plane, scheme):
        signed = sign(read_of(plane, made), self.session(server), plane, scheme)
        answer = signed.but({"x-amz-security-token": "another"}).send(server)
        assert answer.status == 403
        assert answer.code in (MISMATCH[plane][0], WRONG_TOKEN[plane][0])

    def test_the_credentials_of_a_file_replace_those_for_development(self, server, made):
        for key in ["test", "123456789012"]:
            stranger = Caller(server, account="123456789012", key=key)
            with refused_with(*UNKNOWN_KEY["control"]):
                stranger.control.list_key_value_stores()
            with refused_with(*UNKNOWN_KEY["data"]):
                stranger.describe(made)


class TestUnknownPaths:
    @pytest.mark.parametrize(
        ("path", "plane"),
        [
            ("/", "control"),
            ("/nothing", "control"),
            ("/2019-03-26/key-value-store", "control"),
            ("/key-value-store", "control"),
            ("/key-value-stores", "data"),
            ("/key-value-stores/a/b", "data"),
            ("/key-value-stores/a/keys/b/c", "data"),
            ("/_keyfront", "data"),
            ("/_keyfront/nothing", "data"),
        ],
    )
    def test_are_404_in_the_format_of_their_plane(self, server, path, plane):
        caller = Caller(server, account=new_account())
        for answer in [
            Request("GET", path).send(server),
            call(caller, plane, "GET", path),
            call(caller, plane, "POST", path, body="x"),
        ]:
            assert answer.status == 404, (path, answer)
            assert_format(answer, plane)

    @pytest.mark.parametrize("scheme", ["sigv4", "sigv4a"])
    def test_take_the_plane_of_the_scope(self, server, scheme):
        caller = Caller(server, account=new_account())
        answer = call(caller, "data", "GET", "/nothing", scheme=scheme)
        assert answer.status == 404
        assert_format(answer, "data")

    def test_a_method_that_the_data_plane_lacks(self, caller, store):
        for method, rest in [("PATCH", ["keys", "a"]), ("PUT", ["keys"]), ("DELETE", [])]:
            answer = call(caller, "data", method, store_path(store.arn, *rest))
            assert answer.status == 404
            assert_format(answer, "data")


def lines_about(server, request_id):
    """What the log says of a request."""

    def lines():
        return [line for line in server.log().splitlines() if request_id in line]

    return until(lines, "the log names the request", 5)


class TestLog:
    @each_way
    def test_has_the_request_id_that_the_client_saw(self, caller, store, plane, scheme):
        signed = sign(read_of(plane, store), caller, plane, scheme, secret="wrong")
        answer = signed.send(caller.server)
        assert lines_about(caller.server, answer.request_id)

    def test_says_which_step_failed(self, caller, store):
        texts = set()
        for how in [{"secret": "wrong"}, {"key": "AKIANOTKNOWN"}, {"age": timedelta(hours=1)}]:
            signed = sign(read_of("data", store), caller, "data", **how)
            answer = signed.send(caller.server)
            lines = lines_about(caller.server, answer.request_id)
            varying = rf"{answer.request_id}|\d|{caller.key}"
            texts.add(re.sub(varying, "", " ".join(lines)))
        assert len(texts) == 3

    def test_holds_no_secret_and_no_signature(self, server):
        caller = Caller(server, account=new_account())
        secret = "wJalrXUtnFEMI/K7MDENG/a-secret"
        signed = sign(Request("GET", STORES), caller, "control", secret=secret)
        answer = signed.send(server)
        assert lines_about(server, answer.request_id)
        assert secret not in server.log()
        assert signed.headers["authorization"].split("Signature=")[1] not in server.log()
