"""Rules about effects: what may be done twice by accident, and what fails for want of a second try."""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.validation.survey import Rule, Survey, View, add, remove
from automata.model import Effect, Kind, Problem, Severity

REPEATING = frozenset({"foreach", "loop"})


def unsafe_retry(survey: Survey) -> Iterator[Problem]:
    """An unsafe effect is tried again only when nothing was sent, so `retry` promises more than it gives."""
    for view, node in survey.nodes:
        if node.retry is not None and node.retry.attempts > 1 and survey.effect(node) is Effect.UNSAFE:
            yield view.problem(
                node,
                f"Node {node.id!r} ({node.use}) has 'retry', but its effect is unsafe to repeat",
                "retry",
                hint="It is tried again only when the error says that nothing was sent",
                fixes=(remove("Remove 'retry'", view.at(node, "retry")),) if node.key is None else (),
            )


def unsafe_repeated(survey: Survey) -> Iterator[Problem]:
    """An unsafe write inside a loop needs a key that tells its rounds apart and recognises a second try."""
    for view, node in survey.nodes:
        if survey.effect(node) is Effect.UNSAFE and node.key is None and _repeats(view):
            yield view.problem(
                node,
                f"Node {node.id!r} ({node.use}) repeats an unsafe effect without 'key'",
                hint="Give 'key' a text that names the item, like '${item.id}'",
            )


def _repeats(view: View | None) -> bool:
    while view is not None:
        if view.owner is not None and view.owner.use in REPEATING:
            return True
        view = view.outer
    return False


def read_without_retry(survey: Survey) -> Iterator[Problem]:
    """Reading over a network fails now and then, and reading again does no harm."""
    for view, node in survey.nodes:
        found = survey.type_of(node)
        if found is None or not found.network or found.kind is Kind.TRIGGER or survey.effect(node) is not Effect.READ:
            continue
        caught = any(e.port == "error" for e in view.links.outgoing[node.id])
        if node.retry is None and not caught and not node.disabled:
            yield view.problem(
                node,
                f"Node {node.id!r} ({node.use}) reads over the network without 'retry'",
                fixes=(add("Try up to three times", view.at(node, "retry"), {}),),
            )


def compensation_of_nothing(survey: Survey) -> Iterator[Problem]:
    """Only what changes something needs undoing."""
    for view, node in survey.nodes:
        if (
            node.compensate is not None
            and survey.type_of(node) is not None
            and survey.effect(node)
            in {
                Effect.PURE,
                Effect.READ,
            }
        ):
            yield view.problem(
                node,
                f"Node {node.id!r} ({node.use}) changes nothing, so there is nothing to compensate",
                "compensate",
                fixes=(remove("Remove 'compensate'", view.at(node, "compensate")),),
            )


RULES = (
    Rule(code="EFF-001", title="Retry of an unsafe effect", find=unsafe_retry, severity=Severity.WARNING),
    Rule(code="EFF-002", title="Unsafe effect in a loop without key", find=unsafe_repeated, severity=Severity.WARNING),
    Rule(code="EFF-003", title="Network read without retry", find=read_without_retry, severity=Severity.WARNING),
    Rule(code="EFF-004", title="Compensation of nothing", find=compensation_of_nothing, severity=Severity.WARNING),
)
