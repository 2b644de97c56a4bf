from __future__ import annotations

import time
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automata._core import journal
from automata._core.journal import (
    chain,
    count_events,
    decode_error,
    decode_events,
    decode_message,
    encode_error,
    encode_events,
    encode_message,
)
from automata.errors import Damaged
from automata.model import (
    Answered,
    ChildEnded,
    ErrorInfo,
    Event,
    Message,
    RunFinished,
    RunStatus,
    SignalReceived,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from automata.testing.strategies import json_objects, json_values, texts

TYPES = [*get_args(Event)]
PAIR = (
    StepStarted("fetch", 1, {"x": 1, "to": "someone@example.com"}, "2026-01-01T00:00:00.000Z"),
    StepFinished("fetch", 1, {"value": 42}, at="2026-01-01T00:00:00.000Z"),
)


def errors() -> st.SearchStrategy[ErrorInfo]:
    return st.builds(
        ErrorInfo,
        texts(),
        texts(),
        texts(),
        st.integers(1, 9),
        json_objects(),
        st.none() | st.floats(0, 100),
        st.booleans(),
    )


BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": texts(),
    "str | None": st.none() | texts(),
    "int": st.integers(0, 99),
    "bool": st.booleans(),
    "float": st.floats(0, 1),
    "Json": json_values(),
    "JsonObject": json_objects(),
    "ErrorInfo": errors(),
    "ErrorInfo | None": st.none() | errors(),
    "RunStatus": st.sampled_from(RunStatus),
    "Literal['retry', 'done', 'fail']": st.sampled_from(["retry", "done", "fail"]),
}


def records(class_: type) -> st.SearchStrategy[Any]:
    return st.builds(class_, *(BY_TYPE[str(field.type)] for field in attrs.fields(class_)))


@given(st.lists(st.one_of([records(class_) for class_ in TYPES]), max_size=4))
def test_every_event_reads_back_as_itself(events: list[Event]) -> None:
    read = decode_events(encode_events(events))

    assert read == tuple(events)
    assert list(map(repr, read)) == list(map(repr, events))  # 1, 1.0 and true are equal, and not the same


@given(st.one_of([records(SignalReceived), records(Answered), records(ChildEnded)]))
def test_every_message_reads_back_as_itself(body: Any) -> None:
    message = Message(id="m1", body=body)

    assert decode_message("m1", encode_message(message)) == message


@given(errors())
def test_an_error_reads_back_as_itself(error: ErrorInfo) -> None:
    assert decode_error(encode_error(error)) == error


def test_stored_codes_never_change() -> None:
    assert {code: class_.__name__ for code, class_ in journal.CODES.items()} == {
        "R": "RunStarted",
        "s": "StepStarted",
        "f": "StepFinished",
        "x": "StepFailed",
        "l": "StepLost",
        "p": "StepParked",
        "k": "StepSkipped",
        "c": "StepCancelled",
        "t": "TimerSet",
        "T": "TimerFired",
        "d": "Decided",
        "b": "BodyFinished",
        "B": "BodyFailed",
        "S": "SignalReceived",
        "i": "ItemAdded",
        "C": "ChildStarted",
        "r": "Resolved",
        "q": "CancelRequested",
        "P": "PauseRequested",
        "u": "ResumeRequested",
        "F": "RunFinished",
        "a": "Answered",
        "e": "ChildEnded",
    }


def test_every_event_and_message_has_a_code() -> None:
    bodies = {SignalReceived, Answered, ChildEnded}

    assert {*TYPES, *bodies} == set(journal.CODES.values())


def test_stored_fields_keep_their_places() -> None:
    error = ErrorInfo("transient", "no answer", "fetch", 2, {"code": 503}, 1.5, sent=False)

    written = encode_events([StepFailed("fetch", 2, error, 0.25, "T"), RunFinished(RunStatus.FAILED, None, error)])

    assert written == (
        b'[["x","fetch",2,["transient","no answer","fetch",2,{"code":503},1.5,false],0.25,"T"],'
        b'["F","failed",null,["transient","no answer","fetch",2,{"code":503},1.5,false]]]'
    )


def test_trailing_defaults_are_left_out() -> None:
    assert encode_events([RunFinished(RunStatus.SUCCEEDED), StepFailed("a", 1, ErrorInfo("b", "c"))]) == (
        b'[["F","succeeded"],["x","a",1,["b","c"]]]'
    )


def test_fields_of_newer_versions_are_ignored_and_missing_ones_take_defaults() -> None:
    assert decode_events(b'[["k","a","later","even later"],["s","a",1]]') == (StepSkipped("a"), StepStarted("a", 1))


@pytest.mark.parametrize(
    "data",
    [b"{", b"{}", b"[1]", b"[[]]", b'[["?"]]', b'[["s"]]', b'[["F","lost"]]', b"[[{}]]", b"\xff"],
    ids=["cut", "object", "number", "empty", "unknown", "short", "status", "code", "bytes"],
)
def test_what_is_no_journal_is_damage(data: bytes) -> None:
    with pytest.raises(Damaged):
        decode_events(data)


def test_half_a_surrogate_pair_survives() -> None:
    event = StepSkipped("\ud800")

    assert decode_events(encode_events([event])) == (event,)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), object(), {1, 2}, b"x"],
    ids=lambda value: type(value).__name__ + str(value)[:3],
)
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON"):
        encode_events([StepStarted("a", 1, value)])


def test_events_are_counted_without_being_built() -> None:
    assert count_events(encode_events(PAIR)) == 2


def test_a_digest_depends_on_everything_before() -> None:
    first, second = chain(b"", b"a"), chain(b"", b"b")

    assert len(first) == 16
    assert chain(first, b"c") != chain(second, b"c")
    assert chain(first, b"c") == chain(first, b"c")


def test_a_pair_of_events_costs_little_to_write(slowness: float) -> None:
    def took() -> float:
        start = time.process_time()
        for _ in range(2_000):
            encode_events(PAIR)
        return (time.process_time() - start) / 2_000

    assert min(took() for _ in range(5)) < 30e-6 * slowness  # 3.5 us on a developer's machine
