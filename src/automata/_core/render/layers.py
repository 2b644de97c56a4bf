"""Which column each node stands in and in which order: the combinatorial half of the layout.

The method is Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (IEEE
Trans. SMC 11, 1981): longest-path layers, dummy places for long edges, barycentre sweeps against crossings.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections import deque
from typing import TypeAlias

from attrs import frozen

Place: TypeAlias = "str | tuple[int, int]"
"""What stands in a column: a node's id, or ``(link, column)`` where a long link passes."""

Link: TypeAlias = tuple[str, str]

_SWEEPS = 8
_MOST_PLACES = 20_000
"""Dummy places beyond which long edges are drawn straight; more would cost seconds and help nobody."""


@frozen
class Columns:
    """Places in columns from left to right, each column in order from top to bottom."""

    columns: tuple[tuple[Place, ...], ...]
    routes: tuple[tuple[Place, ...], ...]
    """For each link, the places it passes, from the lower column to the higher."""


def levels(names: tuple[str, ...], links: tuple[Link, ...]) -> dict[str, int]:
    """Give each node its longest distance from a start; linear time.

    A cycle (the document is then invalid) is opened at its first node in document order.
    """
    successors: dict[str, list[str]] = {name: [] for name in names}
    waiting = dict.fromkeys(names, 0)
    for source, target in links:
        if source != target:
            successors[source].append(target)
            waiting[target] += 1
    level = dict.fromkeys(names, 0)
    ready = deque(name for name in names if not waiting[name])
    done: set[str] = set()
    rest = iter(names)
    while len(done) < len(names):
        if not ready:
            ready.append(next(name for name in rest if name not in done))
        name = ready.popleft()
        if name in done:
            continue
        done.add(name)
        for target in successors[name]:
            if target not in done:
                level[target] = max(level[target], level[name] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
    return level


def order(names: tuple[str, ...], links: tuple[Link, ...]) -> Columns:
    """Arrange nodes in columns with few crossings; the same input always gives the same picture."""
    level = levels(names, links)
    routes = _routes(level, links)
    columns = _first_order(names, level, routes)
    left, right = _neighbours(routes)
    best, fewest = columns, _crossings(columns, right)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        columns = _swept(columns, left if sweep % 2 == 0 else right, rightward=sweep % 2 == 0)
        crossings = _crossings(columns, right)
        if crossings < fewest:
            best, fewest = columns, crossings
    return Columns(tuple(tuple(column) for column in best), routes)


def _routes(level: dict[str, int], links: tuple[Link, ...]) -> tuple[tuple[Place, ...], ...]:
    pairs = [tuple(sorted(link, key=level.__getitem__)) for link in links]
    spans = sum(max(0, level[high] - level[low] - 1) for low, high in pairs)
    routes: list[tuple[Place, ...]] = []
    for at, (low, high) in enumerate(pairs):
        middle = range(level[low] + 1, level[high]) if spans <= _MOST_PLACES else ()
        routes.append((low, *((at, column) for column in middle), high))
    return tuple(routes)


def _first_order(
    names: tuple[str, ...], level: dict[str, int], routes: tuple[tuple[Place, ...], ...]
) -> list[list[Place]]:
    columns: list[list[Place]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for name in names:
        columns[level[name]].append(name)
    for route in routes:
        for place in route[1:-1]:
            columns[place[1]].append(place)  # type: ignore[index] # the middle of a route holds pairs only
    return columns


def _neighbours(
    routes: tuple[tuple[Place, ...], ...],
) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    left: dict[Place, list[Place]] = {}
    right: dict[Place, list[Place]] = {}
    for route in routes:
        for before, after in itertools.pairwise(route):
            if before != after:
                left.setdefault(after, []).append(before)
                right.setdefault(before, []).append(after)
    return left, right


def _swept(columns: list[list[Place]], towards: dict[Place, list[Place]], *, rightward: bool) -> list[list[Place]]:
    """Sort each column by the mean position of its neighbours in the column before it."""
    swept = [list(column) for column in columns]
    sequence = range(1, len(swept)) if rightward else range(len(swept) - 2, -1, -1)
    for at in sequence:
        fixed = {place: spot for spot, place in enumerate(swept[at - 1 if rightward else at + 1])}
        own = {place: spot for spot, place in enumerate(swept[at])}
        keys = {
            place: _mean([fixed[each] for each in towards.get(place, ()) if each in fixed], own[place]) for place in own
        }
        swept[at].sort(key=lambda place, keys=keys, own=own: (keys[place], own[place]))  # type: ignore[misc] # bound now
    return swept


def _mean(spots: list[int], otherwise: int) -> float:
    return sum(spots) / len(spots) if spots else float(otherwise)


def _crossings(columns: list[list[Place]], right: dict[Place, list[Place]]) -> int:
    """Count pairs of crossing links between neighbouring columns."""
    total = 0
    for at, column in enumerate(columns[:-1]):
        spots = {place: spot for spot, place in enumerate(columns[at + 1])}
        seen: list[int] = []
        for place in column:
            ends = sorted(spots[each] for each in right.get(place, ()) if each in spots)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
