"""Objects with known keys: read into attrs classes, every unknown, missing and wrong key told at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import attrs
from attrs import frozen

from automata._core.codec.report import Report
from automata._core.codec.shapes import BAD, Shape, label, show, wrong_type
from automata._core.patch import join
from automata._core.suggest import nearest
from automata.model import Fix, Json


@frozen
class Field:
    """One key of a record."""

    key: str
    shape: Shape
    summary: str
    """What it is for, for the schema's ``description``."""
    attribute: str = ""
    """Name in the typed record, where it is another than *key*."""
    required: bool = False
    example: Json = None
    """What a fix puts in where the key is missing; None offers no fix."""

    @property
    def name(self) -> str:
        """The attribute that holds it."""
        return self.attribute or self.key


@frozen(slots=False)
class Record:
    """An object with known keys, read into an attrs class."""

    kind: type
    """The attrs class; its defaults are what is left out when writing."""
    fields: tuple[Field, ...]
    summary: str = ""

    @cached_property
    def _by_key(self) -> dict[str, Field]:
        return {field.key: field for field in self.fields}

    @cached_property
    def _defaults(self) -> dict[str, object]:
        return {a.alias: _default(a) for a in attrs.fields(self.kind)}

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        values = self.members(value, at, report)
        return BAD if values is None else self.kind(**values)

    def members(self, value: Json, at: str, report: Report) -> dict[str, object] | None:
        """Read the attributes; None when not an object or when a required one is missing or wrong."""
        if not isinstance(value, Mapping):
            wrong_type("an object", value, at, report)
            return None
        for key in value:
            if key not in self._by_key:
                self._unknown(key, value, at, report)
        found: dict[str, object] = {}
        for field in self.fields:
            if field.key in value:
                read = field.shape.read(value[field.key], join(at, field.key), report)
                if read is not BAD:
                    found[field.name] = read
            elif field.required:
                _missing(field, at, report)
        return found if all(field.name in found for field in self.fields if field.required) else None

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return self.put({field.name: getattr(value, field.name) for field in self.fields})

    def put(self, values: Mapping[str, object]) -> dict[str, Json]:
        """Write attributes, leaving out what has its default."""
        return {
            field.key: field.shape.write(values[field.name])
            for field in self.fields
            if field.name in values and (field.required or values[field.name] != self._defaults.get(field.name))
        }

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {field.key: self._describe(field) for field in self.fields},
            "additionalProperties": False,
        }
        if self.summary:
            schema["description"] = self.summary
        required = [field.key for field in self.fields if field.required]
        return schema | ({"required": required} if required else {})

    def _describe(self, field: Field) -> dict[str, Json]:
        title = field.key.replace("_", " ").capitalize()
        schema: dict[str, Json] = {"title": title, "description": field.summary, **field.shape.schema()}
        default = self._defaults.get(field.name)
        if isinstance(default, str | int | float) and not field.required:
            schema["default"] = default
        return schema

    def _unknown(self, key: str, value: Mapping[str, Json], at: str, report: Report) -> None:
        if report.full:
            report.miss()
            return
        free = [field.key for field in self.fields if field.key not in value]
        found = nearest(key, free)
        fixes: tuple[Fix, ...] = ()
        if found is not None and _reads(self._by_key[found].shape, value[key]):
            patch = {"op": "move", "from": join(at, key), "path": join(at, found)}
            fixes = (Fix(f"Rename it to {found!r}", (patch,)),)
        hint = None if found else f"Known keys are {', '.join(self._by_key)}"
        message = f"Unknown key {show(key)}{_inside(at)}{_meant(found)}"
        report.add("DOC-021", message, join(at, key), hint=hint, fixes=fixes)


def _meant(found: str | None) -> str:
    return f"; did you mean {found!r}?" if found else ""


def _inside(at: str) -> str:
    return f" in {label(at)}" if at else ""


def _reads(shape: Shape, value: Json) -> bool:
    trial = Report()
    shape.read(value, "", trial)
    return not trial.problems


def _missing(field: Field, at: str, report: Report) -> None:
    fixes: tuple[Fix, ...] = ()
    if field.example is not None:
        patch = {"op": "add", "path": join(at, field.key), "value": field.example}
        fixes = (Fix(f"Add it as {show(field.example)}", (patch,)),)
    report.add("DOC-022", f"The key {field.key!r} is missing{_inside(at)}", at, fixes=fixes)


def _default(attribute: attrs.Attribute[object]) -> object:
    default: object = attribute.default
    factory = getattr(default, "factory", None)
    if callable(factory):
        return factory()
    return None if default is attrs.NOTHING else default
