"""Runs accepted in a host's own transaction: there is one if and only if the host's row is there."""

import asyncio
import os
import random
import sqlite3
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from automata import Kernel, SyncKernel, load
from automata.errors import Conflict, NotFound, StoreUnavailable
from automata.model import RunStatus
from automata.sql.upgrade import migrate

COUNT = int(os.environ.get("AUTOMATA_HOST_TRANSACTIONS", "3000"))
DOCUMENT = "automata: 1\nname: order\nnodes: {a: {use: set, with: {n: '${input}'}}}\noutput: '${a.n}'"
ORDERS = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("run", sa.Text))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/host.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def engine(url):
    """The application's own engine; whether the disk has what it commits is not what is tested."""
    if url.startswith("sqlite"):
        made = sa.create_engine(url)
        sa.event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    else:
        made = sa.create_engine(url, connect_args={"options": "-c synchronous_commit=off"})
    ORDERS.metadata.create_all(made)
    migrate(made)
    yield made
    ORDERS.metadata.drop_all(made)
    made.dispose()


@pytest.fixture
def workflow():
    return load(DOCUMENT).workflow


def runs_and_rows(engine):
    with engine.connect() as connection:
        runs = set(connection.execute(sa.text("SELECT id FROM automata_run")).scalars())
        journals = set(connection.execute(sa.text("SELECT DISTINCT run FROM automata_journal")).scalars())
        rows = set(connection.execute(sa.select(ORDERS.c.run)).scalars())
    return runs, journals, rows


@pytest.mark.timeout(240)
def test_a_run_exists_if_and_only_if_the_hosts_row_does(engine, workflow, untraced):
    chance = random.Random(7)
    with SyncKernel(engine=engine) as kernel:
        kernel.start(workflow, 0)
        with engine.connect() as connection:
            for number in range(COUNT):
                transaction = connection.begin()
                run = kernel.start("order", number, key=f"order-{number}", connection=connection)
                connection.execute(ORDERS.insert().values(id=number, run=run.id))
                transaction.commit() if chance.random() < 0.5 else transaction.rollback()
        runs, journals, rows = runs_and_rows(engine)

    assert rows < runs == journals
    assert len(runs) == len(rows) + 1
    assert COUNT * 0.4 < len(rows) < COUNT * 0.6


def test_what_was_accepted_in_a_transaction_is_run_by_a_worker(engine, workflow):
    async def main():
        kernel = Kernel(engine=engine)
        with engine.begin() as connection:
            run = await kernel.start(workflow, 7, connection=connection)
            assert run.status is RunStatus.QUEUED
        async with kernel.engine(claims=True) as worker:
            final = await worker.wait(run.id)
        await kernel.close()
        return final

    final = asyncio.run(main())

    assert (final.status, final.output) == (RunStatus.SUCCEEDED, 7)


def test_an_asynchronous_engine_takes_part_too(url, engine, workflow):
    before = runs_and_rows(engine)[0]

    async def main():
        host = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        kernel = Kernel(engine=engine)
        async with host.connect() as connection:
            for number, end in enumerate(("commit", "rollback")):
                run = await kernel.start(workflow, number, connection=connection)
                await connection.execute(ORDERS.insert().values(id=number, run=run.id))
                await getattr(connection, end)()
        await host.dispose()
        await kernel.close()

    asyncio.run(main())
    runs, _, rows = runs_and_rows(engine)

    assert len(rows) == 1
    assert runs - before == rows


SIGNAL = "automata: 1\nname: wait\nnodes: {s: {use: signal, with: {name: go}}}\noutput: ${s}"


def test_a_signal_is_sent_if_and_only_if_the_transaction_commits(engine):
    workflow = load(SIGNAL).workflow
    with SyncKernel(engine=engine) as kernel:
        run = kernel.start(workflow)
        with engine.connect() as connection:
            for number, end in ((1, "rollback"), (2, "commit"), (3, "rollback")):
                assert kernel.emit(run.id, "go", number, connection=connection)
                getattr(connection, end)()
            assert not kernel.emit(run.id, "go", 4, signal_id=_sent(engine), connection=connection)
            connection.rollback()

        async def work():
            async with kernel.kernel.engine(claims=True) as worker:
                return await worker.wait(run.id)

        assert kernel._await(work()).output == 2


def _sent(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT id FROM automata_inbox")).scalar_one()


def test_a_key_is_held_within_the_transaction_and_a_name_must_be_published(engine, workflow):
    with SyncKernel(engine=engine) as kernel, engine.begin() as connection:
        with pytest.raises(NotFound):
            kernel.start("nobody", connection=connection)
        first = kernel.start(workflow, 1, key="k", connection=connection)
        assert kernel.start("order", 1, key="k", connection=connection).id == first.id
        with pytest.raises(Conflict):
            kernel.start("order", 2, key="k", connection=connection)


def test_a_store_in_memory_takes_part_in_no_transaction(engine, workflow):
    with SyncKernel() as kernel, engine.connect() as connection, pytest.raises(StoreUnavailable, match="no part"):
        kernel.start(workflow, connection=connection)


def test_a_commit_of_somebody_else_in_between_does_not_spoil_a_transaction(tmp_path, workflow):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/host.db")
    ORDERS.metadata.create_all(engine)
    migrate(engine)
    other = sqlite3.connect(tmp_path / "host.db", timeout=0)

    def interfere(statement):
        if statement.lstrip().startswith("INSERT"):
            with suppress(sqlite3.OperationalError):  # Refused, for the transaction has the database to itself.
                other.execute("INSERT INTO orders DEFAULT VALUES")
                other.commit()

    with SyncKernel(engine=engine) as kernel:
        kernel.start(workflow, 0)
        with engine.begin() as connection:
            connection.connection.driver_connection.set_trace_callback(interfere)
            run = kernel.start("order", 1, connection=connection)
            connection.connection.driver_connection.set_trace_callback(None)
        runs, _, _ = runs_and_rows(engine)
    other.close()
    engine.dispose()

    assert run.id in runs
