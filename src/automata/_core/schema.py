"""JSON Schema 2020-12, held against values: minimal for now."""

from __future__ import annotations

from automata.model import JsonSchema


def check_schema(schema: JsonSchema) -> tuple[str, ...]:
    """Return what is wrong with a schema."""
    return () if isinstance(schema, dict) else ("It is not an object",)
