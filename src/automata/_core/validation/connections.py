"""Rules about connections: a node has one only where its type takes one."""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.validation.survey import Rule, Survey, remove
from automata.model import Problem, Severity


def for_nothing(survey: Survey) -> Iterator[Problem]:
    """A connection is given to types that use one."""
    for view, node in survey.nodes:
        found = survey.type_of(node)
        if found is not None and node.connection is not None and found.credential is None:
            yield view.problem(
                node,
                f"Node {node.id!r} ({node.use}) names the connection {node.connection!r}, but its type takes none",
                "connection",
                fixes=(remove("Remove the connection", view.at(node, "connection")),),
            )
        undo = node.compensate
        undone = None if undo is None else survey.catalog.get(undo.use)
        if undo is not None and undone is not None and undo.connection is not None and undone.credential is None:
            yield view.problem(
                node,
                f"The compensation of {node.id!r} names the connection {undo.connection!r}, but {undo.use} takes none",
                "compensate",
                "connection",
                fixes=(remove("Remove the connection", view.at(node, "compensate", "connection")),),
            )


RULES = (Rule(code="CON-001", title="Connection where none is taken", find=for_nothing, severity=Severity.WARNING),)
