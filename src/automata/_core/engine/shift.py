"""A worker's time on duty: its lease, the runs it claims, their mail, the schedules it fires, and its hand-over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from automata._core.engine.attempt import GRACE_S
from automata._core.scheduler import Scheduler, Schedules
from automata.errors import AutomataError, Damaged, Fenced, StoreUnavailable
from automata.model import ErrorInfo, Run, RunStatus
from automata.ports import Turn

if TYPE_CHECKING:
    from automata._core.engine.engine import Engine

LEASE_S = 30.0
SWEEP_S = 5.0
"""How often leases of others are looked at."""
STORE_S = 5.0
"""How long a hand-over waits for the store."""
LOOK_S = 0.1
"""How often due runs and mail are looked for; a lack of both doubles the pause, up to `LOOK_AT_MOST_S`."""
LOOK_AT_MOST_S = 0.5

_log = logging.getLogger(__name__)


@runtime_checkable
class Calibrated(Protocol):
    """A clock that follows the store's."""

    def calibrate(self, store: datetime) -> None:
        """*store* was the store's time a moment ago."""


class Shift:
    """One worker, from its registration to its hand-over."""

    def __init__(self, engine: Engine, *, claims: bool, lease_s: float, drain_s: float) -> None:
        self.worker = engine.host.random.identifier()
        self._engine = engine
        self._store = engine.host.store
        self._claims = claims
        self._lease_s = lease_s
        self._drain_s = drain_s
        self._duties: list[asyncio.Task[None]] = []
        self._scheduler = _scheduler_of(engine, self.look) if claims else None
        self._firing: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._over = False

    async def begin(self) -> None:
        """Register, and begin to look."""
        await self._store.register(self.worker, self._lease_s)
        self._calibrate(await self._store.now())
        if self._claims or self._store.shared:
            self._duties.append(self._engine.spawn(self._renew))
            self._duties.append(self._engine.spawn(self._watch))
        if self._claims:
            self._duties.append(self._engine.spawn(self._sweep))
        if self._scheduler is not None:
            self._firing = self._engine.spawn(self._scheduler.run)
            self._duties.append(self._firing)

    async def end(self, *, orderly: bool) -> None:
        """Wait for what runs (without claims: to its end; with: for a while), then hand over."""
        engine = self._engine
        try:
            if orderly and self._claims:
                await self._hand_over()
            elif orderly:
                await engine.settled()
                await engine.end_relay(self._drain_s)
            else:
                await engine.end_relay(0.0)
        finally:
            self._over = True
            for duty in self._duties:
                duty.cancel()
            for driver in list(engine.drivers.values()):
                driver.abandon()
            try:
                await self._store.leave(self.worker)
            except AutomataError:
                _log.warning("The lease could not be ended; it runs out by itself", extra={"worker": self.worker})

    async def _hand_over(self) -> None:
        self._over = True
        if self._firing is not None:
            self._firing.cancel()
        drivers = self._engine.drivers
        for driver in list(drivers.values()):
            driver.drain()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._engine.end_relay(self._drain_s))
            await self._settle(self._drain_s)
        for driver in list(drivers.values()):
            driver.interrupt()
        await self._settle(GRACE_S + STORE_S)

    async def _settle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._engine.settled()
        except TimeoutError:
            return

    # ------------------------------------------------------------ duties

    async def _renew(self) -> None:
        while True:
            await self._pause(self._lease_s / 3)
            try:
                self._calibrate(await self._store.renew(self.worker, self._lease_s))
            except Fenced:
                await self._start_over()
            except StoreUnavailable:
                _log.warning("The lease could not be renewed", extra={"worker": self.worker})

    async def _start_over(self) -> None:
        """The lease ran out while this process was stopped or cut off: what it held belongs to others."""
        _log.warning("The lease is over; its runs belong to other workers", extra={"worker": self.worker})
        for driver in list(self._engine.drivers.values()):
            driver.abandon(Fenced("The lease of this worker is over"))
        self.worker = self._engine.host.random.identifier()
        await self._store.register(self.worker, self._lease_s)

    async def _sweep(self) -> None:
        while True:
            try:
                if await self._store.sweep():
                    self.look()
            except StoreUnavailable:
                _log.warning("Leases of others could not be looked at")
            await self._pause(min(SWEEP_S, self._lease_s))

    async def _watch(self) -> None:
        pause = LOOK_S
        while True:
            self._awake.clear()
            try:
                found = await self._claim() if self._claims else await self._claim_own()
                for run in await self._store.mail(self.worker):
                    self._engine.hint(run)
            except StoreUnavailable:
                found = 0
            except Fenced:
                await self._start_over()
                found = 0
            pause = LOOK_S if found else min(pause * 2, LOOK_AT_MOST_S)
            await self._pause(0 if found == self._engine.concurrency else pause, wakeable=True)

    async def _claim(self) -> int:
        room = self._engine.concurrency - len(self._engine.drivers)
        if room <= 0 or self._over:
            return 0
        runs = await self._store.claim(self.worker, room)
        await self._take_all(runs)
        return len(runs)

    async def _claim_own(self) -> int:
        """Take up runs accepted here that had to wait; those that others have taken up meanwhile are theirs."""
        queued = self._engine.queued
        ids = sorted(queued)[: self._engine.concurrency]
        if not ids:
            return 0
        runs = await self._store.claim(self.worker, len(ids), ids)
        queued.difference_update(run.id for run in runs)
        await self._take_all(runs)
        for id_ in queued.intersection(ids):
            row = await self._store.run(id_)
            if row is None or row.status is not RunStatus.QUEUED:
                queued.discard(id_)
        return len(runs)

    async def _take_all(self, runs: Sequence[Run]) -> None:
        """Take up runs side by side: most of it is waiting for what the store has of each."""
        async with asyncio.TaskGroup() as group:
            for run in runs:
                group.create_task(self.take(run))

    async def take(self, run: Run) -> None:
        """Drive a run this worker holds; one that cannot be driven is parked with the reason."""
        trouble: Exception | None = None
        while not self._over:
            try:
                if trouble is None:
                    await self._engine.adopt(run)
                else:
                    await self._park(run, trouble)
            except StoreUnavailable:
                await self._pause(LOOK_AT_MOST_S)
            except Fenced:
                return
            except Exception as error:  # noqa: BLE001 - the fence: one run's trouble is not the worker's
                if trouble is not None:
                    return
                _log.exception("A run cannot be driven", extra={"run": run.id})
                trouble = error
            else:
                return

    async def _park(self, run: Run, error: Exception) -> None:
        kind = "damaged" if isinstance(error, Damaged) else "blocked"
        reason = ErrorInfo(kind, f"The run cannot go on: {error}", run.id)
        count = 0 if isinstance(error, Damaged) else len(await self._store.journal(run.id))
        parked = Turn(
            run=run.id, epoch=run.epoch, after=count, status=RunStatus.PARKED, error=reason, release=True, wake=None
        )
        await self._store.append(parked)

    # ------------------------------------------------------------ small things

    def look(self) -> None:
        """There may be something to claim: look now."""
        self._awake.set()

    def published(self) -> None:
        """There may be a schedule that is due sooner than any before."""
        if self._scheduler is not None:
            self._scheduler.nudge()

    def _calibrate(self, now: datetime) -> None:
        clock = self._engine.host.clock
        if isinstance(clock, Calibrated):
            clock.calibrate(now)

    async def _pause(self, seconds: float, *, wakeable: bool = False) -> None:
        """Wait in the process's time, which is not the time of runs."""
        if not wakeable:
            await asyncio.sleep(seconds)  # noqa: TID251 - of the process
            return
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return


def _scheduler_of(engine: Engine, made: Callable[[], None]) -> Scheduler | None:
    """What fires the schedules of the store; None for a store without any."""
    store = engine.host.store
    return Scheduler(store, engine.host.random, made=made) if isinstance(store, Schedules) else None
