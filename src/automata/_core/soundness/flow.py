"""Under which choices each node of a graph runs, exactly, as decision diagrams.

Translation to a workflow net: an edge is a pair of places (taken, dead), a way out of a node is a transition that
marks one of them for each outgoing edge, and a join is a transition for each minimal set of marked places that settles
it. The graph is acyclic and every place is marked once, so the net is safe and free of conflict but for the choice
between the ways of one node: whether a node runs is a function of these choices alone, whatever the interleaving.

Sources: van der Aalst, "The Application of Petri Nets to Workflow Management" (1998), and van der Aalst et al.,
"Soundness of Workflow Nets" (2011), for soundness; dead-path elimination is that of BPEL 2.0, with typed joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from attrs import frozen

from automata._core.graph import Links, link, topological_order
from automata._core.soundness.diagram import FALSE, TRUE, BudgetSpent, Costs, Diagrams
from automata._core.soundness.play import SAMPLES, Played, at_random, play
from automata._core.soundness.ways import Ports, Way, required, ways_of
from automata.model import Edge, Graph

BUDGET = 20_000
"""Steps one question may take; a structured graph needs a handful."""

ERROR_COST = 1_000_000
"""More than any number of ordinary choices, so that a counter-example without errors is found first."""


@frozen(eq=False)
class Shown:
    """Plays that show functions to be true."""

    played: Played
    lanes: Mapping[int, int]
    """Function to the bit of the play that shows it; none for a function that is never true."""


class Flow:
    """Answers about one acyclic graph; raises ValueError when it has a cycle.

    Args:
        graph: The graph; edges to unknown nodes are ignored, as are unknown ports.
        ports: Normal ports of a node.
        entries: Alternatives of root nodes that start together: one tuple for each trigger. None for all roots at once.
        budget: Steps one question may take before it is answered by "not known".
    """

    def __init__(
        self, graph: Graph, ports: Ports, *, entries: Sequence[Sequence[str]] | None = None, budget: int = BUDGET
    ) -> None:
        self.graph = graph
        self.links: Links = link(graph)
        order = topological_order(graph, self.links)
        if order is None:
            raise ValueError("The graph has a cycle")
        self.order = order
        self.entries = tuple(tuple(e) for e in entries) if entries else (self.links.roots,)
        self.ways: Mapping[str, tuple[Way, ...]] = {
            id_: ways_of(node, ports(node), self.links.outgoing[id_]) for id_, node in graph.nodes.items()
        }
        self.diagrams = Diagrams(budget=budget)
        self.position = {id_: i for i, id_ in enumerate(order)}
        self.runs: dict[str, int] = {}
        """When each node runs, by id."""
        self._guards: dict[tuple[str, str, str | None], int] = {}
        for id_ in order:
            self.runs[id_] = self._run(id_)

    # ------------------------------------------------------------ what the diagrams know

    def level(self, id_: str) -> int:
        """Level of the variable that says which way a node is left; the one below says whether a guessed node runs."""
        return 2 * self.position[id_] + 2

    def need(self, id_: str) -> int:
        """How many incoming edges of a node must be taken."""
        return required(self.graph.nodes[id_], len(self.links.incoming[id_]))

    def guard(self, edge: Edge) -> int:
        """When *edge* is taken."""
        key = (edge.source, edge.port, edge.error_class)
        if key not in self._guards:
            self._guards[key] = self.left(edge.source, self.runs[edge.source], lambda way: way.takes(edge))
        return self._guards[key]

    def left(self, id_: str, run: int, fits: Callable[[Way], bool]) -> int:
        """When a node that runs under *run* is left by a way that *fits*."""
        out = self.ways[id_]
        if not out:
            return FALSE
        return self.diagrams.choice(self.level(id_), tuple(run if fits(way) else FALSE for way in out))

    def finished(self, id_: str) -> int:
        """When a node runs and gives an output."""
        if self.graph.nodes[id_].disabled:
            return FALSE
        return self.left(id_, self.runs[id_], lambda way: not way.is_error)

    def _run(self, id_: str) -> int:
        incoming = self.links.incoming[id_]
        if not incoming:
            starts = tuple(TRUE if id_ in entry else FALSE for entry in self.entries)
            return self.diagrams.choice(0, starts)
        try:
            return self.diagrams.at_least(self.need(id_), [self.guard(e) for e in incoming])
        except BudgetSpent:  # too entangled to know: taken for a free choice, so that proofs stay proofs
            self.diagrams.guesses.add(self.level(id_) - 1)
            return self.diagrams.choice(self.level(id_) - 1, (FALSE, TRUE))

    # ------------------------------------------------------------ witnesses

    @cached_property
    def _costs(self) -> Mapping[int, tuple[int, ...]]:
        costs: dict[int, tuple[int, ...]] = {0: (1,) * len(self.entries)}
        for id_, out in self.ways.items():
            optional = any(not way.is_error for way in out)
            costs[self.level(id_)] = tuple(ERROR_COST if way.is_error and optional else 1 for way in out)
            costs[self.level(id_) - 1] = (1, 1)
        return costs

    def shown(self, functions: Iterable[int]) -> Shown:
        """Play the simplest choices that make each of *functions* true, errors last, all in one go."""
        known: Costs = {}
        lanes: dict[int, int] = {}
        entries: dict[str, int] = dict.fromkeys((id_ for entry in self.entries for id_ in entry), 0)
        moved: dict[int, dict[int, int]] = {}
        for function in functions:
            values = None if function in lanes else self.diagrams.cheapest(function, self._costs, known)
            if values is None:
                continue
            lanes[function] = len(lanes)
            lane = 1 << lanes[function]
            for id_ in self.entries[values.pop(0, 0)]:
                entries[id_] |= lane
            for level, value in values.items():
                here = moved.setdefault(level, {})
                here[value] = here.get(value, 0) | lane
        everything = (1 << len(lanes)) - 1

        def chosen(id_: str, count: int) -> Sequence[int]:
            shares = [moved.get(self.level(id_), {}).get(value, 0) for value in range(count)]
            rest = everything
            for share in shares:
                rest &= ~share
            return [share | (0 if i else rest) for i, share in enumerate(shares)]

        return Shown(play(self.graph, self.links, self.order, self.ways, entries, chosen), lanes)

    def is_exact(self, function: int) -> bool:
        """Whether *function* rests on no guess."""
        return not self.diagrams.is_guessed(function)

    @cached_property
    def samples(self) -> Played:
        """Some plays at random, for graphs too entangled to know everything about."""
        everything = (1 << SAMPLES) - 1
        entries: dict[str, int] = {}
        for start, share in zip(self.entries, at_random("", len(self.entries)), strict=True):
            for id_ in start:
                entries[id_] = entries.get(id_, 0) | share
        assert not entries or max(entries.values()) <= everything  # noqa: S101 - what `at_random` promises
        return play(self.graph, self.links, self.order, self.ways, entries, at_random)
