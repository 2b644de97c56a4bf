"""Signatures of functions: the text of `automata.model.Function` as types, and the overload that fits some values.

Grammar: ``(list<T>, int) -> T``, with ``receiver.name(...)`` before it for a method. Names: the CEL types, ``number``
(int or double), ``any``, and single capitals for type variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from attrs import frozen

from automata._core.expressions.values import Maybe, TypeName, Uint, Value
from automata._core.types import (
    BOOL,
    BYTES,
    DURATION,
    DYN,
    INT,
    NULL,
    NUMBER,
    STRING,
    TIMESTAMP,
    TYPE,
    Type,
    list_of,
    map_of,
    optional_of,
)
from automata.model import Function

_SIMPLE: Final[Mapping[str, Type]] = {
    "any": DYN,
    "dyn": DYN,
    "null": NULL,
    "bool": BOOL,
    "int": INT,
    "uint": INT,
    "double": NUMBER,
    "number": NUMBER,
    "string": STRING,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "type": TYPE,
    "list": list_of(DYN),
    "map": map_of(rest=DYN),
}
_CLASSES: Final[Mapping[str, frozenset[type]]] = {
    "null": frozenset({type(None)}),
    "bool": frozenset({bool}),
    "int": frozenset({int, Uint}),
    "number": frozenset({int, Uint, float}),
    "string": frozenset({str}),
    "bytes": frozenset({bytes}),
    "timestamp": frozenset({datetime}),
    "duration": frozenset({timedelta}),
    "type": frozenset({TypeName}),
    "list": frozenset({list}),
    "map": frozenset({dict}),
    "optional": frozenset({Maybe}),
}
_WORD: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*|->|[<>,()])")


@frozen
class Overload:
    """One way to call a function."""

    receiver: Type | None
    parameters: tuple[Type, ...]
    result: Type
    text: str

    @property
    def inputs(self) -> tuple[Type, ...]:
        """Receiver and parameters, as the Python function gets them."""
        return self.parameters if self.receiver is None else (self.receiver, *self.parameters)

    def accepts(self, values: Sequence[Value]) -> bool:
        """Say whether *values* are of the right kinds; what a list or map holds is not looked at."""
        return len(values) == len(self.inputs) and all(
            _is(value, wanted) for value, wanted in zip(values, self.inputs, strict=True)
        )


def _is(value: Value, wanted: Type) -> bool:
    classes = _CLASSES.get(wanted.kind)
    return classes is None or type(value) in classes


def classes_of(overload: Overload) -> tuple[frozenset[type] | None, ...]:
    """Give the Python classes each input may have, None for any."""
    return tuple(_CLASSES.get(wanted.kind) for wanted in overload.inputs)


def overloads(function: Function, *, method: bool) -> tuple[Overload, ...]:
    """Give the overloads of *function* that are called the way asked for."""
    parsed = (read_signature(text) for text in function.signatures)
    return tuple(one for one in parsed if (one.receiver is not None) == method)


@cache
def read_signature(text: str) -> Overload:
    """Parse one signature.

    Raises:
        ValueError: It is not one; a plugin's mistake.
    """
    head, bracket, tail = text.partition("(")
    target = head.strip().rpartition(".")[0]
    receiver = _Words(target).type() if head.strip() else None
    reader = _Words(bracket + tail)
    reader.expect("(")
    parameters: list[Type] = []
    while not reader.take(")"):
        parameters.append(reader.type())
        reader.take(",")
    reader.expect("->")
    return Overload(receiver, tuple(parameters), reader.type(), text)


class _Words:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words = _WORD.findall(text)
        self.at = 0

    def take(self, word: str) -> bool:
        found = self.at < len(self.words) and self.words[self.at] == word
        self.at += found
        return found

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise ValueError(f"Malformed signature {self.text!r}: expected {word!r}")

    def type(self) -> Type:
        if self.at >= len(self.words):
            raise ValueError(f"Malformed signature {self.text!r}: a type is missing")
        word = self.words[self.at]
        self.at += 1
        inner: list[Type] = []
        if self.take("<"):
            while not self.take(">"):
                inner.append(self.type())
                self.take(",")
        return self.named(word, inner)

    def named(self, word: str, inner: list[Type]) -> Type:
        if word == "list" and inner:
            return list_of(inner[0])
        if word == "map" and inner:
            return map_of(rest=inner[-1])
        if word == "optional":
            return optional_of(inner[0] if inner else DYN)
        if len(word) == 1 and word.isupper():
            return Type("variable", name=word)
        if word not in _SIMPLE:
            raise ValueError(f"Unknown type {word!r} in signature {self.text!r}")
        return _SIMPLE[word]
