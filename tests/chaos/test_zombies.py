"""A worker that is stopped for two leases and goes on: what it still hands in is refused, and every run ends once."""

import contextlib
import signal
import sqlite3
import time

import pytest
from databases import look_at_all, make_database
from fleet import Fleet, judge

from automata.model import StepLost

RUNS = 40
LEASE_S = 1.0
DOCUMENT = """\
automata: 1
name: slow steps
nodes:
  a: {use: chaos.do_put, with: {linger: 0.4}}
  b: {use: chaos.do_keyed, with: {linger: 0.4}}
  c: {use: chaos.do_put, with: {linger: 0.4}}
edges:
  - a -> b -> c
output: "${c}"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def fleet(request, tmp_path):
    url = "sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    fleet = Fleet(make_database(url, tmp_path), tmp_path, lease=LEASE_S)
    yield fleet
    fleet.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("workers", [2, 4])
def test_the_late_results_of_a_stopped_worker_are_refused_and_every_run_ends_once(fleet, tmp_path, workers, slowness):
    fleet.database.fresh()
    document = tmp_path / "runs.yaml"
    document.write_text(DOCUMENT)
    fleet_size = [fleet.add() for _ in range(workers - 1)]
    zombie = fleet.add("--start", str(document), "b", str(RUNS))
    fleet.until(lambda: len(fleet.files.entries()) >= RUNS)
    stop(fleet, zombie)
    held = fleet.unfinished(RUNS)
    time.sleep(2 * LEASE_S)
    fleet.until(lambda: is_taken_over(fleet, zombie), 40 * slowness)
    zombie.send_signal(signal.SIGCONT)
    fleet.until(lambda: fleet.unfinished(RUNS) == 0, 40 * slowness)
    for worker in (*fleet_size, zombie):
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0, fleet.said()
    faults, ends = judge(fleet.database, fleet.files)
    assert faults == []
    assert held > 0
    assert ends == {"succeeded": RUNS}
    assert "The lease is over" in fleet.said()
    late = refused(fleet, zombie.pid)
    print(f"{workers} workers: {held} runs under way at the stop, {late} late results refused")
    assert late > 0


def stop(fleet, worker):
    """Stop a worker, not in the middle of a transaction on SQLite: others then wait until it goes on."""
    worker.send_signal(signal.SIGSTOP)
    while fleet.url.startswith("sqlite") and is_locked(fleet):
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.01)
        worker.send_signal(signal.SIGSTOP)


def is_taken_over(fleet, zombie):
    """Whether others have begun what *zombie* held; one that turns out to lock the file is stopped elsewhere."""
    if any(entry.attempt > 1 for entry in fleet.files.entries()):
        return True
    time.sleep(0.2)
    stop(fleet, zombie)
    return False


def is_locked(fleet):
    """Whether nobody gets to write to the file for a while."""
    with contextlib.closing(fleet.database.connect()) as connection:
        connection.execute("PRAGMA busy_timeout = 1000")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.rollback()
        return False


def refused(fleet, process):
    """How many effects of *process* have no completion, since its attempt counts as lost."""
    seen = look_at_all(fleet.database, fleet.files)
    lost = {
        (run, e.step, e.attempt) for run, events in seen.journals.items() for e in events if isinstance(e, StepLost)
    }
    return sum((e.run, e.step, e.attempt) in lost for e in seen.ledger if e.process == process)
