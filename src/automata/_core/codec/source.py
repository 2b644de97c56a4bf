"""A text as it was read: its raw value, and where each value stands. Syntax only; `format` knows what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs
from attrs import field, frozen

from automata._core.codec import limits
from automata._core.codec.jsontext import JsonPlaces, read_json
from automata._core.codec.report import Report
from automata._core.codec.values import check
from automata.model import Json, Position, Problem

if TYPE_CHECKING:
    from automata._core.codec.yamltext import YamlPlaces

Format: TypeAlias = Literal["json", "yaml"]
"""The two renderings of a document."""

_KEYED = frozenset({"DOC-005", "DOC-021", "DOC-025", "DOC-026"})
"""Problems about a key, not about its value."""


@frozen
class Source:
    """A text that parsed."""

    raw: Json
    """Its value: dicts, lists and scalars."""
    text: str
    file: str | None
    format: Format
    places: JsonPlaces | YamlPlaces = field(repr=False, eq=False)
    """Finds positions; ask `position`."""

    def position(self, pointer: str, *, key: bool = False) -> Position | None:
        """Say where the value at *pointer* (with *key*: its key) starts, or where the nearest value around it does."""
        while (found := self.places.find(pointer, key=key)) is None and pointer:
            pointer, key = pointer.rpartition("/")[0], False
        return found

    def locate(self, problem: Problem) -> Problem:
        """Fill in the file and the position of a problem that has none."""
        position = problem.position or self.position(problem.pointer, key=problem.code in _KEYED)
        return attrs.evolve(problem, file=problem.file or self.file, position=position)


def read_text(
    text: str | bytes,
    *,
    file: str | None = None,
    format: Format | None = None,  # noqa: A002 - the word callers know
) -> tuple[Source | None, tuple[Problem, ...]]:
    """Read JSON or YAML strictly.

    Without *format* the name of the file tells, else the text: what starts with ``{`` or ``[`` is JSON.

    Args:
        text: The text; bytes must be UTF-8 without a byte order mark.
        file: Name of the file for messages; it is not opened.
        format: Which of the two it is.

    Returns:
        The source (None when there is no value at all) and everything wrong with it as JSON, located. A source that
        comes with problems is good for showing, not for decoding.
    """
    decoded, problem = _decode(text)
    if problem is not None:
        return None, (attrs.evolve(problem, file=file),)
    chosen = format or _guess(decoded, file)
    raw, places, problems = _read_json(decoded) if chosen == "json" else _read_yaml(decoded)
    if places is None:
        return None, tuple(attrs.evolve(problem, file=file) for problem in problems)
    source = Source(raw, decoded, file, chosen, places)
    report = Report()
    check(raw, report)
    return source, tuple(source.locate(problem) for problem in report.problems)


def _decode(text: str | bytes) -> tuple[str, Problem | None]:
    if len(text) > limits.BYTES:
        return "", _too_large()
    if isinstance(text, str):
        return _examine(text)
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in text[:4]:
        return "", Problem(code="DOC-001", message="The text is UTF-16 or UTF-32", hint="Save it as UTF-8")
    try:
        return _examine(text.decode())
    except UnicodeDecodeError as error:
        message = f"Byte {error.start + 1} is not UTF-8"
        return "", Problem(code="DOC-001", message=message, hint="Save the file as UTF-8")


def _examine(text: str) -> tuple[str, Problem | None]:
    if text.startswith("\ufeff"):
        hint = "Save it as UTF-8 without one"
        return "", Problem(code="DOC-001", message="The text starts with a byte order mark", hint=hint)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "", Problem(code="DOC-007", message="The text has half a surrogate pair")
    return text, _too_large() if size > limits.BYTES else None


def _too_large() -> Problem:
    hint = "Move data out of it, and parts of it into workflows it calls"
    return Problem(code="DOC-002", message=f"The document is larger than {limits.BYTES:,} bytes", hint=hint)


def _guess(text: str, file: str | None) -> Format:
    name = (file or "").lower()
    if name.endswith(".json"):
        return "json"
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    return "json" if text.lstrip(" \t\r\n")[:1] in {"{", "["} else "yaml"


def _read_json(text: str) -> tuple[Json, JsonPlaces | None, tuple[Problem, ...]]:
    raw, problems = read_json(text)
    return raw, None if problems else JsonPlaces(text), problems


def _read_yaml(text: str) -> tuple[Json, YamlPlaces | None, tuple[Problem, ...]]:
    from automata._core.codec.yamltext import read_yaml

    return read_yaml(text)
