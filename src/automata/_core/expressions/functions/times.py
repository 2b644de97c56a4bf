"""Functions on timestamps and durations. Zones are IANA names or offsets; the default is UTC."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from automata._core.expressions.functions.entry import entry
from automata._core.expressions.values import Value
from automata.model import Function

_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_FIELD: Final = re.compile(r"'([^']*)'|yyyy|MMM|MM|dd|HH|mm|ss|SSS|XXX|EEE|[A-Za-z]+|[^A-Za-z']+")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = ("second", "minute", "hour", "day", "week", "month", "year")


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (*_parts(), *_ways())


def _part(name: str, what: str, expression: str, result: str, read: str) -> Function:
    def call(moment: datetime, zone: str = "UTC") -> int:
        local = moment.astimezone(zone_of(zone))
        match read:
            case "weekday":
                return local.isoweekday() % 7
            case "yearday":
                return local.timetuple().tm_yday - 1
            case "month0":
                return local.month - 1
            case "day0":
                return local.day - 1
            case "millis":
                return local.microsecond // 1000
            case "year":
                return local.year
            case _:
                return {"day": local.day, "hour": local.hour, "minute": local.minute, "second": local.second}[read]

    signatures = f"timestamp.{name}() -> int; timestamp.{name}(string) -> int"
    return entry(name, call, signatures, what, (expression, result))


def _parts() -> tuple[Function, ...]:
    at = "timestamp('2026-03-09T22:04:05Z')"
    lengths = {
        "getHours": ("hour", 3600, "The hour of the day, or the whole hours of a duration.", "22"),
        "getMinutes": ("minute", 60, "The minute, or the whole minutes of a duration.", "4"),
        "getSeconds": ("second", 1, "The second, or the whole seconds of a duration.", "5"),
        "getMilliseconds": ("millis", 0, "The milliseconds, also of a duration.", "0"),
    }
    return (
        _part("getFullYear", "The year.", f"{at}.getFullYear()", "2026", "year"),
        _part("getMonth", "The month, counted from 0.", f"{at}.getMonth()", "2", "month0"),
        _part("getDate", "The day of the month, counted from 1.", f"{at}.getDate('Asia/Tokyo')", "10", "day"),
        _part("getDayOfMonth", "The day of the month, counted from 0.", f"{at}.getDayOfMonth()", "8", "day0"),
        _part("getDayOfWeek", "The day of the week; Sunday is 0.", f"{at}.getDayOfWeek()", "1", "weekday"),
        _part("getDayOfYear", "The day of the year, counted from 0.", f"{at}.getDayOfYear()", "67", "yearday"),
        *(
            _length(name, what, f"{at}.{name}()", result, (read, unit))
            for name, (read, unit, what, result) in lengths.items()
        ),
    )


def _length(name: str, what: str, expression: str, result: str, way: tuple[str, int]) -> Function:
    read, unit = way
    moment = _part(name, what, expression, result, read)

    def call(value: Value, *zone: str) -> Value:
        if isinstance(value, datetime):
            return moment.call(value, *zone)
        if unit == 0:
            return (
                math.trunc(value.total_seconds() * 1000) % 1000
                if value >= timedelta()
                else -(math.trunc(-value.total_seconds() * 1000) % 1000)
            )
        return math.trunc(value.total_seconds() / unit)

    return entry(name, call, "; ".join((*moment.signatures, f"duration.{name}() -> int")), what, *moment.examples)


def _ways() -> tuple[Function, ...]:
    at = "timestamp('2026-03-09T22:04:05Z')"
    return (
        entry(
            "format",
            written,
            "timestamp.format(string) -> string; timestamp.format(string, string) -> string",
            "The instant written by a pattern of `yyyy MM dd HH mm ss SSS XXX EEE MMM`, in a zone; "
            "letters stand in single quotes.",
            (f"{at}.format('yyyy-MM-dd HH:mm')", '"2026-03-09 22:04"'),
            (f'{at}.format("dd MMM", "Asia/Tokyo")', '"10 Mar"'),
        ),
        entry(
            "truncate",
            truncated,
            "timestamp.truncate(string) -> timestamp; timestamp.truncate(string, string) -> timestamp",
            "The beginning of the `second minute hour day week month year` the instant is in; weeks begin on Monday.",
            (f"{at}.truncate('day')", '"2026-03-09T00:00:00Z"'),
        ),
        entry(
            "seconds",
            lambda value: value.total_seconds(),
            "duration.seconds() -> double",
            "The length of a duration in seconds, with its fraction.",
            ("duration('1500ms').seconds()", "1.5"),
        ),
    )


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """Find a zone by its IANA name or its offset (``+02:00``).

    Raises:
        ValueError: There is none of that name.
    """
    if name in {"UTC", "Z", ""}:
        return UTC
    if match := _OFFSET.fullmatch(name):
        sign, hours, minutes = match.groups()
        if int(hours) <= 23 and int(minutes) <= 59:  # noqa: PLR2004 - what a clock shows
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(-offset if sign == "-" else offset)
    from zoneinfo import ZoneInfo  # imported when used: start-up

    try:
        if not _ZONE.fullmatch(name):
            raise ValueError(name)  # noqa: TRY301 - one message for all that is wrong
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as err:
        raise ValueError(f"Unknown time zone {name[:60]!r}; write it like 'Europe/Paris'") from err


def written(moment: datetime, pattern: str, zone: str = "UTC") -> str:
    """Write an instant by a pattern."""
    if len(pattern) > 200:  # noqa: PLR2004 - no date is longer
        raise ValueError("The pattern of a date has at most 200 characters")
    local = moment.astimezone(zone_of(zone))
    return "".join(_field(match, local) for match in _FIELD.finditer(pattern))


def _field(match: re.Match[str], local: datetime) -> str:
    word = match.group()
    if match.group(1) is not None:
        return match.group(1) or "'"
    offset = local.strftime("%z")
    fields = {
        "yyyy": f"{local.year:04d}",
        "MM": f"{local.month:02d}",
        "dd": f"{local.day:02d}",
        "HH": f"{local.hour:02d}",
        "mm": f"{local.minute:02d}",
        "ss": f"{local.second:02d}",
        "SSS": f"{local.microsecond // 1000:03d}",
        "XXX": "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}",
        "EEE": _DAYS[local.weekday()],
        "MMM": _MONTHS[local.month - 1],
    }
    if word in fields:
        return fields[word]
    if word[0].isalpha() and word != "T":
        raise ValueError(f"Unknown field {word!r} in a date pattern; put text in single quotes")
    return word


def truncated(moment: datetime, unit: str, zone: str = "UTC") -> datetime:
    """Go back to the beginning of a unit, in the zone's own calendar."""
    if unit not in _UNITS:
        raise ValueError(f"Unknown unit {unit[:40]!r}; use one of {', '.join(_UNITS)}")
    local = moment.astimezone(zone_of(zone))
    level = {"second": 0, "minute": 1, "hour": 2, "day": 3, "week": 3, "month": 4, "year": 5}[unit]
    changes = {"microsecond": 0, "second": 0, "minute": 0, "hour": 0, "day": 1, "month": 1}
    local = local.replace(**{name: value for i, (name, value) in enumerate(changes.items()) if i <= level})  # type: ignore[arg-type] # names of numbers
    if unit == "week":
        local -= timedelta(days=local.weekday())
    return local.astimezone(UTC)
