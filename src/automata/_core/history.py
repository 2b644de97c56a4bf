"""Fold a run's journal into what people and programs look at: its steps, in the order they started."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from attrs import evolve

from automata.model import (
    ErrorInfo,
    Event,
    JsonObject,
    Resolved,
    Run,
    Step,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepParked,
    StepSkipped,
    StepStarted,
    StepStatus,
)

if TYPE_CHECKING:
    from automata._core.plan import Plan, PlanGraph, PlanNode

_ROUND = re.compile(r"(@\d+)?(\[\d+\])?(?=~|$)")
_ROLE = re.compile(r"~(undo|finally)$")


def steps_of(plan: Plan, events: Iterable[Event]) -> tuple[Step, ...]:
    """Every step the journal tells of.

    Args:
        plan: The plan of the run's version.
        events: The journal, or a prefix of it.
    """
    return fold(lambda address: use_of(plan, address), events)


def fold(use: Callable[[str], str], events: Iterable[Event]) -> tuple[Step, ...]:
    """Every step the journal tells of, where there may be no plan.

    Args:
        use: Name of the node type performed at an address.
        events: The journal, or a prefix of it.
    """
    steps: dict[str, Step] = {}
    for event in events:
        match event:
            case StepStarted(address, attempt, input_, at):
                first = steps[address].started if address in steps else at
                steps[address] = evolve(
                    _fresh(use, address, StepStatus.RUNNING), attempt=attempt, input=input_, started=first
                )
            case StepFinished(address, attempt, output, port, at):
                step = _known(steps, use, address)
                done = StepStatus.SUCCEEDED
                steps[address] = evolve(step, status=done, attempt=attempt, output=output, port=port, finished=at)
            case StepFailed(address, attempt, error, _, at):
                step = _known(steps, use, address)
                steps[address] = evolve(step, status=StepStatus.FAILED, attempt=attempt, error=error, finished=at)
            case StepParked(address, attempt, error):
                step = _known(steps, use, address)
                steps[address] = evolve(step, status=StepStatus.PARKED, attempt=attempt, error=error)
            case StepSkipped(address):
                steps[address] = evolve(_fresh(use, address, StepStatus.SKIPPED), attempt=0)
            case StepCancelled(address, at):
                steps[address] = evolve(_known(steps, use, address), status=StepStatus.CANCELLED, finished=at or None)
            case Resolved(address) if address in steps and steps[address].status is StepStatus.PARKED:
                steps[address] = _resolved(_known(steps, use, address), event)
            case _:
                pass
    return tuple(steps.values())


def use_of(plan: Plan, address: str) -> str:
    """Name of the node type performed at *address*; that of the compensation for an ``~undo``."""
    node = node_at(plan, address)
    if address.endswith("~undo") and node.compensation is not None:
        return node.compensation.type.name
    return node.work.type.name


def node_at(plan: Plan, address: str) -> PlanNode:
    """The node of the plan a step's *address* belongs to, whatever the iteration.

    Raises:
        KeyError: There is none.
    """
    graph = plan.graph
    *around, last = address.split("/")
    for part in around:
        node = _node(graph, part)
        inside = node.finally_ if part.endswith("~finally") else node.body
        if inside is None:
            raise KeyError(address)
        graph = inside
    return _node(graph, last)


def plain(address: str) -> str:
    """*address* without iterations and attempts: ``each[3]/fetch`` becomes ``each/fetch``; ``~undo`` stays."""
    return "/".join(_ROUND.sub("", part) for part in address.split("/"))


def _node(graph: PlanGraph, part: str) -> PlanNode:
    return graph.nodes[graph.index[_ROLE.sub("", _ROUND.sub("", part))]]


def _known(steps: dict[str, Step], use: Callable[[str], str], address: str) -> Step:
    return steps.get(address) or _fresh(use, address, StepStatus.RUNNING)


def _fresh(use: Callable[[str], str], address: str, status: StepStatus) -> Step:
    return Step(node=address, use=use(address), status=status)


def _resolved(step: Step, choice: Resolved) -> Step:
    """A parked step after a person's choice; its next attempt, if there is one, has an event of its own."""
    match choice.choice:
        case "done":
            return evolve(step, status=StepStatus.SUCCEEDED, output=choice.output, error=None, finished=choice.at)
        case "fail":
            return evolve(step, status=StepStatus.FAILED, finished=choice.at)
        case _:
            return evolve(step, status=StepStatus.RUNNING, error=None)


def step_json(step: Step) -> JsonObject:
    """A step as the CLI and the API show it."""
    return {
        "node": step.node,
        "use": step.use,
        "status": str(step.status),
        "attempt": step.attempt,
        "input": step.input,
        "output": step.output,
        "port": step.port,
        "error": error_json(step.error),
        "started": step.started,
        "finished": step.finished,
    }


def run_json(run: Run, steps: Iterable[Step]) -> JsonObject:
    """A run as the CLI and the API show it."""
    return {
        "run": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "status": str(run.status),
        "output": run.output,
        "error": error_json(run.error),
        "steps": [step_json(step) for step in steps],
    }


def error_json(error: ErrorInfo | None) -> JsonObject | None:
    """The error object of the workflow document, or None."""
    return None if error is None else error.to_json()
