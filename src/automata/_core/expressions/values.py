"""What a value is while an expression runs: JSON, plus the few kinds CEL has beyond it.

Numbers keep their JSON kind (int or float), `bool` is never a number, timestamps are aware `datetime`, durations
`timedelta`. Must not know syntax or functions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from attrs import frozen

Value: TypeAlias = Any
"""A dynamically typed value: every operation checks its kind at run time, which no static type can say."""

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)
UINT_MAX: Final = 2**64 - 1
SAFE_INT: Final = 2**53 - 1
"""Largest whole number every JSON reader keeps exactly (RFC 8259 section 6)."""


class Uint(int):
    """An unsigned whole number, written ``1u``."""

    __slots__ = ()


@frozen
class Maybe:
    """An optional value; `NONE` is the empty one."""

    value: Value
    present: bool = True


NONE: Final = Maybe(None, present=False)


@frozen
class TypeName:
    """What ``type(x)`` gives, and what the bare words ``int``, ``string`` ... mean."""

    name: str


class Failure(Exception):
    """Why an evaluation stopped, with the place in the text; `fatal` ones are not absorbed by ``||`` and ``&&``."""

    def __init__(
        self,
        message: str,
        span: tuple[int, int] | None,
        hint: str = "",
        *,
        fatal: bool = False,
        more: Callable[[], str] | None = None,
    ) -> None:
        """Note what failed; *more* gives the rest of the message if anyone reads it, since most are absorbed."""
        super().__init__(message)
        self._message = message
        self._more = more
        self.span = span
        self.hint = hint
        self.fatal = fatal

    @property
    def message(self) -> str:
        """The sentence."""
        return self._message + (self._more() if self._more else "")


Operation: TypeAlias = Callable[[Value, Value], Value]

KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    datetime: "timestamp",
    timedelta: "duration",
    Maybe: "optional",
    TypeName: "type",
}
"""Exact Python class to CEL kind; anything else may not become a value."""

TYPE_NAMES: Final = frozenset(
    {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "type", "null_type", "optional_type"}
    | {"google.protobuf.Timestamp", "google.protobuf.Duration"}
)


def kind_of(value: Value) -> str:
    """Give the CEL kind of *value*: ``string``, ``map`` ..."""
    return KINDS.get(type(value), "unknown")


def type_name(value: Value) -> TypeName:
    """Give what ``type(value)`` answers in CEL."""
    kind = kind_of(value)
    special = {"null": "null_type", "timestamp": "google.protobuf.Timestamp", "duration": "google.protobuf.Duration"}
    return TypeName(special.get(kind, "optional_type" if kind == "optional" else kind))


def show(value: Value) -> str:
    """Describe *value* in a message: its kind and, when it is short, itself."""
    kind = kind_of(value)
    if kind == "null":
        return "null"
    if kind in {"bool", "int", "double", "uint"}:
        return f"{kind} {format_number(value) if kind != 'bool' else str(value).lower()}"
    if kind == "string" and len(value) <= 40:  # noqa: PLR2004 - what fits a message
        return f"string {value!r}"
    return f"a {kind}" if kind != "unknown" else "something that is no JSON value"


def format_number(value: float) -> str:
    """Write a number as JSON does; a whole double keeps no point, as in ECMAScript."""
    number: Value = value
    if type(number) is float and not (number.is_integer() and abs(number) < 1e21):  # noqa: PLR2004 - ECMA-262 Number::toString
        return repr(number)
    return str(int(number))


def format_timestamp(value: datetime) -> str:
    """Write a timestamp as RFC 3339 in UTC: ``2026-01-02T03:04:05Z``, with a fraction only when there is one."""
    utc = value.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    text = text.rjust(19, "0")
    return f"{text}.{utc.microsecond:06d}".rstrip("0") + "Z" if utc.microsecond else f"{text}Z"


def format_seconds(value: timedelta) -> str:
    """Write a duration as protobuf's JSON does: ``90s``, ``0.5s``."""
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, rest = divmod(micros, 1_000_000)
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{sign}{seconds}{fraction}s"
