"""The timers of one run, on the host's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from automata._core import fault
from automata._core.durations import parse_duration
from automata._core.stamp import text_of
from automata.model import Event, Json, TimerFired, TimerSet
from automata.ports import Clock


class Timers:
    """Arms, disarms and fires; a timer fires once and never before its time."""

    def __init__(self, clock: Clock, post: Callable[[Event], None]) -> None:
        self._clock = clock
        self._post = post
        self._armed: dict[str, Callable[[], None]] = {}
        self._due: dict[str, datetime] = {}

    def arm_in(self, timer: str, delay_s: float) -> TimerSet:
        """Have *timer* fire in *delay_s* seconds; the event says when that is."""
        return self.arm(timer, self._clock.now() + timedelta(seconds=delay_s))

    def arm(self, timer: str, due: datetime) -> TimerSet:
        """Have *timer* fire at *due*, in place of an earlier one of that name."""

        def fire() -> None:
            if self._armed.pop(timer, None) is not None:
                fault.point("timer.fire")
                self._due.pop(timer, None)
                self._post(TimerFired(timer, text_of(self._clock.now())))

        fault.point("timer.arm")
        self.disarm(timer)
        self._armed[timer] = self._clock.call_at(due, fire)
        self._due[timer] = due
        return TimerSet(timer, text_of(due))

    def disarm(self, timer: str) -> None:
        """Forget *timer*, if it is armed."""
        self._due.pop(timer, None)
        forget = self._armed.pop(timer, None)
        if forget is not None:
            forget()

    def next(self) -> datetime | None:
        """When the first of them fires; None when none is armed."""
        return min(self._due.values(), default=None)

    def clear(self) -> None:
        """Forget every timer."""
        for timer in list(self._armed):
            self.disarm(timer)


def due_of(parameters: Json, now: datetime) -> datetime:
    """When a ``wait`` is over.

    Raises:
        ValueError: Neither a duration nor a timestamp with an offset.
    """
    given = parameters if isinstance(parameters, dict) else {}
    until = given.get("until")
    if not isinstance(until, str):
        return now + parse_duration(str(given.get("for")))
    due = datetime.fromisoformat(until)
    if due.tzinfo is None:
        raise ValueError(f"The time {until!r} has no UTC offset")
    try:
        return due.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"The time {until!r} is outside the calendar in UTC") from None
