"""The surroundings of a run that is decided again: time as recorded, chance that repeats, no way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from attrs import frozen

from automata._core.engine.host import Host
from automata._core.engine.timers import Timers
from automata._core.replay.record import Alarm
from automata._core.stamp import text_of
from automata.errors import KernelBug
from automata.memory import MemoryStore, SeededRandom
from automata.model import Event, Json, TimerSet

PROBE = datetime(2000, 1, 1, tzinfo=UTC)
TOLERANCE_S = 1.0
"""How far two delays of a timer may be apart and still be the same one."""


class World:
    """Clock and chance in one, and whether anybody has asked either."""

    def __init__(self, start: datetime) -> None:
        self.when = start
        self.asked = False
        self.probing = False
        """Whether it answers the same to everybody, so that what depends on it can be compared."""
        self._random = SeededRandom(0)

    def now(self) -> datetime:
        """The instant of the event being repeated."""
        self.asked = True
        return PROBE if self.probing else self.when

    def random(self) -> float:
        """A draw."""
        self.asked = True
        return 0.5 if self.probing else self._random.random()

    def identifier(self) -> str:
        """A fresh identifier."""
        self.asked = True
        return "0" * 32 if self.probing else self._random.identifier()

    async def sleep_until(self, when: datetime) -> NoReturn:
        """Nobody sleeps here."""
        raise KernelBug(f"Something slept until {when} while a run was decided again")

    def call_at(self, when: datetime, callback: Callable[[], None]) -> NoReturn:
        """Timers fire as recorded, not by themselves."""
        raise KernelBug(f"Something set an alarm for {when} while a run was decided again: {callback}")

    def host(self) -> Host:
        """What the interpreter needs of a process."""
        return Host(
            store=MemoryStore(),
            clock=self,
            random=self,
            http=_closed,
            setting=lambda _: None,
            credential=_no_credential,
            instance_key=b"replay",
            dry_run=True,
        )


def _closed() -> NoReturn:
    raise KernelBug("Something asked for the network while a run was decided again")


def _no_credential(name: str) -> Mapping[str, str]:
    raise KernelBug(f"Something asked for the connection {name!r} while a run was decided again")


@frozen
class Set:
    """A timer that is armed."""

    due: datetime
    recorded: bool
    """Whether the record says if and when it fires: it was set for as long there."""


class Alarms(Timers):
    """Timers that fire when the record says so, and by virtual time where it says nothing."""

    def __init__(
        self, world: World, recorded: Mapping[str, list[Alarm]], asked: Callable[[], Mapping[str, list[float]]] | None
    ) -> None:
        """Make the timers of a run.

        Args:
            world: The clock.
            recorded: Timer to its settings, as recorded.
            asked: Gives, for each timer, the delays the recorded run asked for; None for that run itself. A record
                tells when a timer was due, which a fork may have moved.
        """
        super().__init__(world, _nobody)
        self._world = world
        self._recorded = recorded
        self._asked = asked
        self.delays: dict[str, list[float]] = {}
        """Timer to the delays asked for."""
        self.set: dict[str, Set] = {}

    def arm_in(self, timer: str, delay_s: float) -> TimerSet:
        """Have *timer* fire in *delay_s* seconds."""
        return self.arm(timer, self._world.when + timedelta(seconds=delay_s))

    def arm(self, timer: str, due: datetime) -> TimerSet:
        """Have *timer* fire at *due*, or when its record does."""
        delays = self.delays.setdefault(timer, [])
        delays.append((due - self._world.when).total_seconds())
        self.set[timer] = Set(due, self._is_recorded(timer, len(delays) - 1, delays[-1]))
        return TimerSet(timer, text_of(due))

    def _is_recorded(self, timer: str, count: int, delay_s: float) -> bool:
        """Whether the record tells of this setting, for as long."""
        known = self._recorded.get(timer, [])
        if count >= len(known):
            return False
        if self._asked is None or _close(known[count].delay_s, delay_s):
            return True
        asked = self._asked().get(timer, [])
        return count < len(asked) and _close(asked[count], delay_s)

    def disarm(self, timer: str) -> None:
        """Forget *timer*."""
        self.set.pop(timer, None)

    def due(self, until: datetime | None = None) -> tuple[str, datetime] | None:
        """The next timer to fire by virtual time before *until*; any timer, recorded or not, when that is None."""
        free = [(s.due, t) for t, s in self.set.items() if until is None or (not s.recorded and s.due < until)]
        if not free:
            return None
        when, timer = min(free)
        return timer, when


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE_S


def _nobody(event: Event) -> None:
    raise KernelBug(f"A timer fired by itself while a run was decided again: {event}")


def member(value: Json, name: str) -> Json:
    """A member of an object; None of anything else."""
    return value.get(name) if isinstance(value, dict) else None
