"""``files.read_json``: the value in a JSON file."""

from __future__ import annotations

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_files.content import decode_json
from automata_files.model import MAX_BYTES_FIELD, PATH, schema
from automata_files.service import read_content


async def read_json(context: Context, parameters: JsonObject) -> Json:
    """The value in the file, read strictly: no NaN, no repeated keys."""
    content, path = await read_content(context, parameters)
    return decode_json(content, path)


READ_JSON = NodeType(
    name="files.read_json",
    title="Read a JSON file",
    summary="Gives the value a JSON file holds",
    effect=Effect.READ,
    parameters=schema(("path",), path=PATH, max_bytes=MAX_BYTES_FIELD),
    output={},
    examples=({"use": "files.read_json", "with": {"path": "orders.json"}},),
    run=read_json,
    icon="icon.svg",
)
"""The record the catalog gets."""
