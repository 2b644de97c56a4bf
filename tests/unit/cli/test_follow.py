"""Following runs in virtual time."""

import asyncio
from datetime import timedelta

import pytest

from automata._core.operations import Definitions, Runs
from automata.cli.follow import POLL, follow
from automata.cli.store import Desk
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import (
    ErrorInfo,
    Message,
    PauseRequested,
    ResumeRequested,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
)
from automata.ports import Turn


class Counting(MemoryStore):
    """A store that counts what it is asked."""

    asked = 0

    async def run(self, run):
        self.asked += 1
        return await super().run(run)


def watched(work, limit=None):
    """What `follow` gives while *work* happens to the run."""

    async def main():
        clock = VirtualClock()
        store = Counting(clock)
        random = SeededRandom()
        await store.create(Run(id="r", workflow="w", version="v"), [RunStarted(1)])
        desk = Desk(store, Runs(store, random), Definitions(store, random))
        begun = clock.now()
        async with asyncio.TaskGroup() as group:
            group.create_task(work(store, clock))
            found = [part async for part in follow(desk, "r", clock=clock, limit=limit)]
        return found, store.asked, clock.now() - begun

    return run_virtual(main())


async def after(clock, seconds):
    await clock.sleep_until(clock.now() + timedelta(seconds=seconds))


def turn(at, *events, **given):
    return Turn(run="r", epoch=0, after=at, events=events, **given)


def test_events_come_once_and_the_end_ends_it():
    async def work(store, clock):
        await after(clock, 2)
        await store.append(turn(1, PauseRequested()))
        await after(clock, 2)
        await store.append(turn(2, RunFinished(RunStatus.CANCELLED)))

    found, asked, took = watched(work)

    assert [len(events) for _, events in found] == [1, 1, 1]
    assert found[-1][0].status is RunStatus.CANCELLED
    assert asked <= took / POLL + 2


def test_a_time_limit_ends_it_as_the_run_stands():
    async def nothing(store, clock):
        return

    found, _, took = watched(nothing, timedelta(seconds=3))

    assert not found[-1][0].status.final
    assert timedelta(seconds=3) <= took <= timedelta(seconds=3.5)


@pytest.mark.parametrize("answered", [False, True])
def test_a_parked_run_is_followed_only_while_an_answer_is_under_way(answered):
    async def work(store, clock):
        await store.append(turn(1, status=RunStatus.PARKED, error=ErrorInfo("x", "y")))
        if answered:
            await store.send("r", Message(id="m", body=ResumeRequested()))
            await after(clock, 5)
            await store.append(turn(1, RunFinished(RunStatus.FAILED), taken=["m"]))

    found, _, _ = watched(work)

    assert found[-1][0].status is (RunStatus.FAILED if answered else RunStatus.PARKED)
