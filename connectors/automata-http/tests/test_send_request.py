"""``http.request`` against a real server on loopback."""

import asyncio
import base64

import pytest
from jsonschema import Draft202012Validator

from automata._core.egress import EgressPolicy
from automata._core.http import GuardedHttp
from automata.sdk import (
    AuthExpired,
    Effect,
    InvalidInput,
    PermissionDenied,
    ProviderBroke,
    RateLimited,
    ResourceConflict,
    ResourceNotFound,
    StepError,
    Transient,
)
from automata.testing.context import FakeContext
from automata.testing.http import HttpServer
from automata_http.actions.send_request import SEND_REQUEST
from automata_http.auth import prove
from automata_http.hooks import automata_credential_kinds, automata_node_types
from automata_http.model import effect_of


@pytest.fixture
def server():
    with HttpServer() as running:
        yield running


def call(server, path="/", credential=None, **parameters):
    async def run():
        async with GuardedHttp(EgressPolicy.parse(server.authority)) as http:
            context = FakeContext(http=http, credential=credential)
            return await SEND_REQUEST.run(context, {"url": server.url(path), **parameters})

    return asyncio.run(run())


def test_the_plugin_brings_one_action_and_one_credential_kind():
    assert [t.name for t in automata_node_types()] == ["http.request"]
    assert [k.name for k in automata_credential_kinds()] == ["http.auth"]


def test_schemas_and_examples_are_valid():
    Draft202012Validator.check_schema(SEND_REQUEST.parameters)
    Draft202012Validator.check_schema(SEND_REQUEST.output)
    for example in SEND_REQUEST.examples:
        Draft202012Validator(SEND_REQUEST.parameters).validate(example["with"])


@pytest.mark.parametrize(
    ("parameters", "effect"),
    [
        ({}, Effect.READ),
        ({"method": "HEAD"}, Effect.READ),
        ({"method": "PUT"}, Effect.IDEMPOTENT),
        ({"method": "DELETE"}, Effect.IDEMPOTENT),
        ({"method": "POST"}, Effect.UNSAFE),
        ({"method": "POST", "idempotency": True}, Effect.KEYED),
        ({"method": "POST", "idempotency": "${vars.x}"}, Effect.UNSAFE),
        ({"method": "${vars.method}"}, Effect.UNSAFE),
        ({"method": "${vars.method}", "idempotency": True}, Effect.UNSAFE),
        ({"method": ["GET"]}, Effect.UNSAFE),
    ],
)
def test_the_effect_follows_the_method(parameters, effect):
    assert effect_of(parameters) == effect


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/json", b'{"a": [1, "\xc3\xbc"]}', {"a": [1, "ü"]}),
        ("application/problem+json; charset=utf-8", b"\xef\xbb\xbf[1]", [1]),
        ("application/json", b"", None),
        ("text/plain; charset=latin-1", b"\xfc", "ü"),
        ("text/csv", b"a,b", "a,b"),
        ("image/svg+xml", b"<svg/>", "<svg/>"),
        ("text/plain; charset=nonsense", b"x", {"base64": "eA=="}),
        ("text/plain", b"\xff", {"base64": "/w=="}),
        ("application/octet-stream", b"\x00", {"base64": "AA=="}),
        ("", b"x", {"base64": "eA=="}),
        ("application/octet-stream", b"", None),
    ],
)
def test_the_body_is_read_by_its_content_type(server, kind, body, expected):
    server.answer("/", body=body, headers={"Content-Type": kind})

    output = call(server)

    assert output["body"] == expected
    assert (output["status"], output["url"]) == (200, server.url("/"))
    Draft202012Validator(SEND_REQUEST.output).validate(output)


@pytest.mark.parametrize(
    "body",
    [b"{", b"NaN", b'{"a":1,"a":2}', b"1e400", b'"\\ud800"', b"[" * 100_000, b"\xff", b"9" * 5000],
)
def test_json_that_is_not_json_is_the_providers_fault(server, body):
    server.answer("/", body=body, headers={"Content-Type": "application/json"})

    with pytest.raises(ProviderBroke, match="says it is JSON and is not"):
        call(server)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, InvalidInput), (400, InvalidInput), (401, AuthExpired), (403, PermissionDenied), (404, ResourceNotFound),
        (405, InvalidInput), (408, Transient), (409, ResourceConflict), (410, ResourceNotFound),
        (412, ResourceConflict),
        (422, InvalidInput), (425, Transient), (429, RateLimited), (500, Transient), (503, Transient),
    ],
)  # fmt: skip
def test_a_status_raises_its_error_class(server, status, kind):
    server.answer("/", status=status, json={"why": "x" * 5000}, headers={"Location": "/x", "X-Request-Id": "7"})

    with pytest.raises(kind, match=f"has status {status}") as caught:
        call(server, "/?key=hush")

    assert type(caught.value) is kind
    assert caught.value.details["status"] == status
    assert caught.value.details["headers"]["x-request-id"] == "7"
    assert len(caught.value.details["body"].encode()) <= 2048
    assert "hush" not in str(caught.value)
    assert caught.value.sent is (status != 429)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("Thu, 01 Jan 2026 00:01:00 -0000", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(server, value, seconds):
    server.answer("/", status=429, headers={"Retry-After": value})

    with pytest.raises(RateLimited) as caught:
        call(server)

    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("parameters", "body", "kind"),
    [
        ({"body": {"a": "ü", "b": None}}, '{"a": "ü", "b": null}'.encode(), "application/json"),
        ({"body": [1]}, b"[1]", "application/json"),
        ({"body": False}, b"false", "application/json"),
        ({"body": "text"}, b"text", "text/plain; charset=utf-8"),
        ({"body": {"base64": "AAE="}}, b"\0\1", "application/octet-stream"),
        ({"form": {"a": [1, 2], "b": True, "c": None, "d": "x y"}}, b"a=1&a=2&b=true&d=x+y",
         "application/x-www-form-urlencoded"),
        ({"body": "<a/>", "headers": {"content-type": "text/xml"}}, b"<a/>", "text/xml"),
        ({}, b"", None),
    ],
)  # fmt: skip
def test_the_body_is_sent_by_its_type(server, parameters, body, kind):
    server.answer("/")

    call(server, method="POST", **parameters)

    [received] = server.requests
    assert (received.body, received.headers.get("content-type")) == (body, kind)


def test_query_headers_and_key_go_out(server):
    server.answer("/")

    call(server, "/?a=1#part", method="POST", query={"b": ["x&y", 2], "c": None}, headers={"X-N": 5}, idempotency=True)

    [received] = server.requests
    assert received.path == "/?a=1&b=x%26y&b=2"
    assert (received.headers["x-n"], received.headers["idempotency-key"]) == ("5", "key-of-node")


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"method": "get"}, "Method 'get'"),
        ({"url": 5}, "'url' must be a string"),
        ({"headers": []}, "'headers' must be an object"),
        ({"headers": {"a": None}}, "'headers.a' must be"),
        ({"query": {"a": {}}}, "'query.a' must be"),
        ({"body": 1, "form": {"a": 1}}, "exclude each other"),
        ({"body": {"base64": "?"}}, "base64 text"),
        ({"body": {"base64": 1}}, "base64 text"),
        ({"redirects": "1"}, "'redirects' must be"),
        ({"redirects": True}, "'redirects' must be"),
        ({"timeout": "1h"}, "'timeout' must be"),
        ({"timeout": 0}, "'timeout' must be"),
        ({"timeout": True}, "'timeout' must be"),
        ({"timeout": 601}, "'timeout' must be"),
    ],
)
def test_wrong_parameters_name_themselves(server, parameters, match):
    with pytest.raises(InvalidInput, match=match) as caught:
        call(server, **parameters)

    assert caught.value.sent is False
    assert server.accepted == 0


def test_a_timeout_is_a_duration(server):
    server.answer("/", delay_s=20)

    with pytest.raises(StepError, match=r"within 0\.05 s") as caught:
        call(server, timeout="50ms")

    assert caught.value.kind == "timed_out"


@pytest.mark.parametrize(
    ("credential", "header", "value"),
    [
        ({"type": "bearer", "token": "t0ken"}, "authorization", "Bearer t0ken"),
        ({"type": "basic", "username": "u", "password": "pass"}, "authorization",
         "Basic " + base64.b64encode(b"u:pass").decode()),
        ({"type": "header", "header": "X-Api-Key", "value": "k3y"}, "x-api-key", "k3y"),
    ],
)  # fmt: skip
def test_a_credential_becomes_a_header(server, credential, header, value):
    server.answer("/")

    call(server, credential=credential, headers={header.title(): "mine"})

    assert server.requests[0].headers[header] == value


def test_no_secret_of_a_credential_gets_into_an_error(server):
    server.answer("/", status=403, body="x" * 2040 + " token canary-7 refused")

    with pytest.raises(PermissionDenied) as caught:
        call(server, credential={"type": "bearer", "token": "canary-7"})

    assert "canary" not in f"{caught.value!r} {caught.value.details}"


def test_a_proof_hides_its_value():
    assert "canary" not in repr(prove({"type": "bearer", "token": "canary"}, "http://a.example"))


def test_a_credential_stays_with_its_hosts(server):
    credential = {"type": "bearer", "token": "t", "hosts": "api.example.com, other.example"}

    with pytest.raises(PermissionDenied, match=r"bound to api\.example\.com, other\.example"):
        call(server, credential=credential)

    assert server.accepted == 0
    assert prove(credential, "https://API.example.com./x").value == "Bearer t"
    with pytest.raises(PermissionDenied):
        prove(credential, "http://[")


@pytest.mark.parametrize(
    "credential",
    [{"type": "other"}, {"type": "bearer"}, {"type": "basic", "username": "u"}, {"type": "bearer", "token": "a\nb"}],
)
def test_an_incomplete_credential_is_refused(server, credential):
    with pytest.raises(InvalidInput):
        call(server, credential=credential)
