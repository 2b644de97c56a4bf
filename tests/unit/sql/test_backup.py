"""Backups: of one moment while others write, whole or not there; restores that start nothing by themselves."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from automata.errors import Conflict, Damaged, FixInput, NotFound, StoreUnavailable
from automata.sql.backup import backup, restore, runs_in
from automata.sql.tables import BLOBS, JOURNAL, METADATA, PROPERTIES, RUNS, WORKERS
from automata.sql.upgrade import KERNEL, check, migrate


def content(engine):
    tables = [table for table in METADATA.sorted_tables if table not in {RUNS, JOURNAL, PROPERTIES}]
    with engine.connect() as connection:
        return {table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in tables}


def statuses(engine):
    with engine.connect() as connection:
        return {row.id: row.status for row in connection.execute(sa.select(RUNS.c.id, RUNS.c.status))}


@pytest.fixture
def filled(migrated, add_run):
    add_run(migrated, "done")
    add_run(migrated, "open", "waiting")
    with migrated.begin() as connection:
        connection.execute(BLOBS.insert(), {"hash": "0" * 64, "size": 3, "data": b"\0\xff1", "used_ms": 1})
    return migrated


def test_what_is_restored_is_what_was_backed_up_with_open_runs_parked(filled, add_run, tmp_path):
    copy = backup(filled.url, tmp_path / "copy")
    before = content(filled)
    add_run(filled, "later")
    filled.dispose()

    parked = restore(filled.url, tmp_path / "copy", replace=True)

    assert (copy.runs, copy.revision, copy.size_bytes > 0) == (2, KERNEL.head, True)
    assert content(filled) == before
    assert statuses(filled) == {"done": "succeeded", "open": "parked"}
    assert (parked.runs, parked.generation) == (1, 2)
    assert check(filled).kind == "current"


def test_a_database_with_runs_is_not_replaced_unless_asked(filled, tmp_path):
    backup(filled.url, tmp_path / "copy")

    with pytest.raises(Conflict, match="has 2 runs"):
        restore(filled.url, tmp_path / "copy")
    assert statuses(filled) == {"done": "succeeded", "open": "waiting"}


def test_a_file_that_is_there_is_not_replaced_unless_asked(filled, tmp_path):
    (tmp_path / "copy").write_text("precious")

    with pytest.raises(Conflict, match="is there already"):
        backup(filled.url, tmp_path / "copy")
    backup(filled.url, tmp_path / "copy", replace=True)

    assert restore(filled.url, tmp_path / "copy", replace=True).runs == 1


def test_tables_the_backup_does_not_have_are_gone_after_it(filled, tmp_path):
    backup(filled.url, tmp_path / "copy")
    with filled.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE automata_later (id INTEGER PRIMARY KEY)")
    filled.dispose()

    restore(filled.url, tmp_path / "copy", replace=True)

    assert "automata_later" not in sa.inspect(filled).get_table_names()


def test_a_backup_of_another_kind_is_refused(tmp_path):
    (tmp_path / "text").write_text("no backup at all, but long enough")
    (tmp_path / "dump").write_bytes(b"PGDMP" + bytes(20))
    url = sa.make_url(f"sqlite:///{tmp_path}/x.db")

    with pytest.raises(FixInput, match="no backup"):
        restore(url, tmp_path / "text")
    with pytest.raises(FixInput, match="another kind"):
        restore(url, tmp_path / "dump")
    with pytest.raises(NotFound, match="no file"):
        restore(url, tmp_path / "nothing")


def lite(tmp_path, name="x.db", *, wal=True):
    engine = sa.create_engine(f"sqlite:///{tmp_path / name}")
    migrate(engine)
    if wal:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    return engine


def test_a_backup_has_one_moment_while_others_write(tmp_path):
    engine, stop, pace = lite(tmp_path), threading.Event(), []

    def write():
        with sqlite3.connect(tmp_path / "x.db", timeout=30, isolation_level=None) as connection:
            for at in range(1_000_000):
                began = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                for name in (f"a{at}", f"b{at}"):  # Always both.
                    connection.execute("INSERT INTO automata_property VALUES (?, ?)", (name, "x" * 3000))
                connection.execute("COMMIT")
                pace.append(time.perf_counter() - began)
                if stop.is_set():
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(pace) < 300:
            stop.wait(0.01)
        first = len(pace)
        for at in range(5):
            backup(engine.url, tmp_path / f"copy{at}")
    finally:
        stop.set()
        writer.join()

    assert len(pace) > first
    for at in range(5):
        with sqlite3.connect(tmp_path / f"copy{at}") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            counts = dict(copy.execute("SELECT substr(name, 1, 1), count(*) FROM automata_property GROUP BY 1"))
            assert counts["a"] - 1 == counts["b"] >= 300  # automata_schema_oldest begins with an a
        copy.close()


def test_a_restore_makes_a_file_that_is_not_there(tmp_path):
    source = lite(tmp_path)
    backup(source.url, tmp_path / "copy")

    restore(sa.make_url(f"sqlite:///{tmp_path}/new/y.db"), tmp_path / "copy")

    assert check(sa.create_engine(f"sqlite:///{tmp_path}/new/y.db")).kind == "current"
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == ["y.db"]


def test_a_database_somebody_works_on_is_not_replaced(tmp_path):
    engine = lite(tmp_path)
    backup(engine.url, tmp_path / "copy")
    with engine.connect() as busy:
        busy.execute(sa.select(RUNS.c.id)).all()

        with pytest.raises(StoreUnavailable, match="stop every program"):
            restore(engine.url, tmp_path / "copy")
    engine.dispose()

    assert restore(engine.url, tmp_path / "copy").generation == 2


def test_a_damaged_database_is_replaced_when_asked(tmp_path):
    engine = lite(tmp_path)
    backup(engine.url, tmp_path / "copy")
    engine.dispose()
    (tmp_path / "x.db").write_bytes(b"rubbish" * 1000)

    with pytest.raises(Conflict, match="would replace it"):
        restore(engine.url, tmp_path / "copy")
    restore(engine.url, tmp_path / "copy", replace=True)

    assert check(engine).kind == "current"


def test_a_damaged_backup_is_refused_and_changes_nothing(tmp_path):
    engine = lite(tmp_path)
    backup(engine.url, tmp_path / "copy")
    data = bytearray((tmp_path / "copy").read_bytes())
    data[4096 * 5 : 4096 * 9] = b"\xee" * 4096 * 4
    (tmp_path / "copy").write_bytes(data)

    with pytest.raises(Damaged, match="copy is damaged"):
        restore(engine.url, tmp_path / "copy", replace=True)
    assert check(engine).kind == "current"


def test_a_database_of_another_program_is_no_backup(tmp_path):
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE host (id INTEGER)")
    other.close()

    with pytest.raises(FixInput, match="no tables of Automata"):
        restore(sa.make_url(f"sqlite:///{tmp_path}/x.db"), tmp_path / "other")


def test_what_is_not_there_cannot_be_backed_up(tmp_path):
    url = sa.make_url(f"sqlite:///{tmp_path}/x.db")

    with pytest.raises(NotFound, match="no database"):
        backup(url, tmp_path / "copy")
    with pytest.raises(NotFound, match="no folder"):
        backup(lite(tmp_path, "y.db").url, tmp_path / "no" / "copy")
    with pytest.raises(FixInput, match="in memory"):
        backup(sa.make_url("sqlite://"), tmp_path / "copy")
    assert list(tmp_path.glob("*copy*")) == []
    assert runs_in(url) == 0


def test_progress_reaches_the_end(tmp_path):
    told = []

    backup(lite(tmp_path).url, tmp_path / "copy", progress=lambda *parts: told.append(parts))

    assert told[-1][0] == told[-1][1] > 0


def test_a_backup_killed_on_the_way_leaves_no_file_of_that_name(tmp_path):
    engine = lite(tmp_path)
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nimport sqlalchemy as sa\n"
        "from automata.sql.backup import backup\n"
        "backup(sa.make_url(sys.argv[1]), Path(sys.argv[2]), progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))"
    )

    done = subprocess.run([sys.executable, "-c", program, str(engine.url), str(tmp_path / "copy")], check=False)

    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "copy").exists()
    assert backup(engine.url, tmp_path / "copy").size_bytes > 0


def test_workers_on_a_server_have_to_stop_first(postgres_url, tmp_path):
    engine = sa.create_engine(postgres_url)
    migrate(engine)
    backup(engine.url, tmp_path / "copy")
    with engine.begin() as connection:
        connection.execute(WORKERS.insert(), {"id": "w", "started_ms": 1, "expires_ms": 2**50})

    with pytest.raises(StoreUnavailable, match="in use by 1 workers"):
        restore(engine.url, tmp_path / "copy", replace=True)
    engine.dispose()
