"""What was put out of a journal, put back for whoever wants to have it whole: exports, replays, the embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeVar

from attrs import evolve

from automata._core.blobs import VALUES, read_value, values_of
from automata._core.large import LARGEST_BYTES, opened, references
from automata.model import Event, Json, Message
from automata.ports import Blobs

T = TypeVar("T")


async def whole_value(value: Json, blobs: Blobs | None, *, limit_bytes: int = LARGEST_BYTES) -> Json:
    """*value* with what its references stand for; as it is when that is more than *limit_bytes* together.

    Raises:
        NotFound: Something is not there any more.
        Damaged: It is not what was put there.
        StoreUnavailable: It cannot be read now.
    """
    found = await _fetched([value], blobs, limit_bytes)
    return opened(value, lambda large: found[large.name]) if found else value


async def whole_events(
    events: Sequence[Event], blobs: Blobs | None, *, limit_bytes: int = LARGEST_BYTES
) -> Sequence[Event]:
    """Events with what their references stand for, as `whole_value`."""
    found = await _fetched(values_of(events), blobs, limit_bytes)
    return [_whole(event, found) for event in events] if found else events


async def whole_messages(
    messages: Sequence[Message], blobs: Blobs | None, *, limit_bytes: int = LARGEST_BYTES
) -> Sequence[Message]:
    """Messages with what their references stand for, as `whole_value`."""
    found = await _fetched(values_of(message.body for message in messages), blobs, limit_bytes)
    return [evolve(one, body=_whole(one.body, found)) for one in messages] if found else messages


async def _fetched(values: Iterable[Json], blobs: Blobs | None, limit_bytes: int) -> dict[str, Json]:
    sizes = {large.name: large.size for value in values for large in references(value)}
    if blobs is None or sum(sizes.values()) > limit_bytes:
        return {}
    return {name: await asyncio.to_thread(_read, blobs, name) for name in sizes}


def _read(blobs: Blobs, name: str) -> Json:
    return read_value(blobs.parts(name))


def _whole(event: T, found: dict[str, Json]) -> T:
    changed = {}
    for field in VALUES.get(type(event), ()):
        value = getattr(event, field)
        back = opened(value, lambda large: found[large.name])
        if back is not value:
            changed[field] = back
    return evolve(event, **changed) if changed else event  # type: ignore[misc]  # every class of `VALUES` is one of attrs
