from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata._core.system import SystemClock
from automata.errors import FixInput, StoreUnavailable
from automata.sql import open_store
from automata.sql.database import Database, make_engine
from automata.testing.laws import begin, step, turn


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"], ids=["nameless", "memory", "mysql"]
)
def test_runs_live_in_files_and_servers(url):
    with pytest.raises(FixInput):
        make_engine(sa.make_url(url))


def test_the_writer_waits_for_the_disk(where):
    engine = make_engine(sa.make_url(where))
    link = Database(engine, SystemClock()).open_writer()

    if where.startswith("sqlite"):
        assert link.query("PRAGMA synchronous") == [(2,)]
    else:
        assert link.query("SHOW synchronous_commit") == [("on",)]
    link.connection.close()
    engine.dispose()


def test_a_server_ends_the_transaction_of_a_process_that_stands_still(postgres_url):
    engine = make_engine(sa.make_url(postgres_url))
    link = Database(engine, SystemClock()).open_writer()

    assert link.query("SHOW idle_in_transaction_session_timeout") == [("15s",)]
    link.connection.close()
    engine.dispose()


def test_not_to_wait_for_the_disk_has_to_be_asked_for(tmp_path):
    engine = make_engine(sa.make_url(f"sqlite:///{tmp_path}/x.db"))
    link = Database(engine, SystemClock(), full=False).open_writer()

    assert link.query("PRAGMA synchronous") == [(1,)]
    link.connection.close()
    engine.dispose()


def test_a_database_that_cannot_be_opened_says_so(tmp_path):
    engine = make_engine(sa.make_url(f"sqlite:///{tmp_path}/missing/x.db"))
    database = Database(engine, SystemClock())

    with pytest.raises(StoreUnavailable, match="Cannot open"):
        database.read(lambda link: link.query("SELECT 1"))
    database.close()


def test_a_reader_whose_server_cut_the_connection_tries_once_more(postgres_url):
    database = Database(make_engine(sa.make_url(postgres_url)), SystemClock())
    pid = database.read(lambda link: link.query("SELECT pg_backend_pid()"))[0][0]
    admin = sa.create_engine(postgres_url)
    with admin.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))
    admin.dispose()

    assert database.read(lambda link: link.query("SELECT 1")) == [(1,)]
    database.close()


def test_the_pool_of_a_host_is_left_open(postgres_url):
    engine = sa.create_engine(postgres_url)

    async def main():
        store = open_store(engine, create=True)
        await begin(store, "host")
        await store.append(turn("host", 1, *step(1)))
        await store.close()

    asyncio.run(main())

    with engine.connect() as connection:
        assert not connection.connection.driver_connection.autocommit
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    engine.dispose()
