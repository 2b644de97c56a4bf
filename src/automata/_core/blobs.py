"""Large values: which parts of a value leave the journal, and their JSON as a stream of small parts.

Pure: whoever keeps the bytes, in which thread, is the caller's business. Nothing here ever holds the text of a large
value as a whole, since a worker would then need its memory several times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from attrs import evolve

from automata._core.journal import write_json
from automata._core.large import INLINE_BYTES, LARGEST_BYTES, Large, holds, weight
from automata.errors import Damaged, TooLarge
from automata.model import (
    Answered,
    BodyFinished,
    Event,
    ItemAdded,
    Json,
    Resolved,
    RunFinished,
    RunStarted,
    SignalReceived,
    StepFinished,
    StepStarted,
)

PART_BYTES: Final = 1024 * 1024
"""About what is written or read at a time."""
_GROUP: Final = 512
"""Members of a list or an object that are written together."""

VALUES: Final[Mapping[type, tuple[str, ...]]] = {
    RunStarted: ("input",),
    StepStarted: ("input",),
    StepFinished: ("output",),
    BodyFinished: ("output",),
    SignalReceived: ("payload",),
    ItemAdded: ("item",),
    Resolved: ("output",),
    Answered: ("answer",),
    RunFinished: ("output",),
}
"""Fields of events and messages in which a value of any size may stand."""
_SMALL: Final = frozenset({type(None), bool, int, float, Large})
Holder = TypeVar("Holder")
Keep: TypeAlias = Callable[[Iterable[bytes]], tuple[str, int]]
"""Keeps bytes that come in parts; gives their SHA-256 and how many they are. Durable once it returns."""


def put_out(
    value: Json, keep: Keep, *, what: str = "The value", limit_bytes: int = INLINE_BYTES, whole: bool = True
) -> Json:
    """Return what stands for *value*: itself, or the same with references once its JSON takes more than *limit_bytes*.

    Members of objects that are too large go out by themselves, so that whoever passes one on need not read the others;
    where what is left is still too large, the whole goes. What goes out holds no references: who looks for them need
    look at what refers to it only. A list of very many references stays.

    Args:
        value: JSON, maybe with references already.
        keep: Called for everything that goes out.
        what: Which value it is, for the error.
        limit_bytes: What may stay.
        whole: Whether *value* itself may become a reference, rather than what is in it alone.

    Raises:
        TooLarge: It is larger than `LARGEST_BYTES`.
        StoreUnavailable: *keep* says so.
    """
    require_fit(value, what)
    return _put_out(value, keep, limit_bytes, whole=whole)


def _put_out(value: Json, keep: Keep, limit_bytes: int, *, whole: bool = True) -> Json:
    if type(value) is Large or weight(value, limit_bytes) <= limit_bytes:
        return value
    if isinstance(value, Mapping) and len(value) <= _GROUP:
        left = {key: _put_out(part, keep, limit_bytes) for key, part in value.items()}
        if not whole or weight(left, limit_bytes) <= limit_bytes:
            return left
    if holds(value):
        return value
    return Large(*keep(parts(value)))


def require_fit(value: Json, what: str) -> None:
    """Refuse a value that is larger than any may be.

    Raises:
        TooLarge: It is; says which value, how large it is, and what helps.
    """
    size = weight(value, 16 * LARGEST_BYTES)
    if size > LARGEST_BYTES:
        raise TooLarge(
            f"{what} takes {sized(size)} as JSON; a value may have {sized(LARGEST_BYTES)}: "
            "write it to a file or an object store, and pass on where it is",
            limit_bytes=LARGEST_BYTES,
        )


def sized(count: int) -> str:
    """Bytes for people."""
    mib = count / (1024 * 1024)
    return f"{mib:.1f} MiB" if mib >= 1 else f"{count / 1024:.0f} KiB"


def parts(value: Json) -> Iterator[bytes]:
    """The JSON of *value* in parts of about a MiB; together what `write_json` gives."""
    buffer = bytearray()
    for piece in _pieces(value):
        buffer += piece
        if len(buffer) >= PART_BYTES:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


def _pieces(value: Json) -> Iterator[bytes]:
    if weight(value, PART_BYTES) <= PART_BYTES:
        yield write_json(value)
    elif isinstance(value, str):
        yield b'"'
        for at in range(0, len(value), PART_BYTES):
            yield write_json(value[at : at + PART_BYTES])[1:-1]
        yield b'"'
    elif isinstance(value, Mapping):
        yield from _members(b"{", ({key: part} for key, part in value.items()), b"}")
    elif isinstance(value, list | tuple):
        yield from _members(b"[", (value[at : at + _GROUP] for at in range(0, len(value), _GROUP)), b"]")
    else:
        yield write_json(value)


def _members(begin: bytes, groups: Iterable[Json], end: bytes) -> Iterator[bytes]:
    """Containers that are parts of one, without their own brackets and with commas between them."""
    yield begin
    between = b""
    for group in groups:
        yield between
        yield from _inside(group)
        between = b","
    yield end


def _inside(group: Json) -> Iterator[bytes]:
    if weight(group, PART_BYTES) <= PART_BYTES:
        yield write_json(group)[1:-1]
    elif isinstance(group, Mapping):
        for key, part in group.items():
            yield write_json(key) + b":"
            yield from _pieces(part)
    elif isinstance(group, list | tuple):
        for at, part in enumerate(group):
            if at:
                yield b","
            yield from _pieces(part)


def read_value(chunks: Iterable[bytes]) -> Json:
    """The value whose JSON comes in parts; needs its text twice for a moment, never more often.

    Raises:
        Damaged: It is not JSON.
    """
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
    try:
        text = buffer.decode()
        del buffer
        value: Json = json.loads(text)
    except ValueError as error:
        raise Damaged(f"A large value is not JSON: {error}") from error
    return value


def relieved(events: Sequence[Event], keep: Keep) -> list[Event]:
    """Events with what is too large in them put out.

    Raises:
        TooLarge: One of their values is larger than `LARGEST_BYTES`.
        StoreUnavailable: *keep* says so.
    """
    return [relieve(event, keep) for event in events]


def relieve(event: Holder, keep: Keep) -> Holder:
    """An event, or what a message says, with what is too large in it put out; raises as `relieved`."""
    changed: dict[str, Json] = {}
    for field in VALUES.get(type(event), ()):
        value = getattr(event, field)
        put = value if type(value) in _SMALL else _put(event, field, value, keep)
        if put is not value:
            changed[field] = put
    return evolve(event, **changed) if changed else event  # type: ignore[misc]  # every class of `VALUES` is one of attrs


def _put(event: object, field: str, value: Json, keep: Keep) -> Json:
    """Put out a field; parameters and answers stay objects, since their members are looked up by name."""
    return put_out(value, keep, what=_named(event, field), whole=type(event) not in {StepStarted, Answered})


def _named(event: object, field: str) -> str:
    step = getattr(event, "step", None)
    if type(event) is SignalReceived:
        return f"The payload of the signal {event.name!r}"
    whose = "the run" if step is None else f"step {step!r}"
    return f"The {field} of {whose}"


def values_of(events: Iterable[object]) -> Iterator[Json]:
    """Every value that may be large in events and what messages say."""
    for event in events:
        for field in VALUES.get(type(event), ()):
            yield getattr(event, field)
