"""Frames between the kernel and a child process: four bytes of length, then a JSON object. Knows no socket."""

from __future__ import annotations

import json
import struct

from automata.errors import StepError
from automata.model import Json, JsonObject

HEADER = struct.Struct(">I")
FRAME_LIMIT = 128 * 1024 * 1024
"""Bytes of one frame; an output of 64 MiB fits however its text is escaped within reason."""


class Garbled(Exception):
    """The other side wrote something that is no frame."""


def pack(message: dict[str, Json]) -> bytes:
    """Write a message as a frame.

    Raises:
        StepError: ``payload_too_large``.
    """
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(body) > FRAME_LIMIT:
        raise StepError(
            f"A message of {len(body)} bytes is larger than {FRAME_LIMIT} bytes", error_class="payload_too_large"
        )
    return HEADER.pack(len(body)) + body


def length(header: bytes | bytearray) -> int:
    """Read how long a frame is.

    Raises:
        Garbled: Longer than any frame is.
    """
    size: int = HEADER.unpack(header)[0]
    if size > FRAME_LIMIT:
        raise Garbled(f"A frame of {size} bytes is announced")
    return size


def unpack(body: bytearray) -> JsonObject:
    """Read a frame; *body* is wiped, because it may hold a credential and because it may be large.

    Raises:
        Garbled: It is not a JSON object.
    """
    try:
        text = body.decode()
        wipe(body)
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Garbled(f"A frame is not JSON: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise Garbled("A frame is not a JSON object")
    return message


def wipe(body: bytearray) -> None:
    """Overwrite a buffer, and give its memory back."""
    body[:] = bytes(min(len(body), 64 * 1024))
    body.clear()
