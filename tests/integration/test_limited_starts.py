"""What a workflow demands of starts holds for every way of starting it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from automata import Kernel, load
from automata._core.operations import Definitions
from automata._core.scheduler import Scheduler
from automata.errors import Overloaded
from automata.memory import SeededRandom
from automata.model import Run, RunStatus, Workflow
from automata.ports import RunQuery
from automata.sql import open_store
from automata.sql.tables import METADATA, PROPERTIES

HELD = """automata: 1
name: held
settings: {concurrency: {key: "${input.customer}", limit: 1, policy: drop_newest}}
nodes: {ask: {use: approval, with: {message: "Go on?"}}}
"""
CALLS = """automata: 1
name: calls
nodes: {child: {use: call, with: {workflow: held, input: {customer: a}}}}
"""
TURNS = """automata: 1
name: turns
settings: {concurrency: {limit: 1, policy: queue}}
nodes: {nap: {use: wait, with: {for: 50ms}}, note: {use: set, with: {v: 1}}}
edges: [nap -> note]
output: "${note.v}"
"""
TICKS = """automata: 1
name: ticks
settings: {rate: {limit: 1, period: 1h}}
nodes: {tick: {use: schedule.every, with: {every: 1s, misfire: all}}, note: {use: set, with: {v: 1}}}
edges: [tick -> note]
"""
FAILS = """automata: 1
name: fails
errors: handler
settings: {concurrency: {limit: 1, policy: drop_newest}}
nodes: {f: {use: fail}}
"""
HANDLER = "automata: 1\nname: handler\nnodes: {note: {use: set, with: {v: 1}}}"
MINE = {"customer": "a"}


def document(text: str) -> Workflow:
    workflow = load(text).workflow
    assert workflow is not None
    return workflow


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database with nothing in it but the tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'runs.db'}"
        asyncio.run(open_store(url).close())
        return url
    url = request.getfixturevalue("postgres_url")
    asyncio.run(open_store(url, create=True).close())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        names = ", ".join(table.name for table in METADATA.sorted_tables if table is not PROPERTIES)
        connection.exec_driver_sql(f"TRUNCATE {names}")
    engine.dispose()
    return url


def play(url: str, scenario: Callable[[Kernel], Awaitable[None]]) -> None:
    async def main() -> None:
        kernel = Kernel(database=url)
        try:
            async with asyncio.timeout(60):
                await scenario(kernel)
        finally:
            await kernel.close()

    asyncio.run(main())


async def by_name(kernel: Kernel) -> object:
    return await kernel.start("held", MINE)


async def by_document(kernel: Kernel) -> object:
    return await kernel.start(document(HELD), MINE)


async def by_command_line(kernel: Kernel) -> object:
    return await Definitions(kernel.store, kernel.random).start("held", MINE)


async def by_own_transaction(kernel: Kernel) -> object:
    engine = sa.create_engine(kernel.store.database.engine.url)
    try:
        with engine.begin() as connection:
            return await kernel.start("held", MINE, connection=connection)
    finally:
        engine.dispose()


async def by_own_asynchronous_transaction(kernel: Kernel) -> object:
    url = kernel.store.database.engine.url
    if url.get_backend_name() == "sqlite":
        url = url.set(drivername="sqlite+aiosqlite")
        pytest.importorskip("aiosqlite")
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await kernel.start(document(HELD), MINE, connection=connection)
    finally:
        await engine.dispose()


async def by_engine(kernel: Kernel) -> object:
    async with kernel.engine() as engine:
        return await engine.start(document(HELD), MINE)


async def by_worker(kernel: Kernel) -> object:
    async with kernel.engine(claims=True) as engine:
        return await engine.start(document(HELD), MINE)


async def by_running(kernel: Kernel) -> object:
    return await kernel.run(document(HELD), MINE)


WAYS = [
    by_name,
    by_document,
    by_command_line,
    by_own_transaction,
    by_own_asynchronous_transaction,
    by_engine,
    by_worker,
    by_running,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_start_that_does_not_fit_is_refused_whoever_asks(url, way) -> None:
    async def scenario(kernel: Kernel) -> None:
        first = await kernel.start(document(HELD), MINE)

        with pytest.raises(Overloaded, match="Too many runs of workflow 'held'"):
            await way(kernel)

        other = await kernel.start("held", {"customer": "b"})
        assert {run.id for run in await kernel.store.runs(RunQuery())} == {first.id, other.id}

    play(url, scenario)


def test_a_called_run_that_does_not_fit_is_an_error_of_the_call(url) -> None:
    async def scenario(kernel: Kernel) -> None:
        first = await kernel.start(document(HELD), MINE)

        result = await kernel.run(document(CALLS))

        assert result.run.status is RunStatus.FAILED
        assert result.run.error is not None
        assert "Too many runs of workflow 'held'" in result.run.error.message
        assert [run.id for run in await kernel.store.runs(RunQuery(workflow="held"))] == [first.id]

    play(url, scenario)


def test_nobody_is_told_of_the_failure_of_a_run_that_was_refused(url) -> None:
    async def scenario(kernel: Kernel) -> None:
        await Definitions(kernel.store, kernel.random).publish(document(HANDLER))
        first = await kernel.start(document(FAILS))  # it has the place, and no worker
        with pytest.raises(Overloaded):
            await kernel.run(document(FAILS))
        told = await kernel.store.runs(RunQuery(workflow="handler"))
        async with kernel.engine(claims=True) as worker:
            assert (await worker.wait(first)).status is RunStatus.FAILED
        again = await kernel.run(document(FAILS))

        handlers = await kernel.store.runs(RunQuery(workflow="handler"))
        assert (told, again.run.status) == ([], RunStatus.FAILED)
        assert {run.parent for run in handlers} == {f"{first.id}#", f"{again.run.id}#"}

    play(url, scenario)


def test_a_tick_keeps_to_the_rate_of_its_workflow(url) -> None:
    async def scenario(kernel: Kernel) -> None:
        store = kernel.store
        await Definitions(store, kernel.random).publish(document(TICKS))
        scheduler = Scheduler(store, SeededRandom(1))
        while len(rows := await store.runs(RunQuery())) < 3:
            await scheduler.sweep()
            await asyncio.sleep(0.05)

        first, second, third = sorted(rows, key=lambda run: run.wake)
        assert 3599 <= (second.wake - first.wake).total_seconds() <= 3601
        assert 3599 <= (third.wake - second.wake).total_seconds() <= 3601
        await store.register("w", 60.0)
        assert [run.id for run in await store.claim("w", 10)] == [first.id]

    play(url, scenario)


def test_runs_that_wait_for_one_another_all_end_without_a_worker(url) -> None:
    async def scenario(kernel: Kernel) -> None:
        together = [kernel.run(document(TURNS)) for _ in range(3)]

        results = await asyncio.gather(*together)

        assert [result.run.output for result in results] == [1, 1, 1]

    play(url, scenario)


def test_a_process_without_claims_leaves_runs_of_others_alone(url) -> None:
    async def scenario(kernel: Kernel) -> None:
        left = await kernel.start(document(TURNS))  # it has the place, and no worker
        async with kernel.engine() as engine:
            mine = await engine.start(document(TURNS))
            await asyncio.sleep(0.5)
            rows = [await kernel.store.run(run.id) for run in (left, mine)]
            async with kernel.engine(claims=True) as worker:
                ended: list[Run] = [await worker.wait(left), await engine.wait(mine)]

        assert [row.status for row in rows] == [RunStatus.QUEUED, RunStatus.QUEUED]
        assert {run.status for run in ended} == {RunStatus.SUCCEEDED}

    play(url, scenario)
