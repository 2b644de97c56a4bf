"""Everything there is to know of one run, folded from its journal and the document of its version."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from attrs import evolve, field, frozen

from automata._core.history import fold, plain
from automata.model import (
    ChildStarted,
    Event,
    Graph,
    Json,
    JsonObject,
    Message,
    Node,
    Run,
    RunStarted,
    Step,
    StepStatus,
    TimerFired,
    TimerSet,
    Workflow,
)

_KINDS: dict[str, Literal["approval", "signal", "timer", "run"]] = {
    "approval": "approval",
    "signal": "signal",
    "wait": "timer",
    "call": "run",
    "foreach": "signal",
}
_ROLE = re.compile(r"~(?:undo|finally)$")
_NO_NODE = "?"


@frozen(kw_only=True)
class Wait:
    """One thing a run waits for."""

    kind: Literal["approval", "signal", "timer", "run", "retry", "choice"]
    """``choice``: a parked step, for which a person decides."""
    step: str
    about: str
    """The approval's message, the signal's name, the instant of a timer or retry, the called run's id, or the error."""
    since: str | None = None
    form: JsonObject | None = None
    """JSON Schema of an approval's form."""
    to: Json = None
    """Who may answer an approval."""

    def to_json(self) -> dict[str, Json]:
        """As ``runs show --json`` prints it."""
        return {
            "kind": self.kind,
            "step": self.step,
            "about": self.about,
            "since": self.since,
            "form": self.form,
            "to": self.to,
        }


@frozen(kw_only=True)
class Detail:
    """One run, looked at."""

    run: Run
    input: Json
    trigger: str | None
    origin: str | None
    """``run id@number of events`` of the run this one repeats or was forked from."""
    steps: tuple[Step, ...]
    waits: tuple[Wait, ...]
    journal: Sequence[Event]
    messages: Sequence[Message] = field(factory=tuple)
    """What was sent to the run and no worker has taken up yet."""

    @property
    def failed_step(self) -> Step | None:
        """The step whose error the run ended with, or is parked at; None when no step is to blame."""
        address = self.run.error.node if self.run.error is not None else ""
        named = [step for step in self.steps if step.node == address]
        failed = [step for step in self.steps if step.status in {StepStatus.FAILED, StepStatus.PARKED}]
        return next(iter(named), None) or next(reversed(failed), None)


def detail_of(run: Run, workflow: Workflow | None, journal: Sequence[Event], messages: Sequence[Message]) -> Detail:
    """Put together what the store holds of *run*.

    Args:
        run: The row.
        workflow: The document of its version; None when the store does not have it.
        journal: Every event.
        messages: The inbox.
    """
    steps = fold(uses_in(workflow), journal)
    waits = () if run.status.final else tuple(_waits(steps, journal))
    waiting = {wait.step for wait in waits if wait.kind not in {"choice", "retry"}}
    started = next((event for event in journal if isinstance(event, RunStarted)), None)
    return Detail(
        run=run,
        input=None if started is None else started.input,
        trigger=None if started is None else started.trigger,
        origin=None if started is None else started.origin,
        steps=tuple(evolve(s, status=StepStatus.WAITING) if s.node in waiting else s for s in steps),
        waits=waits,
        journal=journal,
        messages=messages,
    )


def uses_in(workflow: Workflow | None) -> Callable[[str], str]:
    """Tell the node type performed at an address, by the document alone; ``?`` where there is no such node."""

    def use(address: str) -> str:
        node = None if workflow is None else _node(workflow.graph, plain(address).split("/"))
        if node is None:
            return _NO_NODE
        return node.compensate.use if address.endswith("~undo") and node.compensate is not None else node.use

    return use


def _node(graph: Graph | None, path: list[str]) -> Node | None:
    node = None if graph is None else graph.nodes.get(_ROLE.sub("", path[0]))
    if node is None or len(path) == 1:
        return node
    return _node(node.finally_ if path[0].endswith("~finally") else node.body, path[1:])


def _waits(steps: Sequence[Step], journal: Sequence[Event]) -> list[Wait]:
    timers: dict[str, str] = {}
    children: dict[str, str] = {}
    for event in journal:
        match event:
            case TimerSet(timer, due):
                timers[timer] = due
            case TimerFired(timer):
                timers.pop(timer, None)
            case ChildStarted(step, run):
                children[step] = run
            case _:
                pass
    found = (_wait(step, timers, children) for step in steps)
    return [wait for wait in found if wait is not None]


def _wait(step: Step, timers: dict[str, str], children: dict[str, str]) -> Wait | None:
    if step.status is StepStatus.PARKED:
        about = step.error.message if step.error is not None else ""
        return Wait(kind="choice", step=step.node, about=about, since=step.started)
    if step.status is StepStatus.FAILED:
        due = timers.get(f"{step.node}#retry")
        return None if due is None else Wait(kind="retry", step=step.node, about=due, since=step.finished)
    kind = _KINDS.get(step.use)
    if step.status is not StepStatus.RUNNING or kind is None:
        return None
    given = step.input if isinstance(step.input, dict) else {}
    form = given.get("form")
    what = {
        "approval": given.get("message"),
        "signal": given.get("more" if step.use == "foreach" else "name"),
        "timer": timers.get(f"{step.node}#wait"),
        "run": children.get(step.node),
    }[kind]
    if what is None and kind != "approval":
        return None
    return Wait(
        kind=kind,
        step=step.node,
        about=str(what or ""),
        since=step.started,
        form=form if isinstance(form, dict) and kind == "approval" else None,
        to=given.get("to") if kind == "approval" else None,
    )
