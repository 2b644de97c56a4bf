"""Large values live outside the journal: what is kept in their place, and how to tell it from a user's own object.

Pure: whoever stores the bytes, and whether that is awaited, is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from automata._core.journal import read_json, write_json
from automata.errors import Damaged, NotFound, StepError
from automata.model import Json

MARK = "$blob"
INLINE_BYTES = 256 * 1024
"""A larger value goes out."""
LARGEST_BYTES = 64 * 1024 * 1024
"""A larger value is refused."""
TYPE = "application/json"

_GLANCE = 64
"""Parts of a value that are looked at before it is written to know its size."""


def offload(value: Json, limit_bytes: int, put: Callable[[str, bytes], object]) -> Json:
    """Return what the journal keeps for *value*: itself, or a reference once its JSON takes more than *limit_bytes*.

    A reference is ``{"$blob": SHA-256, "size": bytes, "type": "application/json"}``. A user's own object with the key
    ``$blob`` becomes ``{"$blob": null, "value": object}``. Only the value as a whole is looked at, never its parts.

    Args:
        value: JSON.
        limit_bytes: Usually `INLINE_BYTES`.
        put: Called with the hash and the bytes of a value that goes out; they must be durable before the reference is.

    Raises:
        StepError: ``payload_too_large``: more than 64 MiB.
    """
    if not _light(value, limit_bytes):
        data = write_json(value)
        if len(data) > LARGEST_BYTES:
            raise StepError(
                f"A value of {len(data)} bytes is larger than {LARGEST_BYTES} bytes", error_class="payload_too_large"
            )
        if len(data) > limit_bytes:
            name = sha256(data).hexdigest()
            put(name, data)
            return {MARK: name, "size": len(data), "type": TYPE}
    return {MARK: None, "value": value} if isinstance(value, Mapping) and MARK in value else value


def load(value: Json, get: Callable[[str], bytes]) -> Json:
    """Return the value that `offload` was given.

    Args:
        value: What the journal keeps.
        get: Gives the bytes of a hash.

    Raises:
        Damaged: The reference, or what it leads to, is not what was put there.
        NotFound: *get* says so.
    """
    if not isinstance(value, Mapping) or MARK not in value:
        return value
    name = value[MARK]
    if name is None:
        return value["value"]
    if not isinstance(name, str):
        raise Damaged("A reference to a large value holds no hash")
    data = get(name)
    if sha256(data).hexdigest() != name:
        raise Damaged(f"The large value {name} does not match its hash; restore it from a backup")
    return read_json(data)


def reference(value: Json) -> str | None:
    """The hash of the large value *value* stands for, or None when it stands for itself."""
    name = value.get(MARK) if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else None


def kept_in(blobs: Mapping[str, bytes]) -> Callable[[str], bytes]:
    """Make the *get* of `load` from what was fetched before."""

    def get(name: str) -> bytes:
        if name not in blobs:
            raise NotFound(f"There is no large value {name}")
        return blobs[name]

    return get


def _light(value: Any, limit_bytes: int) -> bool:
    """Whether a glance shows that the JSON of *value* is no larger than the limit."""
    left, parts, open_ = limit_bytes, _GLANCE, [value]
    while open_:
        part = open_.pop()
        parts -= 1
        if parts < 0:
            return False
        if isinstance(part, str):
            left -= 6 * len(part) + 2  # every character as an escape
        elif isinstance(part, Mapping):
            left -= 2 + sum(6 * len(key) + 4 for key in part) if len(part) <= parts else limit_bytes + 1
            open_.extend(part.values() if left >= 0 else ())
        elif isinstance(part, list | tuple):
            left -= 2 + len(part) if len(part) <= parts else limit_bytes + 1
            open_.extend(part if left >= 0 else ())
        else:
            left -= 26
        if left < 0:
            return False
    return True
