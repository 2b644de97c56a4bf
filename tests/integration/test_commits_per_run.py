"""How many commits a run of ten steps costs: counted by the store, the same on every machine. No time is judged."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from automata import Kernel
from automata.sql import open_store
from automata.testing.plugins import write_distribution

STEPS = 10
AT_ONCE = 100
PLUGIN = """
from automata.sdk import Effect, NodeType, hookimpl


async def look(context, parameters):
    return {"value": parameters["x"] + 1}


@hookimpl
def automata_node_types():
    return [NodeType(name="counted.look_up", title="Look", summary="Looks", effect=Effect.READ, run=look)]
"""


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    write_distribution(tmp_path / "site", "counted-steps", PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    made = Kernel(store=open_store(f"sqlite:///{tmp_path / 'runs.db'}"), folder=tmp_path)
    yield made
    sys.modules.pop("counted_steps", None)


def chain(use, given):
    nodes = {
        f"s{i}": {"use": use, "with": {given: f"${{s{i - 1}.value + 1}}" if i else "${input.x}"}} for i in range(STEPS)
    }
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    edges = [f"s{i} -> s{i + 1}" for i in range(STEPS - 1)]
    return {"automata": 1, "name": "Chain", "input": schema, "nodes": nodes, "edges": edges}


def commits_per_run(kernel, document, *, runs, at_once):
    """Commits of *runs* runs after a first one, *at_once* of them started together."""

    async def all_of_them():
        workflow = kernel.validate_text(json.dumps(document)).workflow
        try:
            async with kernel.engine(concurrency=at_once) as engine:
                await engine.wait(await engine.start(workflow, {"x": 0}))
                before = kernel.store.stats().commits
                for _ in range(runs // at_once):
                    started = await asyncio.gather(*(engine.start(workflow, {"x": n}) for n in range(at_once)))
                    ends = await asyncio.gather(*(engine.wait(run) for run in started))
                    assert {str(run.status) for run in ends} == {"succeeded"}
                return (kernel.store.stats().commits - before) / runs
        finally:
            await kernel.store.close()

    return asyncio.run(all_of_them())


def test_a_run_alone_costs_one_commit_an_effect_and_one_for_its_start(kernel):
    assert commits_per_run(kernel, chain("counted.look_up", "x"), runs=5, at_once=1) <= STEPS + 1


def test_a_hundred_runs_at_once_share_their_commits(kernel):
    assert commits_per_run(kernel, chain("counted.look_up", "x"), runs=2 * AT_ONCE, at_once=AT_ONCE) <= 0.3


def test_a_pure_chain_costs_one_commit(kernel):
    assert commits_per_run(kernel, chain("set", "value"), runs=5, at_once=1) <= 1
