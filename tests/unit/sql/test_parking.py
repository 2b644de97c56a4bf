"""Runs of a database that was put back do nothing until a person says so."""

from __future__ import annotations

import sqlalchemy as sa

from automata._core.journal import chain, count_events, decode_error, decode_events
from automata.model import PauseRequested, RunStarted, StepStarted
from automata.sql.parking import GENERATION, park_all
from automata.sql.tables import JOURNAL, OUTBOX, PROPERTIES, RUNS, WORKERS


def rows(engine, table, order):
    with engine.connect() as connection:
        return connection.execute(sa.select(table).order_by(order)).mappings().all()


def test_every_run_that_is_not_over_is_parked(migrated, add_run):
    for status in ("queued", "running", "waiting", "paused", "parked", "succeeded", "failed", "cancelled", "timed_out"):
        add_run(migrated, status, status, owner="w1" if status == "running" else None)

    done = park_all(migrated)

    found = {row["id"]: row for row in rows(migrated, RUNS, RUNS.c.id)}
    parked = {name for name, row in found.items() if row["status"] == "parked"}
    assert done.runs == 5
    assert parked == {"queued", "running", "waiting", "paused", "parked"}
    assert {decode_error(bytes(found[name]["error"])).kind for name in parked} == {"restored"}
    assert {(found[name]["owner"], found[name]["wake_ms"], found[name]["epoch"]) for name in parked} == {
        (None, None, 2)
    }
    assert found["succeeded"]["error"] is None


def test_the_journal_says_so_at_its_end_and_its_digests_hold(migrated, add_run):
    add_run(migrated, "r", "waiting")

    park_all(migrated)

    previous, at, events = b"", 0, []
    for row in rows(migrated, JOURNAL, JOURNAL.c.position):
        data = bytes(row["events"])
        assert (row["position"], bytes(row["chain"])) == (at, chain(previous, data))
        previous, at = bytes(row["chain"]), at + count_events(data)
        events += decode_events(data)
    assert [type(event) for event in events] == [RunStarted, StepStarted, StepStarted, PauseRequested]
    assert events[-1].at.endswith("Z")


def test_leases_end_and_restores_are_counted(migrated):
    with migrated.begin() as connection:
        connection.execute(WORKERS.insert(), {"id": "w1", "started_ms": 1, "expires_ms": 2**50})

    assert [park_all(migrated).generation for _ in range(2)] == [2, 3]
    assert rows(migrated, WORKERS, WORKERS.c.id) == []
    assert {row["name"]: row["value"] for row in rows(migrated, PROPERTIES, PROPERTIES.c.name)}[GENERATION] == "3"


def test_messages_that_may_go_out_twice_are_counted(migrated):
    with migrated.begin() as connection:
        row = {"id": "m", "run": "r", "step": "a", "body": b"{}", "due_ms": 1, "attempts": 0}
        connection.execute(OUTBOX.insert(), row)

    assert park_all(migrated).outgoing == 1


def test_more_runs_than_a_batch_are_parked_once_each(migrated, add_run):
    row = {"org": "", "workflow": "w", "version": "v", "status": "queued", "digest": "", "priority": 0, "epoch": 0}
    with migrated.begin() as connection:
        connection.execute(RUNS.insert(), [{"id": f"{at:05}", "created_ms": 1, **row} for at in range(1201)])

    assert park_all(migrated).runs == 1201
    assert {row["epoch"] for row in rows(migrated, RUNS, RUNS.c.id)} == {1}
