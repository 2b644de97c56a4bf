"""How each record a hook supplies looks as JSON: one table, read in both directions. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeAlias

from attrs import NOTHING, fields, frozen

from automata.model import (
    Command,
    CredentialKind,
    Effect,
    Function,
    Json,
    JsonObject,
    JsonSchema,
    Kind,
    NodeType,
    Port,
    Rule,
    Setting,
)

Record: TypeAlias = NodeType | Setting | CredentialKind | Function | Rule | Command

Reference: TypeAlias = Callable[[str, str, str], Callable[..., Any]]
"""From hook, record name and attribute to a callable that imports the plugin when it is first called."""


@frozen
class Form:
    """How one field stands in JSON."""

    schema: JsonSchema
    accepts: Callable[[Any], bool]
    read: Callable[[Any], Any]
    write: Callable[[Any], Json]


def _same(value: Any) -> Any:
    return value


def _all(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(test(item) for item in value)


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_port(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "name" in value
        and set(value) <= {"name", "title"}
        and all(map(_is_text, value.values()))
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_text, value))  # noqa: PLR2004 - a pair


def _plain(value: Any) -> Any:
    """JSON made of dict, list and scalars only, whatever mappings and sequences an author used."""
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value


TEXT = Form({"type": "string"}, _is_text, _same, str)
MAYBE_TEXT = Form({"type": ["string", "null"]}, lambda value: value is None or _is_text(value), _same, _same)
TEXTS = Form({"type": "array", "items": {"type": "string"}}, _all(_is_text), tuple, _plain)
NAMES = Form({"type": "array", "items": {"type": "string"}}, _all(_is_text), frozenset, _plain)
FLAG = Form({"type": "boolean"}, lambda value: type(value) is bool, _same, bool)
OBJECT = Form({"type": "object"}, lambda value: isinstance(value, dict), _same, _plain)
OBJECTS = Form({"type": "array", "items": {"type": "object"}}, _all(lambda item: isinstance(item, dict)), tuple, _plain)
CODE = Form({"const": True, "title": "Only code can do this"}, lambda value: value is True, _same, bool)
PORTS = Form(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "title": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
    _all(_is_port),
    lambda value: tuple(Port(item["name"], item.get("title", "")) for item in value),
    lambda ports: [{"name": port.name} | ({"title": port.title} if port.title else {}) for port in ports],
)
PAIRS = Form(
    {"type": "array", "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}},
    _all(_is_pair),
    lambda value: tuple((item[0], item[1]) for item in value),
    _plain,
)


def _choice(members: type[Kind | Effect]) -> Form:
    values = [str(member) for member in members]
    return Form({"enum": values}, lambda value: _is_text(value) and value in values, members, str)


def _word(*words: str) -> Form:
    return Form({"enum": list(words)}, lambda value: _is_text(value) and value in words, _same, str)


@frozen
class Shape:
    """How one kind of record stands in JSON."""

    record: type[Record]
    key: str
    """Field that names the record."""
    forms: Mapping[str, Form]

    def schema(self) -> JsonSchema:
        """JSON Schema of one entry."""
        return {
            "type": "object",
            "properties": {name: form.schema for name, form in self.forms.items()},
            "required": self.required(),
            "additionalProperties": False,
        }

    def required(self) -> list[str]:
        """Fields without a default."""
        known = {field.name: field.default for field in fields(self.record)}
        return [name for name in self.forms if known[name] is NOTHING]

    def check(self, entry: JsonObject) -> list[str]:
        """Everything wrong with the shape of *entry*, as sentences."""
        faults = [f"Unknown member {name!r}" for name in entry if name not in self.forms]
        faults += [f"Missing member {name!r}" for name in self.required() if name not in entry]
        faults += [
            f"Member {name!r} has the wrong type"
            for name, form in self.forms.items()
            if name in entry and not form.accepts(entry[name])
        ]
        return faults

    def faults(self, record: Record) -> list[str]:
        """Fields of a record made by code that hold something else than they are declared to."""
        return [
            f"field {name!r} has the wrong type"
            for name, form in self.forms.items()
            if not _holds(form, getattr(record, name), optional=name not in self.required())
        ]

    def build(self, entry: JsonObject, hook: str, reference: Reference) -> Record:
        """The record *entry* describes; its code becomes references."""
        name = str(entry[self.key])
        values: dict[str, Any] = {
            member: reference(hook, name, member) if self.forms[member] is CODE else self.forms[member].read(value)
            for member, value in entry.items()
        }
        return self.record(**values)

    def write(self, record: Record) -> dict[str, Json]:
        """The entry for *record*; fields that hold their default are left out."""
        blank = {field.name: _default(field.default) for field in fields(self.record)}
        return {
            name: form.write(value)
            for name, form in self.forms.items()
            if (value := getattr(record, name)) != blank[name] or blank[name] is NOTHING
        }


@cache
def shapes() -> Mapping[str, Shape]:
    """Member of the manifest to the shape of its entries."""
    return {
        "node_types": Shape(NodeType, "name", _NODE_TYPE),
        "settings": Shape(Setting, "name", _SETTING),
        "credential_kinds": Shape(CredentialKind, "name", {"name": TEXT, "title": TEXT, "fields": OBJECT}),
        "functions": Shape(Function, "name", _FUNCTION),
        "graph_rules": Shape(Rule, "code", {"code": TEXT, "title": TEXT, "check": CODE}),
        "commands": Shape(Command, "name", {"name": TEXT, "summary": TEXT, "load": TEXT}),
    }


def _holds(form: Form, value: Any, *, optional: bool) -> bool:
    if form is CODE:
        return callable(value) or (optional and value is None)
    if form is PORTS:
        return isinstance(value, tuple) and all(isinstance(port, Port) for port in value)
    if isinstance(form.read, type) and issubclass(form.read, Enum):
        return isinstance(value, form.read)
    return form.accepts(_plain(value))


def _default(value: Any) -> Any:
    factory = getattr(value, "factory", None)
    return factory() if factory else value


_NODE_TYPE: Mapping[str, Form] = {
    "name": TEXT,
    "title": TEXT,
    "summary": TEXT,
    "kind": _choice(Kind),
    "effect": _choice(Effect),
    "parameters": OBJECT,
    "output": OBJECT,
    "ports": PORTS,
    "default_port": TEXT,
    "compute_ports": CODE,
    "compute_output": CODE,
    "compute_effect": CODE,
    "lazy": NAMES,
    "bodies": TEXTS,
    "run": CODE,
    "network": FLAG,
    "credential": MAYBE_TEXT,
    "docs": TEXT,
    "examples": OBJECTS,
    "icon": TEXT,
}
_SETTING: Mapping[str, Form] = {
    "name": TEXT,
    "summary": TEXT,
    "default": MAYBE_TEXT,
    "kind": _word("text", "flag", "integer", "duration", "list", "path"),
    "secret": FLAG,
}
_FUNCTION: Mapping[str, Form] = {"name": TEXT, "call": CODE, "signatures": TEXTS, "summary": TEXT, "examples": PAIRS}
