"""Parameters of the actions: their JSON Schemas, and strict reading of evaluated values."""

from __future__ import annotations

from typing import TypeVar

from automata.sdk import InvalidInput, Json, JsonObject, JsonSchema

T = TypeVar("T", str, bool, int)

PATH: JsonObject = {
    "title": "Path",
    "description": "Relative to AUTOMATA_FILES_ROOT, parts separated by /; no links, no '..'",
    "type": "string",
    "minLength": 1,
}
MAX_BYTES_FIELD: JsonObject = {
    "title": "Largest size",
    "description": "Bytes a file may have",
    "type": "integer",
    "minimum": 1,
    "maximum": 67108864,
    "default": 10485760,
}
HEADER: JsonObject = {
    "title": "Header",
    "description": "Whether the first row names the columns",
    "type": "boolean",
    "default": True,
}
DELIMITER: JsonObject = {
    "title": "Delimiter",
    "description": "The character between cells",
    "type": "string",
    "minLength": 1,
    "maxLength": 1,
    "default": ",",
}
WRITTEN: JsonSchema = {
    "type": "object",
    "required": ["path", "size"],
    "properties": {
        "path": {"title": "Path", "description": "Relative to AUTOMATA_FILES_ROOT", "type": "string"},
        "size": {"title": "Size", "description": "Bytes the file has now", "type": "integer"},
    },
}
"""Output of everything that writes."""


def schema(required: tuple[str, ...], **properties: Json) -> JsonSchema:
    """A closed object schema."""
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }


def read(parameters: JsonObject, name: str, kind: type[T], default: T | None = None) -> T:
    """The parameter *name*, of exactly that type.

    Raises:
        InvalidInput: It is missing and has no default, or has another type.
    """
    value = parameters.get(name, default)
    if type(value) is not kind:
        raise InvalidInput(f"Parameter {name!r} must be of type {_NAMES[kind]}, not {value!r:.60}", sent=False)
    return value


def read_delimiter(parameters: JsonObject) -> str:
    """The parameter ``delimiter``: one character that is no quote and no line break."""
    delimiter = read(parameters, "delimiter", str, ",")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput(f"Parameter 'delimiter' must be one character, not {delimiter!r:.60}", sent=False)
    return delimiter


_NAMES: dict[type, str] = {str: "string", bool: "boolean", int: "integer"}
