"""The types of the checker: a small lattice read from JSON Schema, written back to it, and compared.

An unknown schema is `DYN`, which never raises an alarm. Must not know expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from automata.model import Json, JsonSchema

Kind: TypeAlias = Literal[
    "dyn",
    "never",
    "null",
    "bool",
    "int",
    "number",
    "string",
    "bytes",
    "timestamp",
    "duration",
    "type",
    "list",
    "map",
    "optional",
    "union",
    "variable",
]
_MAX_EXPANSIONS: Final = 2_000
_MAX_DEPTH: Final = 24
_MAX_MEMBERS: Final = 24


@frozen
class Field:
    """One known key of a map."""

    type: Type
    required: bool = True


@frozen
class Type:
    """A set of values."""

    kind: Kind
    item: Type | None = None
    """What a list or an optional holds."""
    fields: Mapping[str, Field] = field(factory=dict)
    """The known keys of a map."""
    rest: Type | None = None
    """What other keys of a map hold; None when there are none."""
    members: tuple[Type, ...] = ()
    """The alternatives of a union; never unions themselves."""
    values: tuple[Json, ...] | None = None
    """The only values possible, when they are known (``enum`` and ``const``)."""
    name: str = ""
    """Of a type variable in a function's signature."""


DYN: Final = Type("dyn")
NEVER: Final = Type("never")
NULL: Final = Type("null")
BOOL: Final = Type("bool")
INT: Final = Type("int")
NUMBER: Final = Type("number")
STRING: Final = Type("string")
BYTES: Final = Type("bytes")
TIMESTAMP: Final = Type("timestamp")
DURATION: Final = Type("duration")
TYPE: Final = Type("type")

_SCALARS: Final[Mapping[str, Type]] = {
    "null": NULL,
    "boolean": BOOL,
    "integer": INT,
    "number": NUMBER,
    "string": STRING,
}
_TEXTUAL: Final = frozenset({"string", "bytes", "timestamp", "duration", "type"})


def list_of(item: Type) -> Type:
    """Give the type of lists of *item*."""
    return Type("list", item=item)


def map_of(fields: Mapping[str, Field] | None = None, rest: Type | None = None) -> Type:
    """Give the type of maps with these known *fields* and *rest* for every other key."""
    return Type("map", fields=fields or {}, rest=rest)


def optional_of(item: Type) -> Type:
    """Give the type of optionals of *item*."""
    return item if item.kind == "optional" else Type("optional", item=item)


def union(types: Iterable[Type]) -> Type:
    """Give the smallest type that holds every one of *types*; `DYN` swallows all, none gives `NEVER`.

    Scalars of one kind become one, int disappears in number; too many different lists and maps become `DYN`.
    """
    scalars: dict[Kind, list[Type]] = {}
    others: list[Type] = []
    for one in types:
        for member in alternatives(one):
            if member.kind == "dyn" or len(others) > _MAX_MEMBERS:
                return DYN
            if _plain(member):
                scalars.setdefault(member.kind, []).append(member)
            elif member not in others:
                others.append(member)
    scalars.pop("never", None)
    if "number" in scalars:
        scalars["number"] += scalars.pop("int", [])
    members = [*(_merged(kind, same) for kind, same in scalars.items()), *others]
    return members[0] if len(members) == 1 else Type("union", members=tuple(members)) if members else NEVER


def _merged(kind: Kind, same: list[Type]) -> Type:
    values: dict[str, Json] = {}
    for one in same:
        if one.values is None:
            return Type(kind)
        values.update((repr(value), value) for value in one.values)
    return Type(kind, values=tuple(values.values()))


def _plain(one: Type) -> bool:
    return one.kind not in {"list", "map", "optional", "union", "variable"}


def alternatives(one: Type) -> tuple[Type, ...]:
    """Give the members of a union, or the type itself."""
    return one.members if one.kind == "union" else (one,)


def without(one: Type, kind: Kind) -> Type:
    """Give *one* less its alternatives of *kind*."""
    return union(member for member in alternatives(one) if member.kind != kind)


# From JSON Schema


def from_schema(schema: JsonSchema | bool) -> Type:  # noqa: FBT001 - true and false are schemas
    """Read a JSON Schema (2020-12) as a type.

    An object with ``properties`` and no ``additionalProperties`` counts as closed, against the letter of JSON Schema
    (docs/decisions/0011-closed-objects.md). Only local references are followed, a bounded number of times; what is
    recursive, remote or not understood is `DYN`.
    """
    return _Reader(schema).read(schema, 0)


class _Reader:
    def __init__(self, root: JsonSchema | bool) -> None:  # noqa: FBT001 - true and false are schemas
        self.root = root
        self.left = _MAX_EXPANSIONS

    def read(self, schema: Json, depth: int) -> Type:
        self.left -= 1
        if schema is False:
            return NEVER
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH or self.left < 0:
            return DYN
        found = self.own(schema, depth)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            found = meet(found, self.read(self.target(reference), depth + 1))
        for part in _sequence(schema.get("allOf")):
            found = meet(found, self.read(part, depth + 1))
        for key in ("anyOf", "oneOf"):
            if parts := _sequence(schema.get(key)):
                found = meet(found, union(self.read(part, depth + 1) for part in parts))
        return found

    def target(self, reference: str) -> Json:
        if reference != "#" and not reference.startswith("#/"):
            return True
        found: Json = self.root
        for token in reference.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                return True
            found = found[key]
        return found

    def own(self, schema: JsonSchema, depth: int) -> Type:
        if "const" in schema:
            return constant(schema["const"])
        if values := _sequence(schema.get("enum")):
            return union(constant(value) for value in values)
        kinds = schema.get("type")
        if kinds is None:
            kinds = (
                "object" if "properties" in schema else "array" if {"items", "prefixItems"} & schema.keys() else None
            )
        if isinstance(kinds, str):
            return self.typed(kinds, schema, depth)
        if names := _sequence(kinds):
            return union(self.typed(str(name), schema, depth) for name in names)
        return DYN

    def typed(self, kind: str, schema: JsonSchema, depth: int) -> Type:
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            return self.array(schema, depth)
        return _SCALARS.get(kind, DYN)

    def array(self, schema: JsonSchema, depth: int) -> Type:
        first = [self.read(part, depth + 1) for part in _sequence(schema.get("prefixItems"))]
        rest = schema.get("items", True)
        if first and rest is not False:
            return list_of(union([*first, self.read(rest, depth + 1)]))
        return list_of(union(first) if first else self.read(rest, depth + 1))

    def object(self, schema: JsonSchema, depth: int) -> Type:
        properties = schema.get("properties")
        required = set(_sequence(schema.get("required")))
        fields = {
            name: Field(self.read(part, depth + 1), name in required)
            for name, part in (properties.items() if isinstance(properties, Mapping) else ())
        }
        for name in required - fields.keys():
            fields[str(name)] = Field(DYN)
        open_keys = bool({"patternProperties", "unevaluatedProperties", "propertyNames"} & schema.keys())
        more = schema.get("additionalProperties", open_keys or not properties)
        return map_of(fields, None if more is False else self.read(more, depth + 1))


def _sequence(value: Json) -> tuple[Json, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def constant(value: Json) -> Type:
    """Give the type of exactly this value."""
    match value:
        case None:
            return NULL
        case bool():
            return Type("bool", values=(value,))
        case int():
            return Type("int", values=(value,))
        case float():
            return Type("number", values=(value,))
        case str():
            return Type("string", values=(value,))
        case Mapping():
            return map_of({key: Field(constant(part)) for key, part in value.items()})
        case _:
            return list_of(union(constant(part) for part in value))


def meet(one: Type, other: Type) -> Type:
    """Give what is in both types, as far as it can be said; used for ``allOf`` and siblings of a reference."""
    if one.kind == "dyn":
        return other
    if other.kind == "dyn":
        return one
    if "union" in {one.kind, other.kind}:
        pairs = (meet(a, b) for a in alternatives(one) for b in alternatives(other))
        return union(pairs)
    if one.kind == other.kind == "map":
        return _meet_maps(one, other)
    if one.kind == other.kind == "list":
        return list_of(meet(one.item or DYN, other.item or DYN))
    if one.kind == other.kind:
        return one if one.values is not None else other
    if {one.kind, other.kind} == {"int", "number"}:
        return one if one.kind == "int" else other
    return NEVER


def _meet_maps(one: Type, other: Type) -> Type:
    fields = dict(one.fields)
    for name, mine in other.fields.items():
        known = fields.get(name)
        fields[name] = Field(meet(known.type, mine.type), known.required or mine.required) if known else mine
    if one.rest is None or other.rest is None:
        # One part lists its keys: the other part's keys came with it, so nothing else is expected.
        return map_of(fields, None)
    return map_of(fields, meet(one.rest, other.rest))


# To JSON Schema and to words


def to_schema(one: Type) -> JsonSchema:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    """Write a type as JSON Schema; what JSON cannot hold is what it is turned into (timestamps are strings)."""
    if one.values is not None:
        return {"const": one.values[0]} if len(one.values) == 1 else {"enum": list(one.values)}
    match one.kind:
        case "dyn" | "variable" | "optional":
            return {} if one.item is None else to_schema(one.item)
        case "never":
            return {"not": {}}
        case "null" | "number" | "string":
            return {"type": one.kind}
        case "bool":
            return {"type": "boolean"}
        case "int":
            return {"type": "integer"}
        case "list":
            return {"type": "array", "items": to_schema(one.item or DYN)}
        case "map":
            return _map_schema(one)
        case "union":
            return {"anyOf": [to_schema(member) for member in one.members]}
        case "timestamp":
            return {"type": "string", "format": "date-time"}
        case _:
            return {"type": "string"}


def _map_schema(one: Type) -> JsonSchema:
    schema: dict[str, Json] = {"type": "object"}
    if one.fields:
        schema["properties"] = {name: to_schema(part.type) for name, part in one.fields.items()}
        if required := [name for name, part in one.fields.items() if part.required]:
            schema["required"] = required
    schema["additionalProperties"] = False if one.rest is None else to_schema(one.rest)
    return schema


def describe(one: Type) -> str:
    """Name a type in a message: ``list of string``, ``string or null``."""
    if one.kind == "union":
        names = list(dict.fromkeys(describe(member) for member in one.members))
        return " or ".join(names)
    if one.kind == "string" and one.values is not None and len(one.values) <= 4:  # noqa: PLR2004 - what fits a message
        return " or ".join(repr(value) for value in one.values)
    if one.kind in {"list", "optional"} and one.item is not None and one.item.kind not in {"dyn", "variable"}:
        return f"{one.kind} of {describe(one.item)}"
    return {"dyn": "any value", "never": "no value", "variable": "any value"}.get(one.kind, one.kind)


# Comparison


def assignable(source: Type, target: Type) -> str | None:
    """Say why a value of *source* may not stand where *target* is wanted, or None when it always may.

    There are no coercions, but an int is a number, and what JSON writes as text (timestamps, durations, bytes) is a
    string. `DYN` on either side is accepted: nothing is known, so nothing is said.
    """
    if "dyn" in {source.kind, target.kind} or source.kind == "never" or "variable" in {source.kind, target.kind}:
        return None
    if source.kind == "union":
        return next((reason for member in source.members if (reason := assignable(member, target))), None)
    if target.kind == "union":
        reasons = [assignable(source, member) for member in target.members]
        return None if None in reasons else _mismatch(source, target, reasons)
    if source.kind == "optional" or target.kind == "optional":
        return (
            assignable(source.item or DYN, target.item or DYN)
            if source.kind == target.kind
            else _differ(source, target)
        )
    if source.kind in _TEXTUAL and target.kind == "string" and source.kind != "string":
        return None if target.values is None else _differ(source, target)
    if source.kind != target.kind:
        return None if (source.kind, target.kind) == ("int", "number") else _differ(source, target)
    return _inside(source, target)


def _inside(source: Type, target: Type) -> str | None:
    """Compare two types of one kind."""
    if source.kind == "list":
        reason = assignable(source.item or DYN, target.item or DYN)
        return reason and f"in its items, {reason}"
    if source.kind == "map":
        return _fields_fit(source, target)
    if target.values is None:
        return None
    if source.values is None:
        return None  # A plain string may be one of the allowed ones: only the run can tell.
    wrong = [value for value in source.values if value not in target.values]
    allowed = ", ".join(repr(value) for value in target.values[:8])
    return f"{wrong[0]!r} is not one of {allowed}" if wrong else None


def _fields_fit(source: Type, target: Type) -> str | None:
    for name, wanted in target.fields.items():
        found = source.fields.get(name)
        if found is None:
            if wanted.required and source.rest is None:
                return f"field {name!r} is missing"
            continue
        if reason := assignable(found.type, wanted.type):
            return f"in field {name!r}, {reason}"
    if target.rest is None:
        extra = next((name for name in source.fields if name not in target.fields), None)
        return None if extra is None else f"field {extra!r} is not known there"
    return _rest_fits(source, target, target.rest)


def _rest_fits(source: Type, target: Type, rest: Type) -> str | None:
    for name, found in source.fields.items():
        if name not in target.fields and (reason := assignable(found.type, rest)):
            return f"in field {name!r}, {reason}"
    return None


def _differ(source: Type, target: Type) -> str:
    return f"{describe(source)} is not {describe(target)}"


def _mismatch(source: Type, target: Type, reasons: list[str | None]) -> str:
    same = [i for i, member in enumerate(target.members) if member.kind == source.kind]
    return str(reasons[same[0]]) if len(same) == 1 else _differ(source, target)


def overlaps(one: Type, other: Type, *, same: Callable[[Type, Type], bool] | None = None) -> bool:
    """Say whether some value may be of both types; False means a comparison can never hold."""
    for a in alternatives(one):
        for b in alternatives(other):
            kinds = {a.kind, b.kind}
            if kinds & {"dyn", "variable"} or kinds == {"int", "number"}:
                return True
            if a.kind == b.kind and (same or _share)(a, b):
                return True
    return False


def _share(a: Type, b: Type) -> bool:
    if a.kind == "list":
        return True
    if a.kind == "map":
        return all(overlaps(part.type, b.fields[name].type) for name, part in a.fields.items() if name in b.fields)
    if a.values is not None and b.values is not None:
        return any(value in b.values for value in a.values)
    return True
