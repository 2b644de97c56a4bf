"""What is proved about a graph is what the machine does: no start, no missing value that the state space does not have.

The proofs are held against the state space by `test_soundness_laws`; this closes the triangle.
"""

from __future__ import annotations

import random

import pytest

from automata._core.catalog import Catalog
from automata._core.machine import Conclude, End, Machine, NodeState, Start, Stop
from automata._core.plan import compile_plan
from automata.model import (
    BodyFinished,
    Edge,
    Effect,
    ErrorInfo,
    Graph,
    Kind,
    Node,
    NodeType,
    Port,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepStarted,
    Workflow,
)
from automata.testing.statespace import explore

PORTS = {
    "if": (Port("true"), Port("false")),
    "switch": (Port("a"), Port("b"), Port("otherwise")),
    "set": (Port("out"),),
    "manual": (Port("out"),),
    "return": (),
    "fail": (),
}


async def nothing(context, parameters):
    return None


def type_of(name):
    kind = Kind.TRIGGER if name == "manual" else Kind.CONTROL
    run = None if name in {"manual", "return"} else nothing
    return NodeType(name=name, title=name, summary=name, kind=kind, effect=Effect.PURE, ports=PORTS[name], run=run)


CATALOG = Catalog(
    types={name: type_of(name) for name in PORTS}, functions={}, credential_kinds={}, rules=(), guard=lambda _, c: c()
)


def graph_of(dice):
    """A random graph of up to six nodes."""
    nodes, edges = {}, []
    for i in range(dice.randint(2, 6)):
        id_ = f"n{i}"
        for source in dice.sample(sorted(nodes), min(len(nodes), dice.choice([0, 1, 1, 2, 2, 3]))):
            ports = [p.name for p in PORTS[nodes[source].use]]
            port = "error" if not ports or dice.random() < 0.2 else dice.choice(ports)
            edges.append(Edge(source=source, target=id_, port=port))
        count = sum(e.target == id_ for e in edges)
        join = dice.choice(["merge", "merge", "all", "any", dice.randint(1, count)]) if count > 1 else "merge"
        use = dice.choice(["set", "set", "set", "if", "if", "switch", "return", "fail"])
        cancel = join not in {"merge", "all"} and dice.random() < 0.3
        nodes[id_] = Node(id=id_, use=use, join=join, cancel=cancel, disabled=dice.random() < 0.05)
    return Graph(nodes=nodes, edges=tuple(edges))


class Play:
    """One run in a random order with random outcomes: what started, and what it could not see."""

    def __init__(self, plan, dice):
        self.machine, self.dice, self.plan = Machine(plan), dice, plan
        self.catching = {n.id for n in plan.graph.nodes if n.catches}
        self.open, self.ran, self.without = [], set(), set()
        self.end = None
        self.feed(RunStarted(None))
        while self.open and self.end is None:
            self.settle(self.open.pop(dice.randrange(len(self.open))))

    def feed(self, event):
        for command in self.machine.apply(event):
            match command:
                case Start(step) if self.machine.steps.get(step.address) is step:
                    self.starts(step)
                case Stop(step):
                    self.open = [s for s in self.open if s is not step]
                case Conclude():
                    self.root = command.activation
                    self.feed(BodyFinished("", None))
                case End():
                    self.end = command
                case _:
                    pass

    def starts(self, step):
        values = step.activation.values
        self.ran.add(step.node.id)
        self.without |= {(step.node.id, n.id) for n in self.plan.graph.nodes if n.id not in values}
        self.open.append(step)
        self.feed(StepStarted(step.address, step.attempt, {}))

    def settle(self, step):
        ports = sorted(step.node.exits)
        use = step.work.type.name
        if use == "fail" or (step.node.id in self.catching and self.dice.random() < 0.5):
            self.feed(StepFailed(step.address, 1, ErrorInfo("x", "x", step.address), 0.0))
        else:
            self.feed(StepFinished(step.address, 1, None, self.dice.choice(ports) if ports else "out"))


@pytest.mark.parametrize("part", range(10))
def test_the_machine_does_nothing_the_state_space_does_not_have(part):
    for seed in range(part * 40, part * 40 + 40):
        graph = graph_of(random.Random(seed))
        findings = explore(graph, lambda node: PORTS[node.use])
        plan = compile_plan(Workflow(name="w", graph=graph), CATALOG)

        plays = [Play(plan, random.Random(f"{seed}/{i}")) for i in range(60)]

        assert all(play.end is not None for play in plays), seed
        ran = set().union(*(play.ran for play in plays))
        assert ran == {n for n in findings.ran if not graph.nodes[n].disabled}, seed
        seen = {pair for play in plays for pair in play.without if pair[0] != pair[1]}
        assert seen <= findings.without, (seed, seen - findings.without)


def test_a_run_that_succeeds_leaves_no_join_waiting():
    for seed in range(200):
        graph = graph_of(random.Random(seed))
        play = Play(compile_plan(Workflow(name="w", graph=graph), CATALOG), random.Random(seed))

        if play.end.status is RunStatus.SUCCEEDED and hasattr(play, "root"):
            assert NodeState.IDLE not in play.root.status, seed
            assert NodeState.RUNNING not in play.root.status, seed
