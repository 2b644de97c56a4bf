"""What the kernel answers when an action that is a plain function asks for something, and does when it tells."""

from __future__ import annotations

import base64
import binascii

from automata.errors import InvalidInput
from automata.model import Json, JsonObject
from automata.ports import Context

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of an HTTP answer that still fit one frame."""


async def answer(context: Context, question: str, given: JsonObject) -> Json:
    """Answer a question on behalf of *context*; *given* comes from a stranger and is believed nothing.

    Raises:
        InvalidInput: There is no such question, or it lacks something.
        Exception: Whatever the context raises.
    """
    try:
        match question:
            case "credential":
                credential = context.credential
                return None if credential is None else dict(credential)
            case "idempotency_key":
                return context.idempotency_key
            case "setting":
                return context.setting(str(given["name"]))
            case "evaluate":
                return context.evaluate(str(given["parameter"]))
            case "sleep":
                await context.sleep(_number(given["seconds"]))
                return None
            case "http":
                return await _request(context, given)
            case _:
                pass
    except (binascii.Error, TypeError) as error:
        raise InvalidInput(f"The question {question!r} is not put rightly: {error}") from None
    raise InvalidInput(f"There is no question {question!r}")


def take(context: Context, kind: str, given: JsonObject) -> None:
    """Pass on what the action told: a line for the log, or how far it is."""
    message = str(given.get("message", ""))
    if kind == "log":
        facts = given.get("facts")
        named = facts.items() if isinstance(facts, dict) else ()
        context.log(message, **{key: value for key, value in named if key not in {"self", "message"}})
        return
    done, total = given.get("done"), given.get("total")
    if isinstance(done, int | float):
        context.progress(done, total if isinstance(total, int | float) else None, message)


async def _request(context: Context, given: JsonObject) -> Json:
    headers = given.get("headers")
    response = await context.http.request(
        str(given["method"]),
        str(given["url"]),
        headers={str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else None,
        body=base64.b64decode(str(given.get("body", "")), validate=True),
        timeout_s=_number(given["timeout_s"]),
        max_bytes=min(int(_number(given["max_bytes"])), BODY_LIMIT),
        redirects=int(_number(given["redirects"])),
    )
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": base64.b64encode(response.body).decode(),
        "url": response.url,
    }


def _number(value: Json) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return value
