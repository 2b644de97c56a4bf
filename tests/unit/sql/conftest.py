"""Databases on the newest schema, and runs written into them as the store would."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata._core.journal import chain, encode_events
from automata.model import RunStarted, StepStarted
from automata.sql import open_store
from automata.sql.tables import INBOX, JOURNAL, METADATA, PROPERTIES, RUNS
from automata.sql.upgrade import migrate

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request, tmp_path):
    """An engine on an empty database with every table."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
        sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    else:
        engine = sa.create_engine(request.getfixturevalue("postgres_url"))
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def add_run():
    """Write one run with a journal of two rows and a message it has taken."""

    def add(engine, name, status="succeeded", *, turns=1, finished_ms=None, size=10, **facts):
        final = status in {"succeeded", "failed", "cancelled", "timed_out"}
        row = {
            "id": name,
            "org": "",
            "workflow": "w",
            "version": "v",
            "status": status,
            "digest": "",
            "priority": 0,
            "epoch": 1,
            "created_ms": finished_ms or 1,
            "finished_ms": (finished_ms or 1) if final else None,
            **facts,
        }
        first = encode_events([RunStarted({"text": "x" * size}), StepStarted("a", 1)])
        journal = [{"run": name, "position": 0, "events": first, "chain": chain(b"", first)}]
        for at in range(turns):
            more = encode_events([StepStarted("b", at + 1)])
            journal.append(
                {"run": name, "position": 2 + at, "events": more, "chain": chain(journal[-1]["chain"], more)}
            )
        with engine.begin() as connection:
            connection.execute(RUNS.insert(), row)
            connection.execute(JOURNAL.insert(), journal)
            connection.execute(INBOX.insert(), {"run": name, "id": "m", "body": b"{}", "taken": True})

    return add


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """URL of an empty database on the newest schema, for `open_store`."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/x.db"
        engine = sa.create_engine(url)
    else:
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(url)
    migrate(engine)
    if request.param == "postgresql":
        names = ", ".join(table.name for table in METADATA.sorted_tables if table is not PROPERTIES)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {names}")
    engine.dispose()
    return url


@pytest.fixture
def play(where):
    """Let a scenario happen to a store of that database, which is opened for it and closed after it."""

    def run(scenario, **options):
        async def main():
            store = open_store(where, **options)
            try:
                await scenario(store)
            finally:
                await store.close()

        asyncio.run(main())

    return run
