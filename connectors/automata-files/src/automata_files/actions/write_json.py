"""``files.write_json``: put a value into a JSON file."""

from __future__ import annotations

from automata.sdk import Context, Effect, InvalidInput, Json, JsonObject, NodeType
from automata_files.content import encode_json
from automata_files.model import MAX_BYTES_FIELD, PATH, WRITTEN, read, schema
from automata_files.service import write_content


async def write_json(context: Context, parameters: JsonObject) -> Json:
    """Replace the file by the value as JSON, whole or not at all."""
    if "value" not in parameters:
        raise InvalidInput("Parameter 'value' is missing", sent=False)
    indent = read(parameters, "indent", int, 2)
    return await write_content(context, parameters, encode_json(parameters["value"], indent or None))


WRITE_JSON = NodeType(
    name="files.write_json",
    title="Write a JSON file",
    summary="Replaces a file by a value as JSON",
    effect=Effect.IDEMPOTENT,
    parameters=schema(
        ("path", "value"),
        path=PATH,
        value={"title": "Value", "description": "Any JSON value"},
        indent={
            "title": "Indent",
            "description": "Spaces for each level; 0 for one line",
            "type": "integer",
            "minimum": 0,
            "maximum": 8,
            "default": 2,
        },
        max_bytes=MAX_BYTES_FIELD,
    ),
    output=WRITTEN,
    examples=({"use": "files.write_json", "with": {"path": "out/orders.json", "value": [{"id": 1}]}},),
    run=write_json,
    icon="icon.svg",
)
"""The record the catalog gets."""
