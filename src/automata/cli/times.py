"""Instants and lengths of time as people read and write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from automata.cli.exits import Exit
from automata.cli.failure import Failure

_STEPS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def ago(when: datetime | None, now: datetime) -> str:
    """Say how long ago something was: ``just now``, ``40 s ago``, ``2 min ago``, ``5 d ago``."""
    if when is None:
        return "-"
    seconds = (now - when).total_seconds()
    return "just now" if seconds < 1 else f"{rough(seconds)} ago"


def until(when: str, now: datetime) -> str:
    """Say when something will be: ``in 2 h``, or ``now`` when it is due; *when* is an RFC 3339 instant."""
    try:
        seconds = (datetime.fromisoformat(when) - now).total_seconds()
    except (ValueError, TypeError):
        return when
    return "now" if seconds < 1 else f"in {rough(seconds)}"


def took(began: datetime | None, ended: datetime | None) -> str:
    """Say how long something took; ``-`` while it goes on."""
    if began is None or ended is None:
        return "-"
    seconds = max((ended - began).total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else rough(seconds)  # noqa: PLR2004 - a minute


def rough(seconds: float) -> str:
    """A length of time in its largest unit: ``40 s``, ``2 min``, ``3 h``, ``5 d``."""
    size, unit = next(((size, unit) for size, unit in _STEPS if seconds >= size), (1.0, "s"))
    return f"{int(seconds // size)} {unit}"


def since(text: str | None, now: datetime) -> datetime | None:
    """Read ``--since``: a length of time before now, like ``2h``, or an instant or day in ISO 8601 (UTC).

    Raises:
        Failure: It is neither.
    """
    from automata._core.durations import parse_duration

    if text is None:
        return None
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        fix = "write a length of time like 30m, 2h or 7d, or an instant like 2026-05-01T09:00Z"
        raise Failure(f"--since {text!r} is no time", exit=Exit.USAGE, fix=fix) from error
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def length(text: str | None, flag: str) -> timedelta | None:
    """Read a flag that takes a length of time.

    Raises:
        Failure: It is none.
    """
    from automata._core.durations import parse_duration

    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Failure(f"{flag} {text!r}: {error}", exit=Exit.USAGE) from error
