"""The types operators and functions take and give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from automata._core.expressions.signatures import Overload
from automata._core.types import (
    BOOL,
    DURATION,
    DYN,
    INT,
    NUMBER,
    STRING,
    TIMESTAMP,
    Type,
    alternatives,
    list_of,
    map_of,
    optional_of,
    union,
)

_NUMERIC: Final = frozenset({"int", "number"})
_ORDERED: Final = frozenset({"string", "bytes", "bool", "timestamp", "duration"})
_TIMES: Final[Mapping[tuple[str, str, str], Type]] = {
    ("+", "timestamp", "duration"): TIMESTAMP,
    ("+", "duration", "timestamp"): TIMESTAMP,
    ("+", "duration", "duration"): DURATION,
    ("-", "timestamp", "timestamp"): DURATION,
    ("-", "timestamp", "duration"): TIMESTAMP,
    ("-", "duration", "duration"): DURATION,
}


@frozen
class Verdict:
    """Whether operands fit: always, sometimes, or never; and what comes out."""

    result: Type
    fits: bool = True
    """Whether some alternative of the operands fits."""
    wrong: tuple[Type, ...] = ()
    """Alternatives that do not fit, when others do."""


def operate(operator: str, left: Type, right: Type) -> Verdict:
    """Give the type of ``left operator right`` for arithmetic and comparison."""
    results: list[Type] = []
    wrong: list[Type] = []
    for a in alternatives(left):
        for b in alternatives(right):
            found = _ordered(a, b) if operator in {"<", "<=", ">", ">="} else _computed(operator, a, b)
            if found is None:
                wrong.append(b if any(_same(a, other) for other in alternatives(right)) else a)
            else:
                results.append(found)
    return Verdict(union(results), bool(results), tuple(wrong)) if results else Verdict(DYN, fits=False)


def _same(a: Type, b: Type) -> bool:
    return a.kind == b.kind or {a.kind, b.kind} <= _NUMERIC


def _ordered(a: Type, b: Type) -> Type | None:
    if "dyn" in {a.kind, b.kind}:
        other = b if a.kind == "dyn" else a
        return BOOL if other.kind in _NUMERIC | _ORDERED | {"dyn"} else None
    return BOOL if {a.kind, b.kind} <= _NUMERIC or (a.kind == b.kind and a.kind in _ORDERED) else None


def _computed(operator: str, a: Type, b: Type) -> Type | None:
    kinds = {a.kind, b.kind}
    if "dyn" in kinds:
        other = b if a.kind == "dyn" else a
        usable = (
            _NUMERIC | {"dyn"} | ({"string", "bytes", "list", "timestamp", "duration"} if operator in "+-" else set())
        )
        return (
            None if other.kind not in usable else other if operator == "+" and other.kind in {"string", "list"} else DYN
        )
    if kinds <= _NUMERIC:
        if operator == "%":
            return INT
        return INT if kinds == {"int"} else NUMBER
    if operator == "+" and kinds in ({"string"}, {"bytes"}):
        return evolve(a, values=None)
    if operator == "+" and kinds == {"list"}:
        return list_of(union([a.item or DYN, b.item or DYN]))
    return _TIMES.get((operator, a.kind, b.kind))


@frozen
class Match:
    """How the arguments of a call fit the overloads of its function."""

    result: Type
    fitting: bool
    wrong: tuple[int, Type] | None = None
    """An input and the alternative of it that no overload takes, when others do."""


def match(candidates: Sequence[Overload], inputs: Sequence[Type]) -> Match:
    """Choose among overloads of the right length."""
    results: list[Type] = []
    for one in candidates:
        bindings: dict[str, Type] = {}
        if all(_fits(given, wanted, bindings) for given, wanted in zip(inputs, one.inputs, strict=True)):
            results.append(_filled(one.result, bindings))
            if not any(_vague(given) for given in inputs):
                break
    if not results:
        return Match(DYN, fitting=False)
    unknown = len({one.kind for one in results}) > 1 and any(
        "dyn" in {one.kind, (one.item or one).kind} for one in inputs
    )
    return Match(DYN if unknown else union(results), fitting=True, wrong=_doubtful(candidates, inputs))


def _vague(one: Type) -> bool:
    """Say whether a later overload might be the one that is called."""
    return one.kind in {"dyn", "union"} or (one.item is not None and _vague(one.item))


def _doubtful(candidates: Sequence[Overload], inputs: Sequence[Type]) -> tuple[int, Type] | None:
    for position, given in enumerate(inputs):
        for part in given.members:
            if not any(_fits(part, one.inputs[position], {}) for one in candidates):
                return position, part
    return None


def _fits(given: Type, wanted: Type, bindings: dict[str, Type]) -> bool:
    """Say whether some value of *given* may stand where *wanted* is, noting what the type variables become."""
    if wanted.kind == "variable":
        bindings[wanted.name] = union([bindings[wanted.name], given]) if wanted.name in bindings else given
        return True
    if "dyn" in {given.kind, wanted.kind}:
        _bind_unknown(wanted, bindings)
        return True
    fits = False
    for part in alternatives(given):
        if part.kind == wanted.kind or (part.kind, wanted.kind) == ("int", "number"):
            fits = _inside(part, wanted, bindings) or fits
    return fits


def _bind_unknown(wanted: Type, bindings: dict[str, Type]) -> None:
    for part in (wanted.item, wanted.rest):
        if part is not None and part.kind == "variable":
            bindings[part.name] = DYN


def _inside(given: Type, wanted: Type, bindings: dict[str, Type]) -> bool:
    if wanted.item is not None:
        item = given.item or DYN
        return item.kind == "never" or _fits(item, wanted.item, bindings)
    if wanted.kind == "map" and wanted.rest is not None:
        return _fits(values_of(given), wanted.rest, bindings)
    return True


def values_of(one: Type) -> Type:
    """Give the type of any value of a map."""
    parts = [field.type for field in one.fields.values()]
    return union([*parts, one.rest] if one.rest is not None else parts) if parts or one.rest else DYN


def _filled(one: Type, bindings: Mapping[str, Type]) -> Type:
    if one.kind == "variable":
        return plain(bindings.get(one.name, DYN))
    if one.kind == "list":
        return list_of(_filled(one.item or DYN, bindings))
    if one.kind == "optional":
        return optional_of(_filled(one.item or DYN, bindings))
    if one.kind == "map" and one.rest is not None:
        return map_of(rest=_filled(one.rest, bindings))
    return one


def plain(one: Type) -> Type:
    """Forget which values exactly a type holds."""
    if one.kind == "union":
        return union(plain(member) for member in one.members)
    return evolve(one, values=None) if one.values is not None else one


def elements(one: Type) -> Verdict:
    """Give the type of what a macro walks: the items of a list, the keys of a map."""
    items: list[Type] = []
    wrong: list[Type] = []
    for part in alternatives(one):
        if part.kind == "dyn":
            items.append(DYN)
        elif part.kind == "list":
            items.append(part.item or DYN)
        elif part.kind == "map":
            items.append(STRING)
        else:
            wrong.append(part)
    return Verdict(union(items) if items else DYN, bool(items), tuple(wrong))


def default_text(one: Type) -> str | None:
    """Write a neutral value of a type, for an offered ``orValue(...)``; None when there is no obvious one."""
    if one.values:
        return None
    texts = {"string": "''", "int": "0", "number": "0", "bool": "false", "list": "[]", "null": "null", "dyn": "null"}
    return texts.get(one.kind)
