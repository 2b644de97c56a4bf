"""How far the ``foreach`` nodes of a run are: counted from its events, with rate and time left."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from attrs import define

from automata.model import BodyFailed, BodyFinished, Event, StepStarted

STOPWATCH = time.monotonic  # noqa: TID251 - a display, which no run depends on
"""Seconds that only go on."""
_ITERATION = re.compile(r"(.+)\[\d+\]")
_FIRST_S, _EVERY_S, _TENTHS = 2.0, 10.0, 10


@define
class Fan:
    """One ``foreach`` under way."""

    node: str
    total: int
    began_s: float
    now_s: float
    done: int = 0
    told_s: float = 0.0
    told_tenth: int = 0

    @property
    def note(self) -> str:
        """Say ``12/60, 4.1/s, 12 s left``."""
        rate = self.done / max(self.now_s - self.began_s, 1e-3)
        left = f", {(self.total - self.done) / rate:.0f} s left" if self.done and self.done < self.total else ""
        return f"{self.done}/{self.total}, {rate:.1f}/s{left}"

    def due(self) -> bool:
        """Whether a log wants a line now: each tenth or ten seconds of what takes longer than two seconds."""
        tenth = self.done * _TENTHS // self.total if self.total else _TENTHS
        since = self.now_s - max(self.told_s, self.began_s)
        if self.now_s - self.began_s < _FIRST_S or (tenth == self.told_tenth and since < _EVERY_S):
            return False
        self.told_s, self.told_tenth = self.now_s, tenth
        return True


class Fans:
    """Counts iterations.

    Args:
        is_fan: Whether the node at an address is a ``foreach``.
        clock: Monotonic seconds.
    """

    def __init__(self, is_fan: Callable[[str], bool], clock: Callable[[], float] = STOPWATCH) -> None:
        self._is_fan = is_fan
        self._clock = clock
        self._found: dict[str, Fan] = {}

    def __call__(self, event: Event) -> Fan | None:
        """Take an event in; the fan it moved, if any."""
        match event:
            case StepStarted(step, _, Mapping() as given):
                items = given.get("items")
                if isinstance(items, list | tuple) and self._is_fan(step):
                    now = self._clock()
                    return self._found.setdefault(step, Fan(step, len(items), now, now))
            case BodyFinished(body) | BodyFailed(body):
                found = _ITERATION.fullmatch(body)
                fan = self._found.get(found[1]) if found else None
                if fan is not None:
                    fan.done, fan.now_s = fan.done + 1, self._clock()
                return fan
            case _:
                pass
        return None
