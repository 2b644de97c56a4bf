"""Which other workflows a document names in its ``call`` nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from automata.model import Graph, Workflow


def called(workflows: Iterable[Workflow]) -> frozenset[str]:
    """Names of the workflows that *workflows* call, nested bodies included."""
    return frozenset(name for workflow in workflows for name in _names(workflow.graph))


def _names(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        name = node.parameters.get("workflow")
        if node.use == "call" and isinstance(name, str):
            yield name
        for part in (node.body, node.finally_):
            if part is not None:
                yield from _names(part)
