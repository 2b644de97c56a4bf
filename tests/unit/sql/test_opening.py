from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata.errors import StoreUnavailable
from automata.sql import open_store
from automata.sql.upgrade import migrate


def close(store):
    asyncio.run(store.close())


def test_a_file_that_is_not_there_is_made_with_its_tables(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/x.db")

    names = sa.inspect(store.database.engine).get_table_names()
    with store.database.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()

    assert {"automata_run", "automata_journal", "automata_inbox"} <= set(names)
    assert mode == "wal"
    close(store)


def test_a_server_without_tables_is_left_alone_unless_it_is_asked_for(postgres_url):
    with pytest.raises(StoreUnavailable, match="automata db upgrade"):
        open_store(postgres_url)

    close(open_store(postgres_url, create=True))
    close(open_store(postgres_url))


def test_a_schema_this_program_does_not_know_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    close(open_store(url))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE automata_schema SET version_num = '9999'")
        connection.exec_driver_sql("DELETE FROM automata_property WHERE name = 'automata_schema_oldest'")
    engine.dispose()

    with pytest.raises(StoreUnavailable, match="newer than this program"):
        open_store(url)


def test_the_engine_of_a_host_names_its_file(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)

    store = open_store(engine)

    assert store.database.engine is not engine
    close(store)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM automata_run").scalar_one() == 0
    engine.dispose()


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match="missing"):
        open_store(f"sqlite:///{tmp_path}/missing/x.db")
