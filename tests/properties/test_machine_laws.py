"""Laws of the machine: it ends, it decides the same from the same events, and reading a journal back is going on."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.expressions import standard_functions
from automata._core.machine import Conclude, Decide, End, Machine, Note, SetTimer, Start, Stop
from automata._core.plan import Behaviour, compile_plan
from automata.model import (
    BodyFinished,
    CancelRequested,
    Compensation,
    Decided,
    Edge,
    Effect,
    ErrorInfo,
    Graph,
    ItemAdded,
    Node,
    NodeType,
    Retry,
    RunStarted,
    StepFailed,
    StepFinished,
    StepStarted,
    TimerFired,
    Workflow,
)


async def nothing(ctx, parameters):
    return None


WORK = NodeType(name="t.do", title="t", summary="t", effect=Effect.IDEMPOTENT, run=nothing)
CATALOG = Catalog(
    types={t.name: t for t in (*controls.automata_node_types(), WORK)},
    functions=standard_functions(),
    credential_kinds={},
    rules=(),
    guard=lambda _, call: call(),
)


@st.composite
def graphs(draw, depth=2):
    """A random acyclic graph of every kind of node, bodies nested to *depth*."""
    count = draw(st.integers(1, 5))
    ids = [f"n{i}" for i in range(count)]
    nodes = {id_: draw(nodes_named(id_, depth)) for id_ in ids}
    edges = []
    for i, source in enumerate(ids):
        ports = [p.name for p in CATALOG.ports_of(nodes[source])] + ["error"]
        for target in ids[i + 1 :]:
            if draw(st.integers(0, 3)) == 0:
                edges += [Edge(source=source, target=target, port=draw(st.sampled_from(ports)))]
    return Graph(nodes=nodes, edges=tuple(edges))


@st.composite
def nodes_named(draw, id_, depth):
    """A random node."""
    use = draw(st.sampled_from(["t.do", "t.do", "if", "wait", "signal", "return", "foreach", "loop", "race", "scope"]))
    if depth == 0 and use in {"foreach", "loop", "race", "scope"}:
        use = "t.do"
    nested = use in {"foreach", "loop", "race", "scope"}
    parameters = {"if": {"condition": True}, "loop": {"until": True}, "wait": {"for": "1s"}, "signal": {"name": "x"}}
    if draw(st.booleans()):
        parameters["foreach"] = {"until": True}
    return Node(
        id=id_,
        use=use,
        parameters=parameters.get(use, {}),
        join=draw(st.sampled_from(["merge", "merge", "all", "any", 2])),
        cancel=draw(st.booleans()),
        retry=draw(st.sampled_from([None, Retry(attempts=2)])),
        timeout=draw(st.sampled_from([None, "1m"])),
        disabled=draw(st.integers(0, 9)) == 0,
        compensate=Compensation(use="t.do") if use == "t.do" and draw(st.booleans()) else None,
        body=draw(graphs(depth - 1)) if nested else None,
        finally_=draw(graphs(depth - 1)) if use == "scope" and draw(st.booleans()) else None,
    )


class World:
    """Answers commands at random, in random order, from a seed; what it answers is the journal."""

    def __init__(self, plan, seed):
        self.machine = Machine(plan)
        self.random = random.Random(seed)
        self.journal = []
        self.open = []
        self.timers = {}
        self.end = None
        self.feed(RunStarted(None))

    def feed(self, event):
        self.journal.append(event)
        for command in self.machine.apply(event):
            match command:
                case Start(step) if self.machine.steps.get(step.address) is step:
                    self.open.append(("start", step, step.attempt))
                case Note(note):
                    self.journal.append(note)
                    assert not self.machine.apply(note)
                case Conclude(activation):
                    self.open.append(("conclude", activation, 0))
                case Decide(step, index):
                    self.open.append(("decide", step, index))
                case SetTimer(timer, _):
                    self.timers[timer] = True
                case Stop(step):
                    self.open = [o for o in self.open if o[1] is not step]
                case End():
                    assert self.end is None
                    self.end = command
                case _:
                    pass

    def step(self):
        if self.random.random() < 0.05 and self.machine.steps:
            self.feed(ItemAdded(self.random.choice(sorted(self.machine.steps)), 1, "s"))
        choices = [("open", i) for i in range(len(self.open))] + [("timer", t) for t in self.timers]
        if not choices:
            return False
        kind, which = self.random.choice(choices)
        if kind == "timer":
            del self.timers[which]
            self.feed(TimerFired(which, "t"))
        else:
            self.answer(*self.open.pop(which))
        return True

    def answer(self, kind, what, number):
        if kind == "conclude":
            self.feed(BodyFinished(what.address, None))
        elif kind == "decide":
            self.feed(Decided(what.address, number, self.random.random() < 0.6))
        elif kind == "start":
            self.start(what, number)
        elif self.random.random() < 0.3:
            error = ErrorInfo(self.random.choice(["transient", "conflict"]), "x", what.address, number)
            self.feed(StepFailed(what.address, number, error, self.random.random()))
        else:
            ports = list(what.node.exits) or ["out"]
            self.feed(StepFinished(what.address, number, None, "out" if what.undo else self.random.choice(ports)))

    def start(self, step, attempt):
        if self.machine.steps.get(step.address) is not step:
            return
        items = {"items": list(range(self.random.randrange(4))), "concurrency": 2, "tolerate": self.random.randrange(2)}
        lock = self.random.choice([None, "only"])
        self.feed(StepStarted(step.address, attempt, {**items, "max": 3, "lock": lock, "more": "found"}))
        alive = self.machine.steps.get(step.address) is step
        containers = {Behaviour.FOREACH, Behaviour.LOOP, Behaviour.RACE, Behaviour.SCOPE}
        if alive and (step.undo or step.node.behaviour not in containers):
            self.open.append(("perform", step, attempt))


def played(graph, seed, cancel_at=None):
    """A run of *graph* to its end."""
    world = World(compile_plan(Workflow(name="w", graph=graph), CATALOG), seed)
    for turn in range(5000):
        if turn == cancel_at:
            world.feed(CancelRequested())
        if world.end is not None or not world.step():
            return world
    pytest.fail("The run does not end")


@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(0, 2**32), st.one_of(st.none(), st.integers(0, 20)))
def test_every_run_ends_once_with_nothing_left_alive(graph, seed, cancel_at):
    world = played(graph, seed, cancel_at)

    assert world.end is not None, world.machine.steps
    assert world.machine.activations == {}
    assert not [s for s in world.machine.steps.values() if not s.undo]


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(0, 2**32), st.one_of(st.none(), st.integers(0, 20)), st.floats(0, 1))
def test_reading_a_journal_back_gives_the_state_of_the_run(graph, seed, cancel_at, share):
    world = played(graph, seed, cancel_at)
    plan = world.machine.plan
    cut = int(len(world.journal) * share)

    left, right = Machine(plan), Machine(plan)
    for event in world.journal[:cut]:
        left.apply(event)
        right.apply(event)

    assert shape(left) == shape(right)
    for event in world.journal[cut:]:
        assert [type(c) for c in left.apply(event)] == [type(c) for c in right.apply(event)]
    assert left.over == right.over == world.machine.over
    assert left.outcome == world.machine.outcome


def shape(machine):
    """All that decides what a machine does next, as plain values."""
    steps = {a: (s.attempt, s.phase, s.input, s.undo) for a, s in machine.steps.items()}
    bodies = {a: (x.pending, x.taken, x.status, x.values, x.live, x.ending) for a, x in machine.activations.items()}
    return steps, bodies, [s.address for s in machine.undo], machine.outcome


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(0, 2**32))
def test_no_node_key_finishes_twice(graph, seed):
    world = played(graph, seed)
    done = [e.step for e in world.journal if isinstance(e, StepFinished)]

    assert len(done) == len(set(done))
