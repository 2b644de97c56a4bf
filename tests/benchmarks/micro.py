"""P8, P9, P10, P13: the parts that need no store; their own files can also be run by pytest."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import time

import bench_expressions
import bench_machine
import bench_validation
import flows

from automata._core.catalog import build_catalog
from automata._core.expressions import compile_expression
from automata._core.plan import compile_plan
from automata._core.plugins import discover
from automata.model import Workflow
from automata.testing.plugins import write_distribution

PLUGINS = 200


def decisions(session):
    """P8: what the machine decides a second, and the processor time of a step with everything on, in memory."""
    found = {}
    for name, (graph, items, _) in bench_machine.SHAPES.items():
        plan = compile_plan(Workflow(name="w", graph=graph()), bench_machine.CATALOG)
        rounds = [_rate(lambda plan=plan, items=items: bench_machine.decide(plan, items)) for _ in _rounds(session)]
        found[f"{name.replace('-', '_')}_decisions_s"] = round(statistics.median(rounds))
    slowest = min(found["chain_decisions_s"], found["fan_out_decisions_s"])
    return found | {
        "decisions_s": slowest,
        "cpu_us_a_step": session.ours("memory_chain", runs=session.size(2000, 5))["cpu_us"],
    }


def _rounds(session):
    return range(session.size(7, 1))


def _rate(play):
    began = time.perf_counter()
    return play() / (time.perf_counter() - began)


def memory_chain(runs):
    """Processor time of one step of the chain when runs live in memory: expressions, validation, events, hooks."""
    return asyncio.run(_memory_chain(runs))


async def _memory_chain(runs):
    from chain import drive

    kernel = flows.kernel()
    workflow = flows.read(kernel, flows.chain())
    async with kernel.engine(concurrency=100) as engine:
        await drive(engine, workflow, min(runs, 100), 100)
        began = time.process_time()
        await drive(engine, workflow, runs, 100)
        taken = time.process_time() - began
    return {"cpu_us": round(taken / (runs * flows.STEPS) * 1e6, 1)}


def validation(session):
    """P9: documents of 10, 200 and 2,000 nodes, soundness included; processor time, the best of three."""
    catalog, sizes = build_catalog(discover()), session.size((10, 200, 2000), (10,))
    with contextlib.redirect_stdout(sys.stderr):  # it prints what it finds
        taken = {size: bench_validation.seconds(size, catalog) for size in sizes}
    found = {f"nodes_{size}_ms": round(seconds * 1000, 2) for size, seconds in taken.items()}
    if session.tiny:
        return found
    return found | {"growth_for_ten_times_the_nodes": round(taken[2000] / taken[200], 1)}


def expressions(session):
    """P10: ten typical expressions, a map over 10,000 items, compile time."""
    programs = [compile_expression(text) for text in bench_expressions.TEN]
    scope = bench_expressions.SCOPE
    rates = [_calls(lambda p=p: p.evaluate(scope), session) for p in programs]
    each = compile_expression("big.map(i, i.price * i.qty)")
    return {
        "evaluations_s": round(math.exp(sum(map(math.log, rates)) / len(rates))),
        "items_10000_ms": round(1000 / _calls(lambda: each.evaluate(scope), session), 2),
        "compile_us": round(
            1e6 / _calls(lambda: [compile_expression(t) for t in bench_expressions.TEN], session) / 10, 1
        ),
    }


def _calls(work, session):
    if not session.tiny:
        return bench_expressions.rate(work)
    began = time.perf_counter()
    work()
    return 1 / (time.perf_counter() - began)


def discovery(session):
    """P13: processor time that discovery takes with 200 plugins installed, and how many of their modules it imports."""
    with session.folder() as folder:
        crowd = folder / "crowd"
        for number in range(session.size(PLUGINS, 3)):
            write_distribution(crowd, f"dummy-{number}", "raise SystemExit('imported')")
        os.utime(crowd, (1_000_000_000, 1_000_000_000))  # so that the index is not taken for one made too early
        runs = [_discover(crowd, folder / "index.json") for _ in range(session.size(8, 2))][1:]
        bare = [_discover(folder / "nothing", folder / "bare.json") for _ in range(session.size(8, 2))][1:]
    with_crowd, without = (statistics.median(one["ms"] for one in ones) for ones in (runs, bare))
    return {"plugins_add_ms": round(with_crowd - without, 1), "modules_imported": max(one["loaded"] for one in runs)}


DISCOVER = """
import json, sys, time
from pathlib import Path
from automata._core.plugins import discover
sys.path.insert(0, sys.argv[1])
start = time.process_time()
discover(cache=Path(sys.argv[2])).infos()
spent = (time.process_time() - start) * 1000
print(json.dumps({"ms": spent, "loaded": len([name for name in sys.modules if name.startswith("dummy")])}))
"""


def _discover(site, cache):
    command = [sys.executable, "-c", DISCOVER, str(site), str(cache)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
