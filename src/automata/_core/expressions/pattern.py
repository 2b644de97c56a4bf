r"""The syntax of regular expressions: a safe subset of RE2's, read into a small tree.

Supported: literals, ``.``, classes with ranges and ``\d \w \s`` and their negations, ``^ $``, groups, ``|``,
``* + ? {n} {n,} {n,m}`` and their lazy forms (which match the same texts). Not supported: back-references,
look-around, word boundaries, flags. Must not know how patterns are matched: `automaton` does.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from attrs import frozen

MAX_PATTERN: Final = 1_000
"""Characters a pattern may have."""
_MAX_DEPTH: Final = 24

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points, as ranges with both ends included."""
_ANY: Final[Ranges] = ((0, 9), (11, 0x10FFFF))
_CLASSES: Final[dict[str, Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_CONTROL: Final = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}


@frozen
class Characters:
    """One character out of some."""

    ranges: Ranges


@frozen
class Anchor:
    """The start or the end of the text."""

    at_end: bool


@frozen
class Series:
    """One part after the other; none matches the empty text."""

    parts: tuple[Piece, ...]


@frozen
class Choice:
    """One of several parts."""

    parts: tuple[Piece, ...]


@frozen
class Repeat:
    """A part from *low* to *high* times; None is any number of times."""

    part: Piece
    low: int
    high: int | None


Piece: TypeAlias = Characters | Anchor | Series | Choice | Repeat


def read(text: str) -> Piece:
    """Read a pattern.

    Raises:
        ValueError: It is malformed, too long, or uses what is not supported.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(f"The pattern is longer than {MAX_PATTERN} characters")
    reader = _Reader(text)
    found = reader.alternatives(0)
    if reader.at < len(text):
        raise ValueError(f"Unbalanced ')' at {reader.at} in pattern {text!r}")
    return found


def negated(ranges: Ranges) -> Ranges:
    """Give the characters outside *ranges*."""
    out, low = [], 0
    for start, end in sorted(ranges):
        if start > low:
            out.append((low, start - 1))
        low = max(low, end + 1)
    return (*out, (low, 0x10FFFF)) if low <= 0x10FFFF else tuple(out)  # noqa: PLR2004 - the last code point


class _Reader:
    """Reads a pattern from left to right; every method gives the piece it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def alternatives(self, depth: int) -> Piece:
        if depth > _MAX_DEPTH:
            raise ValueError("The pattern nests too deep")
        parts = [self.series(depth)]
        while self.at < len(self.text) and self.text[self.at] == "|":
            self.at += 1
            parts.append(self.series(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def series(self, depth: int) -> Piece:
        parts: list[Piece] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            part = self.atom(depth)
            low, high = self.repetition()
            parts.append(part if (low, high) == (1, 1) else Repeat(part, low, high))
        return Series(tuple(parts))

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

    def atom(self, depth: int) -> Piece:
        character = self.text[self.at]
        self.at += 1
        match character:
            case "(":
                return self.group(depth)
            case "[":
                return Characters(self.bracket())
            case ".":
                return Characters(_ANY)
            case "^":
                return Anchor(at_end=False)
            case "$":
                return Anchor(at_end=True)
            case "\\":
                return Characters(self.escape())
            case "*" | "+" | "?":
                raise ValueError(f"Nothing to repeat at {self.at - 1} in pattern {self.text!r}")
            case _:
                return Characters(((ord(character), ord(character)),))

    def group(self, depth: int) -> Piece:
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
                if not _is_one(low) or not _is_one(high) or high[0][1] < low[0][0]:
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


def _is_one(ranges: Ranges) -> bool:
    """Whether *ranges* hold a single character."""
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]
