"""`Scheduler`: starts runs when their schedules are due. Every process may have one; a tick still makes one run.

It goes by the store's clock alone. What to do about times that have come is decided by `missed`; the store makes the
run, records the tick and moves the schedule on in one transaction, so that whoever comes second finds nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from attrs import frozen

from automata._core.schedule import Spec, Ticks, following, missed
from automata.errors import AutomataError, TryLater
from automata.model import Event, JsonObject, Run, RunStarted, RunStatus
from automata.ports import Random

_log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 1.0
"""After at most this long it looks again: another process may have published a schedule that is due sooner."""
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


class Schedules(Protocol):
    """Where schedules live; beside the runs."""

    async def now(self) -> datetime:
        """The store's time."""

    async def upcoming(self) -> datetime | None:
        """When the next schedule is due; maybe in the past."""

    async def due(self, now: datetime, limit: int) -> Sequence[Schedule]:
        """Schedules whose next time is not after *now*, the longest overdue first."""

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
        monotonic: Seconds of this process's own clock, which is never set; the loop's when None.
    """

    def __init__(self, schedules: Schedules, random: Random, *, monotonic: Callable[[], float] | None = None) -> None:
        self._schedules = schedules
        self._random = random
        self._monotonic = monotonic
        self._seen: tuple[datetime, float] | None = None
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Look at once: a schedule was published here."""
        self._nudged.set()

    async def run(self) -> None:
        """Fire what is due for as long as the task is not cancelled; a store that does not answer is asked again."""
        while True:
            pause = LONGEST_SLEEP_S
            try:
                await self.sweep()
                pause = await self._pause()
            except TryLater as error:
                _log.warning("Schedules wait: %s", error)
            try:
                async with asyncio.timeout(pause):
                    await self._nudged.wait()
                self._nudged.clear()
            except TimeoutError:
                pass

    async def sweep(self) -> int:
        """Fire everything that is due now; the number of runs.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        now = await self._schedules.now()
        if self._jumped(now):
            return 0
        made = 0
        while batch := await self._schedules.due(now, AT_ONCE):
            results = await asyncio.gather(*(self._fire(schedule, now) for schedule in batch))
            made += sum(count for count, _ in results)
            if len(batch) < AT_ONCE or not any(moved for _, moved in results):
                break
        return made

    async def _fire(self, schedule: Schedule, now: datetime) -> tuple[int, bool]:
        """Fire one schedule; how many runs it made, and whether it is dealt with."""
        try:
            firing = self._firing(schedule, now)
            made = await self._schedules.fire(firing)
        except TryLater as error:
            _log.warning("A schedule waits: %s", error, extra={"schedule": schedule.id})
            return 0, False
        except AutomataError:
            _log.exception("A schedule cannot be fired", extra={"schedule": schedule.id})
            return 0, False
        if firing.skipped:
            facts = {"schedule": schedule.id, "skipped": len(firing.skipped)}
            _log.warning("Times of a schedule were missed", extra=facts)
        return len(made), True

    def _firing(self, schedule: Schedule, now: datetime) -> Firing:
        ticks = _ticks(schedule, now)
        starts = [start_of(schedule, at, now, self._random.identifier()) for at in ticks.started]
        return Firing(
            schedule=schedule,
            starts=tuple(starts),
            skipped=ticks.skipped,
            next=following(schedule.spec, max(now, schedule.next)),
        )

    async def _pause(self) -> float:
        upcoming = await self._schedules.upcoming()
        if upcoming is None:
            return LONGEST_SLEEP_S
        left = (upcoming - await self._schedules.now()).total_seconds()
        return min(max(left, _SHORTEST_SLEEP_S), LONGEST_SLEEP_S)

    def _jumped(self, now: datetime) -> bool:
        """Whether the store's clock was set since the last sweep, or this process stood still."""
        passed = self._monotonic() if self._monotonic is not None else asyncio.get_running_loop().time()
        before, self._seen = self._seen, (now, passed)
        if before is None:
            return False
        parted = (now - before[0]) - timedelta(seconds=passed - before[1])
        if abs(parted) <= JUMP:
            return False
        _log.error("The store's clock jumped by %s; schedules pause for one sweep", parted, extra={"jump": str(parted)})
        return True


_SHORTEST_SLEEP_S = 0.001


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


def _ticks(schedule: Schedule, now: datetime) -> Ticks:
    """What to do about the times from the schedule's next one up to *now*."""
    return missed(schedule.spec, schedule.next - timedelta(milliseconds=1), now)
