"""Events and messages to and from the compact JSON the store keeps, and the digest that chains them.

An event is ``[code, field, ...]`` in the order of its class, without trailing defaults. What newer versions append is
ignored, what older ones left out takes its default: fields are only ever added at the end, and codes never reused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from json.encoder import c_make_encoder  # type: ignore[attr-defined]  # unlisted in typeshed
from json.encoder import encode_basestring as _quote
from operator import attrgetter
from typing import Any, cast

import attrs
from attrs import frozen

from automata._core.large import MARKED, restored, written
from automata.errors import Damaged
from automata.model import (
    Answered,
    BodyFailed,
    BodyFinished,
    CancelRequested,
    ChildEnded,
    ChildStarted,
    Decided,
    ErrorInfo,
    Event,
    ItemAdded,
    Json,
    Message,
    PauseRequested,
    Resolved,
    ResumeRequested,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepLost,
    StepParked,
    StepSkipped,
    StepStarted,
    TimerFired,
    TimerSet,
)

CODES: dict[str, type] = {
    "R": RunStarted,
    "s": StepStarted,
    "f": StepFinished,
    "x": StepFailed,
    "l": StepLost,
    "p": StepParked,
    "k": StepSkipped,
    "c": StepCancelled,
    "t": TimerSet,
    "T": TimerFired,
    "d": Decided,
    "b": BodyFinished,
    "B": BodyFailed,
    "S": SignalReceived,
    "i": ItemAdded,
    "C": ChildStarted,
    "r": Resolved,
    "q": CancelRequested,
    "P": PauseRequested,
    "u": ResumeRequested,
    "F": RunFinished,
    "a": Answered,
    "e": ChildEnded,
}
"""What stands for each type in stored data; pinned by a test."""

DIGEST_BYTES = 16


def encode_events(events: Iterable[Event]) -> bytes:
    """Write events.

    Raises:
        ValueError: A value is not JSON: a float that is not finite, an object of Python.
    """
    return write_value([_row(event) for event in events])


def decode_events(data: bytes) -> tuple[Event, ...]:
    """Read what `encode_events` wrote, this version's or another's.

    Raises:
        Damaged: It cannot be read.
    """
    return cast("tuple[Event, ...]", tuple(map(_record, _rows(data))))


def count_events(data: bytes) -> int:
    """How many events `encode_events` wrote."""
    return len(_rows(data))


def encode_message(message: Message) -> bytes:
    """Write a message's body; its id is kept beside it."""
    return write_value(_row(message.body))


def decode_message(id_: str, data: bytes) -> Message:
    """Read what `encode_message` wrote.

    Raises:
        Damaged: It cannot be read.
    """
    return Message(id=id_, body=cast("Any", _record(_rows(data))))


def encode_error(error: ErrorInfo) -> bytes:
    """Write an error, as the row of a run keeps it."""
    return write_json(_ERROR.fields(error))


def decode_error(data: bytes) -> ErrorInfo:
    """Read what `encode_error` wrote."""
    return cast("ErrorInfo", _ERROR.build(_rows(data)))


def chain(previous: bytes, data: bytes) -> bytes:
    """The digest of *data* and of all that stands before it; *previous* is empty for the first."""
    return blake2b(previous + data, digest_size=DIGEST_BYTES).digest()


def write_json(value: Json) -> bytes:
    """Write compact JSON; text is UTF-8, escaped only where it could not be read again otherwise.

    Raises:
        ValueError: It is not JSON.
    """
    text = "".join(_write(value, 0))
    try:
        return text.encode()
    except UnicodeEncodeError:  # Half of a surrogate pair: UTF-8 has none, an escape does.
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def read_json(data: bytes) -> Json:
    """Read compact JSON.

    Raises:
        Damaged: It is not.
    """
    try:
        return cast("Json", json.loads(data))
    except ValueError as error:
        raise Damaged(f"Stored data is not JSON: {error}") from error


def write_value(value: Json) -> bytes:
    """Write compact JSON that may hold references to large values; `read_value` gives them back.

    Raises:
        ValueError: It is not JSON.
    """
    data = write_json(value)
    return write_json(written(value)) if b"$" in data and MARKED in data else data  # One byte is found far faster.


def read_value(data: bytes) -> Json:
    """Read what `write_value` wrote.

    Raises:
        Damaged: It is not JSON.
    """
    value = read_json(data)
    return cast("Json", restored(value)) if b"$" in data and MARKED in data else value


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    raise ValueError(f"Not JSON: {type(value).__name__}")


def _writer() -> Callable[[Json, int], Iterable[str]]:
    if c_make_encoder is None:  # Without the C accelerator.
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
        return lambda value, _: (encoder.encode(value),)
    # What json.JSONEncoder makes anew at every call.
    made = c_make_encoder(None, _plain, _quote, None, ":", ",", False, False, False)
    return cast("Callable[[Json, int], Iterable[str]]", made)


_write = _writer()


@frozen
class _Shape:
    """How the records of one class are written and read."""

    make: Callable[..., object]
    code: str
    names: tuple[str, ...]
    read: Callable[[Any], tuple[object, ...]]
    """All fields in order."""
    defaults: tuple[object, ...]
    """Of each field; `attrs.NOTHING` where there is none."""
    nested: tuple[tuple[int, Callable[[Any], object], Callable[[Any], object]], ...]
    """Fields that are no JSON: their place, to JSON, from JSON."""

    def fields(self, record: object) -> list[Any]:
        """The fields of *record* without trailing defaults."""
        found = [*self.read(record)]
        for place, write, _ in self.nested:
            if found[place] is not None:
                found[place] = write(found[place])
        defaults = self.defaults
        at = len(found)
        # By identity, so that 0, 0.0 and false stay themselves; a default that is written all the same does no harm.
        while at and ((value := found[at - 1]) is defaults[at - 1] or (value == {} and defaults[at - 1] is _EMPTY)):
            at -= 1
        del found[at:]
        return found

    def build(self, fields: list[Any]) -> object:
        """A record of what was written."""
        given = fields[: len(self.names)]
        for place, _, read in self.nested:
            if place < len(given) and given[place] is not None:
                given[place] = read(given[place])
        return self.make(*given)


_EMPTY = object()
"""The default of a field that is an empty object."""


def _shape(class_: type, code: str = "") -> _Shape:
    fields = attrs.fields(class_)
    names = tuple(field.name for field in fields)
    getter = attrgetter(*names)
    nested: list[tuple[int, Callable[[Any], object], Callable[[Any], object]]] = []
    for place, field in enumerate(fields):
        if "ErrorInfo" in str(field.type):
            nested.append((place, _ERROR.fields, _ERROR.build))
        elif "RunStatus" in str(field.type):
            nested.append((place, str, RunStatus))
    return _Shape(
        make=class_,
        code=code,
        names=names,
        read=getter if len(names) > 1 else lambda record: (getter(record),),
        defaults=tuple(_EMPTY if isinstance(f.default, attrs.Factory) else f.default for f in fields),  # type: ignore[arg-type]  # a class, at run time
        nested=tuple(nested),
    )


_ERROR = _shape(ErrorInfo)
_SHAPES = {code: _shape(class_, code) for code, class_ in CODES.items()}
_BY_CLASS = {class_: _SHAPES[code] for code, class_ in CODES.items()}


def _row(record: object) -> list[Any]:
    shape = _BY_CLASS[type(record)]
    return [shape.code, *shape.fields(record)]


def _rows(data: bytes) -> list[Any]:
    rows = read_value(data)
    if not isinstance(rows, list):
        raise Damaged("Stored data is not what the journal holds")
    return rows


def _record(row: Any) -> object:
    try:
        code, *fields = row
        shape = _SHAPES.get(code)
        if shape is None:
            raise Damaged(f"Unknown code {code!r} in the journal: a newer version wrote it; upgrade this one")
        return shape.build(fields)
    except (TypeError, ValueError) as error:
        raise Damaged(f"Stored data is not what the journal holds: {error}") from error
