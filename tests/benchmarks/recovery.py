"""P11: a process is killed with -9 and started again."""

from __future__ import annotations

import asyncio
import collections
import os
import signal
import statistics
import subprocess
import time
from pathlib import Path

import flows

SECONDS = 0.2
"""How long a step of the one run takes."""
BLOCKED = 3600.0
LEASE_S = 30.0
"""Of a worker that is not told otherwise: so long a dead one's runs stay its own."""


def work(database, log, runs, *, seconds, block_at, lease_s, resume):
    """Start *runs* runs of ten steps that say in *log* when they begin, or only take up those of a dead process."""
    asyncio.run(_work(database, log, runs, seconds, block_at, lease_s, resume))
    return {}


async def _work(database, log, runs, seconds, block_at, lease_s, resume):  # noqa: PLR0917 - one caller
    async with flows.opened(database) as kernel:
        workflow = flows.read(kernel, flows.stopping(log, seconds, block_at, BLOCKED))
        async with kernel.engine(claims=True, concurrency=max(runs, 100), lease_s=lease_s) as engine:
            if not resume:
                for first in range(0, runs, 500):
                    starts = (engine.start(workflow, {"x": n}) for n in range(first, min(runs, first + 500)))
                    await asyncio.gather(*starts)
            await asyncio.sleep(BLOCKED)


def measure(session):
    """Kill one run in its step 4, and many in their step 5; count what is done again."""
    over = [_one(session, session.size(2.0, 0.3), wait=True) for _ in range(session.repetitions)]
    at_once = [_one(session, session.size(LEASE_S, 0.3), wait=False)]
    many = _many(session, session.size(10_000, 10), session.size(10.0, 0.5))
    one = over + at_once
    return {
        "restart_to_next_step_s": round(statistics.median(row["seconds"] for row in over), 3),
        "at_once_restart_to_next_step_s": round(at_once[0]["seconds"], 3),
        "lease_s": LEASE_S,
        "all_readmitted_s": many["seconds"],
        "runs_half_done": many["runs"],
        "completed_steps_repeated": sum(row["repeated"] for row in one) + many["repeated"],
    }


def _one(session, lease_s, *, wait):
    """Kill one run in its step 4 and start again: once its lease is over, or at once."""
    with session.database("sqlite") as database, session.folder() as folder:
        log = folder / "steps.txt"
        options = {
            "database": database,
            "log": str(log),
            "runs": 1,
            "seconds": SECONDS,
            "block_at": -1,
            "lease_s": lease_s,
        }
        _killed_when(session, options, lambda: len(_lines(log)) >= 5)
        before = _lines(log)
        time.sleep(lease_s if wait else 0.0)
        began = time.perf_counter()
        process = _start(session, options, resume=True)
        try:
            seconds = _until(lambda: len(_lines(log)) > len(before), process, began)
            _until(lambda: _lines(log)[-1][1] == str(flows.STEPS - 1), process, began)
        finally:
            _kill(process)
        return {"seconds": seconds, "repeated": _repeated(before, _lines(log)[len(before) :])}


def _many(session, runs, lease_s):
    """All are in step 5 when the process dies: step 5 begins again in all of them, and nothing before it does."""
    with session.database("sqlite") as database, session.folder() as folder:
        log = folder / "steps.txt"
        options = {
            "database": database,
            "log": str(log),
            "runs": runs,
            "seconds": 0.0,
            "block_at": 5,
            "lease_s": lease_s,
        }
        _killed_when(session, options, lambda: _count(log) >= runs * 6)
        before = _lines(log)
        time.sleep(lease_s)
        began = time.perf_counter()
        process = _start(session, options, resume=True)
        try:
            seconds = _until(lambda: _count(log) >= len(before) + runs, process, began)
        finally:
            _kill(process)
        return {"runs": runs, "seconds": round(seconds, 3), "repeated": _repeated(before, _lines(log)[len(before) :])}


def _killed_when(session, options, ready):
    process = _start(session, options, resume=False)
    try:
        _until(ready, process, time.perf_counter())
    finally:
        _kill(process)


def _repeated(before, after):
    """How many steps began again although the step after them had begun before the kill."""
    reached = collections.defaultdict(int)
    for run, step, _ in before:
        reached[run] = max(reached[run], int(step))
    return sum(int(step) < reached[run] for run, step, _ in after)


def _start(session, options, *, resume):
    command = session.command("recovery", **options, resume=resume)
    return subprocess.Popen(
        command,
        env=session.surroundings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


def _until(ready, process, began, limit_s=120.0):
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"The process ended: {process.stderr.read().decode()[-1000:]}")
        if time.perf_counter() - began > limit_s:
            raise RuntimeError(f"Nothing happened within {limit_s:.0f} s")
        time.sleep(0.005)
    return time.perf_counter() - began


def _lines(log):
    if not Path(log).exists():
        return []
    return [line.split() for line in Path(log).read_text().splitlines()]


def _count(log):
    return Path(log).read_bytes().count(b"\n") if Path(log).exists() else 0
