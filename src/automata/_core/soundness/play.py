"""Play a graph for many choices at once, one bit of an integer each.

The outcome of a run depends only on which way each node is left: joins wait for enough edges, not for an order.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from automata._core.graph import Links
from automata._core.soundness.ways import Way, required
from automata.model import Edge, Graph

Chosen: TypeAlias = Callable[[str, int], Sequence[int]]
"""For a node and its number of ways: which plays leave by each way; disjoint, and together all plays."""

SAMPLES = 1_024


@frozen(eq=False)
class Played:
    """What happened: for each node and edge the plays, as bits, in which it ran or was taken."""

    all: int
    ran: Mapping[str, int]
    taken: Mapping[Edge, int]
    failed: int
    """Plays in which a node that could have done otherwise failed and was caught."""


def play(
    graph: Graph,
    links: Links,
    order: Sequence[str],
    ways: Mapping[str, Sequence[Way]],
    entries: Mapping[str, int],
    chosen: Chosen,
) -> Played:
    """Play every node in *order*; *entries* says in which plays a root starts."""
    everything = 0
    for bits in entries.values():
        everything |= bits
    ran: dict[str, int] = {}
    taken: dict[Edge, int] = {}
    failed = 0
    for id_ in order:
        incoming = links.incoming[id_]
        need = required(graph.nodes[id_], len(incoming))
        ran[id_] = at_least(need, [taken[e] for e in incoming]) if incoming else entries.get(id_, 0)
        out = ways[id_]
        shares = chosen(id_, len(out))
        for edge in links.outgoing[id_]:
            taken[edge] = 0
            for way, share in zip(out, shares, strict=True):
                if way.takes(edge):
                    taken[edge] |= share & ran[id_]
        if out and not out[0].is_error:
            for way, share in zip(out, shares, strict=True):
                failed |= share & ran[id_] if way.is_error else 0
    return Played(everything, ran, taken, failed)


def at_least(count: int, masks: Sequence[int]) -> int:
    """The bits set in *count* or more of *masks*."""
    reached = [-1] + [0] * count
    for mask in masks:
        for i in range(count, 0, -1):
            reached[i] |= reached[i - 1] & mask
    return reached[count]


def at_random(node: str, count: int) -> Sequence[int]:
    """Share out `SAMPLES` plays among the ways of *node*, the same every time."""
    if count < 2:  # noqa: PLR2004 - nothing to choose
        return ((1 << SAMPLES) - 1,) * count
    dice = random.Random(node)  # noqa: S311 - samples a search space
    shares, left = [], (1 << SAMPLES) - 1
    for others in range(count - 1, 0, -1):
        share = left & _one_in(others + 1, dice)
        shares.append(share)
        left &= ~share
    return [*shares, left]


def _one_in(count: int, dice: random.Random) -> int:
    """Bits of which about one in *count*, rounded to a power of two, is set."""
    bits = dice.getrandbits(SAMPLES)
    for _ in range((count - 1).bit_length() - 1):
        bits &= dice.getrandbits(SAMPLES)
    return bits
