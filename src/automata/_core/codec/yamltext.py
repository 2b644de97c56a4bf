"""Reads the YAML that is a rendering of JSON: no aliases, anchors, tags, merge keys; a plain word is a text.

Works on parser events, so that no object of YAML's own types is ever made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from automata._core.codec import limits
from automata._core.codec.jsontext import read_double, read_integer
from automata._core.codec.values import Refused, Repeated
from automata._core.patch import split
from automata.model import Json, Position, Problem

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_Place: TypeAlias = "tuple[int, int, dict[str, _Place] | None]"
"""Where a member (with its key) and its value start, each as line * _LINE + column, and the members inside."""
_LINE = 1 << 24


class _Fault(Exception):
    def __init__(self, code: str, message: str, event: Event, hint: str | None = None) -> None:
        self.problem = Problem(code=code, message=message, hint=hint, position=_position(event))
        super().__init__(message)


def read_yaml(text: str) -> tuple[Json, YamlPlaces | None, tuple[Problem, ...]]:
    """Parse *text* into a value and the places of its parts; with problems both are None.

    What the value itself has wrong is left to `values.check`.
    """
    if not yaml.__with_libyaml__ and len(text) > limits.YAML_BYTES_SLOW:
        message = f"A YAML text has at most {limits.YAML_BYTES_SLOW:,} characters where PyYAML has no libyaml"
        return None, None, (Problem(code="DOC-002", message=message, hint="Write large documents as JSON"),)
    try:
        builder = _Builder(_events(text))
        return builder.document(), YamlPlaces(builder.places), ()
    except _Fault as fault:
        return None, None, (fault.problem,)
    except yaml.YAMLError as error:
        return None, None, (_syntax(error),)


class YamlPlaces:
    """Finds where values stand in a YAML text that was read."""

    def __init__(self, places: dict[str, _Place]) -> None:
        self._root = places

    def find(self, pointer: str, *, key: bool = False) -> Position | None:
        """Give the place of the value at *pointer*, with *key* that of its key; None where there is no such value."""
        place = self._root.get("")
        for token in split(pointer):
            place = place[2].get(token) if place and place[2] else None
        return Position(*divmod(place[0] if key else place[1], _LINE)) if place else None


class _Builder:
    """Makes JSON values and their places of events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._depth = 0
        self._count = 0
        self.places: dict[str, _Place] = {}

    def document(self) -> Json:
        """Build the one document of the stream."""
        start = next(event for event in self._events if isinstance(event, DocumentStartEvent | yaml.StreamEndEvent))
        if isinstance(start, yaml.StreamEndEvent):
            raise _Fault("DOC-003", "The text is empty", start)
        if start.tags:
            raise _Fault("DOC-008", "A %TAG directive is not part of the format", start)
        event = self._next()
        value = self._value(event, "", _place(event), self.places)
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                raise _Fault("DOC-008", "The text has several YAML documents", event, "Keep one workflow in one file")
        return value

    def _next(self) -> Event:
        return next(self._events)

    def _value(self, event: Event, name: str, start: int, places: dict[str, _Place]) -> Json:
        self._count += 1
        if self._count > limits.VALUES:
            raise _Fault("DOC-010", f"The document has more than {limits.VALUES:,} values", event)
        _refuse_extras(event)
        if isinstance(event, ScalarEvent):
            places[name] = (start, _place(event), None)
            return _scalar(event)
        inside: dict[str, _Place] = {}
        places[name] = (start, _place(event), inside)
        if self._depth >= limits.DEPTH:
            raise _Fault("DOC-004", f"The document is nested deeper than {limits.DEPTH} levels", event)
        self._depth += 1
        value = self._mapping(inside) if isinstance(event, MappingStartEvent) else self._sequence(inside)
        self._depth -= 1
        return value

    def _sequence(self, inside: dict[str, _Place]) -> list[Json]:
        items: list[Json] = []
        while not isinstance(event := self._next(), CollectionEndEvent):
            items.append(self._value(event, str(len(items)), _place(event), inside))
        return items

    def _mapping(self, inside: dict[str, _Place]) -> dict[str, Json]:
        members: dict[str, Json] = {}
        repeated: dict[str, None] = {}
        while not isinstance(event := self._next(), CollectionEndEvent):
            key = _key(event)
            if key in members:
                repeated[key] = None
            members[key] = self._value(self._next(), key, _place(event), inside)
        if not repeated:
            return members
        marked = Repeated(members)
        marked.repeated = tuple(repeated)
        return marked


def _events(text: str) -> Iterator[Event]:
    parser = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if event is not None:
                yield event
    finally:
        parser.dispose()


def _refuse_extras(event: Event) -> None:
    if isinstance(event, AliasEvent):
        raise _Fault("DOC-008", f"The alias '*{event.anchor}' is not part of the format", event, "Write the value out")
    if isinstance(event, NodeEvent) and event.anchor is not None:
        raise _Fault("DOC-008", f"The anchor '&{event.anchor}' is not part of the format", event, "Remove it")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise _Fault("DOC-008", f"The tag {tag!r} is not part of the format", event, "Remove it; quote what is a text")


def _key(event: Event) -> str:
    _refuse_extras(event)
    if not isinstance(event, ScalarEvent):
        raise _Fault("DOC-009", "A list or mapping cannot be a key", event)
    if event.value == "<<" and event.implicit[0]:
        raise _Fault("DOC-008", "The merge key '<<' is not part of the format", event, "Write the members out")
    if not isinstance(_scalar(event), str):
        raise _Fault("DOC-009", f"The key {event.value} is not a text", event, f"Quote it: '{event.value}'")
    return event.value


def _scalar(event: ScalarEvent) -> Json:
    """Give the value of a scalar: quoted is a text; plain is null, a boolean, a JSON number, or else a text."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number:
        return _refuse(read_double(text) if number[1] else read_integer(text), event)
    if _NOT_FINITE.fullmatch(text):
        return _refuse(Refused(text), event)
    return text


def _refuse(number: float | Refused, event: ScalarEvent) -> float:
    if isinstance(number, Refused):
        raise _Fault(
            "DOC-006", f"The number {event.value[:40]} is not finite or too large", event, "Write it as a text"
        )
    return number


def _position(event: Event) -> Position:
    return Position(*divmod(_place(event), _LINE))


def _place(event: Event) -> int:
    mark = event.start_mark
    return (mark.line + 1) * _LINE + mark.column + 1 if mark else _LINE + 1


def _syntax(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or "the text cannot be read"
    position = Position(mark.line + 1, mark.column + 1) if mark else None
    return Problem(code="DOC-003", message=f"Not YAML: {text}", position=position)
