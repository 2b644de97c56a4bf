"""``files.read_text``: the content of a text file."""

from __future__ import annotations

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_files.content import decode_text
from automata_files.model import MAX_BYTES_FIELD, PATH, schema
from automata_files.service import read_content


async def read_text(context: Context, parameters: JsonObject) -> Json:
    """The whole file as a string; a byte-order mark is removed."""
    content, path = await read_content(context, parameters)
    return decode_text(content, path)


READ_TEXT = NodeType(
    name="files.read_text",
    title="Read a text file",
    summary="Gives the content of a UTF-8 file as a string",
    effect=Effect.READ,
    parameters=schema(("path",), path=PATH, max_bytes=MAX_BYTES_FIELD),
    output={"type": "string"},
    examples=({"use": "files.read_text", "with": {"path": "notes/today.txt"}},),
    run=read_text,
    icon="icon.svg",
)
"""The record the catalog gets."""
