"""Schemas the kernel's node types have in common."""

from __future__ import annotations

from automata.model import Json, JsonSchema

DURATION: JsonSchema = {"type": "string", "format": "duration", "title": "Duration", "examples": ["10s", "2h", "P1D"]}
TIMESTAMP: JsonSchema = {"type": "string", "format": "date-time"}


def closed(required: tuple[str, ...] = (), /, **properties: Json) -> JsonSchema:
    """An object that has these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
