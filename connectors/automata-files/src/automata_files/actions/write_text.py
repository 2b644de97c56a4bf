"""``files.write_text``: put a text into a file."""

from __future__ import annotations

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_files.content import encode_text
from automata_files.model import MAX_BYTES_FIELD, PATH, WRITTEN, read, schema
from automata_files.service import write_content


async def write_text(context: Context, parameters: JsonObject) -> Json:
    """Replace the file by the text, whole or not at all."""
    return await write_content(context, parameters, encode_text(read(parameters, "text", str)))


WRITE_TEXT = NodeType(
    name="files.write_text",
    title="Write a text file",
    summary="Replaces a file by a text, in UTF-8",
    effect=Effect.IDEMPOTENT,
    parameters=schema(
        ("path", "text"),
        path=PATH,
        text={"title": "Text", "description": "The new content", "type": "string"},
        max_bytes=MAX_BYTES_FIELD,
    ),
    output=WRITTEN,
    examples=({"use": "files.write_text", "with": {"path": "out/report.md", "text": "# Report"}},),
    run=write_text,
    icon="icon.svg",
)
"""The record the catalog gets."""
