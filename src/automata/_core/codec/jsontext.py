"""Reads JSON as RFC 8259 has it, strictly, and finds places in its text; no workflow here."""

from __future__ import annotations

import json
import math
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # the C scanner, unlisted in typeshed
from json.scanner import make_scanner
from typing import TypeAlias

from automata._core.canonical import SAFE_INTEGER
from automata._core.codec import limits
from automata._core.codec.values import Refused, Repeated, whole
from automata._core.patch import split
from automata.model import Json, Position, Problem

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = {code: None for code in range(128) if chr(code) not in "[]{}"}
_SQUARE = str.maketrans("{}", "[]")
_SPACE = re.compile(r"[ \t\n\r]*")
_Members: TypeAlias = "dict[str, tuple[int, int]]"
"""Key or index to the offsets where the member (with its key) and its value start."""


def read_json(text: str) -> tuple[Json, tuple[Problem, ...]]:
    """Parse *text*; with problems the value is None. What the value itself has wrong is left to `values.check`."""
    problem = _bounds(text)
    if problem is None:
        try:
            return json.loads(
                text, parse_constant=Refused, parse_int=read_integer, parse_float=read_double, object_pairs_hook=_object
            ), ()
        except json.JSONDecodeError as error:
            problem = _syntax(error)
    return None, (problem,)


class JsonPlaces:
    """Finds where values stand in a JSON text that parses; scans a container once, when first asked inside it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._scan = make_scanner(json.JSONDecoder(parse_int=str, parse_float=str))  # type: ignore[arg-type]  # typeshed names the wrong class
        self._known: dict[int, _Members] = {}

    def find(self, pointer: str, *, key: bool = False) -> Position | None:
        """Give the place of the value at *pointer*, with *key* that of its key; None where there is no such value."""
        member = value = self._skip(0)
        for token in split(pointer):
            places = self._members(value).get(token)
            if places is None:
                return None
            member, value = places
        offset = member if key else value
        return Position(self._text.count("\n", 0, offset) + 1, offset - self._text.rfind("\n", 0, offset))

    def _members(self, start: int) -> _Members:
        if start not in self._known:
            opening = self._text[start]
            self._known[start] = self._read(start, named=opening == "{") if opening in "[{" else {}
        return self._known[start]

    def _read(self, start: int, *, named: bool) -> _Members:
        found: _Members = {}
        at = self._skip(start + 1)
        while self._text[at] not in "]}":
            name, value = str(len(found)), at
            if named:
                name, value = scanstring(self._text, at + 1)
                value = self._skip(self._skip(value) + 1)
            found[name] = (at, value)
            end = self._skip(self._scan(self._text, value)[1])
            at = self._skip(end + 1) if self._text[end] == "," else end
        return found

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at


def _bounds(text: str) -> Problem | None:
    """Look for too many values or too deep nesting before anything is built."""
    bare = _STRING.sub("", text)
    if bare.count(",") + bare.count("[") + bare.count("{") >= limits.VALUES:
        return Problem(code="DOC-010", message=f"The document has more than {limits.VALUES:,} values")
    if bare.count("[") + bare.count("{") > limits.DEPTH and _too_deep(bare):
        return Problem(
            code="DOC-004", message=f"The document is nested deeper than {limits.DEPTH} levels", position=_deepest(text)
        )
    return None


def _too_deep(bare: str) -> bool:
    """Take the innermost pairs away until none is left, or the depth is reached."""
    brackets = "".join(re.findall(r"[\[\]{}]+", bare)).translate(_SQUARE)
    for _ in range(limits.DEPTH):
        shorter = brackets.replace("[]", "")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return brackets.count("[") > 0 and (brackets.count("[") > limits.DEPTH or "[]" in brackets)


def _deepest(text: str) -> Position | None:
    depth = 0
    for match in re.finditer(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > limits.DEPTH:
            offset = match.start()
            return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
    return None


def _syntax(error: json.JSONDecodeError) -> Problem:
    return Problem(
        code="DOC-003",
        message=f"Not JSON: {error.msg[0].lower()}{error.msg[1:]}",
        position=Position(error.lineno, error.colno),
    )


def read_integer(text: str) -> int | Refused:
    number = int(text) if len(text) <= 17 else SAFE_INTEGER + 1  # noqa: PLR2004 - a sign and the 16 digits of 2^53
    return number if abs(number) <= SAFE_INTEGER else Refused(text)


def read_double(text: str) -> float | Refused:
    number = float(text)
    return whole(number) if math.isfinite(number) else Refused(text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = Repeated(found)
    seen: set[str] = set()
    repeated.repeated = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]  # add gives None
    return repeated
