"""A journal is damaged, or a plugin is missing: the runs concerned wait and say why, and every other one goes on."""

import asyncio
import contextlib

import pytest
from databases import look_at_all, make_database
from fleet import Fleet, judge
from processes import make_stage

from automata.model import Message, Resolved
from automata.sql import open_store

RUNS = 20
DOCUMENT = """\
automata: 1
name: short
nodes:
  a: {use: chaos.do_put}
  b: {use: chaos.do_keyed}
edges:
  - a -> b
output: "${b}"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def fleet(request, tmp_path):
    url = "sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    fleet = Fleet(make_database(url, tmp_path), tmp_path)
    fleet.database.fresh()
    yield fleet
    fleet.close()


def with_store(fleet, work):
    """Do something with the store, in this process."""

    async def main():
        store = open_store(fleet.url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(main())


def accept(fleet):
    """Have runs accepted, which nobody drives yet; their ids."""

    async def work(store):
        kernel = make_stage(fleet.files.folder).kernel(store)
        workflow = kernel.validate_text(DOCUMENT).workflow
        return [(await kernel.start(workflow)).id for _ in range(RUNS)]

    return with_store(fleet, work)


def journal(fleet, run, data=None):
    """The stored form of a journal of one row, which is replaced by *data* when that is given."""
    with contextlib.closing(fleet.database.connect()) as connection:
        kept = bytes(connection.execute(f"SELECT events FROM automata_journal WHERE run = '{run}'").fetchone()[0])
        if data is not None:
            mark = "?" if fleet.url.startswith("sqlite") else "%s"
            connection.execute(f"UPDATE automata_journal SET events = {mark} WHERE run = '{run}'", (data,))
            connection.commit()
    return kept


def row(fleet, run):
    with contextlib.closing(fleet.database.connect()) as connection:
        return connection.execute(f"SELECT status FROM automata_run WHERE id = '{run}'").fetchone()[0]


@pytest.mark.timeout(120)
def test_one_damaged_journal_parks_its_run_and_stops_no_other(fleet, slowness):
    ill, *_ = accept(fleet)
    before = journal(fleet, ill)
    journal(fleet, ill, before[:-9] + b"X" + before[-8:])
    worker = fleet.hire()
    fleet.until(lambda: fleet.number("status = 'succeeded'") == RUNS - 1, 30 * slowness)
    fleet.until(lambda: row(fleet, ill) == "parked", 10 * slowness)
    error = with_store(fleet, lambda store: store.run(ill)).error
    assert error.kind == "damaged"
    assert ill in error.message
    assert "restore a backup" in error.message
    assert worker.poll() is None

    journal(fleet, ill, before)
    retry(fleet, ill)
    fleet.until(lambda: row(fleet, ill) == "succeeded", 20 * slowness)
    worker.terminate()
    assert worker.wait(30) == 0, fleet.said()
    all_is_well(fleet)


@pytest.mark.timeout(120)
def test_runs_whose_plugin_is_missing_wait_until_it_is_there(fleet, slowness):
    runs = accept(fleet)
    bare = fleet.hire(plugin=False)
    fleet.until(lambda: fleet.number("status = 'parked'") == RUNS, 30 * slowness)
    bare.terminate()
    assert bare.wait(30) == 0, fleet.said()
    error = with_store(fleet, lambda store: store.run(runs[0])).error
    assert error.kind == "blocked"
    assert "chaos.do_" in error.message

    worker = fleet.hire()
    for run in runs:
        retry(fleet, run)
    fleet.until(lambda: fleet.number("status = 'succeeded'") == RUNS, 30 * slowness)
    worker.terminate()
    assert worker.wait(30) == 0, fleet.said()
    all_is_well(fleet)


def retry(fleet, run):
    """Do what a person would once the cause is put right."""
    message = Message(id="again", body=Resolved("", "retry", None, "a person"))
    assert with_store(fleet, lambda store: store.send(run, message))


def all_is_well(fleet):
    """Every run has succeeded, and every effect has happened once."""
    faults, ends = judge(fleet.database, fleet.files)
    assert (faults, ends) == ([], {"succeeded": RUNS})
    assert len(look_at_all(fleet.database, fleet.files).ledger) == 2 * RUNS
