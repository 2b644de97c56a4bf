"""Make a plausible value for a JSON Schema, for steps a dry-run must not perform."""

from __future__ import annotations

from collections.abc import Mapping

from automata.model import Json, JsonSchema

DEEPEST = 8
_PLAIN: Mapping[str, Json] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}
_FORMATS: Mapping[str, Json] = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "duration": "1s",
    "interval": "1s",
    "email": "someone@example.com",
    "uri": "https://example.com/",
}


def sample(schema: JsonSchema, depth: int = DEEPEST) -> Json:
    """Make a value that fits *schema* as far as its plain keywords say: examples and constants first.

    Args:
        schema: A JSON Schema; what it does not say is null.
        depth: How deep to go into nested objects and lists.
    """
    for keyword in ("const", "default"):
        if keyword in schema:
            return schema[keyword]
    for keyword in ("examples", "enum"):
        given = schema.get(keyword)
        if isinstance(given, list) and given:
            first: Json = given[0]
            return first
    for keyword in ("anyOf", "oneOf"):
        choices = schema.get(keyword)
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            return sample(choices[0], depth)
    return _by_type(schema, depth)


def _by_type(schema: JsonSchema, depth: int) -> Json:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind is None and "properties" in schema:
        kind = "object"
    if kind == "object":
        return _object(schema, depth)
    if kind == "array":
        items = schema.get("items")
        return [sample(items, depth - 1)] if isinstance(items, dict) and depth > 0 else []
    if kind == "string":
        return _FORMATS.get(str(schema.get("format")), _PLAIN["string"])
    return _PLAIN.get(str(kind))


def _object(schema: JsonSchema, depth: int) -> Json:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth <= 0:
        return {}
    return {name: sample(value if isinstance(value, dict) else {}, depth - 1) for name, value in properties.items()}
