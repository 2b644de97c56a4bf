"""Rules about size: what the codec refuses in a text, for documents made by code, and what only types tell."""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.canonical import canonical
from automata._core.durations import parse_duration
from automata._core.patch import join
from automata._core.validation.survey import Rule, Survey, View
from automata.model import Json, Node, Problem

NODES = 2_000
EDGES = 10_000
DEPTH = 16
ITEMS = 10_000
INLINE_BYTES = 256 * 1024
TIMEOUT_S = 366 * 24 * 3600


def too_many_nodes(survey: Survey) -> Iterator[Problem]:
    """At most 2,000 nodes, bodies included."""
    count = sum(len(view.graph.nodes) for view in survey.views)
    if count > NODES:
        yield _whole(f"The workflow has {count:,} nodes; at most {NODES:,} are allowed")


def too_many_edges(survey: Survey) -> Iterator[Problem]:
    """At most 10,000 edges, bodies included."""
    count = sum(len(view.graph.edges) for view in survey.views)
    if count > EDGES:
        yield _whole(f"The workflow has {count:,} edges; at most {EDGES:,} are allowed")


def too_deep(survey: Survey) -> Iterator[Problem]:
    """Bodies nest at most 16 deep."""
    for view in survey.views:
        if view.depth == DEPTH + 1 and view.owner is not None and view.outer is not None:
            yield view.outer.problem(
                view.owner,
                f"The body of {view.owner.id!r} is nested more than {DEPTH} deep",
                hint="Move it to a workflow of its own and 'call' that",
            )


def too_many_items(survey: Survey) -> Iterator[Problem]:
    """A `foreach` goes through at most 10,000 items."""
    for view, node in survey.nodes:
        items = node.parameters.get("items")
        if node.use == "foreach" and isinstance(items, list | tuple) and len(items) > ITEMS:
            yield view.problem(
                node,
                f"Node {node.id!r} goes through {len(items):,} items; at most {ITEMS:,} are allowed",
                "with",
                "items",
                hint="Give each part of them to a 'call'",
            )


def too_large(survey: Survey) -> Iterator[Problem]:
    """The parameters of one node take at most 256 KiB, and so does each variable and the output."""
    values = [(("vars", name), value) for name, value in survey.workflow.vars.items()]
    for tokens, value in (*values, (("output",), survey.views[0].graph.output)):
        if _may_be_large(value) and len(canonical(value)) > INLINE_BYTES:
            message = f"The value of {'.'.join(tokens)!r} takes more than {INLINE_BYTES // 1024} KiB"
            hint = "Keep large values in a file and read it with a node"
            yield Problem(code="", message=message, pointer=join("", *tokens), hint=hint)
    for view, node in survey.nodes:
        if _may_be_large(node.parameters) and len(canonical(node.parameters)) > INLINE_BYTES:
            yield view.problem(
                node,
                f"The parameters of {node.id!r} take more than {INLINE_BYTES // 1024} KiB",
                "with",
                hint="Keep large values in a file and read it with a node",
            )


def too_patient(survey: Survey) -> Iterator[Problem]:
    """A timeout is at most 366 days."""
    for view, node in survey.nodes:
        yield from _patience(view, node)
    if (timeout := survey.workflow.settings.timeout) and _seconds(timeout) > TIMEOUT_S:
        yield Problem(code="", message=f"The timeout {timeout!r} is longer than 366 days", pointer="/settings/timeout")


def _patience(view: View, node: Node) -> Iterator[Problem]:
    places: list[tuple[str | None, tuple[str, ...]]] = [(node.timeout, ("timeout",))]
    if node.compensate is not None:
        places.append((node.compensate.timeout, ("compensate", "timeout")))
    for timeout, tokens in places:
        if timeout is not None and _seconds(timeout) > TIMEOUT_S:
            yield view.problem(node, f"The timeout {timeout!r} of {node.id!r} is longer than 366 days", *tokens)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        return 0.0


def _may_be_large(value: Json) -> bool:
    return len(str(value)) > INLINE_BYTES // 8


def _whole(message: str) -> Problem:
    return Problem(code="", message=message, hint="Move parts of it into workflows it calls")


FIRST = (
    Rule(code="LIM-001", title="Too many nodes", find=too_many_nodes),
    Rule(code="LIM-002", title="Too many edges", find=too_many_edges),
    Rule(code="LIM-003", title="Bodies nested too deep", find=too_deep),
)
"""Rules whose breach keeps the others from running."""

RULES = (
    Rule(code="LIM-004", title="Too many items", find=too_many_items),
    Rule(code="LIM-005", title="Parameters too large", find=too_large),
    Rule(code="LIM-006", title="Timeout too long", find=too_patient),
)
