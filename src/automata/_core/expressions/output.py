"""A value made JSON, its size and depth checked on the way; iterative, so that no depth can exhaust the stack."""

from __future__ import annotations

import math
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from automata._core.expressions.limits import DEFAULT_LIMITS, Limits, too_long
from automata._core.expressions.values import (
    SAFE_INT,
    Failure,
    Maybe,
    TypeName,
    Uint,
    Value,
    format_seconds,
    format_timestamp,
)
from automata._core.large import INLINE_BYTES, Large, weight
from automata.model import Json

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


REFERENCE_BYTES: Final = 128
"""What a value that is passed on as a whole counts."""


@frozen
class Passed:
    """A value of the scope that is a result as it is."""

    value: Json


def to_json(value: Value, limits: Limits = DEFAULT_LIMITS) -> Json:
    """Give *value* as JSON: timestamps and durations as text, bytes as Base64; containers are copied.

    Raises:
        Failure: It is too large, too deep, or holds what JSON cannot (NaN, whole numbers beyond 2**53 - 1, an empty
            optional).
    """
    if type(value) is not list and type(value) is not dict:
        return _scalar(value, limits.output_bytes)[0]
    top: list[Value] = [None]
    left = limits.output_bytes
    # Each entry: the source, where its copy goes (container and key), its depth.
    todo: list[tuple[Value, Value, Value, int]] = [(value, top, 0, 1)]
    while todo:
        source, owner, key, depth = todo.pop()
        if depth > limits.depth:
            raise Failure(f"The result nests more than {limits.depth} levels deep", None, fatal=True)
        copy: Value = [None] * len(source) if type(source) is list else {}
        owner[key] = copy
        left -= len(source) + 2
        if left < 0:
            raise too_long()
        for place, part in enumerate(source) if type(source) is list else source.items():
            kind = type(part)
            if (kind is list or kind is dict) and part:
                if type(place) is str:
                    left -= len(place) + 3
                    copy[place] = None  # keeps the order of the keys
                todo.append((part, copy, place, depth + 1))
                continue
            copy[place], used = _scalar(part, left) if kind is not list and kind is not dict else (kind(), 2)
            left -= used if type(place) is int else used + len(_key(place)) + 3
            if left < 0:
                raise too_long()
    result: Json = top[0]
    return result


def _key(place: Value) -> str:
    if type(place) is not str:
        raise Failure("The keys of a result must be strings", None)
    return place


def _scalar(value: Value, left: int) -> tuple[Json, int]:
    """Give a scalar as JSON, and about how many bytes it takes."""
    kind = type(value)
    if kind is str:
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        if size > left:
            raise too_long()
        return value, size + 2
    if kind is int or kind is Uint:
        if not -SAFE_INT <= value <= SAFE_INT:
            hint = "write string(...) round it"
            raise Failure(f"The whole number {value} is beyond 2**53 - 1, which JSON readers garble", None, hint)
        return int(value), 8
    if kind is float:
        if not math.isfinite(value):
            raise Failure("The result is infinite or no number, which JSON cannot write", None)
        return value, 8
    if kind is bool or value is None:
        return value, 4
    return _extra(value, left)


def _passed(value: Json, left: int) -> tuple[Json, int]:
    """Give what is passed on as it is; what is put out of the journal counts as the reference to it."""
    size = weight(value, INLINE_BYTES)
    if size > INLINE_BYTES:
        return value, REFERENCE_BYTES
    if size > left:
        raise too_long()
    return value, size


def _extra(value: Value, left: int) -> tuple[Json, int]:
    """Give a kind JSON does not have as one it has."""
    match value:
        case datetime():
            return format_timestamp(value), 32
        case timedelta():
            return format_seconds(value), 16
        case bytes():
            text = b64encode(value).decode()
            if len(text) > left:
                raise too_long()
            return text, len(text) + 2
        case TypeName(name=name):
            return name, len(name) + 2
        case Large():
            return value, REFERENCE_BYTES
        case Passed(value=whole):
            return _passed(whole, left)
        case Maybe(present=False):
            raise Failure("The result is an empty optional", None, "end with .orValue(...)")
        case Maybe(value=inner):
            found = to_json(inner)
            return found, len(str(found))
        case _:
            raise Failure("The result is something that is no JSON value", None)
