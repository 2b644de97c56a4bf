from __future__ import annotations

import asyncio

import pytest

from automata.errors import Fenced, NotFound
from automata.sql import open_store
from automata.testing.laws import STARTED, WORKER, begin, held, queued, step, turn


def test_a_process_that_did_not_take_a_run_up_finds_out_who_holds_it(where):
    async def main():
        store, other = open_store(where), open_store(where)
        await begin(store, "r")
        await other.append(turn("r", 1, *step(1)))
        await other.create(queued("free"), [STARTED])
        with pytest.raises(Fenced, match="held by nobody"):
            await store.append(turn("free", 1, *step(1)))
        with pytest.raises(NotFound):
            await store.append(turn("gone", 1, *step(1)))
        assert len(await store.journal("r")) == 3
        await store.close()
        await other.close()

    asyncio.run(main())


def test_a_worker_without_lease_does_not_spoil_the_batch_of_the_others(where):
    async def main():
        store = open_store(where)
        await begin(store, "r")
        lost = store.create(held("lost", owner="worker-2"), [STARTED])
        good = store.append(turn("r", 1, *step(1)))
        await good
        with pytest.raises(Fenced, match="worker-2"):
            await lost
        assert store.stats().commits == 3
        await store.leave(WORKER)
        await store.close()

    asyncio.run(main())
