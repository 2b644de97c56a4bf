"""Durations as people write them (``90s``, ``1h30m``) and as ISO 8601 has them; knows nothing of clocks."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=36_500)
"""A hundred years; longer is taken for a slip."""

_SHORT = re.compile(
    r"(?:(?P<days>[0-9]{1,9})d)?(?:(?P<hours>[0-9]{1,9})h)?(?:(?P<minutes>[0-9]{1,9})m(?!s))?"
    r"(?:(?P<seconds>[0-9]{1,9})s)?(?:(?P<milliseconds>[0-9]{1,12})ms)?"
)
_ISO = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9})W|(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?)"
)
PATTERN = (
    r"^(?=.*[0-9])(?:(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m(?!s))?(?:[0-9]{1,9}s)?(?:[0-9]{1,12}ms)?"
    r"|P(?:[0-9]{1,9}W|(?:[0-9]{1,9}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,6})?S)?)?))$"
)
"""What `parse_duration` reads, as a pattern for the document schema (which cannot say "at most a hundred years")."""


def parse_duration(text: str) -> timedelta:
    """Read ``500ms``, ``10s``, ``5m``, ``2h``, ``1d``, units joined from large to small, or ISO 8601 (``PT5M``).

    Years and months are not durations: their length depends on the date (ISO 8601-1:2019, 5.5.2 without Y and M).

    Raises:
        ValueError: With a sentence that quotes *text* and names the forms.
    """
    match = (_ISO if text.startswith("P") else _SHORT).fullmatch(text)
    parts = {unit: float(number) for unit, number in (match.groupdict() if match else {}).items() if number}
    if not parts:
        raise ValueError(f"{text[:40]!r} is not a duration; write it like '500ms', '10s', '1h30m', '2d' or 'PT5M'")
    try:
        duration = timedelta(**parts)
    except OverflowError:
        duration = timedelta.max
    if duration > LONGEST:
        raise ValueError(f"{text[:40]!r} is longer than a hundred years")
    return duration


def is_duration(text: str) -> bool:
    """Tell whether `parse_duration` reads *text*."""
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def format_duration(duration: timedelta) -> str:
    """Write *duration* so that `parse_duration` gives it back: ``1d2h``, ``1s500ms``, ``0s``.

    What is finer than a millisecond is written as ISO 8601 seconds.

    Raises:
        ValueError: *duration* is negative.
    """
    if duration < timedelta(0):
        raise ValueError(f"A duration is never negative, not even {duration!r}")
    if duration.microseconds % 1000:
        return f"P{duration.days}DT{duration.seconds}.{duration.microseconds:06d}S"
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((duration.days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"), (duration.microseconds // 1000, "ms"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
