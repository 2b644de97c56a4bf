"""What goes when runs are gone: old ticks and values nothing refers to, but nothing that is still needed."""

from __future__ import annotations

import os
import time

import pytest
import sqlalchemy as sa

from automata._core.blobs import put_out
from automata._core.journal import chain, encode_events, write_json
from automata.model import RunStarted
from automata.sql.blobs import FileBlobs, TableBlobs
from automata.sql.leftovers import drop_blobs, drop_occurrences, shrink
from automata.sql.pace import Pace, Work
from automata.sql.tables import BLOBS, INBOX, JOURNAL, OCCURRENCES

DAY_MS = 24 * 60 * 60 * 1000


def now():
    return int(time.time() * 1000)


def working(engine, *, dry_run=False):
    return Work(engine, Pace(pause=lambda _s: None), dry_run=dry_run)


def ticks(engine):
    with engine.connect() as connection:
        return sorted(tuple(row)[:2] for row in connection.execute(sa.select(OCCURRENCES)))


def test_old_ticks_go_but_the_newest_of_each_schedule_stays(migrated):
    rows = [{"schedule": "s", "at_ms": at, "run": None} for at in range(50)] + [
        {"schedule": "t", "at_ms": 3, "run": "r"}
    ]
    with migrated.begin() as connection:
        connection.execute(OCCURRENCES.insert(), rows)
    work = working(migrated)

    drop_occurrences(work, 48)

    assert ticks(migrated) == [("s", 48), ("s", 49), ("t", 3)]
    assert work.done.occurrences == 48
    drop_occurrences(work, 1000)
    assert ticks(migrated) == [("s", 49), ("t", 3)]


@pytest.fixture
def referred(migrated, add_run):
    """References from a journal, an output and an inbox; gives a place to put values and the names that are needed."""
    table = TableBlobs(migrated, now)
    names = []

    def put(text):
        reference = put_out(text, table.keep, limit_bytes=1)
        names.append(reference.name)
        return reference

    events = encode_events([RunStarted({"big": put("in a journal"), "bigger": put("beside it")})])
    add_run(migrated, "r", output=write_json(put("in an output")))
    body = write_json(["signal", put("in an inbox")])
    with migrated.begin() as connection:
        connection.execute(JOURNAL.insert(), {"run": "x", "position": 0, "events": events, "chain": chain(b"", events)})
        connection.execute(INBOX.insert(), {"run": "r", "id": "m2", "body": body, "taken": False})
    return table, names


def test_values_something_refers_to_stay(migrated, referred):
    table, names = referred
    gone = table.write(b"nothing refers to this")
    told, work = working(migrated, dry_run=True), working(migrated)

    drop_blobs(told, [table], now() + DAY_MS)
    drop_blobs(work, [table], now() + DAY_MS)

    assert told.done.blobs == work.done.blobs == 1
    assert list(table.stale(now() + DAY_MS)) == sorted(names)
    assert gone not in names


def test_values_put_lately_stay_whatever_refers_to_them(migrated):
    table = TableBlobs(migrated, now)
    table.write(b"just put")
    work = working(migrated)

    drop_blobs(work, [table], now() - DAY_MS)

    assert work.done.blobs == 0


def test_what_is_kept_is_not_searched_when_nothing_is_old(migrated):
    seen = []
    sa.event.listen(migrated, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))

    drop_blobs(working(migrated), [TableBlobs(migrated, now)], now())

    assert len(seen) == 1


def test_references_are_found_over_many_pages(migrated):
    table, names = TableBlobs(migrated, now), []
    with migrated.begin() as connection:
        connection.execute(BLOBS.delete())
    rows = []
    for at in range(230):
        names.append(table.write(b"%d" % at))
        data = write_json({"$blob": names[-1], "size": 1, "type": "application/json"})
        rows.append({"run": f"r{at % 7}", "position": at, "events": data, "chain": b""})
    with migrated.begin() as connection:
        connection.execute(JOURNAL.insert(), rows)
    work = working(migrated)

    drop_blobs(work, [table], now() + DAY_MS)

    assert work.done.blobs == 0


def test_files_nothing_refers_to_go(migrated, tmp_path):
    files = FileBlobs(tmp_path / "blobs", now)
    name = files.write(b"old")
    os.utime(tmp_path / "blobs" / name[:2] / name, (1, 1))
    work = working(migrated)

    drop_blobs(work, [files], now() - DAY_MS)

    assert work.done.blobs == 1
    assert not list((tmp_path / "blobs").glob("??/*"))


def test_a_file_made_without_it_keeps_its_size_and_a_server_its_own(tmp_path, postgres_url):
    lite = sa.create_engine(f"sqlite:///{tmp_path}/y.db")
    with lite.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE host (id INTEGER)")
    for engine in (lite, sa.create_engine(postgres_url)):
        work = working(engine)
        shrink(work)
        assert work.done.freed_bytes == 0
        engine.dispose()
