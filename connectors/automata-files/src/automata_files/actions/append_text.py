"""``files.append_text``: add a text at the end of a file."""

from __future__ import annotations

import asyncio

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_files.content import encode_text
from automata_files.model import MAX_BYTES_FIELD, PATH, WRITTEN, read, schema
from automata_files.service import open_store


async def append_text(context: Context, parameters: JsonObject) -> Json:
    """Add the text at the end, making the file if it is not there; a repeat adds it again."""
    path, content = read(parameters, "path", str), encode_text(read(parameters, "text", str))
    return {"path": path, "size": await asyncio.to_thread(open_store(context, parameters).append, path, content)}


APPEND_TEXT = NodeType(
    name="files.append_text",
    title="Append to a text file",
    summary="Adds a text at the end of a file",
    effect=Effect.UNSAFE,
    parameters=schema(
        ("path", "text"),
        path=PATH,
        text={"title": "Text", "description": "What to add; end it with a line break", "type": "string"},
        max_bytes=MAX_BYTES_FIELD,
    ),
    output=WRITTEN,
    examples=({"use": "files.append_text", "with": {"path": "log.txt", "text": "done\n"}},),
    run=append_text,
    icon="icon.svg",
)
"""The record the catalog gets."""
