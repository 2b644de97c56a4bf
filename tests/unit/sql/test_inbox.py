from __future__ import annotations

import asyncio

from automata.errors import Conflict, NotFound, Overloaded
from automata.model import RunFinished, RunStatus
from automata.sql import open_store
from automata.testing.laws import WORKER, begin, ids_of, signal, turn


def test_each_message_of_a_batch_gets_its_own_answer(play):
    async def scenario(store):
        await begin(store, "r", "over")
        await store.append(turn("over", 1, RunFinished(RunStatus.FAILED)))
        wanted = [("r", "a"), ("gone", "a"), ("r", "b"), ("r", "a"), ("over", "a")]
        answers = await asyncio.gather(*(store.send(r, signal(m)) for r, m in wanted), return_exceptions=True)
        assert [a if isinstance(a, bool) else type(a) for a in answers] == [True, NotFound, True, False, Conflict]
        assert [m.id for m in await store.inbox("r")] == ["a", "b"]

    play(scenario)


def test_a_batch_stops_at_the_thousandth_message(play):
    async def scenario(store):
        await begin(store, "r")
        many = await asyncio.gather(*(store.send("r", signal(f"m{n}")) for n in range(1_010)), return_exceptions=True)
        assert sum(a is True for a in many) == 1_000
        assert all(isinstance(a, Overloaded) for a in many[1_000:])

    play(scenario)


def test_a_repeated_message_to_a_run_that_is_over_is_an_old_one(play):
    async def scenario(store):
        await begin(store, "r")
        assert await store.send("r", signal("m"))
        await store.append(turn("r", 1, RunFinished(RunStatus.SUCCEEDED), taken=["m"]))
        assert not await store.send("r", signal("m"))

    play(scenario)


def test_no_wake_up_is_lost_between_two_processes(where, play):
    """One lets runs go while the other sends to them: whoever is second sees what the first did."""

    async def scenario(store):
        other = open_store(where)
        runs = [f"r{n}" for n in range(40)]
        await begin(store, *runs)
        await asyncio.gather(
            *(store.append(turn(run, 1, release=True)) for run in runs),
            *(other.send(run, signal("m")) for run in reversed(runs)),
        )
        assert sorted(await ids_of(store.claim(WORKER, 100))) == sorted(runs)
        await other.close()

    play(scenario)
