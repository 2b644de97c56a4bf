"""The soundness proofs agree with playing every run in every order, on small graphs of every kind.

A slice runs always; ``AUTOMATA_SOUNDNESS_GRAPHS=40000`` in the environment makes it as many.
"""

from __future__ import annotations

import os
import random

import pytest

from automata._core.graph import ancestors
from automata._core.soundness import Flow, Timing, analyse
from automata.model import Edge, Graph, Node, Port
from automata.testing.statespace import explore

GRAPHS = int(os.environ.get("AUTOMATA_SOUNDNESS_GRAPHS", "5000"))
PARTS = 10
PORTS = {
    "if": (Port("true"), Port("false")),
    "switch": (Port("a"), Port("b"), Port("otherwise")),
    "return": (),
    "fail": (),
}


def ports(node):
    return PORTS.get(node.use, (Port("out"),))


class Maker:
    """Graphs of one to seven nodes with every join, choices, caught errors, triggers, and disabled nodes."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.size = self.dice.randint(1, 7)
        self.triggers = min(self.size, self.dice.choice([0, 0, 0, 1, 2, 3]))
        self.density = self.dice.choice([1.2, 1.6, 2, 2.5])
        self.errors = self.dice.choice([0, 0, 0.1, 0.3])
        ends = ["return"] * (self.dice.random() < 0.3) + ["fail"] * (self.dice.random() < 0.3)
        self.uses = ["set"] * 5 + ["if"] * 4 + ["switch"] + ends
        self.nodes = {}
        self.edges = []

    def graph(self):
        for i in range(self.size):
            id_ = f"n{i}"
            self.nodes[id_] = Node(id=id_, use="manual") if i < self.triggers else self.step(i, id_)
        return Graph(nodes=self.nodes, edges=tuple(self.edges))

    def step(self, i, id_):
        use = self.dice.choice(self.uses)
        if i and (self.triggers or self.dice.random() > 0.1):
            for _ in range(min(6, max(1, int(self.dice.expovariate(1 / self.density)) + (self.dice.random() < 0.5)))):
                self.lead(f"n{self.dice.randrange(max(0, i - 5), i)}", id_)
        count = sum(e.target == id_ for e in self.edges)
        if count < 2:
            return Node(id=id_, use=use, disabled=self.dice.random() < 0.05)
        join = self.dice.choice(["merge", "merge", "all", "all", "any", self.dice.randint(1, count)])
        cancel = join not in {"merge", "all"} and self.dice.random() < 0.4
        return Node(id=id_, use=use, join=join, cancel=cancel, disabled=self.dice.random() < 0.05)

    def lead(self, source, target):
        use = self.nodes[source].use
        names = [p.name for p in PORTS.get(use, (Port("out"),))]
        fails = use != "manual" and (not names or self.dice.random() < self.errors)
        kind = self.dice.choice([None, "x"]) if fails else None
        edge = Edge(source=source, target=target, port="error" if fails else self.dice.choice(names), error_class=kind)
        if edge not in self.edges:
            self.edges.append(edge)


def make(seed):
    graph = Maker(seed).graph()
    triggers = [[id_] for id_, node in graph.nodes.items() if node.use == "manual"]
    return graph, triggers or None


def check(seed):
    graph, entries = make(seed)
    found = explore(graph, ports, entries)
    violations = analyse(graph, ports, entries=entries)
    assert not found.stuck, seed
    assert not [v for v in violations if v.code == "SND-009"], seed
    assert {v.node for v in violations if v.code == "SND-003"} == set(graph.nodes) - found.ran, seed
    starving = {v.node: v.code == "SND-002" for v in violations if v.code in {"SND-001", "SND-002"}}
    assert starving == found.starved, seed
    check_order(seed, graph, entries, found)
    return bool(starving), found.ran != set(graph.nodes)


def check_order(seed, graph, entries, found):
    flow = Flow(graph, ports, entries=entries)
    timing, upstream = Timing(flow), ancestors(graph, flow.order)
    for at in found.ran:
        for id_ in upstream.of(at):
            assert timing.has_output(id_, at) == ((at, id_) not in found.without), (seed, id_, at)
    for id_ in graph.nodes:
        assert timing.has_output_at_end(id_) == (id_ not in found.unfinished), (seed, id_)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_proof_and_exhaustive_search_agree_on_every_small_graph(part):
    verdicts = [check(seed) for seed in range(part, GRAPHS, PARTS)]

    assert any(starves for starves, _ in verdicts)
    assert any(dead for _, dead in verdicts)
    assert not all(starves or dead for starves, dead in verdicts)


@pytest.mark.parametrize("seed", range(200))
def test_a_starving_join_comes_with_the_steps_that_lead_there(seed):
    graph, entries = make(seed)

    for violation in analyse(graph, ports, entries=entries):
        assert violation.path
        if violation.code in {"SND-001", "SND-002"}:
            assert violation.others
            assert violation.path[-1] == f"{violation.node!r} waits for {violation.others[-1]!r}, which cannot come"


@pytest.mark.parametrize("seed", range(200))
def test_without_a_budget_nothing_is_claimed_that_is_not_so(seed):
    graph, entries = make(seed)
    found = explore(graph, ports, entries)

    for violation in analyse(graph, ports, entries=entries, budget=0):
        if violation.code in {"SND-001", "SND-002"}:
            assert violation.node in found.starved
        elif violation.code == "SND-003":
            assert violation.node not in found.ran
