"""P1, P2, P3: a durable chain of ten steps, many at once and one after another."""

from __future__ import annotations

import asyncio
import time

import flows
import machine
import outside
from session import medians, quantile, resident_bytes

AT_ONCE = 100


def work(database, runs, at_once, document="chain", warm=None):
    """Run chains, *at_once* in flight, and say how fast that was."""
    return asyncio.run(_work(database, runs, at_once, document, at_once if warm is None else warm))


async def _work(database, runs, at_once, document, warm):
    async with flows.opened(database) as kernel:
        workflow = flows.read(kernel, getattr(flows, document)())
        # With room to spare: a worker that is full asks the database for more at the end of each run.
        async with kernel.engine(claims=True, concurrency=2 * AT_ONCE) as engine:
            await drive(engine, workflow, warm, at_once)
            before = flows.commits(kernel)
            seconds, latencies = await drive(engine, workflow, runs, at_once)
            made = flows.commits(kernel) - before
    steps = len(workflow.graph.nodes)
    return {
        "runs": runs,
        "runs_s": runs / seconds,
        "steps_s": runs * steps / seconds,
        "p50_ms": quantile(latencies, 0.5) * 1000,
        "p99_ms": quantile(latencies, 0.99) * 1000,
        "commits_per_run": made / runs,
        "rss_mib": resident_bytes() / 2**20,
    }


async def drive(engine, workflow, runs, at_once):
    """Start *runs* runs, each lane its next one when its last has ended; seconds in all and of each."""
    latencies, numbers = [], iter(range(runs))

    async def lane():
        for number in numbers:
            began = time.perf_counter()
            run = await engine.start(workflow, {"x": number})
            final = await engine.wait(run.id)
            latencies.append(time.perf_counter() - began)
            if str(final.status) != "succeeded":
                raise RuntimeError(f"The run ended as {final.status}: {final.error}")

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, runs)):
            group.create_task(lane())
    return time.perf_counter() - began, latencies


def at_once(session, database="sqlite"):
    """P1 and P2: a hundred runs in flight, in turns with the yardstick."""
    runs = session.size(5000, 20)
    store = "sqlalchemy" if database == "sqlite" else "pg"
    ours, theirs = [], []
    for _ in range(session.repetitions):
        ours.append(_measure(session, database, runs, AT_ONCE))
        theirs.append(outside.yardstick(session, store, "W1conc", n=runs // 10 or 1))
    return beside(medians(ours), theirs) | {"peers": outside.peers(session, "W1conc")}


def postgres(session):
    """P2."""
    return at_once(session, "postgresql")


def one_after_another(session):
    """P3, in turns with the yardstick and with the commits of one row that the disk takes."""
    runs = session.size(500, 5)
    ours, theirs, raw = [], [], []
    for _ in range(session.repetitions):
        ours.append(_measure(session, "sqlite", runs, 1, warm=10))
        theirs.append(outside.yardstick(session, "sqlalchemy", "W1seq", n=runs))
        with session.folder() as folder:
            raw.append({"commits_s": machine.commits_a_second(folder, session.size(1.0, 0.05))})
    found = beside(medians(ours), theirs)
    limit = medians(raw)["commits_s"]
    found |= {"raw_commits_s": limit, "raw_ratio": round(found["steps_s"] / limit, 3)}
    return found | {"peers": outside.peers(session, "W1seq")}


def _measure(session, kind, runs, at_once, **more):
    with session.database(kind) as database:
        return session.ours("chain", database=database, runs=runs, at_once=at_once, **more)


def beside(found, theirs):
    """Put the yardstick's median beside ours."""
    known = [one for one in theirs if "absent" not in one]
    if not known:
        return found | {"yardstick": "not measured: " + theirs[0]["absent"] if theirs else "not measured"}
    yardstick = medians(known)
    found["yardstick_steps_s"] = yardstick["steps_s"]
    found["yardstick_p50_ms"] = yardstick.get("p50_ms")
    found["yardstick_ratio"] = round(found["steps_s"] / yardstick["steps_s"], 3)
    return {name: value for name, value in found.items() if value is not None}
