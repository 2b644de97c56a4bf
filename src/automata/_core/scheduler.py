"""`Scheduler`: starts runs when their schedules are due. Every process may have one; a tick still makes one run.

It goes by the store's clock alone. What to do about times that have come is decided by `missed`; the store makes the
run, records the tick and moves the schedule on in one transaction, so that whoever comes second finds nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from attrs import frozen

from automata._core.schedule import Spec, following, missed
from automata.errors import AutomataError, TryLater
from automata.model import Event, JsonObject, Run, RunStarted, RunStatus
from automata.ports import Random

_log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 1.0
"""After at most this long it looks again: another process may have published a schedule that is due sooner."""
SHORTEST_SLEEP_S = 0.001
JUMP = timedelta(seconds=60)
"""By how much the store's clock and this process's may part between two sweeps before ticks are held back."""
AT_ONCE = 100
"""Schedules that are fired together."""


@frozen(kw_only=True)
class Schedule:
    """A trigger node of an enabled workflow's current version."""

    id: str
    org: str
    workflow: str
    node: str
    version: str
    spec: Spec
    next: datetime
    """The first of its times that is not dealt with."""


@frozen(kw_only=True)
class Start:
    """A run to be made."""

    at: datetime
    """The scheduled instant."""
    run: Run
    events: tuple[Event, ...]


@frozen(kw_only=True)
class Firing:
    """What is done to one schedule in one transaction."""

    schedule: Schedule
    starts: tuple[Start, ...]
    skipped: tuple[datetime, ...]
    next: datetime | None
    """When it is due again; None: never."""


@runtime_checkable
class Schedules(Protocol):
    """Where schedules live; beside the runs."""

    async def now(self) -> datetime:
        """The store's time."""

    async def upcoming(self) -> datetime | None:
        """When the next schedule is due; maybe in the past."""

    async def due(self, now: datetime, limit: int, after: Schedule | None = None) -> Sequence[Schedule]:
        """Schedules whose next time is not after *now*, the longest overdue first; those behind *after* in that order.

        Of one moment, they are in the order of their ids.
        """

    async def fire(self, firing: Firing) -> Sequence[Run]:
        """Record ticks, make their runs and move the schedule on: all of it, or nothing because another was first.

        Returns:
            The runs that were made.

        Raises:
            Overloaded: Too many runs of the org wait; the ticks stay due.
        """


class Scheduler:
    """Fires the schedules of one store.

    Args:
        schedules: The store.
        random: Gives the ids of runs.
        made: Called when runs were made, which wait for a worker now.
        monotonic: Seconds of this process's own clock, which is never set; the loop's when None.
    """

    def __init__(
        self,
        schedules: Schedules,
        random: Random,
        *,
        made: Callable[[], None] | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._schedules = schedules
        self._random = random
        self._made = made or (lambda: None)
        self._monotonic = monotonic or (lambda: asyncio.get_running_loop().time())
        self._seen: tuple[datetime, float] | None = None
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Look at once: a schedule was published here."""
        self._nudged.set()

    async def run(self) -> None:
        """Fire what is due for as long as the task is not cancelled; a store that does not answer is asked again."""
        while True:
            self._nudged.clear()
            pause = LONGEST_SLEEP_S
            try:
                if await self.sweep():
                    self._made()
                pause = await self._pause()
            except TryLater as error:
                _log.warning("Schedules wait: %s", error)
            except Exception:  # noqa: BLE001 - the fence: one look that fails is not the end of all schedules
                _log.exception("Schedules cannot be looked at")
            try:
                async with asyncio.timeout(pause):
                    await self._nudged.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Fire everything that is due now; the number of runs.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        now = await self._schedules.now()
        if self._jumped(now):
            return 0
        made = 0
        batch = await self._schedules.due(now, AT_ONCE)
        while batch:
            made += sum(await asyncio.gather(*(self._fire(schedule, now) for schedule in batch)))
            # What could not be fired is still due: go on behind it, or it would stand before all others.
            batch = await self._schedules.due(now, AT_ONCE, batch[-1]) if len(batch) == AT_ONCE else ()
        return made

    async def _fire(self, schedule: Schedule, now: datetime) -> int:
        """Fire one schedule; how many runs it made."""
        try:
            firing = self._firing(schedule, now)
            made = await self._schedules.fire(firing)
        except TryLater as error:
            _log.warning("A schedule waits: %s", error, extra={"schedule": schedule.id})
            return 0
        except AutomataError:
            _log.exception("A schedule cannot be fired", extra={"schedule": schedule.id})
            return 0
        if firing.skipped:
            facts = {"schedule": schedule.id, "skipped": len(firing.skipped)}
            _log.warning("Times of a schedule were missed", extra=facts)
        return len(made)

    def _firing(self, schedule: Schedule, now: datetime) -> Firing:
        ticks = missed(schedule.spec, schedule.next - _JUST_BEFORE, now)
        starts = [start_of(schedule, at, now, self._random.identifier()) for at in ticks.started]
        return Firing(
            schedule=schedule,
            starts=tuple(starts),
            skipped=ticks.skipped,
            next=following(schedule.spec, max(now, schedule.next)),
        )

    async def _pause(self) -> float:
        """Seconds until it is to look again."""
        upcoming = await self._schedules.upcoming()
        if upcoming is None or (self._seen is not None and upcoming <= self._seen[0]):
            return LONGEST_SLEEP_S  # What the sweep left behind cannot be fired just now.
        left = (upcoming - await self._schedules.now()).total_seconds()
        return min(max(left, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)

    def _jumped(self, now: datetime) -> bool:
        """Whether the store's clock was set since the last sweep, or this process stood still."""
        passed = self._monotonic()
        before, self._seen = self._seen, (now, passed)
        if before is None:
            return False
        parted = (now - before[0]) - timedelta(seconds=passed - before[1])
        if abs(parted) <= JUMP:
            return False
        _log.error("The store's clock jumped by %s; schedules pause for one sweep", parted, extra={"jump": str(parted)})
        return True


_JUST_BEFORE = timedelta(milliseconds=1)


def start_of(schedule: Schedule, at: datetime, now: datetime, run_id: str) -> Start:
    """The run of one tick.

    Args:
        schedule: Whose tick it is.
        at: The scheduled instant.
        now: The present.
        run_id: Id of the run.
    """
    input_: JsonObject = {"at": rfc3339(now), "scheduled": rfc3339(at)}
    run = Run(
        id=run_id,
        org=schedule.org,
        workflow=schedule.workflow,
        version=schedule.version,
        status=RunStatus.QUEUED,
        key=f"schedule:{schedule.id}:{rfc3339(at)}",
    )
    started = RunStarted(input_, schedule.node, rfc3339(now))
    return Start(at=at, run=run, events=(started,))


def rfc3339(instant: datetime) -> str:
    """An instant as text, in UTC, to the millisecond where it has any."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds" if instant.microsecond else "seconds")
    return text.replace("+00:00", "Z")
