"""Instants as events carry them: RFC 3339, UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(when: datetime) -> str:
    """An aware instant as text."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Stamp:
    """Writes instants, and remembers the last one: many events share a millisecond, and text is dear."""

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._text = ""

    def __call__(self, when: datetime) -> str:
        """An aware instant as text."""
        when = when.replace(microsecond=when.microsecond // 1000 * 1000)
        if when != self._last:
            self._last, self._text = when, text_of(when)
        return self._text
