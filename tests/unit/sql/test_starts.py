from __future__ import annotations

import asyncio

import pytest

from automata.errors import Overloaded
from automata.sql import open_store
from automata.testing.laws import LEASE_S, STARTED, WORKER, held, queued


def test_no_more_runs_of_an_org_wait_than_are_allowed(play):
    async def scenario(store):
        for n in range(3):
            await store.create(queued(f"r{n}"), [STARTED])
        with pytest.raises(Overloaded):
            await store.create(queued("r3"), [STARTED])
        await store.create(queued("other", org="other"), [STARTED])
        assert (await store.create(queued("r1"), [STARTED])).id == "r1"

    play(scenario, pending=3)


def test_a_batch_of_starts_stops_at_the_limit(play):
    async def scenario(store):
        starts = [store.create(queued(f"r{n}"), [STARTED]) for n in range(8)]
        answers = await asyncio.gather(*starts, return_exceptions=True)
        assert [isinstance(a, Overloaded) for a in answers] == [False] * 5 + [True] * 3

    play(scenario, pending=5)


def test_a_claim_makes_room(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        await asyncio.gather(*(store.create(queued(f"r{n}", priority=n), [STARTED]) for n in range(3)))
        await store.claim(WORKER, 2)
        await asyncio.gather(*(store.create(queued(f"s{n}"), [STARTED]) for n in range(2)))
        with pytest.raises(Overloaded):
            await store.create(queued("s3"), [STARTED])

    play(scenario, pending=3)


def test_runs_a_worker_holds_from_the_start_do_not_wait(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        await asyncio.gather(*(store.create(held(f"r{n}"), [STARTED]) for n in range(5)))

    play(scenario, pending=1)


def test_two_processes_accept_one_run_of_a_key(where, play):
    async def scenario(store):
        other = open_store(where)
        starts = [
            s.create(queued(f"{n}-{i}", key=f"k{n}"), [STARTED])
            for n in range(30)
            for i, s in enumerate((store, other))
        ]
        accepted = await asyncio.gather(*starts)
        assert len({run.id for run in accepted}) == 30
        for mine, theirs in zip(accepted[::2], accepted[1::2], strict=True):
            assert mine.id == theirs.id
        await other.close()

    play(scenario)


def test_text_a_database_cannot_hold_spoils_no_other_start(play):
    async def scenario(store):
        bad = store.create(queued("bad\ud800"), [STARTED])
        good = store.create(queued("good"), [STARTED])
        await good
        with pytest.raises(Exception, match="surrogate"):
            await bad
        assert await store.run("good") is not None

    play(scenario)
