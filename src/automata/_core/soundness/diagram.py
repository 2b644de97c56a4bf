"""Hash-consed decision diagrams over choices of more than two ways, with a budget instead of an explosion.

A function is an integer: `FALSE`, `TRUE`, or the number of a diagram whose top variable has the highest level. Later
choices stand on top, so adding one more choice to what is known already takes constant time along a chain.

Source: Bryant, "Graph-Based Algorithms for Boolean Function Manipulation" (1986); many-valued as in Srinivasan et al.,
"Algorithms for Discrete Function Manipulation" (1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

FALSE = 0
TRUE = 1
TOGETHER = 10
"""All operations together may take so many times the budget of one."""

Operation: TypeAlias = Literal["and", "or", "less"]
"""``less`` is *left* and not *right*."""
Costs: TypeAlias = dict[int, "tuple[int, int] | None"]
"""For a diagram the least cost of making it true and the value of its top variable for that; None if it is FALSE."""


class BudgetSpent(Exception):
    """The diagram would have taken more steps than allowed."""


class Diagrams:
    """All diagrams of one analysis; equal functions have equal numbers."""

    def __init__(self, *, budget: int) -> None:
        self.budget = budget
        """Steps one operation may take."""
        self.left = TOGETHER * budget
        """Steps all operations together may still take."""
        self.guesses: set[int] = set()
        """Levels that stand for something not known; set before a diagram of that level is made."""
        self._guessed = [False, False]
        self._levels: list[int] = [-1, -1]
        self._kids: list[tuple[int, ...]] = [(), ()]
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._results: dict[tuple[Operation, int, int], int] = {}

    def choice(self, level: int, kids: tuple[int, ...]) -> int:
        """The function that is ``kids[i]`` when the variable at *level*, above all of theirs, has its i-th value."""
        first = kids[0]
        if all(kid == first for kid in kids):
            return first
        number = self._numbers.get((level, kids))
        if number is None:
            number = self._numbers[level, kids] = len(self._levels)
            self._levels.append(level)
            self._kids.append(kids)
            self._guessed.append(level in self.guesses or any(self._guessed[kid] for kid in kids))
        return number

    def is_guessed(self, function: int) -> bool:
        """Whether *function* depends on a guess."""
        return self._guessed[function]

    def either(self, functions: Iterable[int]) -> int:
        """Whether at least one of *functions* holds."""
        result = FALSE
        for function in sorted(set(functions)):
            result = self.apply("or", result, function)
        return result

    def both(self, functions: Iterable[int]) -> int:
        """Whether all of *functions* hold."""
        result = TRUE
        for function in sorted(set(functions)):
            result = self.apply("and", result, function)
        return result

    def at_least(self, count: int, functions: Sequence[int]) -> int:
        """Whether *count* or more of *functions* hold; each stands for itself even if two are equal."""
        if count <= 1:
            return TRUE if count < 1 else self.either(functions)
        if count >= len(functions):
            return FALSE if count > len(functions) else self.both(functions)
        reached = [TRUE] + [FALSE] * count
        for function in sorted(functions):
            for i in range(count, 0, -1):
                reached[i] = self.apply("or", reached[i], self.apply("and", reached[i - 1], function))
        return reached[count]

    def apply(self, operation: Operation, left: int, right: int) -> int:
        """Combine two functions, without recursion since diagrams are as deep as graphs are long.

        Raises:
            BudgetSpent: It would take more than `budget` steps, or all operations together more than `left`.
        """
        results, levels, kids = self._results, self._levels, self._kids
        stack = [(left, right)]
        steps, most = 0, max(0, min(self.budget, self.left))
        while stack:
            a, b = stack[-1]
            if _known(operation, a, b, results) is not None:
                stack.pop()
                continue
            steps += 1
            self.left -= 1
            if steps > most:
                raise BudgetSpent
            level = max(levels[a], levels[b])
            width = len(kids[a] if levels[a] == level else kids[b])
            lefts = kids[a] if levels[a] == level else (a,) * width
            rights = kids[b] if levels[b] == level else (b,) * width
            found: list[int] = []
            for pair in zip(lefts, rights, strict=True):
                result = _known(operation, *pair, results)
                if result is None:
                    stack.append(pair)
                else:
                    found.append(result)
            if len(found) == width:
                results[operation, a, b] = self.choice(level, tuple(found))
                stack.pop()
        known = _known(operation, left, right, results)
        assert known is not None  # noqa: S101 - the loop ends only once it is known
        return known

    def cheapest(self, function: int, costs: Mapping[int, Sequence[int]], known: Costs) -> dict[int, int] | None:
        """Values (by level) that make *function* true at the least sum of *costs* (by level and value), or None.

        *known* keeps what was worked out for the same costs before, so that all questions together are linear in the
        size of all diagrams.
        """
        for number in self._below(function, known):
            options = [
                (costs[self._levels[number]][value] + below[0], value)
                for value, kid in enumerate(self._kids[number])
                if (below := (0, 0) if kid == TRUE else known.get(kid)) is not None
            ]
            known[number] = min(options) if options else None
        if function == FALSE or (function != TRUE and known[function] is None):
            return None
        values: dict[int, int] = {}
        while function != TRUE:
            best = known[function]
            assert best is not None  # noqa: S101 - a way that costs something ends in TRUE
            values[self._levels[function]] = best[1]
            function = self._kids[function][best[1]]
        return values

    def _below(self, function: int, known: Costs) -> list[int]:
        """The diagrams *function* is made of but for *known* ones, parts first (a part is always numbered lower)."""
        found = {function} - known.keys()
        waiting = list(found)
        while waiting:
            for kid in self._kids[waiting.pop()]:
                if kid not in found and kid not in known:
                    found.add(kid)
                    waiting.append(kid)
        return sorted(found - {FALSE, TRUE})


def _known(operation: Operation, a: int, b: int, results: Mapping[tuple[Operation, int, int], int]) -> int | None:
    if a == b:
        return FALSE if operation == "less" else a
    if a > TRUE and b > TRUE:
        return results.get((operation, a, b))
    if operation == "less":
        simple = {(FALSE, b): FALSE, (a, TRUE): FALSE, (a, FALSE): a}
        return simple.get((a, b), results.get((operation, a, b)))
    neutral, absorbing = (TRUE, FALSE) if operation == "and" else (FALSE, TRUE)
    if absorbing in {a, b}:
        return absorbing
    return b if a == neutral else a
