"""A pattern as an automaton, and the search of texts with it, in time linear in the text.

The method is Thompson's construction with cached state sets (Thompson, CACM 11(6), 1968; Cox, "Regular Expression
Matching Can Be Simple And Fast", 2007). What a search costs depends on the pattern and the texts of one evaluation
alone, never on what other evaluations left behind.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

from automata._core.expressions.operators import Spend
from automata._core.expressions.pattern import Anchor, Characters, Choice, Piece, Ranges, Repeat, Series, read

MAX_STATES: Final = 2_000
"""States an automaton may have; ``{n,m}`` multiplies them."""
_MAX_CACHED: Final = 4_000
_MATCHED: Final = -1
Part: TypeAlias = tuple[int, list[int]]
"""The first state of a part, and the states from which it goes on."""


class Automaton:
    """The states of one pattern."""

    def __init__(self, text: str) -> None:
        """Build the automaton of *text*.

        Raises:
            ValueError: It is malformed, too large, or uses what is not supported.
        """
        # A state is (kind, ranges, next states): 'char', 'split', 'start' and 'stop' (of the text), 'match'.
        self._states: list[tuple[str, Ranges, list[int]]] = []
        first, ends = self._build(read(text))
        self._join(ends, self._add("match"))
        self.first = first

    @property
    def size(self) -> int:
        """How many states there are."""
        return len(self._states)

    def step(self, states: frozenset[int], character: str) -> list[int]:
        """Give the states that reading *character* leads to."""
        code = ord(character)
        out: list[int] = []
        holds: dict[int, bool] = {}  # copies of a repeated part share their ranges
        for index in states:
            if index < 0:
                continue
            _, ranges, following = self._states[index]
            key = id(ranges)
            if key not in holds:
                holds[key] = any(low <= code <= high for low, high in ranges)
            if holds[key]:
                out.extend(following)
        return out

    def closure(self, states: list[int], spend: Spend, *, at_start: bool, at_end: bool) -> frozenset[int]:
        """Follow all moves that read nothing; -1 stands for "matched", assertions are settled on the way."""
        seen: set[int] = set()
        todo = list(states)
        while todo:
            index = todo.pop()
            if index in seen:
                continue
            seen.add(index)
            kind, _, following = self._states[index]
            if kind == "split" or (kind == "start" and at_start) or (kind == "stop" and at_end):
                todo.extend(following)
            elif kind == "match":
                seen.add(_MATCHED)
        spend(len(seen) >> 3)
        return frozenset(index for index in seen if index < 0 or self._states[index][0] == "char")

    def _build(self, piece: Piece) -> Part:
        match piece:
            case Characters(ranges=ranges):
                return self._single("char", ranges)
            case Anchor(at_end=at_end):
                return self._single("stop" if at_end else "start")
            case Series(parts=parts):
                return self._series(parts)
            case Choice(parts=parts):
                built = [self._build(part) for part in parts]
                return self._add("split", (), [part[0] for part in built]), [end for part in built for end in part[1]]
            case Repeat():
                return self._repeat(piece)

    def _series(self, parts: tuple[Piece, ...]) -> Part:
        first, ends = self._single("split")
        for part in parts:
            start, finish = self._build(part)
            self._join(ends, start)
            ends = finish
        return first, ends

    def _repeat(self, piece: Repeat) -> Part:
        first, ends = self._single("split")
        out: list[int] = []
        last = first
        for number in range(max(piece.low, piece.high or 0, piece.high is None)):
            if number >= piece.low:
                out.extend(ends)
            last, finish = self._build(piece.part)
            self._join(ends, last)
            ends = finish
        if piece.high is None:
            again = self._add("split", (), [last])
            self._join(ends, again)
            ends = [again]
        return first, [*out, *ends]

    def _single(self, kind: str, ranges: Ranges = ()) -> Part:
        index = self._add(kind, ranges)
        return index, [index]

    def _add(self, kind: str, ranges: Ranges = (), following: list[int] | None = None) -> int:
        if len(self._states) >= MAX_STATES:
            raise ValueError("The pattern is too large; use smaller repetitions")
        self._states.append((kind, ranges, following or []))
        return len(self._states) - 1

    def _join(self, ends: list[int], state: int) -> None:
        for end in ends:
            self._states[end][2].append(state)


class Search:
    """The searches with one pattern in one evaluation; remembers the sets of states it met."""

    def __init__(self, text: str, spend: Spend) -> None:
        """Get the automaton of the pattern *text* and pay for it, whether it was built before or not.

        Raises:
            ValueError: The pattern cannot be used.
        """
        spend(1 + (len(text) >> 2))
        try:
            self._automaton = _built(text)
        except ValueError:
            spend(MAX_STATES >> 2 if "{" in text else 0)
            raise
        spend(self._automaton.size >> 2)
        self._spend = spend
        self._seen: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._start = self._closure([self._automaton.first], at_start=True, at_end=False)
        self._inner = self._closure([self._automaton.first], at_start=False, at_end=False)

    def finds(self, text: str) -> bool:
        """Say whether the pattern matches anywhere in *text*."""
        if not text:
            return _MATCHED in self._closure([self._automaton.first], at_start=True, at_end=True)
        self._spend(len(text) >> 3)
        current = self._start
        for character in text[:-1]:
            if _MATCHED in current:
                return True
            key = (current, character)
            following = self._seen.get(key)
            if following is None:
                following = self._closure(self._step(current, character), at_start=False, at_end=False) | self._inner
                if len(self._seen) >= _MAX_CACHED:
                    self._seen.clear()
                self._seen[key] = following
            current = following
        if _MATCHED in current:
            return True
        stepped = [*self._step(current, text[-1]), self._automaton.first]
        return _MATCHED in self._closure(stepped, at_start=False, at_end=True)

    def _step(self, states: frozenset[int], character: str) -> list[int]:
        self._spend(1 + (len(states) >> 2))
        return self._automaton.step(states, character)

    def _closure(self, states: list[int], *, at_start: bool, at_end: bool) -> frozenset[int]:
        return self._automaton.closure(states, self._spend, at_start=at_start, at_end=at_end)


@lru_cache(maxsize=256)
def _built(text: str) -> Automaton:
    return Automaton(text)
