"""Decide the soundness of one graph and tell each violation as the steps that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

from automata._core.graph import exclusive, upstream_of
from automata._core.soundness.diagram import FALSE, BudgetSpent
from automata._core.soundness.flow import BUDGET, Flow, Shown
from automata._core.soundness.play import Played, at_least
from automata._core.soundness.timing import Timing
from automata._core.soundness.ways import EVERY, Ports
from automata.model import Edge, Graph, Node

STARVES = "SND-001"
"""A join gets some of the edges it needs and can never get the rest, by an ordinary choice."""
STARVES_AFTER_ERROR = "SND-002"
"""The same, but only after an error was caught."""
DEAD = "SND-003"
"""A node can never run."""
LATECOMER = "SND-004"
"""Effects go on after a join that no longer waits for them."""
ENTANGLED = "SND-009"
"""Not decided within the budget."""


@frozen(kw_only=True)
class Violation:
    """One way in which a graph is not sound."""

    code: str
    node: str
    """The join that starves, the node that is dead."""
    path: tuple[str, ...] = ()
    """Counter-example: the steps that lead there, as text."""
    others: tuple[str, ...] = ()
    """Nodes the join waits for in vain, or whose effects come too late."""


def analyse(
    graph: Graph,
    ports: Ports,
    *,
    entries: Sequence[Sequence[str]] | None = None,
    writes: Callable[[Node], bool] | None = None,
    budget: int = BUDGET,
) -> tuple[Violation, ...]:
    """Find every violation in an acyclic graph, in document order; nested bodies are graphs of their own.

    Args:
        graph: The graph; a cycle raises ValueError.
        ports: Normal ports of a node, without ``error``.
        entries: Alternatives of nodes that start a run together; None for all nodes without incoming edges at once.
        writes: Whether a node changes the world outside; None to leave latecomers out.
        budget: Steps one question may take.
    """
    return violations(Flow(graph, ports, entries=entries, budget=budget), writes)


def violations(flow: Flow, writes: Callable[[Node], bool] | None = None) -> tuple[Violation, ...]:
    """Find every violation in what *flow* knows."""
    timing = Timing(flow)
    starved = {id_: _starved(flow, timing, id_) for id_ in flow.graph.nodes}
    doubtful = [flow.runs[id_] for id_ in flow.graph.nodes if not _is_known_to_run(flow, id_)]
    shown = flow.shown([*doubtful, *(function for function in starved.values() if function is not None)])
    found: list[Violation] = []
    for id_, function in starved.items():
        both = (_dead(flow, timing, shown, id_), _starving(flow, shown, function, id_))
        found.extend(violation for violation in both if violation is not None)
        if writes is not None:
            found.extend(_latecomers(flow, id_, writes))
    return tuple(found)


def _is_known_to_run(flow: Flow, id_: str) -> bool:
    run = flow.runs[id_]
    return run != FALSE and (flow.is_exact(run) or bool(flow.samples.ran[id_]))


def _dead(flow: Flow, timing: Timing, shown: Shown, id_: str) -> Violation | None:
    run = flow.runs[id_]
    if run == FALSE:
        return Violation(code=DEAD, node=id_, path=tuple(_why_dead(flow, id_)))
    if _is_stopped(timing, id_):
        joins = " and ".join(map(repr, timing.stoppers[id_]))
        return Violation(code=DEAD, node=id_, path=(f"{id_!r} is stopped by {joins} before it can start",))
    lane = shown.lanes.get(run, 0)
    runs = _is_known_to_run(flow, id_) or shown.played.ran[id_] >> lane & 1
    return None if runs else Violation(code=ENTANGLED, node=id_)


def _is_stopped(timing: Timing, id_: str) -> bool:
    try:
        return timing.in_time(id_) == FALSE
    except BudgetSpent:
        return False


def _why_dead(flow: Flow, id_: str) -> Iterator[str]:
    incoming = flow.links.incoming[id_]
    if not incoming:
        yield f"No run starts at {id_!r}"
    for edge in incoming:
        if flow.guard(edge) == FALSE:
            yield f"{id_!r} waits for {edge.source!r}, which never leaves by {edge.port!r}"
    if incoming and all(flow.guard(e) != FALSE for e in incoming):
        names = " and ".join(dict.fromkeys(repr(e.source) for e in incoming))
        yield f"{id_!r} needs {flow.need(id_)} of its {len(incoming)} edges, but {names} never come together"


def _starved(flow: Flow, timing: Timing, id_: str) -> int | None:
    """When the join *id_* starves; None when that is not known."""
    need, incoming = flow.need(id_), flow.links.incoming[id_]
    if need < 2 or need > len(incoming):  # noqa: PLR2004 - one edge that comes is enough
        return FALSE
    try:
        return timing.starved_in_time(id_)
    except BudgetSpent:
        return None


def _starving(flow: Flow, shown: Shown, starved: int | None, id_: str) -> Violation | None:
    if starved == FALSE:
        return None
    lane = None if starved is None else shown.lanes.get(starved)
    if starved is None or lane is None:
        return _sampled(flow, id_)
    if not flow.is_exact(starved) and not _starves(flow, shown.played, id_) >> lane & 1:
        return _sampled(flow, id_)
    return _starvation(flow, shown.played, id_, lane)


def _starves(flow: Flow, played: Played, id_: str) -> int:
    """The plays in which the join *id_* starves, as bits."""
    masks = [played.taken[e] for e in flow.links.incoming[id_]]
    return at_least(1, masks) & ~at_least(flow.need(id_), masks)


def _sampled(flow: Flow, id_: str) -> Violation:
    played = flow.samples
    bits = _starves(flow, played, id_)
    if not bits:
        return Violation(code=ENTANGLED, node=id_)
    preferred = bits & ~played.failed or bits
    return _starvation(flow, played, id_, (preferred & -preferred).bit_length() - 1)


def _starvation(flow: Flow, played: Played, id_: str, lane: int) -> Violation:
    missing = [e for e in flow.links.incoming[id_] if not played.taken[e] >> lane & 1]
    names = tuple(dict.fromkeys(e.source for e in missing))
    return Violation(
        code=STARVES_AFTER_ERROR if played.failed >> lane & 1 else STARVES,
        node=id_,
        path=(*_steps(flow, played, id_, lane), *(f"{id_!r} waits for {name!r}, which cannot come" for name in names)),
        others=names,
    )


def _steps(flow: Flow, played: Played, id_: str, lane: int) -> Iterator[str]:
    if len(flow.entries) > 1:
        start = next(e for e in flow.entries if all(played.ran[x] >> lane & 1 for x in e))
        yield "The run starts at " + " and ".join(map(repr, start))
    before = upstream_of(flow.links, [id_])
    for other in flow.order:
        ways = flow.ways[other]
        if other not in before or len(ways) < 2 or not played.ran[other] >> lane & 1:  # noqa: PLR2004 - no choice
            continue
        left = _left_by(flow, played, other, lane)
        if left is not None:
            yield left


def _left_by(flow: Flow, played: Played, id_: str, lane: int) -> str | None:
    out = flow.links.outgoing[id_]
    taken: list[Edge] = [e for e in out if played.taken[e] >> lane & 1]
    if taken:
        way = next(w for w in flow.ways[id_] if w.takes(taken[0]))
        return None if way.port in {EVERY, "out"} else way.tell(id_)
    closed = [w for w in flow.ways[id_] if not any(w.takes(e) for e in out)]
    return closed[0].tell(id_) if closed else None


def _latecomers(flow: Flow, id_: str, writes: Callable[[Node], bool]) -> Iterator[Violation]:
    node, incoming, need = flow.graph.nodes[id_], flow.links.incoming[id_], flow.need(id_)
    if node.cancel or node.join in {"merge", "all"} or need >= len(incoming):
        return
    only = exclusive(flow.links, id_)
    late: list[str] = []
    for edge in incoming:
        branch = upstream_of(flow.links, [edge.source]) & only if edge.source in only else frozenset()
        acting = [x for x in flow.order if x in branch and writes(flow.graph.nodes[x])]
        if acting and _comes_late(flow, id_, edge, need):
            late.extend(acting)
    if late:
        yield Violation(code=LATECOMER, node=id_, others=tuple(dict.fromkeys(late)))


def _comes_late(flow: Flow, id_: str, edge: Edge, need: int) -> bool:
    others = [flow.guard(e) for e in flow.links.incoming[id_] if e is not edge]
    try:
        return flow.diagrams.apply("and", flow.guard(edge), flow.diagrams.at_least(need, others)) != FALSE
    except BudgetSpent:
        return False
