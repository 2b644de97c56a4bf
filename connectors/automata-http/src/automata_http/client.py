"""What an answer means: its body as JSON, text or bytes, and its status as an error class."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from automata.sdk import (
    AuthExpired,
    HttpResponse,
    InvalidInput,
    Json,
    JsonObject,
    PermissionDenied,
    ProviderBroke,
    RateLimited,
    ResourceConflict,
    ResourceNotFound,
    StepError,
    Transient,
)

EXCERPT_BYTES = 2048
"""How much of a failed answer's body goes into the error's details."""

_SHOWN_HEADERS = ("content-type", "location", "retry-after", "www-authenticate", "x-request-id")
_BY_STATUS: dict[int, type[StepError]] = {
    401: AuthExpired,
    403: PermissionDenied,
    404: ResourceNotFound,
    408: Transient,
    409: ResourceConflict,
    410: ResourceNotFound,
    412: ResourceConflict,
    425: Transient,
    429: RateLimited,
}
_TEXT_TYPES = frozenset({"application/xml", "application/javascript", "application/x-www-form-urlencoded"})
_SERVER_ERRORS = 500
_REDIRECTS = range(300, 400)


def read_answer(answer: HttpResponse) -> JsonObject:
    """The node's output for a 2xx answer.

    Raises:
        ProviderBroke: The body says it is JSON and is not.
    """
    return {
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": read_body(answer),
        "url": answer.url,
    }


def read_body(answer: HttpResponse) -> Json:
    """JSON by its content type, text by its charset, anything else as ``{"base64": ...}``; null when it is empty."""
    kind, charset = _content_type(answer.headers.get("content-type", ""))
    if kind == "application/json" or kind.endswith("+json"):
        return _read_json(answer.body) if answer.body.strip() else None
    if kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith("+xml"):
        text = _decode(answer.body, charset)
        if text is not None:
            return text
    return {"base64": base64.b64encode(answer.body).decode()} if answer.body else None


def error_of(answer: HttpResponse, now: datetime, redact: Callable[[str], str]) -> StepError | None:
    """The error an answer stands for, or None for a 2xx one."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - the range of success
        return None
    default = Transient if status >= _SERVER_ERRORS else InvalidInput
    excerpt = redact(answer.body.decode("utf-8", errors="replace"))
    shown = {name: redact(answer.headers[name]) for name in _SHOWN_HEADERS if name in answer.headers}
    details: JsonObject = {"status": status, "headers": shown, "body": _cut(excerpt)}
    place = answer.url.partition("?")[0]
    hint = "; use the new address, or let 'redirects' follow it" if status in _REDIRECTS and "location" in shown else ""
    return _BY_STATUS.get(status, default)(
        f"Answer of {redact(place)!r} has status {status}{hint}",
        details=details,
        retry_after_s=retry_after(answer.headers.get("retry-after", ""), now),
        sent=status != 429,  # noqa: PLR2004 - a request refused for its rate had no effect
    )


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait by a ``Retry-After`` header: seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max(0.0, (when - now).total_seconds()) if when.tzinfo else None


def _content_type(value: str) -> tuple[str, str]:
    """Media type in lower case and charset."""
    message = Message()
    message["content-type"] = value
    charset = message.get_param("charset", "utf-8") if value else "utf-8"
    return message.get_content_type() if "/" in value else "", charset if isinstance(charset, str) else "utf-8"


def _decode(body: bytes, charset: str) -> str | None:
    try:
        return body.decode("utf-8-sig" if charset.lower() in {"utf-8", "utf8"} else charset)
    except (LookupError, ValueError):
        return None


def _read_json(body: bytes) -> Json:
    try:
        text = body.decode("utf-8-sig")
        value: Json = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_refuse_duplicates
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate does not encode
    except (ValueError, RecursionError) as error:
        raise ProviderBroke(f"Answer says it is JSON and is not: {error}") from error
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"number {text[:40]} is too large")
    return number


def _refuse_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _cut(text: str) -> str:
    """At most `EXCERPT_BYTES` of UTF-8; cut after redacting, so that no half secret is left."""
    return text.encode()[:EXCERPT_BYTES].decode(errors="ignore")
