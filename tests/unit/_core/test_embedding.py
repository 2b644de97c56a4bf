"""Starts and signals an application hands in, on a store in memory; transactions are tried with real databases."""

import asyncio

import pytest

from automata import Kernel, load
from automata.errors import Conflict, NotFound, StoreUnavailable
from automata.model import RunStatus

WAITS = load("automata: 1\nname: w\nnodes: {s: {use: signal, with: {name: go}}}\noutput: ${s}").workflow


def test_a_start_waits_for_a_worker_and_a_signal_is_kept_once_for_each_id():
    async def main():
        kernel = Kernel()
        run = await kernel.start(WAITS, key="k")
        assert run.status is RunStatus.QUEUED
        assert (await kernel.start("w", key="k")).id == run.id
        assert await kernel.emit(run.id, "go", 7, signal_id="one")
        assert not await kernel.emit(run.id, "go", 8, signal_id="one")
        async with kernel.engine(claims=True) as engine:
            return await engine.wait(run.id)

    assert asyncio.run(main()).output == 7


def test_what_is_not_there_or_does_not_fit_is_refused():
    async def main():
        kernel = Kernel()
        with pytest.raises(NotFound):
            await kernel.start("nobody")
        with pytest.raises(NotFound):
            await kernel.start(WAITS, trigger="x")
        await kernel.start(WAITS, 1, key="k")
        with pytest.raises(Conflict):
            await kernel.start(WAITS, 2, key="k")
        with pytest.raises(NotFound):
            await kernel.emit("nobody", "go")
        with pytest.raises(StoreUnavailable, match="no part in transactions"):
            await kernel.start(WAITS, connection=object())

    asyncio.run(main())
