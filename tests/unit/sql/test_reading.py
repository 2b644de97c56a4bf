from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata._core.journal import encode_events
from automata.errors import Damaged
from automata.ports import RunQuery
from automata.sql import open_store, reading
from automata.sql.tables import JOURNAL, RUNS
from automata.testing.laws import begin, signal, step, turn

CASES = {
    "changed": sa.update(JOURNAL).where(JOURNAL.c.position == 3).values(events=encode_events(step(7))),
    "cut": sa.update(JOURNAL).where(JOURNAL.c.position == 3).values(events=b""),
    "digest": sa.update(JOURNAL).where(JOURNAL.c.position == 3).values(chain=b"x" * 16),
    "gone": sa.delete(JOURNAL).where(JOURNAL.c.position == 3),
}


@pytest.mark.parametrize("damage", CASES.values(), ids=CASES)
def test_damage_is_found_and_named(where, damage):
    async def main():
        store = open_store(where)
        await begin(store, "r")
        for n in range(3):
            await store.append(turn("r", 1 + 2 * n, *step(n)))
        with store.database.engine.begin() as connection:
            connection.execute(damage)
        for after in range(3):
            with pytest.raises(Damaged, match=r"run 'r' is damaged at event 3: restore a backup"):
                await store.journal("r", after)
        await store.close()

    asyncio.run(main())


def test_a_row_is_checked_against_the_one_before_when_reading_begins_late(where):
    async def main():
        store = open_store(where)
        await begin(store, "r", "s")
        for run in ("r", "s"):
            for n in range(3):
                await store.append(turn(run, 1 + 2 * n, *step(n, run)))
        moved = sa.select(JOURNAL.c.events, JOURNAL.c.chain).where(JOURNAL.c.run == "s", JOURNAL.c.position == 5)
        with store.database.engine.begin() as connection:
            row = connection.execute(moved).one()
            connection.execute(
                sa.update(JOURNAL)
                .where(JOURNAL.c.run == "r", JOURNAL.c.position == 5)
                .values(events=row.events, chain=row.chain)
            )
        with pytest.raises(Damaged, match="at event 5"):
            await store.journal("r", 6)
        await store.close()

    asyncio.run(main())


def test_reading_does_not_wait_for_a_writer(where):
    async def main():
        store = open_store(where)
        await begin(store, "r")
        with store.database.engine.connect() as connection:
            if where.startswith("sqlite"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("UPDATE automata_run SET status = 'paused'")
            async with asyncio.timeout(2):
                assert (await store.run("r")).status == "running"
                assert len(await store.journal("r")) == 1
            connection.rollback()
        await store.send("r", signal("m"))
        assert await store.inbox("r") == [signal("m")]
        await store.close()

    asyncio.run(main())


IDS = ["00aa11110", "00aa1111f0", "00aa1111", "00aa1112", "00aa1110f", "r-7", "r-71", "r%7"]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("00aa1111", {"00aa11110", "00aa1111f0", "00aa1111"}),
        ("00aa111", {"00aa11110", "00aa1111f0", "00aa1111", "00aa1112", "00aa1110f"}),
        ("00aa1111f0", {"00aa1111f0"}),
        ("00aa2", set()),
        ("r-7", {"r-7", "r-71"}),
        ("r%", {"r%7"}),
    ],
)
def test_runs_are_found_by_the_beginning_of_their_ids(play, prefix, found):
    async def scenario(store):
        await begin(store, *IDS)
        assert {run.id for run in await store.runs(RunQuery(prefix=prefix))} == found
        assert await store.runs(RunQuery(prefix=prefix, org="another")) == []

    play(scenario)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_finding_by_a_beginning_costs_the_same_however_many_runs_there_are(play):
    """Counted in steps of SQLite's machine, which are the same everywhere."""

    async def scenario(store):
        await begin(store, "0" * 20)
        few = counted(store)
        row = {"org": "", "workflow": "w", "version": "v", "status": "waiting", "created_ms": 1}
        with store.database.engine.begin() as connection:
            connection.execute(RUNS.insert(), [{"id": f"{at + 1:020x}", **row} for at in range(5_000)])
        assert counted(store) < few * 2

    def counted(store):
        steps = [0]

        def step():
            steps[0] += 1

        with store.database.reading() as link:
            link.raw.set_progress_handler(step, 1)
            assert len(reading.runs(link, RunQuery(prefix="0" * 20))) == 1
            link.raw.set_progress_handler(None, 0)
        return steps[0]

    play(scenario)
