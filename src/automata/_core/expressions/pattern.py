r"""Regular expressions in linear time: a safe subset of RE2's syntax, matched by a lazily built automaton.

Python's `re` backtracks and can be made to run for ever by a pattern; this cannot. The method is Thompson's
construction with cached state sets (Thompson, CACM 11(6), 1968; Cox, "Regular Expression Matching Can Be Simple And
Fast", 2007). Supported: literals, ``.``, classes with ranges and ``\d \w \s`` and their negations, ``^ $``, groups,
``|``, ``* + ? {n} {n,} {n,m}`` and their lazy forms (which match the same texts). Not supported: back-references,
look-around, word boundaries, flags.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

MAX_PATTERN: Final = 1_000
"""Characters a pattern may have."""
MAX_STATES: Final = 2_000
"""States its automaton may have; ``{n,m}`` multiplies them."""
_MAX_DEPTH: Final = 24
_MAX_CACHED: Final = 4_000

Ranges: TypeAlias = tuple[tuple[int, int], ...]
_ANY: Final[Ranges] = ((0, 9), (11, 0x10FFFF))
_CLASSES: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_CONTROL: Final = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}


def negated(ranges: Ranges) -> Ranges:
    """Give the characters outside *ranges*."""
    out, low = [], 0
    for start, end in sorted(ranges):
        if start > low:
            out.append((low, start - 1))
        low = max(low, end + 1)
    return (*out, (low, 0x10FFFF)) if low <= 0x10FFFF else tuple(out)  # noqa: PLR2004 - the last code point


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        """Compile *text*.

        Raises:
            ValueError: It is malformed, too large, or uses what is not supported.
        """
        if len(text) > MAX_PATTERN:
            raise ValueError(f"The pattern is longer than {MAX_PATTERN} characters")
        # A state is (kind, data, next states): 'char' with ranges, 'split', 'start', 'stop' (of the text), 'match'.
        self._states: list[tuple[str, Ranges, list[int]]] = []
        reader = _Reader(text, self._add, self._join)
        first, ends = reader.alternatives(0)
        if reader.at < len(text):
            raise ValueError(f"Unbalanced ')' at {reader.at} in pattern {text!r}")
        final = self._add("match", (), [])
        self._join(ends, final)
        self._first = first
        self._seen: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def _add(self, kind: str, ranges: Ranges, following: list[int]) -> int:
        if len(self._states) >= MAX_STATES:
            raise ValueError("The pattern is too large; use smaller repetitions")
        self._states.append((kind, ranges, following))
        return len(self._states) - 1

    def _join(self, ends: list[int], state: int) -> None:
        for end in ends:
            self._states[end][2].append(state)

    def search(self, text: str, spend: Callable[[int], None]) -> bool:
        """Say whether the pattern matches anywhere in *text*; the time is linear in its length."""
        start = self._closure([self._first], at_start=True, at_end=not text)
        if self._matched(start):
            return True
        current = start
        inner = self._closure([self._first], at_start=False, at_end=False)
        last = len(text) - 1
        spend(len(text) >> 3)
        for position, character in enumerate(text):
            if position == last:
                stepped = self._step(current, character, spend)
                current = self._closure([*stepped, self._first], at_start=False, at_end=True)
            else:
                key = (current, character)
                following = self._seen.get(key)
                if following is None:
                    following = (
                        self._closure(self._step(current, character, spend), at_start=False, at_end=False) | inner
                    )
                    self._remember(key, following)
                current = following
            if self._matched(current):
                return True
        return False

    def _remember(self, key: tuple[frozenset[int], str], following: frozenset[int]) -> None:
        if len(self._seen) >= _MAX_CACHED:
            self._seen.clear()
        self._seen[key] = following

    def _matched(self, states: frozenset[int]) -> bool:
        return -1 in states

    def _step(self, states: frozenset[int], character: str, spend: Callable[[int], None]) -> list[int]:
        code = ord(character)
        spend(1 + (len(states) >> 2))
        out: list[int] = []
        for index in states:
            if index < 0:
                continue
            kind, ranges, following = self._states[index]
            if kind == "char" and any(low <= code <= high for low, high in ranges):
                out.extend(following)
        return out

    def _closure(self, states: list[int], *, at_start: bool, at_end: bool) -> frozenset[int]:
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
                seen.add(-1)
        return frozenset(index for index in seen if index < 0 or self._states[index][0] == "char")


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """Compile a pattern once."""
    return Pattern(text)


class _Reader:
    """Reads a pattern and adds its states; every method gives the first state and the open ends."""

    def __init__(
        self, text: str, add: Callable[[str, Ranges, list[int]], int], link: Callable[[list[int], int], None]
    ) -> None:
        self.text = text
        self.at = 0
        self.add = add
        self.link = link

    def state(self, kind: str, ranges: Ranges = ()) -> tuple[int, list[int]]:
        index = self.add(kind, ranges, [])
        return index, [index]

    def alternatives(self, depth: int) -> tuple[int, list[int]]:
        if depth > _MAX_DEPTH:
            raise ValueError("The pattern nests too deep")
        parts = [self.sequence(depth)]
        while self.at < len(self.text) and self.text[self.at] == "|":
            self.at += 1
            parts.append(self.sequence(depth))
        if len(parts) == 1:
            return parts[0]
        first = self.add("split", (), [part[0] for part in parts])
        return first, [end for part in parts for end in part[1]]

    def sequence(self, depth: int) -> tuple[int, list[int]]:
        first = self.add("split", (), [])
        ends = [first]
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            begin = self.at
            part = self.atom(depth)
            low, high = self.repetition()
            part = self.repeated(begin, part, low, high, depth)
            self.link(ends, part[0])
            ends = part[1]
        return first, ends

    def repetition(self) -> tuple[int, int | None]:
        mark = self.text[self.at : self.at + 1]
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(mark, (1, 1))
        if mark and mark in "*+?":
            self.at += 1
        elif mark == "{" and (bounds := self.bounds()):
            low, high = bounds
        else:
            return 1, 1
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
        if self.text[self.at : self.at + 1] in {"*", "+", "?"} and self.at < len(self.text):
            raise ValueError(f"Nothing to repeat at {self.at} in pattern {self.text!r}")
        return low, high

    def bounds(self) -> tuple[int, int | None] | None:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if end < 0 or not low.isascii() or not low.isdigit() or (high and not (high.isascii() and high.isdigit())):
            return None
        self.at = end + 1
        if len(low) > 3 or len(high) > 3:  # noqa: PLR2004 - MAX_STATES would refuse it anyway
            raise ValueError("The pattern repeats too often")
        bounds = (int(low), int(high) if high else None if comma else int(low))
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise ValueError(f"The repetition {{{low},{high}}} is empty")
        return bounds

    def repeated(
        self, begin: int, part: tuple[int, list[int]], low: int, high: int | None, depth: int
    ) -> tuple[int, list[int]]:
        if (low, high) == (1, 1):
            return part
        after = self.at
        copies = [part]
        for _ in range(max(low, high or 0, 1) - 1):
            self.at = begin
            copies.append(self.atom(depth))
        self.at = after
        first = self.add("split", (), [])
        ends = [first]
        out: list[int] = []
        for number, (start, finish) in enumerate(copies):
            if number >= low:
                out.extend(ends)
            self.link(ends, start)
            ends = finish
        if high is None:
            again = self.add("split", (), [copies[-1][0]])
            self.link(ends, again)
            ends = [again]
        return first, [*out, *ends] if high != 0 else [first]

    def atom(self, depth: int) -> tuple[int, list[int]]:
        character = self.text[self.at]
        self.at += 1
        match character:
            case "(":
                return self.group(depth)
            case "[":
                return self.state("char", self.bracket())
            case ".":
                return self.state("char", _ANY)
            case "^":
                return self.state("start")
            case "$":
                return self.state("stop")
            case "\\":
                return self.state("char", self.escape())
            case "*" | "+" | "?":
                raise ValueError(f"Nothing to repeat at {self.at - 1} in pattern {self.text!r}")
            case _:
                return self.state("char", ((ord(character), ord(character)),))

    def group(self, depth: int) -> tuple[int, list[int]]:
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.text.startswith("?", self.at):
            raise ValueError("Patterns have no look-around, flags or named groups")
        part = self.alternatives(depth + 1)
        if self.text[self.at : self.at + 1] != ")":
            raise ValueError(f"A '(' is never closed in pattern {self.text!r}")
        self.at += 1
        return part

    def escape(self) -> Ranges:
        if self.at >= len(self.text):
            raise ValueError(f"The pattern {self.text!r} ends in a lone backslash")
        character = self.text[self.at]
        self.at += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if character.lower() in _CLASSES:
            return negated(_CLASSES[character.lower()])
        if character in _CONTROL:
            return ((_CONTROL[character],) * 2,)
        if character.isalnum():
            raise ValueError(f"Patterns have no '\\{character}'")
        return ((ord(character), ord(character)),)

    def bracket(self) -> Ranges:
        invert = self.text.startswith("^", self.at)
        self.at += invert
        ranges: list[tuple[int, int]] = []
        opening = self.at
        while self.at < len(self.text) and (self.text[self.at] != "]" or self.at == opening):
            low = self.member()
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in {"]", ""}:
                self.at += 1
                high = self.member()
                if len(low) != 1 or len(high) != 1 or high[0][1] < low[0][0]:
                    raise ValueError(f"A range is reversed or no range in pattern {self.text!r}")
                low = ((low[0][0], high[0][1]),)
            ranges.extend(low)
        if self.at >= len(self.text):
            raise ValueError(f"A '[' is never closed in pattern {self.text!r}")
        self.at += 1
        return negated(tuple(ranges)) if invert else tuple(ranges)

    def member(self) -> Ranges:
        character = self.text[self.at]
        self.at += 1
        if character == "\\":
            return self.escape()
        if character == "[" and self.text.startswith(":", self.at):
            raise ValueError("Patterns have no POSIX classes like [:alpha:]")
        return ((ord(character), ord(character)),)
