"""Rules about soundness: every node can run, no join starves, nothing goes on unseen."""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.soundness import Violation
from automata._core.validation.survey import Rule, Survey, View, add, quoted, replace
from automata.model import Fix, Problem, Severity


def starves(survey: Survey) -> Iterator[Problem]:
    """A join that got one edge can get all it needs, whatever is chosen."""
    for view, violation in _found(survey, "SND-001"):
        message = f"Node {violation.node!r} can wait for {quoted(violation.others)} in vain: work that arrived is lost"
        yield _problem(view, violation, message, _merge(view, violation))


def starves_after_error(survey: Survey) -> Iterator[Problem]:
    """The same, when an error was caught on the way."""
    for view, violation in _found(survey, "SND-002"):
        message = f"After a caught error, {violation.node!r} waits for {quoted(violation.others)} in vain"
        yield _problem(view, violation, message, _merge(view, violation))


def dead(survey: Survey) -> Iterator[Problem]:
    """Every node can run; of nodes that cannot, the first is told."""
    for view, violation in _found(survey, "SND-003"):
        flow = view.flow
        incoming = view.links.incoming[violation.node]
        if flow is None or not incoming or all(flow.runs[e.source] == 0 for e in incoming):
            continue
        yield _problem(view, violation, f"Node {violation.node!r} can never run", _merge(view, violation))


def latecomers(survey: Survey) -> Iterator[Problem]:
    """What a join no longer waits for should not go on changing the world."""
    for view, violation in _found(survey, "SND-004"):
        message = f"Node {violation.node!r} goes on while {quoted(violation.others)} may still act unseen"
        at = view.at(view.graph.nodes[violation.node], "cancel")
        yield _problem(view, violation, message, (add("Stop them when the join starts", at, True),))


def entangled(survey: Survey) -> Iterator[Problem]:
    """Say so when a graph is too entangled to be proved sound."""
    for view, violation in _found(survey, "SND-009"):
        message = f"The ways to {violation.node!r} are too entangled to prove that it is never left waiting"
        yield _problem(view, violation, message, ())


def _found(survey: Survey, code: str) -> Iterator[tuple[View, Violation]]:
    return ((view, v) for view in survey.views for v in view.violations if v.code == code)


def _problem(view: View, violation: Violation, message: str, fixes: tuple[Fix, ...]) -> Problem:
    node = view.graph.nodes[violation.node]
    return view.problem(node, message, path=violation.path, fixes=fixes)


def _merge(view: View, violation: Violation) -> tuple[Fix, ...]:
    node = view.graph.nodes[violation.node]
    if node.join == "merge" or node.cancel:
        return ()
    return (replace("Run once every edge is settled and one was taken", view.at(node, "join"), "merge"),)


RULES = (
    Rule(code="SND-001", title="Join waits in vain", find=starves),
    Rule(
        code="SND-002", title="Join waits in vain after an error", find=starves_after_error, severity=Severity.WARNING
    ),
    Rule(code="SND-003", title="Node can never run", find=dead),
    Rule(code="SND-004", title="Effects after a join that does not wait", find=latecomers, severity=Severity.WARNING),
    Rule(code="SND-009", title="Too entangled to prove", find=entangled, severity=Severity.WARNING),
)
