"""``files.list_files``: what files a folder has."""

from __future__ import annotations

import asyncio

from automata.sdk import Context, Effect, Json, JsonObject, NodeType
from automata_files.model import read, schema
from automata_files.service import open_store


async def list_files(context: Context, parameters: JsonObject) -> Json:
    """The regular files of a folder, sorted by path."""
    folder, pattern = read(parameters, "path", str, "."), read(parameters, "pattern", str, "*")
    recursive, limit = read(parameters, "recursive", bool, False), read(parameters, "limit", int, 1000)
    store = open_store(context, parameters)
    return await asyncio.to_thread(store.entries, folder, pattern, recursive=recursive, limit=limit)


LIST_FILES = NodeType(
    name="files.list_files",
    title="List files",
    summary="Gives the files of a folder whose names match a pattern",
    effect=Effect.READ,
    parameters=schema(
        (),
        path={
            "title": "Folder",
            "description": "Relative to AUTOMATA_FILES_ROOT; . for that folder itself",
            "type": "string",
            "default": ".",
        },
        pattern={
            "title": "Pattern",
            "description": "What names must match: * any text, ? any character, [abc] one of these",
            "type": "string",
            "default": "*",
        },
        recursive={
            "title": "Recursive",
            "description": "Look into the folders below too",
            "type": "boolean",
            "default": False,
        },
        limit={
            "title": "Limit",
            "description": "Most files to give; more is an error, never a silent cut",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "default": 1000,
        },
    ),
    output={
        "type": "array",
        "items": {
            "type": "object",
            "required": ["path", "name", "size", "changed"],
            "properties": {
                "path": {"title": "Path", "description": "Relative to AUTOMATA_FILES_ROOT", "type": "string"},
                "name": {"title": "Name", "description": "Last part of the path", "type": "string"},
                "size": {"title": "Size", "description": "Bytes", "type": "integer"},
                "changed": {"title": "Changed", "description": "In UTC", "type": "string", "format": "date-time"},
            },
        },
    },
    examples=({"use": "files.list_files", "with": {"path": "inbox", "pattern": "*.csv"}},),
    run=list_files,
    icon="icon.svg",
)
"""The record the catalog gets."""
