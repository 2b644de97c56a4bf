"""``http.request``: send one HTTP request and give its answer."""

from __future__ import annotations

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_http.auth import Proof, prove
from automata_http.client import error_of, read_answer
from automata_http.model import METHODS, effect_of, read_request


async def send_request(context: Context, parameters: JsonObject) -> Json:
    """Send the request *parameters* describe; an answer other than 2xx raises its error class."""
    request = read_request(parameters)
    headers = dict(request.headers)
    proof = prove(context.credential, request.url) if context.credential else Proof("", "")
    if proof.name:
        headers = {name: value for name, value in headers.items() if name.lower() != proof.name.lower()}
        headers[proof.name] = proof.value
    if request.idempotency:
        headers["Idempotency-Key"] = context.idempotency_key
    answer = await context.http.request(
        request.method,
        request.url,
        headers=headers,
        body=request.body,
        timeout_s=request.timeout_s,
        redirects=request.redirects,
    )
    if error := error_of(answer, context.now(), proof.redact):
        raise error
    return read_answer(answer)


_SCALAR = ["string", "number", "boolean"]

_PARAMETERS: JsonObject = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "method": {
            "title": "Method",
            "description": "GET reads, PUT and DELETE may be repeated, POST and PATCH may not",
            "enum": list(METHODS),
            "default": "GET",
        },
        "url": {"title": "URL", "description": "Address, http or https", "type": "string", "minLength": 1},
        "headers": {
            "title": "Headers",
            "description": "Names to values",
            "type": "object",
            "additionalProperties": {"type": _SCALAR},
        },
        "query": {
            "title": "Query",
            "description": "Names to values, percent-encoded for you; a list repeats its name, null leaves it out",
            "type": "object",
            "additionalProperties": {
                "type": [*_SCALAR, "null", "array"],
                "items": {"type": _SCALAR},
            },
        },
        "body": {
            "title": "Body",
            "description": 'A string is sent as text, {"base64": ...} as bytes, any other value as JSON',
        },
        "form": {
            "title": "Form",
            "description": "Fields sent as application/x-www-form-urlencoded, instead of a body",
            "type": "object",
            "additionalProperties": {
                "type": [*_SCALAR, "null", "array"],
                "items": {"type": _SCALAR},
            },
        },
        "timeout": {
            "title": "Timeout",
            "description": "For the whole exchange: 500ms, 20s, 2m, or seconds as a number; at most 10m",
            "type": ["string", "number"],
            "default": "30s",
        },
        "redirects": {
            "title": "Redirects",
            "description": "How many to follow; each is checked like a first request",
            "type": "integer",
            "minimum": 0,
            "maximum": 3,
            "default": 0,
        },
        "idempotency": {
            "title": "Idempotency key",
            "description": "Send Idempotency-Key, the same at every attempt, so that the far side can spot a repeat",
            "type": "boolean",
            "default": False,
        },
    },
}

_OUTPUT: JsonObject = {
    "type": "object",
    "required": ["status", "headers", "body", "url"],
    "properties": {
        "status": {"title": "Status", "description": "200 to 299", "type": "integer"},
        "headers": {
            "title": "Headers",
            "description": "Names in lower case",
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "body": {"title": "Body", "description": 'JSON parsed, text as a string, anything else {"base64": ...}'},
        "url": {"title": "URL", "description": "Where the answer came from", "type": "string"},
    },
}

_DOCS = """\
The answer's body is parsed when its content type says JSON. A status other than 2xx raises an error class an
`error` edge can catch: 400 and 422 `invalid_input`, 401 `auth_expired`, 403 `permission_denied`, 404 and 410
`not_found`, 409 and 412 `conflict`, 429 `rate_limited` (with `Retry-After`), 408, 425 and 5xx `transient`,
a body that is not the JSON it says it is `provider_broke`. Addresses that are not public are refused unless
`AUTOMATA_EGRESS_ALLOW` opens them.
"""

SEND_REQUEST = NodeType(
    name="http.request",
    title="Send an HTTP request",
    summary="Calls an HTTP API and gives its answer",
    effect=Effect.UNSAFE,
    compute_effect=effect_of,
    parameters=_PARAMETERS,
    output=_OUTPUT,
    run=send_request,
    network=True,
    credential="http.auth",
    docs=_DOCS,
    icon="icon.svg",
    examples=(
        {"use": "http.request", "with": {"url": "https://api.example.com/orders", "query": {"page": 1}}},
        {
            "use": "http.request",
            "with": {
                "method": "POST",
                "url": "https://api.example.com/orders",
                "body": {"sku": "A-1"},
                "idempotency": True,
            },
            "retry": {"attempts": 4},
        },
    ),
)
"""The record the catalog gets."""
