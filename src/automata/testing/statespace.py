"""Play a small graph in every possible order: the oracle the soundness proofs are tested against.

Exponential on purpose, and shares no code with what it checks: it moves tokens by the words of the
reference, one finishing node after the other, and remembers every state it has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from automata.model import Edge, Graph, Node, Port

IDLE, RUNNING, DONE, FAILED, SKIPPED, CANCELLED = range(6)
OPEN, TAKEN, GONE = range(3)

State: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], bool]
"""State of every node and of every edge, and whether a node that could have finished has failed."""


@define
class Findings:
    """What can happen in some run, in some order."""

    ran: set[str] = field(factory=set)
    """Nodes that started."""
    starved: dict[str, bool] = field(factory=dict)
    """Joins that got an edge and can never get enough, to whether that takes a caught error."""
    without: set[tuple[str, str]] = field(factory=set)
    """Pairs (node, other): the node started while the other had not given its output."""
    unfinished: set[str] = field(factory=set)
    """Nodes that have given no output when nothing is left to run and no ``return`` was reached."""
    stuck: bool = False
    """Whether some state has nothing running and yet a node that is neither started nor skipped."""
    states: int = 0


@frozen
class _Way:
    taken: frozenset[int]
    """Numbers of the edges taken."""
    fails: bool
    ends: bool = False
    """Whether the run ends here."""


def explore(
    graph: Graph, ports: Callable[[Node], Sequence[Port]], entries: Sequence[Sequence[str]] | None = None
) -> Findings:
    """Visit every reachable state of *graph*; *entries* are alternatives of nodes that start together."""
    return _Explorer(graph, ports).explore(entries or [[n for n in graph.nodes if _is_root(graph, n)]])


def _is_root(graph: Graph, id_: str) -> bool:
    return all(e.target != id_ for e in graph.edges)


class _Explorer:
    def __init__(self, graph: Graph, ports: Callable[[Node], Sequence[Port]]) -> None:
        self.nodes: list[Node] = list(graph.nodes.values())
        number = {n.id: i for i, n in enumerate(self.nodes)}
        self.edges: list[Edge] = list(graph.edges)
        self.into = [[i for i, e in enumerate(self.edges) if e.target == n.id] for n in self.nodes]
        self.out = [[i for i, e in enumerate(self.edges) if e.source == n.id] for n in self.nodes]
        self.target = [number[e.target] for e in self.edges]
        self.ways = [self._ways(i, [p.name for p in ports(n)]) for i, n in enumerate(self.nodes)]
        self.doomed = [self._doomed(i) if n.cancel else [] for i, n in enumerate(self.nodes)]
        self.found = Findings()

    def explore(self, entries: Sequence[Sequence[str]]) -> Findings:
        seen: set[State] = set()
        waiting: list[State] = []
        for entry in entries:
            nodes = [IDLE if self.into[i] or n.id in entry else SKIPPED for i, n in enumerate(self.nodes)]
            edges = [GONE if nodes[self._source(i)] == SKIPPED else OPEN for i in range(len(self.edges))]
            waiting.append(self._advance(nodes, edges, failed=False))
        while waiting:
            state = waiting.pop()
            if state not in seen:
                seen.add(state)
                waiting.extend(self._next(state))
        self.found.states = len(seen)
        return self.found

    def _source(self, edge: int) -> int:
        return next(i for i, out in enumerate(self.out) if edge in out)

    def _next(self, state: State) -> Iterator[State]:
        nodes, edges, failed = state
        running = [i for i, s in enumerate(nodes) if s == RUNNING]
        if not running:
            self.found.stuck |= IDLE in nodes
            self.found.unfinished.update(n.id for n, s in zip(self.nodes, nodes, strict=True) if s != DONE)
        for i in running:
            optional = any(not way.fails for way in self.ways[i])
            for way in self.ways[i]:
                if way.ends:
                    continue
                after, marks = list(nodes), list(edges)
                after[i] = FAILED if way.fails else DONE
                for e in self.out[i]:
                    marks[e] = TAKEN if e in way.taken else GONE
                yield self._advance(after, marks, failed=failed or (way.fails and optional))

    def _ways(self, i: int, ports: Sequence[str]) -> list[_Way]:
        node, out = self.nodes[i], self.out[i]
        if node.disabled:
            return [_Way(frozenset(e for e in out if self.edges[e].port != "error"), fails=True)]
        if node.use == "switch" and not any(self.edges[e].port == "otherwise" for e in out):
            ports = [p for p in ports if p != "otherwise"]
        ways = [_Way(frozenset(e for e in out if self.edges[e].port == p), fails=False) for p in ports]
        for kind in {self.edges[e].error_class for e in out if self.edges[e].port == "error"}:
            caught = (e for e in out if self.edges[e].port == "error" and self.edges[e].error_class == kind)
            ways.append(_Way(frozenset(caught), fails=True))
        return ways or [_Way(frozenset(), fails=False, ends=True)]

    def _advance(self, nodes: list[int], edges: list[int], *, failed: bool) -> State:
        """Skip and start what can be, until nothing changes; what cancels others comes before everything else."""
        while True:
            idle = [i for i, state in enumerate(nodes) if state == IDLE]
            ready = [i for i in idle if self._is_ready(i, edges)]
            stopped = {other for i in ready for other in self.doomed[i]}
            ready = sorted((i for i in ready if i not in stopped), key=lambda i: not self.nodes[i].cancel)
            hopeless = [i for i in idle if self._is_hopeless(i, edges)]
            if ready and (self.nodes[ready[0]].cancel or not hopeless):
                self._start(ready[0], nodes, edges)
            elif hopeless:
                nodes[hopeless[0]] = SKIPPED
                for e in self.out[hopeless[0]]:
                    edges[e] = GONE
            else:
                break
        for i, state in enumerate(nodes):
            if state == SKIPPED and any(edges[e] == TAKEN for e in self.into[i]):
                name = self.nodes[i].id
                self.found.starved[name] = self.found.starved.get(name, True) and failed
        return tuple(nodes), tuple(edges), failed

    def _need(self, i: int) -> int:
        join = self.nodes[i].join
        if isinstance(join, int):
            return join
        return len(self.into[i]) if join == "all" else 1

    def _is_ready(self, i: int, edges: Sequence[int]) -> bool:
        marks = [edges[e] for e in self.into[i]]
        patient = self.nodes[i].join == "merge" and OPEN in marks
        return not marks or (marks.count(TAKEN) >= self._need(i) and not patient)

    def _is_hopeless(self, i: int, edges: Sequence[int]) -> bool:
        marks = [edges[e] for e in self.into[i]]
        return bool(marks) and len(marks) - marks.count(GONE) < self._need(i)

    def _start(self, i: int, nodes: list[int], edges: list[int]) -> None:
        nodes[i] = RUNNING
        name = self.nodes[i].id
        self.found.ran.add(name)
        self.found.without.update((name, n.id) for n, s in zip(self.nodes, nodes, strict=True) if s != DONE)
        for other in self.doomed[i]:
            if nodes[other] in {IDLE, RUNNING, SKIPPED}:
                nodes[other] = CANCELLED
            for e in self.out[other]:
                if edges[e] == OPEN:
                    edges[e] = GONE

    def _doomed(self, join: int) -> list[int]:
        """Nodes of which every way ends in *join*."""

        def leads_only(i: int) -> bool:
            return i == join or (bool(self.out[i]) and all(leads_only(self.target[e]) for e in self.out[i]))

        return [i for i in range(len(self.nodes)) if i != join and leads_only(i)]
