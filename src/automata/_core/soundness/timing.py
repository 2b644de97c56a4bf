"""What has certainly happened when a node starts, whatever the order in which other nodes finish.

"B has finished whenever A starts" is decided by holding B back: if A can start all the same, B is not certain. The
marks of edges are then three-valued (taken, dead, open), so a node keeps one function for each of the first two.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations, islice, product

from automata._core.graph import exclusive, reachable, upstream_of
from automata._core.soundness.diagram import FALSE, TRUE, BudgetSpent
from automata._core.soundness.flow import Flow
from automata._core.soundness.ways import Way
from automata.model import Edge

MOST_HOLDS = 64
"""How many sets of edges to hold back are tried for one ``cancel`` join of n edges."""


class Timing:
    """Questions of order about one *flow*."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def has_output(self, id_: str, at: str) -> bool | None:
        """Whether node *id_* has certainly given its output when node *at* starts; None when it is not known.

        Exact: it has, if *at* cannot start while *id_* is held back.
        """
        flow = self.flow
        if self.certain[at] >> flow.position[id_] & 1:
            return True
        try:
            without = FALSE
            if at not in self.stoppers:
                without = flow.diagrams.apply("less", flow.runs[at], flow.finished(id_))
            if without == FALSE:
                without = self._without(id_, at)
        except BudgetSpent:
            return None
        return self._never(without)

    def has_output_at_end(self, id_: str, entries: Iterable[int] | None = None) -> bool | None:
        """Whether node *id_* has certainly given its output when nothing is left to run; None when it is not known.

        *entries* restricts which alternatives count, by number (a run that failed has no output). A run that a
        ``return`` ended does not count.
        """
        flow, apply = self.flow, self.flow.diagrams.apply
        numbers = set(range(len(flow.entries))) if entries is None else set(entries)
        counts = flow.diagrams.choice(0, tuple(TRUE if i in numbers else FALSE for i in range(len(flow.entries))))
        try:
            ended = flow.diagrams.either([flow.runs[x] for x, out in flow.ways.items() if not out])
            counts = apply("less", counts, ended)
            without = apply("less", counts, flow.finished(id_))
            for join in self.stoppers.get(id_, ()):
                without = apply("or", without, apply("and", counts, self._without(id_, join)))
        except BudgetSpent:
            return None
        return self._never(without)

    def in_time(self, id_: str) -> int:
        """When node *id_* can run before a join with ``cancel`` stops it."""
        if id_ not in self.stoppers:
            return self.flow.runs[id_]
        either = self.flow.diagrams.either
        return either(self._settle(id_, *self._marks_at(id_, held))[0] for held in self._holds(id_))

    def starved_in_time(self, id_: str) -> int:
        """When join *id_* gets an edge and can never get enough, before a join with ``cancel`` stops it."""
        flow, diagrams = self.flow, self.flow.diagrams
        need, incoming = flow.need(id_), flow.links.incoming[id_]
        if id_ not in self.stoppers:
            guards = [flow.guard(e) for e in incoming]
            return diagrams.apply("less", diagrams.either(guards), diagrams.at_least(need, guards))
        found = FALSE
        for held in self._holds(id_):
            taken, dead = self._marks_at(id_, held)
            hopeless = diagrams.at_least(len(dead) - need + 1, dead)
            found = diagrams.apply("or", found, diagrams.apply("and", diagrams.either(taken), hopeless))
        return found

    @cached_property
    def stoppers(self) -> Mapping[str, tuple[str, ...]]:
        """Nodes that may be stopped, to the joins with ``cancel`` that do it."""
        found: dict[str, list[str]] = {}
        for join, node in self.flow.graph.nodes.items():
            if node.cancel and node.join not in {"merge", "all"}:
                for id_ in exclusive(self.flow.links, join):
                    found.setdefault(id_, []).append(join)
        return {id_: tuple(joins) for id_, joins in found.items()}

    @cached_property
    def certain(self) -> Mapping[str, int]:
        """Nodes that have certainly finished when a node starts, as bits by position: quick, and never wrong."""
        flow = self.flow
        found: dict[str, int] = {}
        for id_ in flow.order:
            incoming = flow.links.incoming[id_]
            each = [found[e.source] | self._bit(e) for e in incoming]
            bits = each[0] if each else 0
            everyone = flow.need(id_) == len(incoming)
            for more in each[1:]:
                bits = bits | more if everyone else bits & more
            found[id_] = bits
        return found

    def _bit(self, edge: Edge) -> int:
        finishes = edge.port != "error" and not self.flow.graph.nodes[edge.source].disabled
        return int(finishes) << self.flow.position[edge.source]

    def _never(self, function: int) -> bool | None:
        if function == FALSE:
            return True
        return False if self.flow.is_exact(function) else None

    def _without(self, id_: str, at: str) -> int:
        """When *at* starts although *id_* has not finished."""
        disabled = self.flow.graph.nodes[id_].disabled
        finishing = [] if disabled else [way for way in self.flow.ways[id_] if not way.is_error]
        found = FALSE
        for held in self._holds(at):
            both = {**held, id_: [*held.get(id_, ()), *finishing]}
            found = self.flow.diagrams.apply("or", found, self._settle(at, *self._marks_at(at, both))[0])
        return found

    def _holds(self, id_: str) -> Iterator[Mapping[str, list[Way]]]:
        """What to hold back so that no join that stops *id_* has started: all its edges but too few for it."""
        flow = self.flow
        choices = []
        for join in self.stoppers.get(id_, ()):
            incoming = flow.links.incoming[join]
            count = max(0, len(incoming) - flow.need(join) + 1)
            choices.append(list(islice(combinations(incoming, count), MOST_HOLDS)))
        for edges in islice(product(*choices), MOST_HOLDS):
            held: dict[str, list[Way]] = {}
            for edge in (e for group in edges for e in group):
                held.setdefault(edge.source, []).extend(w for w in flow.ways[edge.source] if w.takes(edge))
            yield held

    def _marks_at(self, at: str, held: Mapping[str, Container[Way]]) -> tuple[list[int], list[int]]:
        """When each edge into *at* is taken and when it is dead, while no node is left by a *held* way."""
        flow = self.flow
        before = upstream_of(flow.links, [e.source for e in flow.links.incoming[at]])
        touched = reachable(flow.links, held) & before
        starts: dict[str, int] = {}
        skips: dict[str, int] = {}
        marks: dict[Edge, tuple[int, int]] = {}
        for id_ in sorted(touched, key=flow.position.__getitem__):
            incoming = flow.links.incoming[id_]
            if any(e.source in starts for e in incoming):
                sides = [marks.get(e) or self._final(e) for e in incoming]
                starts[id_], skips[id_] = self._settle(id_, [t for t, _ in sides], [d for _, d in sides])
            else:
                starts[id_], skips[id_] = flow.runs[id_], flow.diagrams.apply("less", TRUE, flow.runs[id_])
            for edge in flow.links.outgoing[id_]:
                marks[edge] = self._leave(edge, starts[id_], skips[id_], held.get(id_, ()))
        sides = [marks.get(e) or self._final(e) for e in flow.links.incoming[at]]
        return [t for t, _ in sides], [d for _, d in sides]

    def _final(self, edge: Edge) -> tuple[int, int]:
        taken = self.flow.guard(edge)
        return taken, self.flow.diagrams.apply("less", TRUE, taken)

    def _leave(self, edge: Edge, start: int, skip: int, held: Container[Way]) -> tuple[int, int]:
        flow = self.flow
        taken = flow.left(edge.source, TRUE, lambda way: way.takes(edge) and way not in held)
        dead = flow.left(edge.source, TRUE, lambda way: not way.takes(edge) and way not in held)
        apply = flow.diagrams.apply
        return apply("and", start, taken), apply("or", skip, apply("and", start, dead))

    def _settle(self, id_: str, taken: Sequence[int], dead: Sequence[int]) -> tuple[int, int]:
        """When a node starts, and when it is skipped, given the marks of its incoming edges."""
        diagrams, need = self.flow.diagrams, self.flow.need(id_)
        if not taken:
            return self.flow.runs[id_], diagrams.apply("less", TRUE, self.flow.runs[id_])
        start = diagrams.at_least(need, taken)
        if self.flow.graph.nodes[id_].join == "merge":
            settled = diagrams.both([diagrams.apply("or", t, d) for t, d in zip(taken, dead, strict=True)])
            start = diagrams.apply("and", start, settled)
        return start, diagrams.at_least(len(dead) - need + 1, dead)
