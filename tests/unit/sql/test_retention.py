"""Pruning: exactly what the policy lets go, without anybody waiting, and whatever happens on the way."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa
from attrs import evolve

from automata._core.journal import chain, encode_events
from automata.errors import FixInput, StoreUnavailable
from automata.model import RunStarted, RunStatus
from automata.sql.pace import Pace
from automata.sql.retention import DAY_MS, Policy, prune
from automata.sql.tables import INBOX, JOURNAL, OUTBOX, RUNS
from automata.sql.upgrade import migrate

NOW = 100 * DAY_MS
QUICK = Pace(pause=lambda _s: None)
MONTH = Policy()


def left(engine, table=RUNS, column="id"):
    with engine.connect() as connection:
        return sorted(set(connection.execute(sa.select(table.c[column])).scalars()))


def ago(days):
    return int(NOW - days * DAY_MS)


def go(engine, policy=MONTH, **options):
    return prune(engine, policy, now_ms=NOW, **{"pace": QUICK, **options})


def test_a_run_goes_with_all_it_has_when_it_ended_long_enough_ago(migrated, add_run):
    add_run(migrated, "old", finished_ms=ago(30), turns=3)
    add_run(migrated, "young", finished_ms=ago(29.9))

    done = go(migrated)

    assert (done.runs, done.journal, done.messages, done.by_status) == (1, 4, 1, {"succeeded": 1})
    assert left(migrated) == left(migrated, JOURNAL, "run") == left(migrated, INBOX, "run") == ["young"]


def test_a_run_that_is_not_over_stays_however_old(migrated, add_run):
    for status in ("queued", "running", "waiting", "paused", "parked"):
        add_run(migrated, status, status)

    assert go(migrated).runs == 0
    assert len(left(migrated)) == 5


def test_each_status_has_its_own_age(migrated, add_run):
    for status in ("succeeded", "failed", "cancelled", "timed_out"):
        add_run(migrated, status, status, finished_ms=ago(10))

    go(migrated, Policy(ages_ms={RunStatus.SUCCEEDED: DAY_MS, RunStatus.CANCELLED: 10 * DAY_MS}))

    assert left(migrated) == ["failed", "timed_out"]


def test_a_key_keeps_its_run_for_seven_days(migrated, add_run):
    add_run(migrated, "bare", finished_ms=ago(6.9))
    add_run(migrated, "keyed", finished_ms=ago(6.9), key="k1")
    add_run(migrated, "older", finished_ms=ago(7), key="k2")

    go(migrated, Policy(age_ms=0))

    assert left(migrated) == ["keyed"]


def test_the_newest_of_each_workflow_stay(migrated, add_run):
    for at in range(4):
        add_run(migrated, f"a{at}", finished_ms=ago(90 - at), workflow="a")
        add_run(migrated, f"b{at}", finished_ms=ago(90 - at), workflow="b", org="other")
    add_run(migrated, "a9", "waiting", created_ms=ago(50), workflow="a")

    go(migrated, Policy(keep_last=2))

    assert left(migrated) == ["a3", "a9", "b2", "b3"]


def test_a_child_stays_while_the_run_that_started_it_goes_on(migrated, add_run):
    add_run(migrated, "parent", "waiting")
    add_run(migrated, "child", finished_ms=ago(90), parent="parent#a")
    add_run(migrated, "orphan", finished_ms=ago(90), parent="gone#a")

    go(migrated)

    assert left(migrated) == ["child", "parent"]


def test_a_run_with_a_message_to_send_stays(migrated, add_run):
    add_run(migrated, "sends", finished_ms=ago(90))
    with migrated.begin() as connection:
        row = {"id": "m", "run": "sends", "step": "a", "body": b"{}", "due_ms": 1, "attempts": 0}
        connection.execute(OUTBOX.insert(), row)

    assert go(migrated).runs == 0


def test_a_dry_run_counts_what_goes_and_changes_nothing(migrated, add_run):
    for at in range(7):
        add_run(migrated, f"r{at}", ("succeeded", "failed")[at % 2], finished_ms=ago(40), turns=at)
    pace = evolve(QUICK, runs=3, weight=4)

    told = go(migrated, dry_run=True, pace=pace)
    assert len(left(migrated)) == 7

    done = go(migrated, pace=pace)
    assert evolve(done, slowest_s=0, freed_bytes=0) == evolve(told, slowest_s=0)
    assert (told.runs, told.journal) == (7, 28)
    assert left(migrated) == left(migrated, JOURNAL, "run") == []


def test_a_journal_longer_than_a_transaction_goes_from_its_end(migrated, add_run):
    add_run(migrated, "long", finished_ms=ago(40), turns=60)
    seen = []

    def look(_done):
        with migrated.connect() as connection:
            seen.append(connection.execute(sa.select(JOURNAL.c.position).order_by(JOURNAL.c.position)).scalars().all())

    go(migrated, pace=evolve(QUICK, weight=100), progress=look)

    counts = [len(positions) for positions in seen]
    assert len(set(counts)) > 3
    assert counts == sorted(counts, reverse=True)
    assert all(positions == seen[0][: len(positions)] for positions in seen)


def test_what_was_interrupted_goes_on_at_the_next_call(migrated, add_run):
    for at in range(20):
        add_run(migrated, f"r{at:02}", finished_ms=ago(40))

    class Stopped(Exception):
        pass

    def stop(done):
        if done.runs > 5:
            raise Stopped

    with pytest.raises(Stopped):
        go(migrated, progress=stop, pace=evolve(QUICK, runs=20))
    assert 0 < len(left(migrated)) < 20

    go(migrated)
    assert left(migrated) == left(migrated, JOURNAL, "run") == []


def test_many_pages_and_orgs_are_walked_through(migrated):
    row = {"workflow": "w", "version": "v", "status": "succeeded", "digest": "", "priority": 0, "epoch": 0}
    rows = [
        {"id": f"{at:04}", "org": f"o{at % 3}", "created_ms": at // 10, "finished_ms": at // 10, **row}
        for at in range(400)
    ]
    with migrated.begin() as connection:
        connection.execute(RUNS.insert(), rows)

    assert go(migrated, pace=evolve(QUICK, runs=70)).runs == 400
    assert left(migrated) == []


def test_negative_ages_are_refused(migrated):
    with pytest.raises(FixInput, match="negative"):
        go(migrated, Policy(age_ms=-1))


def test_a_database_without_tables_is_told(tmp_path):
    with pytest.raises(StoreUnavailable, match="no such table"):
        go(sa.create_engine(f"sqlite:///{tmp_path}/y.db"))


@pytest.fixture
def full(tmp_path):
    """A SQLite file of about 50 MB: 3,000 old runs with journals of 16 KiB."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/full.db")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    data = encode_events([RunStarted({"text": "x" * 16_000})])
    run = {"org": "", "workflow": "w", "version": "v", "digest": "", "priority": 0, "epoch": 0, "created_ms": 1}
    with engine.begin() as connection:
        names = [f"{at:05}" for at in range(3000)]
        connection.execute(RUNS.insert(), [{"id": n, "status": "failed", "finished_ms": 1, **run} for n in names])
        connection.execute(
            JOURNAL.insert(), [{"run": n, "position": 0, "events": data, "chain": chain(b"", data)} for n in names]
        )
    yield engine
    engine.dispose()


def test_the_file_shrinks_while_writers_hardly_wait(full, tmp_path):
    waits, stop = [], threading.Event()

    def write():
        connection = sqlite3.connect(tmp_path / "full.db", timeout=30, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        for at in range(1_000_000):
            began = time.perf_counter()
            connection.execute("INSERT INTO automata_property VALUES (?, 'x')", (f"w{at}",))
            waits.append(time.perf_counter() - began)
            if stop.wait(0.001):
                break
        connection.close()

    with sqlite3.connect(tmp_path / "full.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (tmp_path / "full.db").stat().st_size
    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = prune(full, MONTH, now_ms=NOW)
    finally:
        stop.set()
        writer.join()

    after = (tmp_path / "full.db").stat().st_size
    assert done.runs == 3000
    assert before > 45_000_000
    assert after < 2_000_000
    assert done.freed_bytes > 45_000_000
    waits.sort()
    assert len(waits) > 50
    assert waits[int(len(waits) * 0.95)] < 0.1
