"""Holding values against a checked schema, with jsonschema; its costly keywords are done here in bounded time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from itertools import islice
from typing import Any, TypeAlias

from attrs import frozen

from automata._core.canonical import canonical
from automata._core.patch import escape
from automata._core.schema.check import LIMIT_REFERENCES, check_schema
from automata._core.schema.pattern import searcher
from automata.model import Json, JsonSchema

LIMIT_VIOLATIONS = 100
_LIMIT_MESSAGE = 300
_REFERENCES_A_VALUE = 20
"""How many references may be followed for each value of the instance, besides `LIMIT_REFERENCES` for all."""

Validate: TypeAlias = "Callable[[Json], tuple[Violation, ...]]"


@frozen
class Violation:
    """One place where a value does not fit its schema."""

    pointer: str
    """JSON Pointer into the value."""
    message: str
    keyword: str
    """The keyword of the schema that refuses it: ``type``, ``required``, ..."""
    path: str = ""
    """JSON Pointer into the schema."""


class _Exhausted(Exception):
    """More references were followed than the value is worth."""


_fuel: ContextVar[list[int]] = ContextVar("_fuel")


def validator(schema: JsonSchema) -> Validate:
    """Return a function that holds a value against *schema*; keep it, making one costs far more than calling it.

    The function returns at most `LIMIT_VIOLATIONS` violations in the order they are found, and raises nothing for any
    JSON value. ``format`` is an annotation only.

    Raises:
        ValueError: `check_schema` finds faults.
    """
    if faults := check_schema(schema):
        raise ValueError("; ".join(faults[:5]))
    if not schema:
        return lambda _: ()
    return _compile(schema)


def _compile(schema: JsonSchema) -> Validate:
    from referencing import Registry

    kept = _dialect()(_plain(schema), registry=Registry())

    def validate(value: Json) -> tuple[Violation, ...]:
        try:
            token = _fuel.set([LIMIT_REFERENCES + _REFERENCES_A_VALUE * _count(value)])
            try:
                return tuple(_violation(error) for error in islice(kept.iter_errors(value), LIMIT_VIOLATIONS))
            finally:
                _fuel.reset(token)
        except RecursionError:
            return (Violation("", "The value or its schema is nested too deeply", "depth"),)
        except _Exhausted:
            return (Violation("", "Holding the value against its schema takes too much work", "$ref"),)

    return validate


@cache
def _dialect() -> Any:
    """The 2020-12 validator class with bounded ``uniqueItems``, patterns and references."""
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    keywords = {
        "$ref": _reference,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    }
    return extend(Draft202012Validator, keywords)


def _violation(error: Any) -> Violation:
    pointer = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
    path = "".join(f"/{escape(str(token))}" for token in error.absolute_schema_path)
    text = error.message
    message = text if len(text) <= _LIMIT_MESSAGE else f"{text[: _LIMIT_MESSAGE - 3]}..."
    return Violation(pointer, message, str(error.validator), path)


def _reference(checker: Any, reference: str, instance: Any, _: Any) -> Iterator[Any]:
    fuel = _fuel.get()
    fuel[0] -= 1
    if fuel[0] < 0:
        raise _Exhausted
    yield from checker._validate_reference(ref=reference, instance=instance)  # noqa: SLF001 - what its own keyword calls


def _unique_items(_: Any, wanted: object, instance: Any, __: Any) -> Iterator[Any]:
    """Linear where the library compares every pair; equality is that of RFC 8785's form, so 1 and 1.0 are one."""
    from jsonschema.exceptions import ValidationError

    if not wanted or not isinstance(instance, list):
        return
    seen: set[bytes] = set()
    for position, item in enumerate(instance):
        key = _identity(item)
        if key in seen:
            yield ValidationError(f"Item {position} stands there before")
            return
        seen.add(key)


def _identity(item: Any) -> bytes:
    try:
        return canonical(item)
    except (TypeError, ValueError):  # a number or text the canonical form has no place for
        return repr(item).encode("utf-8", "surrogatepass")


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, str):
        return
    found = searcher(pattern)(instance)
    if found is None:
        yield ValidationError("The text is too long to be held against a pattern that repeats so often")
    elif not found:
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(checker: Any, patterns: Mapping[str, Any], instance: Any, _: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for pattern, subschema in patterns.items():
        search = searcher(pattern)
        for name, member in instance.items():
            if search(name) is not False:
                yield from checker.descend(member, subschema, path=name, schema_path=pattern)


def _count(value: Any) -> int:
    """Number of values inside *value*, itself included."""
    stack, count = [value], 0
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return count


def _plain(value: Any) -> Any:
    """The schema made of dict and list only, which is what jsonschema looks for."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
