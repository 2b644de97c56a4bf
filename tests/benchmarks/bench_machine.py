"""How many node decisions a second the machine takes, beside bare asyncio on the same graph in the same run.

Run with ``tox -e bench -- tests/benchmarks/bench_machine.py``; the owed figure is P8 of the performance targets:
100,000 decisions a second on a chain and on a fan-out of 1,000.
"""

import asyncio
import statistics
import time
from itertools import pairwise

import pytest

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.expressions import standard_functions
from automata._core.machine import Conclude, End, Machine, Start
from automata._core.plan import compile_plan
from automata.model import (
    BodyFinished,
    Edge,
    Effect,
    Graph,
    Node,
    NodeType,
    RunStarted,
    StepFinished,
    StepStarted,
    Workflow,
)

SIZE = 1_000
ROUNDS = 7


async def nothing(ctx, parameters):
    return None


WORK = NodeType(name="t.do", title="t", summary="t", effect=Effect.PURE, run=nothing)
CATALOG = Catalog(
    types={t.name: t for t in (*controls.automata_node_types(), WORK)},
    functions=standard_functions(),
    credential_kinds={},
    rules=(),
    guard=lambda _, call: call(),
)


def work(id_, **more):
    return Node(id=id_, use="t.do", **more)


def chain():
    ids = [f"n{i}" for i in range(SIZE)]
    return Graph(
        nodes={i: work(i) for i in ids},
        edges=tuple(Edge(source=a, target=b) for a, b in pairwise(ids)),
    )


def fan():
    ids = [f"n{i}" for i in range(SIZE)]
    nodes = {"first": work("first"), **{i: work(i) for i in ids}, "last": work("last", join="all")}
    edges = [Edge(source="first", target=i) for i in ids] + [Edge(source=i, target="last") for i in ids]
    return Graph(nodes=nodes, edges=tuple(edges))


def each():
    body = Graph(nodes={"a": work("a")})
    return Graph(nodes={"e": Node(id="e", use="foreach", parameters={"items": []}, body=body)})


def decide(plan, items):
    """Play a run to its end with every step succeeding at once; how many nodes were decided."""
    machine, count = Machine(plan), 0
    todo = list(machine.apply(RunStarted(None)))
    for command in todo:
        kind = type(command)
        if kind is Start:
            step, count = command.step, count + 1
            todo.extend(machine.apply(StepStarted(step.address, step.attempt, items if step.node.body else None)))
            if step.node.body is None:
                todo.extend(machine.apply(StepFinished(step.address, step.attempt, None)))
        elif kind is Conclude:
            todo.extend(machine.apply(BodyFinished(command.activation.address, None)))
        elif kind is End:
            return count
    pytest.fail("The run does not end")


async def bare_chain():
    for _ in range(SIZE):
        await asyncio.create_task(nothing(None, None))


async def bare_fan():
    await nothing(None, None)
    await asyncio.gather(*(nothing(None, None) for _ in range(SIZE)))
    await nothing(None, None)


SHAPES = {
    "chain": (chain, None, bare_chain),
    "fan-out": (fan, None, bare_fan),
    "foreach": (each, {"items": list(range(SIZE)), "concurrency": 10}, bare_fan),
}


def rate(play):
    """Steps a second, the median of several rounds."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = sum(play() for _ in range(10))
        found.append(count / (time.perf_counter() - start))
    return statistics.median(found)


@pytest.mark.parametrize("shape", SHAPES)
def test_decisions_a_second(shape, record_property, capsys):
    graph, items, bare = SHAPES[shape]
    plan = compile_plan(Workflow(name="w", graph=graph()), CATALOG)

    def alone():
        asyncio.run(bare())
        return SIZE

    ours, theirs = rate(lambda: decide(plan, items)), rate(alone)

    record_property("decisions_per_s", round(ours))
    with capsys.disabled():
        print(f"\n{shape}: {ours:,.0f} decisions/s; bare asyncio {theirs:,.0f} steps/s; ratio {ours / theirs:.2f}")
    assert ours > 0.2 * theirs
