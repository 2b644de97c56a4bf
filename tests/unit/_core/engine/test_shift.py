"""Schedules as one duty of a worker: what it fires, what wakes it, and that it stops when the worker hands over."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from automata._core.codec import version
from automata._core.engine import Engine
from automata._core.schedule import Every
from automata._core.scheduler import Schedule
from automata.errors import StoreUnavailable
from automata.memory import EPOCH, MemoryStore, VirtualClock, run_virtual
from automata.model import RunStatus

TICK = "nodes: {tick: {use: schedule.every, with: {every: 10s}}, s: {use: t.ok}}\nedges: [tick -> s]"


class Ticking(MemoryStore):
    """A store in memory with one schedule, and whatever trouble it has to give."""

    def __init__(self):
        super().__init__(VirtualClock())
        self.schedules = {}
        self.trouble = 0

    def add(self, workflow, seconds):
        spec = Every(interval=timedelta(seconds=seconds), anchor=EPOCH)
        facts = {"id": workflow.name, "org": "", "workflow": workflow.name, "node": "tick"}
        due = EPOCH + timedelta(seconds=seconds)
        self.schedules[workflow.name] = Schedule(**facts, version=version(workflow), spec=spec, next=due)

    async def upcoming(self):
        return min((one.next for one in self.schedules.values()), default=None)

    async def due(self, now, limit, after=None):
        if self.trouble:
            self.trouble -= 1
            raise StoreUnavailable("Gone")
        return [one for one in self.schedules.values() if one.next <= now and after is None][:limit]

    async def fire(self, firing):
        self.schedules[firing.schedule.id] = evolve(firing.schedule, next=firing.next)
        return [await self.create(start.run, start.events) for start in firing.starts]

    def at(self):
        """When runs were made, in seconds."""
        return [(run.created - EPOCH).total_seconds() for run in self._runs.values()]


@pytest.fixture
def ticking(world):
    """A world whose store has a schedule of every ten seconds."""
    world.store = Ticking()
    world.tick = world.document(TICK)
    return world


def work(world, seconds, **options):
    """Let a worker work for a while, and hand over."""

    async def main():
        await world.store.publish(world.tick, version(world.tick))
        world.store.add(world.tick, 10)
        async with Engine(world.host(), world.catalog(), **options):
            await asyncio.sleep(seconds)

    run_virtual(main())


def test_a_worker_fires_schedules_and_drives_their_runs(ticking):
    work(ticking, 45, claims=True)

    assert [round(at) for at in ticking.store.at()] == [10, 20, 30, 40]
    assert {run.status for run in ticking.store._runs.values()} == {RunStatus.SUCCEEDED}


def test_a_run_of_a_schedule_is_taken_up_at_once(ticking):
    work(ticking, 25, claims=True)

    late = [run.finished - run.created for run in ticking.store._runs.values()]
    assert max(late) < timedelta(milliseconds=10)


def test_who_does_not_claim_fires_nothing(ticking):
    work(ticking, 45)

    assert ticking.store.at() == []


def test_a_store_that_does_not_answer_is_asked_again_and_no_tick_is_lost(ticking):
    ticking.store.trouble = 15

    work(ticking, 45, claims=True)

    assert ticking.store.trouble == 0
    assert len(ticking.store.at()) == 4


def test_a_worker_that_hands_over_fires_no_more(ticking):
    ticking.tick = ticking.document(TICK.replace("t.ok", "t.slow, with: {s: 25}"))

    work(ticking, 12, claims=True, drain_s=60)

    assert [round(at) for at in ticking.store.at()] == [10]


def test_a_schedule_published_here_does_not_wait_for_the_next_look(ticking):
    async def main():
        async with Engine(ticking.host(), ticking.catalog(), claims=True) as engine:
            await asyncio.sleep(0.25)
            ticking.store.add(ticking.document(TICK, "soon"), 0.3)
            await engine.start(ticking.document("nodes: {s: {use: t.ok}}", "other"))
            await asyncio.sleep(0.1)
            return [run.workflow for run in ticking.store._runs.values()]

    assert "soon" in run_virtual(main())
