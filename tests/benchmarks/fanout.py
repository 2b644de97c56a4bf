"""P4: one step for each of 1,000, 10,000 and 100,000 items.

A list may have 10,000 items, and a run 50,000 events. Up to 10,000 items are one `foreach` with a hundred bodies at
once; 100,000 are ten calls, one after another, of the workflow that does 10,000: runs with journals of their own.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time

import flows
import outside
from session import medians, resident_bytes

SIZES = {"1000": (1_000, 1), "10000": (10_000, 1), "100000": (10_000, 10)}
REPETITIONS = {"1000": 5, "10000": 3, "100000": 1}


def work(database, items, calls):
    """Map over *items*, *calls* times."""
    return asyncio.run(_work(database, items, calls))


async def _work(database, items, calls):
    async with flows.opened(database) as kernel:
        each = flows.read(kernel, flows.each())
        async with kernel.engine(claims=True, concurrency=100) as engine:
            await flows.publish(kernel, each)
            await _one(engine, each, {"n": 10}, 10)
            idle = resident_bytes()
            began = time.perf_counter()
            if calls == 1:
                await _one(engine, each, {"n": items}, items)
            else:
                chunks = flows.read_with(kernel, flows.chunks(), flows.each())
                await _one(engine, chunks, {"n": items, "chunks": calls}, calls)
            seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "items": items * calls,
        "total_s": seconds,
        "steps_s": items * calls / seconds,
        "peak_mib_over_idle": (peak - idle) / 2**20,
    }


async def _one(engine, workflow, input_, size):
    run = await engine.start(workflow, input_)
    final = await engine.wait(run.id)
    if str(final.status) != "succeeded" or final.output != size:
        raise RuntimeError(f"The run ended as {final.status} with {final.output!r}: {final.error}")


def measure(session):
    """Every size by itself, the yardstick in turns with the smaller two."""
    found = {}
    for name, (items, calls) in SIZES.items():
        ours, theirs = [], []
        for _ in range(session.size(REPETITIONS[name], 1)):
            with session.database("sqlite") as database:
                ours.append(session.ours("fanout", database=database, items=session.size(items, 20), calls=calls))
            if calls == 1:
                theirs.append(outside.yardstick(session, "sqlalchemy", "W2", n=1, fan=session.size(items, 20)))
        folded = medians(ours)
        known = [one for one in theirs if "absent" not in one]
        if known:
            folded["yardstick_steps_s"] = medians(known)["steps_s"]
            folded["yardstick_ratio"] = round(folded["steps_s"] / folded["yardstick_steps_s"], 3)
        found[name] = folded
    first, last = found["1000"]["steps_s"], found["100000"]["steps_s"]
    return {
        "steps_s": min(one["steps_s"] for one in found.values()),
        "peak_mib_over_idle": found["100000"]["peak_mib_over_idle"],
        "flat": round(last / first, 3),
        "sizes": found,
        "how": "100,000 items are ten calls, one after another, of a workflow with 10,000",
        "peers": outside.peers(session, "W2"),
    }
