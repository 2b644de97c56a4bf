from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from automata.sql import open_store
from automata.sql.claims import AT_ONCE, LANES, TAKE
from automata.sql.dialect import Dialect
from automata.sql.tables import RUNS
from automata.testing.laws import LEASE_S, STARTED, WORKER, ids_of, queued


def fill(store, count, **facts):
    """Put runs straight into the table."""
    row = {"org": "", "workflow": "w", "version": "v", "status": "waiting", "digest": "", "created_ms": 1, **facts}
    rows = [{**row, "id": f"{facts.get('org', '')}{facts.get('owner', '')}{n}"} for n in range(count)]
    with store.database.engine.begin() as connection:
        connection.execute(RUNS.insert(), rows)


def test_orgs_take_turns(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        fill(store, 50, org="big", wake_ms=1)
        fill(store, 2, org="small", wake_ms=2)
        fill(store, 1, org="tiny", wake_ms=3)
        orgs = [Counter(run.org for run in await store.claim(WORKER, 6)) for _ in range(2)]
        assert orgs[0] == {"big": 3, "small": 2, "tiny": 1}
        assert orgs[1] == {"big": 6}

    play(scenario)


def test_the_org_served_last_comes_last_next_time(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        for org in ("a", "b", "c"):
            fill(store, 5, org=org, wake_ms=1)
        assert [(await store.claim(WORKER, 1))[0].org for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]

    play(scenario)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_claims_jump_along_the_index(play):
    async def scenario(store):
        dialect = Dialect()
        with store.database.engine.connect() as connection:
            plans = [
                connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {dialect.text(text)}", (None,) * text.count("?"))
                for text in (LANES, TAKE)
            ]
            lanes, take = (" | ".join(row[3] for row in plan) for plan in plans)
        assert "SCAN r" not in lanes
        assert lanes.count("INDEX ix_automata_run_due") == 5
        assert "INDEX ix_automata_run_due (org=? AND priority=? AND wake_ms<?)" in take
        assert "TEMP B-TREE" not in take

    play(scenario)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_claim_costs_the_same_however_many_runs_sleep(play):
    """Counted in steps of SQLite's machine, which are the same everywhere."""

    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        steps = []
        for sleeping in (10, 10_000):
            fill(store, sleeping, org=f"o{sleeping}", wake_ms=10**15)
            fill(store, 3, org=f"due{sleeping}", wake_ms=1)
            steps.append(await counted(store))
        assert steps[1] < steps[0] * 2

    async def counted(store):
        raw, steps = store._writer._link.raw, [0]

        def step():
            steps[0] += 1

        raw.set_progress_handler(step, 10)
        assert len(await store.claim(WORKER, 3)) == 3
        raw.set_progress_handler(None, 0)
        return steps[0]

    play(scenario)


def test_a_sweep_frees_all_in_bounded_transactions(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        fill(store, AT_ONCE * 2 + 5, owner="gone")
        before = store.stats().commits
        assert await store.sweep() == AT_ONCE * 2 + 5
        assert store.stats().commits - before == 3
        assert await store.sweep() == 0
        assert len(await store.claim(WORKER, 10_000)) == AT_ONCE * 2 + 5

    play(scenario)


def test_a_worker_that_registers_again_lets_go_of_what_it_held(play):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        await store.create(queued("r"), [STARTED])
        await store.claim(WORKER, 1)
        await store.register(WORKER, LEASE_S)
        assert await ids_of(store.claim(WORKER, 5)) == ["r"]

    play(scenario)


def test_two_processes_claim_side_by_side(where, play):
    async def scenario(store):
        other = open_store(where)
        await store.register(WORKER, LEASE_S)
        await other.register("worker-2", LEASE_S)
        fill(store, 60, wake_ms=1)
        claims = [asyncio.gather(store.claim(WORKER, 3), other.claim("worker-2", 3)) for _ in range(10)]
        claimed = [run.id for pair in await asyncio.gather(*claims) for runs in pair for run in runs]
        claimed += await ids_of(store.claim(WORKER, 60))
        assert len(claimed) == len(set(claimed)) == 60
        await other.close()

    play(scenario)


HOLD = """
import asyncio, sys
from automata.sql import open_store
from automata.testing.laws import STARTED, queued

async def hold():
    store = open_store(sys.argv[1])
    await store.register("first", 3600)
    await store.create(queued("r"), [STARTED])
    await store.claim("first", 1)
    print("held", flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.fixture
def holder(where):
    """A process that has claimed the run ``r`` for an hour."""
    with subprocess.Popen([sys.executable, "-c", HOLD, where], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="needs the /proc of Linux")
def test_the_lease_of_a_killed_process_of_this_machine_ends_with_it(play, holder):
    async def scenario(store):
        await store.register(WORKER, LEASE_S)
        holder.send_signal(signal.SIGSTOP)
        assert await store.sweep() == 0
        holder.kill()
        await asyncio.to_thread(os.waitid, os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
        assert await store.sweep() == 1
        assert await ids_of(store.claim(WORKER, 5)) == ["r"]

    play(scenario)
