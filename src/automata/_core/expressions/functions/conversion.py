"""Conversions between kinds, as the CEL specification defines them, and optionals."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from automata._core.expressions.functions.entry import entry
from automata._core.expressions.operators import whole
from automata._core.expressions.values import (
    NONE,
    Maybe,
    Uint,
    Value,
    format_number,
    format_seconds,
    format_timestamp,
    type_name,
)
from automata.model import Function

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")
_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"  # noqa: E501 - one pattern
)
_DURATION: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(h|ms|m|s|us|µs|ns)")
_MICROS: Final = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1, "µs": 1, "ns": 0.001}


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (*_kinds(), *_times(), *_optionals())


def _kinds() -> tuple[Function, ...]:
    return (
        entry(
            "int",
            to_int,
            "(number) -> int; (string) -> int; (timestamp) -> int",
            "A whole number: of a number its whole part, of a string what it says, of a timestamp seconds since 1970.",
            ("int('42')", "42"),
            ("int(-1.9)", "-1"),
        ),
        entry(
            "uint",
            to_uint,
            "(number) -> uint; (string) -> uint",
            "A whole number that is not negative.",
            ("uint(3)", "3"),
        ),
        entry(
            "double",
            to_double,
            "(number) -> double; (string) -> double",
            "A number with a fraction.",
            ("double('1.5')", "1.5"),
        ),
        entry(
            "string",
            to_string,
            "(string) -> string; (number) -> string; (bool) -> string; (bytes) -> string; (timestamp) -> string; "
            "(duration) -> string",
            "The text of a number, bool, timestamp or duration; bytes must be UTF-8.",
            ("string(3.0)", '"3"'),
            ("string(duration('90s'))", '"90s"'),
        ),
        entry(
            "bool",
            to_bool,
            "(bool) -> bool; (string) -> bool",
            "True or false: of a string what it says (`true`, `t`, `1`, `false`, `f`, `0`).",
            ("bool('true')", "true"),
        ),
        entry(
            "bytes",
            lambda value: value if isinstance(value, bytes) else value.encode("utf-8", "replace"),
            "(bytes) -> bytes; (string) -> bytes",
            "The UTF-8 bytes of a string.",
            ("size(bytes('é'))", "2"),
        ),
        entry(
            "type",
            type_name,
            "(any) -> type",
            "The kind of a value, to compare with `int`, `double`, `string`, `list`, `map` ...",
            ("type(1) == int", "true"),
        ),
        entry(
            "dyn", lambda value: value, "(any) -> any", "The value itself, hidden from the checker.", ("dyn(1)", "1")
        ),
    )


def _times() -> tuple[Function, ...]:
    return (
        entry(
            "timestamp",
            to_timestamp,
            "(string) -> timestamp; (int) -> timestamp; (timestamp) -> timestamp",
            "An instant: of an RFC 3339 text, or of seconds since 1970.",
            ("timestamp('2026-01-02T03:04:05+01:00')", '"2026-01-02T02:04:05Z"'),
        ),
        entry(
            "duration",
            to_duration,
            "(string) -> duration; (duration) -> duration",
            "A length of time: `1h30m`, `500ms`, `2d`, `PT5M`.",
            ("duration('1h30m')", '"5400s"'),
        ),
    )


def _optionals() -> tuple[Function, ...]:
    return (
        entry(
            "optional.of",
            Maybe,
            "(T) -> optional<T>",
            "An optional that holds a value.",
            ("optional.of(1).value()", "1"),
        ),
        entry(
            "optional.none",
            lambda: NONE,
            "() -> optional<any>",
            "The empty optional.",
            ("optional.none().hasValue()", "false"),
        ),
        entry(
            "optional.ofNonZeroValue",
            lambda value: Maybe(value) if value or isinstance(value, datetime) else NONE,
            "(T) -> optional<T>",
            "An optional that is empty for null, false, 0 and empty texts, lists and maps.",
            ("optional.ofNonZeroValue('').orValue('-')", '"-"'),
        ),
        entry(
            "hasValue",
            lambda value: value.present,
            "optional<T>.hasValue() -> bool",
            "Whether the optional holds a value.",
            ("{'a': 1}.?a.hasValue()", "true"),
        ),
        entry(
            "value",
            value_of,
            "optional<T>.value() -> T",
            "What the optional holds; an error if it is empty.",
            ("{'a': 1}.?a.value()", "1"),
        ),
        entry(
            "orValue",
            lambda value, other: value.value if value.present else other,
            "optional<T>.orValue(T) -> T",
            "What the optional holds, or else the argument.",
            ("{'a': 1}.?b.orValue(2)", "2"),
        ),
        entry(
            "or",
            lambda value, other: value if value.present else other,
            "optional<T>.or(optional<T>) -> optional<T>",
            "The optional itself if it holds a value, or else the other one.",
            ("{'a': 1}.?b.or(optional.of(3)).value()", "3"),
        ),
    )


def to_int(value: Value) -> int:
    """Convert to a whole number."""
    if isinstance(value, datetime):
        return math.floor((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise ValueError(f"{value[:40]!r} is no whole number")
        return whole(int(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("An infinite number or NaN is no whole number")
    return whole(int(value))


def to_uint(value: Value) -> int:
    """Convert to an unsigned whole number."""
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is no whole number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("An infinite number or NaN is no whole number")
    return Uint(whole(int(value), unsigned=True))


def to_double(value: Value) -> float:
    """Convert to a double."""
    if isinstance(value, str) and not _DOUBLE.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is no number")
    return float(value)


def to_string(value: Value) -> str:
    """Write a scalar as text, the way interpolation does."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case bytes():
            try:
                return value.decode("utf-8")
            except UnicodeDecodeError as err:
                raise ValueError("The bytes are not UTF-8") from err
        case datetime():
            return format_timestamp(value)
        case timedelta():
            return format_seconds(value)
        case _:
            return format_number(value)


def to_bool(value: Value) -> bool:
    """Read a bool."""
    if isinstance(value, bool):
        return value
    if value in {"true", "TRUE", "True", "t", "1"}:
        return True
    if value in {"false", "FALSE", "False", "f", "0"}:
        return False
    raise ValueError(f"{value[:40]!r} is no bool")


def to_timestamp(value: Value) -> datetime:
    """Read an instant; RFC 3339 section 5.6, microseconds kept."""
    if isinstance(value, datetime):
        return value
    try:
        if not isinstance(value, str):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(value))
        match = _TIMESTAMP.fullmatch(value)
        if match is None:
            raise ValueError("no match")  # noqa: TRY301 - one message for all that is wrong
        *parts, fraction, zone = match.groups()
        moment = datetime(*(int(part) for part in parts), tzinfo=UTC)  # type: ignore[arg-type, misc] # six of them
        moment += timedelta(microseconds=int((fraction or "").ljust(6, "0")[:6]))
        return moment if zone in {"Z", "z"} else moment - _offset(zone)
    except (ValueError, OverflowError) as err:
        shown = repr(value[:40]) if isinstance(value, str) else str(value)
        raise ValueError(f"{shown} is no timestamp; write it like 2026-01-31T09:30:00Z") from err


def _offset(zone: str) -> timedelta:
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - what a clock shows
        raise ValueError("no offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset


def to_duration(value: Value) -> timedelta:
    """Read a length of time, in CEL's or the document's way of writing it."""
    if isinstance(value, timedelta):
        return value
    negative = value.startswith("-")
    text = value[1:] if value[:1] in {"-", "+"} else value
    try:
        found = _go_duration(text)
    except (ValueError, OverflowError) as err:
        raise ValueError(f"{value[:40]!r} is no duration; write it like 1h30m, 500ms, 2d or PT5M") from err
    return -found if negative else found


def _go_duration(text: str) -> timedelta:
    from automata._core.durations import parse_duration  # imported when used: start-up

    parts = _DURATION.findall(text)
    if text == "0":
        return timedelta()
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return parse_duration(text)
    return timedelta(microseconds=sum(float(number) * _MICROS[unit] for number, unit in parts))


def value_of(value: Maybe) -> Value:
    """Open an optional."""
    if not value.present:
        raise ValueError("The optional is empty; write .orValue(...) instead of .value()")
    return value.value
