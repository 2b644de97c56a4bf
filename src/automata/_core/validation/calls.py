"""Rules about workflows that call each other, when several documents are validated together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from automata._core.catalog import Catalog
from automata._core.soundness.diagram import TRUE
from automata._core.suggest import did_you_mean, nearest
from automata._core.validation.parameters import has_hole
from automata._core.validation.survey import Survey, View, replace
from automata.model import Node, Problem, Severity, Workflow

CYCLE = "CALL-001"
UNKNOWN = "CALL-002"
CODES = {
    CYCLE: ("Workflows call each other in a circle", Severity.ERROR),
    UNKNOWN: ("Unknown workflow", Severity.WARNING),
}
"""Code to title and severity; these rules need the other documents, so they stand outside the table."""


def check_calls(survey: Survey, others: Mapping[str, Workflow], broken: Collection[str] = ()) -> Iterator[Problem]:
    """Find calls of workflows neither among *others* (by name) nor *broken*, and calls that come back to the caller."""
    name = survey.workflow.name
    for view, node, called in _called(survey):
        at = ("with", "workflow")
        if called not in others and called != name and called not in broken:
            near = nearest(called, sorted(others))
            yield view.problem(
                node,
                f"Node {node.id!r} calls an unknown workflow {called!r}{did_you_mean(called, sorted(others))}",
                *at,
                code=UNKNOWN,
                severity=Severity.WARNING,
                fixes=(replace(f"Call {near!r}", view.at(node, *at), near),) if near else (),
            )
            continue
        way = _way_back(called, name, others, survey.catalog) if _is_certain(view, node) else None
        if way is not None:
            yield view.problem(
                node,
                f"Node {node.id!r} calls {called!r}, which comes back to {name!r}",
                *at,
                code=CYCLE,
                hint="Put the call behind a condition, or repeat with a 'loop' node",
                path=tuple(f"{a!r} calls {b!r}" for a, b in zip((name, *way), way, strict=False)),
            )


def _called(survey: Survey) -> Iterator[tuple[View, Node, str]]:
    for view, node in survey.nodes:
        called = node.parameters.get("workflow")
        if node.use == "call" and isinstance(called, str) and not has_hole(called):
            yield view, node, called


def _way_back(start: str, goal: str, others: Mapping[str, Workflow], catalog: Catalog) -> tuple[str, ...] | None:
    """Names from *start* to *goal*, both included, along calls; the shortest way."""
    came_from: dict[str, str] = {}
    queue = [start]
    for name in queue:
        if name == goal:
            way = [name]
            while way[-1] != start:
                way.append(came_from[way[-1]])
            return tuple(reversed(way))
        for called in _calls_of(Survey(others[name], catalog)) if name in others else ():
            if called not in came_from and called != start:
                came_from[called] = name
                queue.append(called)
    return None


def _calls_of(survey: Survey) -> Iterator[str]:
    """Workflows every run calls, whatever happens: a call behind a choice is recursion that can end."""
    return (called for view, node, called in _called(survey) if _is_certain(view, node))


def _is_certain(view: View, node: Node) -> bool:
    """Whether every run starts *node*."""
    here: View | None = view
    while here is not None:
        if here.flow is None or here.flow.runs[node.id] != TRUE:
            return False
        owner = here.owner
        if owner is None:
            return True
        if owner.use == "foreach" or "while" in owner.parameters:
            return False
        node, here = owner, here.outer
    return False
