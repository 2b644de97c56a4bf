"""Laws of the engine in virtual time: it ends, its journal is what happened, and a seed repeats it."""

import asyncio
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.engine import Engine, Host
from automata._core.expressions import standard_functions
from automata._core.history import steps_of
from automata._core.machine import Machine
from automata._core.plugins import KERNEL
from automata.errors import StepError
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import Effect, Graph, NodeType, RunFinished, StepStatus, Workflow

_spec = importlib.util.spec_from_file_location("machine_laws", Path(__file__).with_name("test_machine_laws.py"))
_laws = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_laws)

FILLED = {
    "foreach": {"items": [1, 2, 3], "concurrency": 2, "tolerate": 1},
    "loop": {"until": "${index >= 1}", "max": 3},
    "signal": {"name": "x", "early": "keep"},
    "if": {"condition": "${random() < 0.5}"},
    "t.do": {"d": "${random()}"},
}


def filled(graph):
    """*graph* with parameters that make sense to a real engine; a signal nobody sends has a timeout."""
    nodes = {}
    for id_, node in graph.nodes.items():
        nodes[id_] = evolve(
            node,
            parameters=FILLED.get(node.use, node.parameters),
            timeout="5s" if node.use == "signal" else node.timeout,
            body=None if node.body is None else filled(node.body),
            finally_=None if node.finally_ is None else filled(node.finally_),
        )
    return Graph(nodes=nodes, edges=graph.edges, output=graph.output)


def execute(graph, seed, cancel_at=None):
    """Run *graph*; the final row, the journal, the plan."""
    chance = SeededRandom(seed + 1)

    async def work(ctx, parameters):
        await ctx.sleep(chance.random() * 3)
        if chance.random() < 0.3:
            raise StepError("No", error_class="transient" if chance.random() < 0.5 else "conflict")
        return ctx.node

    types = [evolve(t, plugin=KERNEL) for t in controls.automata_node_types()]
    types.append(NodeType(name="t.do", title="t", summary="t", effect=Effect.IDEMPOTENT, run=work))
    catalog = Catalog(
        types={t.name: t for t in types},
        functions=standard_functions(),
        credential_kinds={},
        rules=(),
        guard=lambda _, call: call(),
    )

    async def main():
        host = Host(
            store=MemoryStore(VirtualClock()),
            clock=VirtualClock(),
            random=SeededRandom(seed),
            http=lambda: None,
            setting=lambda _: None,
            credential=lambda _: {},
            instance_key=b"k",
        )
        async with Engine(host, catalog) as engine:
            run = await engine.start(Workflow(name="w", graph=filled(graph)))
            driving = asyncio.ensure_future(engine.wait(run.id))
            if cancel_at is not None:
                await asyncio.wait([driving], timeout=cancel_at)
                if not driving.done():
                    engine.cancel(run.id)
            async with asyncio.timeout(86_400):
                final = await driving
        return final, list(await host.store.journal(run.id)), engine.plan(Workflow(name="w", graph=filled(graph)))

    return run_virtual(main())


@settings(max_examples=120, deadline=None)
@given(_laws.graphs(), st.integers(0, 2**32), st.one_of(st.none(), st.floats(0.0625, 20)))
def test_every_run_ends_once_and_its_journal_says_how(graph, seed, cancel_at):
    final, journal, plan = execute(graph, seed, cancel_at)

    assert [type(e) for e in journal].count(RunFinished) == 1
    assert (journal[-1].status, journal[-1].error) == (final.status, final.error)
    assert final.error is None or final.error.kind != "bug", final.error
    alive = {StepStatus.RUNNING, StepStatus.WAITING}
    assert not [s for s in steps_of(plan, journal) if s.status in alive]

    machine = Machine(plan)
    for event in journal[:-1]:
        machine.apply(event)
    assert machine.over
    assert machine.outcome == (final.status, final.output, final.error)


@settings(max_examples=40, deadline=None)
@given(_laws.graphs(), st.integers(0, 2**32))
def test_a_seed_gives_the_same_journal_again(graph, seed):
    assert execute(graph, seed)[:2] == execute(graph, seed)[:2]


SCRIPT = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("engine_laws", {str(Path(__file__))!r})
laws = importlib.util.module_from_spec(spec)
spec.loader.exec_module(laws)
from automata.model import Compensation, Edge, Graph, Node
body = Graph(nodes={{x: Node(id=x, use="t.do", compensate=Compensation(use="t.do")) for x in "abcd"}})
graph = Graph(nodes={{"e": Node(id="e", use="foreach", body=body), "r": Node(id="r", use="race", body=body)}})
print(laws.execute(graph, 5)[1])
"""


def test_the_journal_does_not_depend_on_the_seed_of_hashes():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(outputs) == 1
    assert "RunFinished" in outputs.pop()
