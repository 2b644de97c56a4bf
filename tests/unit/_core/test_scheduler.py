"""The loop that fires schedules, against a store in a list."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from automata._core.schedule import Cron, Every
from automata._core.scheduler import AT_ONCE, Firing, Schedule, Scheduler, rfc3339, start_of
from automata.errors import FixInput, Overloaded, StoreUnavailable
from automata.memory import SeededRandom, run_virtual
from automata.model import Run, RunStatus

START = datetime(2026, 1, 1, tzinfo=UTC)


def hourly(**fields: str) -> Schedule:
    spec = Cron(expression="0 * * * *", misfire="all")
    given = {"id": "w/tick", "org": "", "workflow": "w", "node": "tick", "version": "v"} | fields
    return Schedule(**given, spec=spec, next=START + timedelta(hours=1))


class Listed:
    """`Schedules` on the loop's time: what was fired, in order."""

    def __init__(self, *schedules: Schedule) -> None:
        self.schedules = {one.id: one for one in schedules}
        self.fired: list[Firing] = []
        self.ahead = timedelta(0)
        self.refusals: list[Exception] = []

    async def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.ahead

    async def upcoming(self) -> datetime | None:
        return min((one.next for one in self.schedules.values()), default=None)

    async def due(self, now: datetime, limit: int, after: Schedule | None = None) -> Sequence[Schedule]:
        due = sorted((one.next, one.id) for one in self.schedules.values() if one.next <= now)
        return [self.schedules[id_] for at, id_ in due if after is None or (at, id_) > (after.next, after.id)][:limit]

    async def fire(self, firing: Firing) -> Sequence[Run]:
        if self.refusals:
            raise self.refusals.pop()
        self.fired.append(firing)
        assert firing.next is not None
        self.schedules[firing.schedule.id] = evolve(firing.schedule, next=firing.next)
        return [start.run for start in firing.starts]


def run_for(store: Listed, seconds: float, made: Callable[[], None] | None = None) -> None:
    async def drive() -> None:
        task = asyncio.ensure_future(Scheduler(store, SeededRandom(1), made=made).run())
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    run_virtual(drive())


def instants(store: Listed) -> list[datetime]:
    return [start.at for firing in store.fired for start in firing.starts]


def test_every_hour_is_fired_once_and_on_time() -> None:
    store = Listed(hourly())

    run_for(store, 5 * 3600 + 30)

    assert instants(store) == [START + timedelta(hours=n) for n in range(1, 6)]
    for firing in store.fired:
        [start] = firing.starts
        assert start.events[0].at[:19] == rfc3339(start.at)[:19]


def test_interval_of_a_second_loses_nothing() -> None:
    spec = Every(interval=timedelta(seconds=1), anchor=START)
    store = Listed(evolve(hourly(), spec=spec, next=START + timedelta(seconds=1)))

    run_for(store, 60.5)

    assert instants(store) == [START + timedelta(seconds=n) for n in range(1, 61)]


def test_store_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    class Flaky(Listed):
        failures = 3

        async def now(self) -> datetime:
            self.failures -= 1
            if self.failures >= 0:
                raise StoreUnavailable("gone")
            return await super().now()

    store = Flaky(hourly())

    run_for(store, 3700)

    assert len(instants(store)) == 1
    assert "Schedules wait: gone" in caplog.text


def test_overloaded_org_does_not_stop_others(caplog: pytest.LogCaptureFixture) -> None:
    store = Listed(hourly(), hourly(id="v/tick"))
    store.refusals = [Overloaded("full")]

    run_for(store, 3610)

    assert sorted(firing.schedule.id for firing in store.fired) == ["v/tick", "w/tick"]
    assert "A schedule waits: full" in caplog.text


def test_schedule_that_cannot_be_fired_does_not_stop_others(caplog: pytest.LogCaptureFixture) -> None:
    store = Listed(hourly(), hourly(id="v/tick"))
    store.refusals = [FixInput("broken")]

    run_for(store, 3605)

    assert sorted(firing.schedule.id for firing in store.fired) == ["v/tick", "w/tick"]
    assert "cannot be fired" in caplog.text


@pytest.mark.parametrize(
    ("jump", "due"), [(timedelta(hours=1), 1), (-timedelta(hours=1), 0), (timedelta(minutes=2), 0)]
)
def test_jump_of_the_clock_is_an_alert_and_holds_one_sweep(
    jump: timedelta, due: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = Listed(hourly())

    async def drive() -> list[int]:
        scheduler = Scheduler(store, SeededRandom(1))
        await scheduler.sweep()
        store.ahead = jump
        held = await scheduler.sweep()
        return [held, await scheduler.sweep()]

    held, made = run_virtual(drive())

    assert (held, made) == (0, due)
    assert [record.levelno for record in caplog.records if "jumped" in record.message] == [logging.ERROR]


def test_small_corrections_of_the_clock_are_no_jump(caplog: pytest.LogCaptureFixture) -> None:
    store = Listed(hourly())

    async def drive() -> None:
        scheduler = Scheduler(store, SeededRandom(1))
        for _ in range(5):
            await scheduler.sweep()
            store.ahead += timedelta(seconds=50)

    run_virtual(drive())

    assert "jumped" not in caplog.text


def test_nudge_ends_the_sleep() -> None:
    store = Listed()

    async def drive() -> float:
        scheduler = Scheduler(store, SeededRandom(1))
        task = asyncio.ensure_future(scheduler.run())
        await asyncio.sleep(0.1)
        store.schedules["w/tick"] = evolve(hourly(), next=START)
        scheduler.nudge()
        await asyncio.sleep(0.01)
        task.cancel()
        return len(store.fired)

    assert run_virtual(drive()) == 1


def test_refused_schedules_however_many_do_not_hide_those_behind() -> None:
    class Full(Listed):
        async def fire(self, firing: Firing) -> Sequence[Run]:
            if firing.schedule.org == "full":
                raise Overloaded("full")
            return await super().fire(firing)

    store = Full(*(hourly(id=f"a{n}", org="full") for n in range(AT_ONCE + 5)), hourly(id="z"))

    run_for(store, 3601)

    assert [firing.schedule.id for firing in store.fired] == ["z"]


def test_what_cannot_be_fired_is_tried_once_a_second_at_most() -> None:
    class Full(Listed):
        tried = 0

        async def fire(self, firing: Firing) -> Sequence[Run]:
            self.tried += 1
            raise Overloaded("full")

    store = Full(hourly())

    run_for(store, 3610.5)

    assert 9 <= store.tried <= 12


def test_look_that_fails_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Listed):
        failures = 2

        async def upcoming(self) -> datetime | None:
            self.failures -= 1
            if self.failures >= 0:
                raise ValueError("not JSON")
            return await super().upcoming()

    store = Broken(hourly())

    run_for(store, 3601)

    assert len(instants(store)) == 1
    assert "Schedules cannot be looked at" in caplog.text


def test_whoever_takes_up_runs_is_told_of_new_ones() -> None:
    store, told = Listed(hourly()), []

    run_for(store, 2 * 3600 + 1, made=lambda: told.append(len(store.fired)))

    assert told == [1, 2]


def test_run_of_a_tick_says_when_it_was_due() -> None:
    late = START + timedelta(seconds=2.5)

    start = start_of(hourly(org="o"), START, late, "r")

    assert start.run == Run(
        id="r",
        org="o",
        workflow="w",
        version="v",
        status=RunStatus.QUEUED,
        key="schedule:w/tick:2026-01-01T00:00:00Z",
    )
    assert start.events[0].input == {"at": "2026-01-01T00:00:02.500Z", "scheduled": "2026-01-01T00:00:00Z"}
