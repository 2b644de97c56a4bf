"""What all actions do around the store: find the folder, work in a thread, keep the event loop free."""

from __future__ import annotations

import asyncio

from automata.sdk import Context, Json, JsonObject
from automata_files.model import read
from automata_files.settings import read_root
from automata_files.store import MAX_BYTES, Store


def open_store(context: Context, parameters: JsonObject) -> Store:
    """The store below the folder set, with the parameter ``max_bytes``; touches no file yet."""
    return Store(read_root(context), read(parameters, "max_bytes", int, MAX_BYTES))


async def read_content(context: Context, parameters: JsonObject) -> tuple[bytes, str]:
    """Content and path of the file the parameter ``path`` names."""
    path = read(parameters, "path", str)
    return await asyncio.to_thread(open_store(context, parameters).read, path), path


async def write_content(context: Context, parameters: JsonObject, content: bytes) -> Json:
    """Put *content* where the parameter ``path`` says; returns path and size."""
    path = read(parameters, "path", str)
    return {"path": path, "size": await asyncio.to_thread(open_store(context, parameters).write, path, content)}
