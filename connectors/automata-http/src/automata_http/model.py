"""A request as the document states it: parameters in, URL, headers and bytes out. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlencode

from attrs import frozen

from automata.sdk import Effect, InvalidInput, Json, JsonObject

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
DEFAULT_TIMEOUT_S = 30.0
MAX_TIMEOUT_S = 600.0

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REPEATABLE = frozenset({"PUT", "DELETE"})
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}

Pairs: TypeAlias = "list[tuple[str, str]]"


@frozen(kw_only=True)
class Request:
    """One request, its parameters checked."""

    method: str
    url: str
    """With the query."""
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    redirects: int
    idempotency: bool


def effect_of(parameters: JsonObject) -> Effect:
    """What a request with these parameters, as written, does to the world (RFC 9110, section 9.2).

    A method that is an expression is not known before the run, so it counts as unsafe.
    """
    method = parameters.get("method", "GET")
    if not isinstance(method, str):
        return Effect.UNSAFE
    if method in _SAFE:
        return Effect.READ
    if method in _REPEATABLE:
        return Effect.IDEMPOTENT
    return Effect.KEYED if parameters.get("idempotency") is True and method in METHODS else Effect.UNSAFE


def read_request(parameters: JsonObject) -> Request:
    """Check evaluated *parameters*.

    Raises:
        InvalidInput: Naming the parameter.
    """
    method = _text(parameters, "method", "GET")
    if method not in METHODS:
        raise InvalidInput(f"Method {method[:40]!r} is not one of {', '.join(METHODS)}", sent=False)
    body, content_type = _body(parameters)
    headers = {name: _scalar(value, f"headers.{name}") for name, value in _mapping(parameters, "headers").items()}
    if content_type and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = content_type
    redirects = parameters.get("redirects", 0)
    if not isinstance(redirects, int) or isinstance(redirects, bool):
        raise _wrong("redirects", "a whole number")
    return Request(
        method=method,
        url=_with_query(_text(parameters, "url", ""), _pairs(_mapping(parameters, "query"), "query")),
        headers=headers,
        body=body,
        timeout_s=_seconds(parameters.get("timeout", DEFAULT_TIMEOUT_S)),
        redirects=redirects,
        idempotency=parameters.get("idempotency") is True,
    )


def _wrong(name: str, expected: str) -> InvalidInput:
    return InvalidInput(f"Parameter {name!r} must be {expected}", sent=False)


def _text(parameters: JsonObject, name: str, default: str) -> str:
    value = parameters.get(name, default)
    if not isinstance(value, str):
        raise _wrong(name, "a string")
    return value


def _mapping(parameters: JsonObject, name: str) -> JsonObject:
    value = parameters.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(name, "an object")
    return value


def _scalar(value: Json, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _wrong(name, "a string, a number or a boolean")


def _pairs(values: JsonObject, name: str) -> Pairs:
    """Names to values, a list giving its name several times, null giving none."""
    pairs: Pairs = []
    for key, value in values.items():
        several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        pairs += [(key, _scalar(one, f"{name}.{key}")) for one in several if one is not None]
    return pairs


def _with_query(url: str, query: Pairs) -> str:
    if not query:
        return url
    address, _hash, _fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _body(parameters: JsonObject) -> tuple[bytes, str | None]:
    """The bytes to send and their content type, None when there is nothing to send."""
    body, form = parameters.get("body"), _mapping(parameters, "form")
    if form and body is not None:
        raise InvalidInput("Parameters 'body' and 'form' exclude each other", sent=False)
    if form:
        return urlencode(_pairs(form, "form")).encode(), "application/x-www-form-urlencoded"
    if body is None:
        return b"", None
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    if isinstance(body, Mapping) and set(body) == {"base64"}:
        return _bytes(body["base64"]), "application/octet-stream"
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode(), "application/json"


def _bytes(value: Json) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _refuse_bytes()
    except binascii.Error as error:
        raise _wrong("body.base64", "base64 text") from error


def _refuse_bytes() -> bytes:
    raise _wrong("body.base64", "base64 text")


def _seconds(value: Json) -> float:
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        value = float(match[1]) * _UNITS_S[match[2]]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TIMEOUT_S:
        raise _wrong("timeout", "a duration such as 500ms, 20s or 2m, at most 10m")
    return float(value)
