"""Whether a schema may be used at all: size, keywords, references, patterns. Needs no library, fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from automata._core.patch import escape
from automata._core.schema.keywords import check_keywords
from automata._core.schema.pattern import check_pattern

LIMIT_REFERENCES = 1_000
"""How many subschemas all references that apply to one value may expand to."""
LIMIT_NODES = 20_000
LIMIT_DEPTH = 64

_REFUSED = ("$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor")
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def check_schema(schema: object) -> tuple[str, ...]:
    """Return what is wrong with a schema, each as pointer and sentence; empty when it may be used."""
    if not isinstance(schema, Mapping):
        return ("The schema is not an object",)
    faults = tuple(_check_shape(schema)) or tuple(_check_places(schema))
    return faults or tuple(_check_expansion(schema))


def _check_shape(schema: Mapping[str, Any]) -> Iterator[str]:
    """Size and depth of the whole JSON value, without recursion."""
    stack: list[tuple[Any, int]] = [(schema, 1)]
    count = 0
    while stack:
        value, depth = stack.pop()
        count += 1
        if depth > LIMIT_DEPTH or count > LIMIT_NODES:
            yield f"The schema is larger than {LIMIT_NODES} values or {LIMIT_DEPTH} levels"
            return
        if isinstance(value, Mapping):
            if not all(type(key) is str for key in value):
                yield "A key of the schema is not a string"
                return
            stack += [(member, depth + 1) for member in value.values()]
        elif isinstance(value, list | tuple):
            stack += [(item, depth + 1) for item in value]
        elif value is not None and not isinstance(value, str | int | float):
            yield f"The schema holds a {type(value).__name__}, which is not JSON"
            return


def _subschemas(schema: object, pointer: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every place that is a schema, with its pointer; values under ``const``, ``enum``, ``default`` are none."""
    if not isinstance(schema, Mapping):
        return
    yield pointer, schema
    for keyword, member in schema.items():
        here = f"{pointer}/{escape(keyword)}"
        if keyword in _SINGLE:
            yield from _subschemas(member, here)
        elif keyword in _MAPS and isinstance(member, Mapping):
            for name, subschema in member.items():
                yield from _subschemas(subschema, f"{here}/{escape(name)}")
        elif keyword in _LISTS and isinstance(member, list | tuple):
            for position, subschema in enumerate(member):
                yield from _subschemas(subschema, f"{here}/{position}")


def _check_places(schema: Mapping[str, Any]) -> Iterator[str]:
    places = {id(place) for _, place in _subschemas(schema)}
    for pointer, place in _subschemas(schema):
        yield from (f"{pointer}/{fault}" for fault in check_keywords(place))
        for keyword in _REFUSED:
            if keyword in place:
                yield f"{pointer}/{keyword}: Dynamic references are not supported"
        if pointer and "$id" in place:
            yield f"{pointer}/$id: Only the whole schema may have an id"
        if place.get("$schema", _DIALECT) not in {_DIALECT, f"{_DIALECT}#"}:
            yield f"{pointer}/$schema: Only JSON Schema 2020-12 is supported"
        for name, pattern in _patterns(pointer, place):
            if fault := check_pattern(pattern):
                yield f"{name}: {fault}"
        if "$ref" in place and (fault := _check_reference(schema, place["$ref"], places)):
            yield f"{pointer}/$ref: {fault}"
    if "$id" in schema and (not isinstance(schema["$id"], str) or ":" in schema["$id"] or "//" in schema["$id"]):
        yield "/$id: An id with a scheme or host is not supported"


def _patterns(pointer: str, place: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if "pattern" in place:
        yield f"{pointer}/pattern", place["pattern"]
    if isinstance(place.get("patternProperties"), Mapping):
        for pattern in place["patternProperties"]:
            yield f"{pointer}/patternProperties/{escape(pattern)}", pattern


def _check_reference(schema: Mapping[str, Any], reference: object, places: set[int]) -> str | None:
    if not isinstance(reference, str):
        return "A reference is a string"
    if reference != "#" and not reference.startswith("#/"):
        return f"Only local references like '#/$defs/name' are supported, not {reference[:80]!r}"
    target = _follow(schema, reference)
    if not isinstance(target, bool) and id(target) not in places:
        return f"There is no schema at {reference[:80]!r}"
    return None


def _follow(schema: Mapping[str, Any], reference: str) -> Any:
    """The schema at a local reference, or None; ``%`` escapes as RFC 6901, section 6 has them."""
    from urllib.parse import unquote

    value: Any = schema
    for token in reference[1:].split("/")[1:]:
        name = unquote(token).replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list | tuple) and name.isascii() and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value if isinstance(value, Mapping | bool) else None


def _check_expansion(schema: Mapping[str, Any]) -> Iterator[str]:
    """Count what the in-place references expand to; a cycle among them never ends, a ladder of them doubles each step.

    In place means: applied to the same value (``$ref``, ``allOf``, ``if``, ``not``...). A reference below
    ``properties`` or ``items`` consumes a level of the value, which is finite; `validator` counts those.
    """
    costs: dict[int, int] = {}
    active: set[int] = set()

    def cost(place: Any) -> int:
        if not isinstance(place, Mapping):
            return 0
        if id(place) in active:
            raise _Endless
        if id(place) not in costs:
            active.add(id(place))
            costs[id(place)] = min(sum(1 + cost(part) for part in _in_place(schema, place)), LIMIT_REFERENCES + 1)
            active.discard(id(place))
        return costs[id(place)]

    for pointer, place in _subschemas(schema):
        try:
            if cost(place) > LIMIT_REFERENCES:
                yield f"{pointer}: References expand to more than {LIMIT_REFERENCES} schemas"
                return
        except _Endless:
            yield f"{pointer}: A reference leads back to itself without an end"
            return
        except RecursionError:
            yield f"{pointer}: References lead on too long a way"
            return


class _Endless(Exception):
    """A schema applies itself to the same value."""


def _in_place(schema: Mapping[str, Any], place: Mapping[str, Any]) -> Iterable[Any]:
    if isinstance(place.get("$ref"), str):
        yield _follow(schema, place["$ref"])
    for keyword in ("allOf", "anyOf", "oneOf"):
        if isinstance(place.get(keyword), list | tuple):
            yield from place[keyword]
    for keyword in ("if", "then", "else", "not"):
        if keyword in place:
            yield place[keyword]
    if isinstance(place.get("dependentSchemas"), Mapping):
        yield from place["dependentSchemas"].values()
