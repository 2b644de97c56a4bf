"""The candidate nearest to a mistyped name, or none when nothing is near: "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 80
"""Nobody mistypes a name longer than this; comparing it would only cost time."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Give the candidate with the smallest edit distance to *name*, the first of several, or None.

    At most a third of the letters may differ (at least one); case does not count. Swapping two neighbours is one edit
    (optimal string alignment distance, Boytsov 2011, 2.2).
    """
    if not name or len(name) > _LONGEST:
        return None
    wanted = name.casefold()
    best: tuple[int, str] | None = None
    limit = max(1, len(wanted) // 3)
    for candidate in candidates:
        found = _distance(wanted, candidate.casefold(), limit)
        if found is not None and (best is None or found < best[0]):
            best, limit = (found, candidate), found
    return best[1] if best else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Give ``; did you mean 'x'?`` to append to a message, or the empty text."""
    found = nearest(name, candidates)
    return f"; did you mean {found!r}?" if found is not None else ""


def _distance(left: str, right: str, limit: int) -> int | None:
    if abs(len(left) - len(right)) > limit:
        return None
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return None
    return row[-1] if row[-1] <= limit else None
