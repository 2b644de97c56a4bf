"""Checks that a value is plain JSON within limits, and brings what Python calls the same to one form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from automata._core.canonical import SAFE_INTEGER
from automata._core.codec import limits
from automata._core.codec.report import Report
from automata._core.patch import join
from automata.model import Json

_EXPONENT = 1e21
"""From here the canonical form writes an exponent; below, a float reads back as an integer and must be a safe one."""
_LINE_BITS = 128
"""An integer of more bits is too long for a message."""
_SAFE = range(-SAFE_INTEGER, SAFE_INTEGER + 1)
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


class Repeated(dict[str, Json]):
    """An object whose text gave some keys twice; only lives between a reader and `check`."""

    repeated: tuple[str, ...] = ()


class Refused:
    """Stands for a number no reader can hold; only lives between a reader and `check`."""

    def __init__(self, text: str) -> None:
        self.text = text


def check(value: object, report: Report) -> None:
    """Note everything in *value* that is not plain JSON within limits; *value* may be any Python object."""
    _Walk(report).visit(value)


def normal(value: Json) -> Json:
    """Copy *value* into dicts, lists and scalars, an integral float becoming the int JSON does not tell it from.

    *value* has passed `check`.
    """
    if isinstance(value, float):
        return whole(value)
    if isinstance(value, Mapping):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normal(item) for item in value]
    return value


def whole(number: float) -> float:
    """Give the int of the same value where there is one that every reader keeps, else *number*."""
    return int(number) if number.is_integer() and abs(number) <= SAFE_INTEGER else number


class _Walk:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._path: list[str | int] = []
        self._count = 0

    def visit(self, value: object) -> None:
        self._count += 1
        if self._count > limits.VALUES:
            if self._count == limits.VALUES + 1:
                self._report.add("DOC-010", f"The document has more than {limits.VALUES:,} values", "")
            return
        if isinstance(value, str):
            if _FORBIDDEN.search(value):
                self._add("DOC-007", f"The text {_short(value)} has a NUL or half a surrogate pair")
        elif isinstance(value, Mapping | list | tuple):
            self._enter(value)
        elif not (value is None or isinstance(value, bool)):
            self._number(value)

    def _enter(self, container: object) -> None:
        if len(self._path) >= limits.DEPTH:
            self._add("DOC-004", f"The value is nested deeper than {limits.DEPTH} levels")
        elif isinstance(container, Mapping):
            self._object(container)
        elif isinstance(container, list | tuple):
            for index, item in enumerate(container):
                self._member(index, item)

    def _object(self, container: Mapping[object, object]) -> None:
        for key, item in container.items():
            if not isinstance(key, str):
                self._add("DOC-009", f"The key {_short(key)} is not a text", hint="Quote it")
            elif _FORBIDDEN.search(key):
                self._add("DOC-007", f"The key {_short(key)} has a NUL or half a surrogate pair")
            else:
                self._member(key, item)
        for key in container.repeated if isinstance(container, Repeated) else ():
            self._path.append(key)
            self._add("DOC-005", f"The key {_short(key)} stands twice in one object", hint="Rename or remove one")
            self._path.pop()

    def _member(self, key: str | int, item: object) -> None:
        if self._count > limits.VALUES:
            return
        self._path.append(key)
        self.visit(item)
        self._path.pop()

    def _number(self, value: object) -> None:
        if isinstance(value, Refused):
            self._add(
                "DOC-006", f"The number {_short(value.text)} is not finite or too large", hint="Write it as a text"
            )
        elif not isinstance(value, int | float):
            self._add("DOC-009", f"A {type(value).__name__} is not a JSON value", hint="Write it as a text")
        elif not _fits(value):
            self._add("DOC-006", f"The number {_digits(value)} is not finite or too large", hint="Write it as a text")

    def _add(self, code: str, message: str, hint: str | None = None) -> None:
        self._report.add(code, message, join("", *self._path), hint=hint)


def _fits(number: object) -> bool:
    if isinstance(number, int):
        return number in _SAFE
    return isinstance(number, float) and math.isfinite(number) and not SAFE_INTEGER < abs(number) < _EXPONENT


def _digits(number: object) -> str:
    if isinstance(number, int) and number.bit_length() > _LINE_BITS:
        return "of very many digits"
    return repr(number)


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 40 else f"{text[:36]}...{text[-1]}"  # noqa: PLR2004 - what fits on a line
