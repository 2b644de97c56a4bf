"""A workflow as text for a terminal: the longest way straight down, every other way as a branch beside it.

The indentation grows with the logarithm of the number of nodes only: at each fork the largest part stays straight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from automata._core.render import layers
from automata._core.render.caption import Role, cut, gist, incoming, marks, port_label, role_of
from automata.model import Edge, Graph, Node, Workflow


@frozen
class Strokes:
    """The characters a picture is made of."""

    down: str
    branch: str
    jump: str
    roles: Mapping[Role, str]


_FINE = Strokes("│", "├─", "→", {"trigger": "▶", "control": "◇", "action": "●"})
_PLAIN = Strokes("|", "|-", "->", {"trigger": ">", "control": "?", "action": "*"})

_GIST = 48


def to_text(workflow: Workflow, *, ascii_only: bool = False) -> str:
    """Draw a workflow as lines of text.

    Args:
        workflow: The document; it need not be valid.
        ascii_only: Use ASCII characters for the strokes, for terminals that show no others.
    """
    strokes = _PLAIN if ascii_only else _FINE
    nodes, edges = _totals(workflow.graph)
    lines = [f"{cut(workflow.name, 100)}  ({_many(nodes, 'node')}, {_many(edges, 'edge')})", ""]
    lines += _Outline(workflow.graph, strokes).lines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


@frozen
class _Visit:
    """A node or reference still to be written."""

    lead: str
    """What stands before its first line."""
    margin: str
    """What stands before the lines below."""
    name: str
    edge: Edge | None


class _Outline:
    """One graph as an outline: each node once, below the last of its predecessors."""

    def __init__(self, graph: Graph, strokes: Strokes) -> None:
        self._graph = graph
        self._strokes = strokes
        self._edges = [e for e in graph.edges if e.source in graph.nodes and e.target in graph.nodes]
        self._counts = incoming(tuple(self._edges))
        self._levels = layers.levels(tuple(graph.nodes), tuple((e.source, e.target) for e in self._edges))
        self._leaving: dict[str, list[Edge]] = {name: [] for name in graph.nodes}
        for edge in self._edges:
            self._leaving[edge.source].append(edge)
        self._parent = self._parents()
        self._weight = self._weights()

    def lines(self) -> Iterator[str]:
        """Yield the outline from every start, iteratively: a chain may be 2,000 nodes long."""
        roots = [name for name in self._graph.nodes if name not in self._parent]
        for root in roots:
            if root != roots[0]:
                yield ""
            pending = [_Visit("", "", root, None)]
            while pending:
                visit = pending.pop()
                edge = visit.edge
                if edge is not None and self._parent.get(visit.name) is not edge:
                    yield f"{visit.lead}{self._arrow(edge)}{edge.target}"
                    continue
                yield from self._node(visit)
                pending.extend(reversed(list(self._ways(visit))))

    def _ways(self, visit: _Visit) -> Iterator[_Visit]:
        """What follows a node: side branches indented, then the heaviest way at the same indentation."""
        leaving = self._leaving[visit.name]
        own = [edge for edge in leaving if self._parent.get(edge.target) is edge]
        main = max(own, key=lambda edge: self._weight[edge.target], default=None)
        margin, strokes = visit.margin, self._strokes
        for edge in leaving:
            if edge is not main:
                yield _Visit(f"{margin}{strokes.branch} ", f"{margin}{strokes.down}  ", edge.target, edge)
        if main is not None:
            yield _Visit(margin, margin, main.target, main)

    def _node(self, visit: _Visit) -> Iterator[str]:
        node = self._graph.nodes[visit.name]
        edge, lead = visit.edge, visit.lead
        role = role_of(node, has_incoming=bool(self._counts.get(visit.name)))
        if edge is not None and lead == visit.margin:
            yield f"{visit.margin}{self._strokes.down} {port_label(edge)}"
        elif edge is not None:
            lead += self._arrow(edge)
        yield f"{lead}{self._strokes.roles[role]} {_caption(node)}"
        for title, part in (("body", node.body), ("finally", node.finally_)):
            if part is not None:
                margin = f"{visit.margin}{self._strokes.down}    "
                yield f"{margin}{title}:"
                yield from (f"{margin}  {line}" for line in _Outline(part, self._strokes).lines())

    def _arrow(self, edge: Edge) -> str:
        label = port_label(edge)
        return f"{label} {self._strokes.jump} " if label else f"{self._strokes.jump} "

    def _parents(self) -> dict[str, Edge]:
        """Choose, for each node, the edge it is drawn below: the one from its latest predecessor."""
        parents: dict[str, Edge] = {}
        for edge in self._edges:
            if self._levels[edge.source] >= self._levels[edge.target]:
                continue
            best = parents.get(edge.target)
            if best is None or self._levels[edge.source] > self._levels[best.source]:
                parents[edge.target] = edge
        return parents

    def _weights(self) -> dict[str, int]:
        """Count the nodes drawn below each node, itself included."""
        weights = dict.fromkeys(self._graph.nodes, 1)
        for name in sorted(self._graph.nodes, key=self._levels.__getitem__, reverse=True):
            if name in self._parent:
                weights[self._parent[name].source] += weights[name]
        return weights


def _caption(node: Node) -> str:
    told = (node.id, node.use, cut(gist(node), _GIST))
    extra = ", ".join(marks(node))
    return "  ".join(text for text in told if text) + (f"  ({extra})" if extra else "")


def _totals(graph: Graph) -> tuple[int, int]:
    nodes, edges = len(graph.nodes), len(graph.edges)
    for node in graph.nodes.values():
        for part in (node.body, node.finally_):
            if part is not None:
                inner_nodes, inner_edges = _totals(part)
                nodes, edges = nodes + inner_nodes, edges + inner_edges
    return nodes, edges


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
