"""P12, P15 and memory: what a store that is full, and a process that has worked long, cost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import time
from pathlib import Path

import flows
from chain import AT_ONCE, drive
from session import medians, quantile, resident_bytes

FINISHED = 1_000_000
WAITING = 10_000
PAGES = 200


def measure(session):
    """P12 and P15: the chain, claims and the list of runs beside an empty store, in turns."""
    finished = session.size(FINISHED, 200)
    with session.database("sqlite") as full:
        session.ours("chain", database=full, runs=1, at_once=1, warm=0)
        began = time.perf_counter()
        fill(_file(full), finished)
        filled_s = time.perf_counter() - began
        chains = {"empty": [], "full": []}
        claims = {"empty": [], "full": []}
        for _ in range(session.size(3, 1)):
            for name, ones in chains.items():
                with _either(session, name, full) as database:
                    ones.append(session.ours("chain", database=database, runs=session.size(3000, 20), at_once=AT_ONCE))
            for name, ones in claims.items():
                with _either(session, name, full) as database:
                    ones.append(session.ours("claims", database=database, count=session.size(300, 5)))
        pages = session.ours("pages", database=full, pages=session.size(PAGES, 3))
    chain = {name: medians(ones)["steps_s"] for name, ones in chains.items()}
    claim = {name: medians(ones)["claim_p50_ms"] for name, ones in claims.items()}
    return {
        "finished_runs": finished,
        "filled_s": round(filled_s, 1),
        "empty_steps_s": chain["empty"],
        "full_steps_s": chain["full"],
        "full_ratio": round(chain["full"] / chain["empty"], 3),
        "empty_claim_p50_ms": claim["empty"],
        "full_claim_p50_ms": claim["full"],
        "claim_ratio": round(claim["full"] / claim["empty"], 3),
        **_waiting(session),
        **_wider(session),
        "list": pages,
    }


def lists(session):
    """P15 by itself."""
    with session.database("sqlite") as full:
        session.ours("chain", database=full, runs=1, at_once=1, warm=0)
        fill(_file(full), session.size(FINISHED, 200))
        return session.ours("pages", database=full, pages=session.size(PAGES, 3))


@contextlib.contextmanager
def _either(session, name, full):
    if name == "full":
        yield full
    else:
        with session.database("sqlite") as empty:
            yield empty


def _waiting(session):
    """The chain beside runs that wait, and what each of those costs."""
    count = session.size(WAITING, 10)
    with session.database("sqlite") as database:
        found = session.ours("waiting", database=database, count=count)
        ours = session.ours("chain", database=database, runs=session.size(3000, 20), at_once=AT_ONCE)
    with session.database("sqlite") as empty:
        beside = session.ours("chain", database=empty, runs=session.size(3000, 20), at_once=AT_ONCE)
    return {
        "waiting_runs": count,
        "waiting_ratio": round(ours["steps_s"] / beside["steps_s"], 3),
        "waiting_store_kib": found["store_kib"],
        "waiting_memory_kib": found["memory_kib"],
        "waiting_memory_mib_all": round(found["memory_kib"] * count / 1024, 1),
    }


def _wider(session):
    """Steps a second of runs with 10 and with 100 branches of five steps."""
    found = {}
    for width, runs in ((10, 300), (100, 30)):
        with session.database("sqlite") as database:
            options = {"database": database, "width": width, "runs": session.size(runs, 1)}
            found[width] = session.ours("wide", **options)["steps_s"]
    return {
        "wide_10_steps_s": round(found[10]),
        "wide_100_steps_s": round(found[100]),
        "wide_ratio": round(found[100] / found[10], 3),
    }


def _file(url):
    return Path(url.removeprefix("sqlite:///"))


# ---------------------------------------------------------------- a full store


def fill(file, count, block=20_000):
    """Copy the one finished run in *file* until there are *count* of it, journal and all."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        first = connection.execute("SELECT id FROM automata_run LIMIT 1").fetchone()[0]
        runs = _copied(connection, "automata_run", {"id": ID, "created_ms": "r.created_ms - ?2 + n.i"})
        journal = _copied(connection, "automata_journal", {"run": ID})
        for start in range(0, count, block):
            size = min(block, count - start)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"{runs} WHERE r.id = ?4", (start, count, size, first))
            connection.execute(f"{journal} WHERE r.run = ?4", (start, count, size, first))
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


ID = "printf('%032x', n.i * 7919 + 1000003)"


def _copied(connection, table, changed):
    """A statement that copies one row of *table* as ``?3`` rows numbered from ``?1``, with some columns changed."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = [changed.get(name, f"r.{name}") for name in names]
    numbers = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 + ?3 - 1)"
    return f"INSERT INTO {table} ({', '.join(names)}) {numbers} SELECT {', '.join(values)} FROM n, {table} r"


# ---------------------------------------------------------------- work in a process of its own


def claims(database, count):
    """How long a worker takes to claim, with a hundred runs due."""
    return asyncio.run(_claims(database, count))


async def _claims(database, count):
    from automata.model import Run, RunStarted, RunStatus

    async with flows.opened(database) as kernel:
        store, taken = kernel.store, []
        workflow = flows.read(kernel, flows.chain())
        await flows.publish(kernel, workflow)
        await store.register("bench", 600)
        version = (await store.workflow(workflow.name))[0]
        base = kernel.random.identifier()[:20]
        for number in range(count):
            run = Run(id=f"{base}{number:012x}", workflow=workflow.name, version=version, status=RunStatus.QUEUED)
            await store.create(run, [RunStarted({"x": 1})])
        while len(taken) < count:
            began = time.perf_counter()
            rows = await store.claim("bench", 1)
            taken.append(time.perf_counter() - began)
            if not rows:
                raise RuntimeError("Nothing is due")
        await store.leave("bench")
        with contextlib.closing(sqlite3.connect(_file(database), isolation_level=None)) as connection:
            connection.execute("DELETE FROM automata_run WHERE id LIKE ?", (base + "%",))
            connection.execute("DELETE FROM automata_journal WHERE run LIKE ?", (base + "%",))
    return {"claim_p50_ms": quantile(taken, 0.5) * 1000, "claim_p99_ms": quantile(taken, 0.99) * 1000}


def pages(database, pages):
    """How long the first page of the list of runs takes."""
    return asyncio.run(_pages(database, pages))


async def _pages(database, count):
    from automata.ports import RunQuery

    async with flows.opened(database) as kernel:
        taken = []
        for _ in range(count):
            began = time.perf_counter()
            rows = await kernel.store.runs(RunQuery(limit=50))
            taken.append(time.perf_counter() - began)
    with contextlib.closing(sqlite3.connect(_file(database))) as connection:
        rows_there = connection.execute("SELECT count(*) FROM automata_run").fetchone()[0]
    return {
        "rows": rows_there,
        "page": len(rows),
        "p50_ms": round(quantile(taken, 0.5) * 1000, 3),
        "p95_ms": round(quantile(taken, 0.95) * 1000, 3),
    }


def waiting(database, count):
    """What runs that wait for a signal cost, in the process and in the store."""
    return asyncio.run(_waiting_work(database, count))


async def _waiting_work(database, count):
    from automata.model import RunStatus
    from automata.ports import RunQuery

    async with flows.opened(database) as kernel:
        workflow = flows.read(kernel, flows.waiting())
        async with kernel.engine(claims=True, concurrency=AT_ONCE) as engine:
            await _until_waiting(kernel.store, engine, workflow, range(min(count, 200)))
            memory, stored = resident_bytes(), _bytes(database)
            await _until_waiting(kernel.store, engine, workflow, range(count))
            query = RunQuery(statuses=[RunStatus.WAITING], limit=1)
            if not await kernel.store.runs(query):
                raise RuntimeError("No run waits")
            grown = resident_bytes() - memory
    return {
        "memory_kib": round(grown / count / 1024, 2),
        "store_kib": round((_bytes(database) - stored) / count / 1024, 2),
    }


async def _until_waiting(store, engine, workflow, numbers):
    """Start one run for each number, and return once all of them wait."""
    from automata.model import RunStatus

    ids = [(await engine.start(workflow, {"x": number})).id for number in numbers]
    for id_ in reversed(ids):
        while (await store.run(id_)).status is not RunStatus.WAITING:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)


def _bytes(database):
    with contextlib.closing(sqlite3.connect(_file(database))) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        return (pages - free) * connection.execute("PRAGMA page_size").fetchone()[0]


def wide(database, width, runs):
    """Steps a second of one run after another with *width* branches."""
    return asyncio.run(_wide(database, width, runs))


async def _wide(database, width, runs):
    async with flows.opened(database) as kernel:
        workflow = flows.read(kernel, flows.wide(width))
        async with kernel.engine(claims=True, concurrency=1) as engine:
            await drive(engine, workflow, 1, 1)
            seconds, _ = await drive(engine, workflow, runs, 1)
    return {"steps_s": runs * (len(workflow.graph.nodes) - 1) / seconds}


def long(database, steps):
    """How much a process grows while it does *steps* steps, after a warm-up of a tenth."""
    return asyncio.run(_long(database, steps))


async def _long(database, steps):
    import gc

    async with flows.opened(database) as kernel:
        workflow = flows.read(kernel, flows.chain())
        async with kernel.engine(claims=True, concurrency=AT_ONCE) as engine:
            samples = []
            await drive(engine, workflow, max(steps // flows.STEPS // 10, 1), AT_ONCE)
            for _ in range(10):
                gc.collect()
                samples.append(resident_bytes())
                await drive(engine, workflow, max(steps // flows.STEPS // 10, 1), AT_ONCE)
            gc.collect()
            samples.append(resident_bytes())
    grown = statistics.median(samples[-3:]) - statistics.median(samples[:3])
    return {
        "mib_per_million_steps": round(grown / 2**20 / (steps * 0.8) * 1e6, 2),
        "rss_mib": round(samples[-1] / 2**20, 1),
    }


def memory(session):
    """Memory a worker takes after a million steps, over what it took after its warm-up."""
    with session.database("sqlite") as database:
        return session.ours("long", database=database, steps=session.size(1_000_000, 200))
