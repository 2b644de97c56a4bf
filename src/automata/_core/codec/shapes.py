"""Shapes of JSON values: one description that reads strictly, writes back, and says itself as JSON Schema.

A shape knows nothing of workflows; `format` puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from json import dumps
from typing import Final, Protocol, cast

from attrs import frozen

from automata._core.codec.report import Report
from automata._core.durations import PATTERN, parse_duration
from automata._core.patch import join
from automata._core.suggest import did_you_mean, nearest
from automata.model import Fix, Json


class Bad(Enum):
    """What reading gives where a problem was noted instead."""

    BAD = "bad"


BAD: Final = Bad.BAD


class Shape(Protocol):
    """One kind of value."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """Give the typed value, or note every problem below pointer *at* and give BAD where it cannot be used."""

    def write(self, value: object) -> Json:
        """Give the JSON that `read` makes *value* of."""

    def schema(self) -> dict[str, Json]:
        """Say as JSON Schema 2020-12 what `read` takes."""


@frozen(kw_only=True)
class Text:
    """A text of *least* to *most* characters that matches *pattern* as a whole."""

    least: int = 0
    most: int = 10_000
    pattern: str | None = None
    form: str = ""
    """What *pattern* means, for the message: ``a name like 'rate_limited'``."""
    code: str = "DOC-024"

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, str):
            return wrong_type("a text", value, at, report)
        if not self.least <= len(value) <= self.most:
            bounds = f"{self.least} to {self.most:,} characters"
            report.add("DOC-024", f"{label(at)} must have {bounds}, not {len(value):,}", at)
            return BAD
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            report.add(self.code, f"{label(at)} must be {self.form}, not {show(value)}", at)
            return BAD
        return value

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("str", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        schema: dict[str, Json] = {"type": "string", "maxLength": self.most}
        if self.least:
            schema["minLength"] = self.least
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@frozen
class Duration:
    """A duration, kept as the text it is."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, str):
            return wrong_type("a duration like '10s'", value, at, report)
        try:
            parse_duration(value)
        except ValueError as error:
            report.add("DOC-027", f"{label(at)}: {error}", at)
            return BAD
        return value

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("str", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": "string", "pattern": PATTERN, "examples": ["10s", "1h30m", "PT5M"]}


@frozen(kw_only=True)
class Number:
    """A number of *least* to *most*; with *whole* an integer."""

    least: int
    most: int
    whole: bool = True

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        wanted = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            return wrong_type("a whole number" if self.whole else "a number", value, at, report)
        if not self.least <= value <= self.most:
            report.add("DOC-024", f"{label(at)} must be {self.least} to {self.most:,}, not {show(value)}", at)
            return BAD
        return value if self.whole else float(value)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return int(value) if isinstance(value, float) and value.is_integer() else cast("float", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": "integer" if self.whole else "number", "minimum": self.least, "maximum": self.most}


@frozen
class Flag:
    """``true`` or ``false``."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        return value if isinstance(value, bool) else wrong_type("true or false", value, at, report)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("bool", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": "boolean"}


@frozen
class Choice:
    """One of a few texts."""

    values: tuple[str, ...]

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, str):
            return wrong_type("a text", value, at, report)
        if value in self.values:
            return value
        found = nearest(value, self.values)
        fixes = (_replace(at, found),) if found else ()
        known = ", ".join(self.values)
        message = f"{label(at)} must be one of {known}, not {show(value)}{did_you_mean(value, self.values)}"
        report.add("DOC-023", message, at, fixes=fixes)
        return BAD

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("str", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"enum": list(self.values)}


@frozen
class Anything:
    """Any JSON value, or with *kind* any object."""

    kind: str = ""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if self.kind and not isinstance(value, Mapping):
            return wrong_type("an object", value, at, report)
        return value

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("Json", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": self.kind} if self.kind else {}


@frozen(kw_only=True)
class ListOf:
    """A list of one shape."""

    item: Shape
    least: int = 0
    into: type[tuple[object, ...] | list[object]] = tuple
    """What it is read into: list where the record keeps it as JSON."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, list | tuple):
            return wrong_type("a list", value, at, report)
        if len(value) < self.least:
            report.add("DOC-024", f"{label(at)} must not be empty", at)
        items = [self.item.read(item, join(at, index), report) for index, item in enumerate(value)]
        return self.into(item for item in items if item is not BAD)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return [self.item.write(item) for item in cast("tuple[object, ...]", value)]

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        schema: dict[str, Json] = {"type": "array", "items": self.item.schema()}
        return schema | ({"minItems": self.least} if self.least else {})


@frozen(kw_only=True)
class MapOf:
    """An object with free keys and values of one shape."""

    item: Shape
    key: Shape

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, Mapping):
            return wrong_type("an object", value, at, report)
        found: dict[str, object] = {}
        for key, item in value.items():
            here = join(at, key)
            name = self.key.read(key, here, report)
            entry = self.item.read(item, here, report)
            if name is not BAD and entry is not BAD:
                found[key] = entry
        return found

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return {key: self.item.write(item) for key, item in cast("Mapping[str, object]", value).items()}

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": "object", "propertyNames": self.key.schema(), "additionalProperties": self.item.schema()}


@frozen
class Either:
    """One of two shapes, told apart by whether the value is a list, or otherwise by *tell*."""

    first: Shape
    second: Shape
    tell: Callable[[object], bool]
    """Whether the value (JSON or typed) is one of *second*."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        return (self.second if self.tell(value) else self.first).read(value, at, report)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return (self.second if self.tell(value) else self.first).write(value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"anyOf": [self.first.schema(), self.second.schema()]}


@frozen
class Reference:
    """A shape that stands in the schema's ``$defs`` by name, so that shapes can hold themselves."""

    name: str
    find: Callable[[], Shape]

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        return self.find().read(value, at, report)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return self.find().write(value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"$ref": f"#/$defs/{self.name}"}


def wrong_type(wanted: str, value: Json, at: str, report: Report) -> Bad:
    """Note that *value* is not *wanted*."""
    report.add("DOC-020", f"{label(at)} must be {wanted}, not {show(value)}", at)
    return BAD


def label(at: str) -> str:
    """Name the place a pointer ends in, for the start of a message."""
    token = at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return show(token) if token and not token.isdigit() else "The entry" if token else "The document"


def show(value: Json) -> str:
    """Show a value in a message: short, on one line."""
    if isinstance(value, str):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:50]}...{text[0]}"  # noqa: PLR2004 - what fits on a line
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return dumps(value)


def _replace(at: str, value: str) -> Fix:
    return Fix(f"Replace it by {value!r}", ({"op": "replace", "path": at, "value": value},))
