"""`play`: drive the machine by hand, as a script of what happens and what is asked for."""

from collections import deque
from textwrap import dedent

import pytest

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.expressions import standard_functions
from automata._core.history import plain
from automata._core.machine import ClearTimer, Conclude, Decide, End, Machine, Note, SetTimer, Start, Stop
from automata._core.plan import compile_plan
from automata.model import (
    BodyFinished,
    Decided,
    Effect,
    ErrorInfo,
    NodeType,
    RunStarted,
    StepFailed,
    StepFinished,
    StepStarted,
    TimerFired,
)


async def nothing(ctx, parameters):
    return None


def work(name, effect):
    return NodeType(name=name, title=name, summary=name, effect=effect, run=nothing)


TYPES = (*controls.automata_node_types(), work("t.do", Effect.IDEMPOTENT), work("t.pay", Effect.UNSAFE))
CATALOG = Catalog(
    types={t.name: t for t in TYPES},
    functions=standard_functions(),
    credential_kinds={},
    rules=(),
    guard=lambda _, call: call(),
)


class Playbook:
    """Answers what needs no decision of the test: starts, outputs of bodies, conditions."""

    def __init__(self, text, inputs=None, decisions=()):
        loaded = load("automata: 1\nname: t\n" + dedent(text))
        assert loaded.problems == ()
        self.machine = Machine(compile_plan(loaded.workflow, CATALOG))
        self.inputs = inputs or {}
        self.decisions = deque(decisions)
        self.journal = []
        self.started = []
        self.stopped = []
        self.notes = []
        self.timers = {}
        self.end = None

    def feed(self, event):
        self.journal.append(event)
        todo = deque(self.machine.apply(event))
        while todo:
            todo.extend(self.answer(todo.popleft()))
        return self

    def answer(self, command):  # noqa: C901 - one line a command
        match command:
            case Start(step):
                if self.machine.steps.get(step.address) is not step:
                    return ()
                self.started.append(step.address)
                event = StepStarted(step.address, step.attempt, self.inputs.get(plain(step.address), {}))
            case Conclude(activation):
                if self.machine.activations.get(activation.address) is not activation:
                    return ()
                event = BodyFinished(activation.address, dict(activation.values))
            case Decide(step, index):
                event = Decided(step.address, index, self.decisions.popleft())
            case SetTimer(timer, delay):
                self.timers[timer] = delay
                return ()
            case ClearTimer(timer):
                self.timers.pop(timer, None)
                return ()
            case Stop(step):
                self.stopped.append(step.address)
                return ()
            case Note(event):
                self.journal.append(event)
                self.notes.append(event)
                return self.machine.apply(event)
            case End():
                self.end = command
                return ()
        self.journal.append(event)
        return self.machine.apply(event)

    def run(self, input_=None, trigger=None):
        return self.feed(RunStarted(input_, trigger))

    def finish(self, address, output=None, port="out"):
        return self.feed(StepFinished(address, self.machine.steps[address].attempt, output, port))

    def fail(self, address, kind="transient", *, sent=True, chance=0.5):
        attempt = self.machine.steps[address].attempt
        return self.feed(StepFailed(address, attempt, ErrorInfo(kind, kind, address, attempt, sent=sent), chance))

    def fire(self, timer, at="later"):
        self.timers.pop(timer)
        return self.feed(TimerFired(timer, at))

    @property
    def alive(self):
        return sorted(self.machine.steps)


@pytest.fixture
def play():
    return Playbook
