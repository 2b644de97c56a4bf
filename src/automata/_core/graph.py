"""Pure questions about the shape of a graph: order, cycles, reachability, joins.

Knows nothing of node types. networkx is imported only when there is a cycle to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from automata.model import Edge, Graph


@frozen(eq=False)
class Links:
    """The edges of a graph by node; edges to or from unknown nodes are left out."""

    incoming: Mapping[str, tuple[Edge, ...]]
    outgoing: Mapping[str, tuple[Edge, ...]]

    @property
    def roots(self) -> tuple[str, ...]:
        """Ids of the nodes without incoming edges, in document order."""
        return tuple(id_ for id_, edges in self.incoming.items() if not edges)

    @property
    def joins(self) -> tuple[str, ...]:
        """Ids of the nodes with more than one incoming edge, in document order."""
        return tuple(id_ for id_, edges in self.incoming.items() if len(edges) > 1)


@frozen(eq=False)
class Ancestry:
    """Who is upstream of whom, as one bit a node: n² bits for n nodes, asked in constant time."""

    number: Mapping[str, int]
    upstream: Mapping[str, int]

    def has(self, node: str, ancestor: str) -> bool:
        """Whether some way leads from *ancestor* to *node*; a node is not its own ancestor."""
        number = self.number.get(ancestor)
        return number is not None and bool(self.upstream[node] >> number & 1)

    def of(self, node: str) -> tuple[str, ...]:
        """Every ancestor of *node*, in topological order."""
        bits = self.upstream[node]
        return tuple(id_ for id_, number in self.number.items() if bits >> number & 1)


def link(graph: Graph) -> Links:
    """Sort the edges of *graph* by their ends, in O(nodes + edges)."""
    incoming: dict[str, list[Edge]] = {id_: [] for id_ in graph.nodes}
    outgoing: dict[str, list[Edge]] = {id_: [] for id_ in graph.nodes}
    for edge in graph.edges:
        if edge.source in outgoing and edge.target in incoming:
            outgoing[edge.source].append(edge)
            incoming[edge.target].append(edge)
    return Links({k: tuple(v) for k, v in incoming.items()}, {k: tuple(v) for k, v in outgoing.items()})


def topological_order(graph: Graph, links: Links | None = None) -> tuple[str, ...] | None:
    """Order the nodes so that every edge points forward, or give None when there is a cycle.

    Kahn's algorithm (1962) with a stack for its ready set: the nodes of one branch stay together, which keeps decision
    diagrams over this order small.
    """
    links = links or link(graph)
    waiting = {id_: len(edges) for id_, edges in links.incoming.items()}
    ready = list(reversed(links.roots))
    order: list[str] = []
    while ready:
        id_ = ready.pop()
        order.append(id_)
        for edge in reversed(links.outgoing[id_]):
            waiting[edge.target] -= 1
            if not waiting[edge.target]:
                ready.append(edge.target)
    return tuple(order) if len(order) == len(graph.nodes) else None


def find_cycle(graph: Graph, links: Links | None = None) -> tuple[str, ...] | None:
    """Give the ids of one shortest cycle through the alphabetically first node that lies on one, or None.

    A node that leads to itself counts only when there is no longer cycle. Linear in the size of the graph; never
    enumerates simple cycles, of which there may be exponentially many.
    """
    links = links or link(graph)
    if topological_order(graph, links) is not None:
        return None
    import networkx as nx

    drawn: nx.DiGraph[str] = nx.DiGraph([(e.source, e.target) for edges in links.outgoing.values() for e in edges])
    knotted = [c for c in nx.strongly_connected_components(drawn) if len(c) > 1]
    if not knotted:
        return (min(id_ for id_ in graph.nodes if drawn.has_edge(id_, id_)),)
    return _shortest_way_round(min(map(min, knotted)), links)


def ancestors(graph: Graph, order: Iterable[str], links: Links | None = None) -> Ancestry:
    """Find who is upstream of whom; *order* must be a topological order of *graph*."""
    links = links or link(graph)
    number = {id_: i for i, id_ in enumerate(order)}
    upstream: dict[str, int] = {}
    for id_ in number:
        bits = 0
        for edge in links.incoming[id_]:
            bits |= upstream[edge.source] | 1 << number[edge.source]
        upstream[id_] = bits
    return Ancestry(number, upstream)


def reachable(links: Links, starts: Iterable[str]) -> frozenset[str]:
    """Give *starts* and every node some way leads to from one of them."""
    return _spread(starts, lambda id_: (e.target for e in links.outgoing[id_]))


def upstream_of(links: Links, ends: Iterable[str]) -> frozenset[str]:
    """Give *ends* and every node from which some way leads to one of them."""
    return _spread(ends, lambda id_: (e.source for e in links.incoming[id_]))


def exclusive(links: Links, join: str) -> frozenset[str]:
    """Give the nodes whose every way leads only to *join*: what its ``cancel`` may stop and hurt nobody else."""
    inside = {join}
    waiting = [e.source for e in links.incoming[join]]
    while waiting:
        id_ = waiting.pop()
        if id_ not in inside and all(e.target in inside for e in links.outgoing[id_]):
            inside.add(id_)
            waiting.extend(e.source for e in links.incoming[id_])
    return frozenset(inside - {join})


def _spread(starts: Iterable[str], following: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        for id_ in following(waiting.pop()):
            if id_ not in found:
                found.add(id_)
                waiting.append(id_)
    return frozenset(found)


def _shortest_way_round(start: str, links: Links) -> tuple[str, ...]:
    came_from: dict[str, str] = {}
    queue = [start]
    for id_ in queue:
        for edge in links.outgoing[id_]:
            if edge.target == start != id_:
                way = [id_]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if edge.target not in came_from:
                came_from[edge.target] = id_
                queue.append(edge.target)
    raise AssertionError("a node of a strong component lies on a cycle")  # pragma: no cover
