"""Events, messages and rows as JSON, and back."""

from datetime import UTC, datetime
from typing import get_args

import attrs
import pytest

from automata._core.operations.record import event_json, event_of, message_json, message_of, run_of, run_row
from automata.model import (
    Answered,
    ChildEnded,
    ErrorInfo,
    Event,
    Message,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepStarted,
)

ERROR = ErrorInfo("odd", "No", "a", 2, {"n": 1}, 1.5, sent=False)
VALUES = {"attempt": 2, "chance": 0.5, "value": True, "index": 3, "error": ERROR, "died": False, "choice": "done"}


def sample(kind):
    """An event of that kind with something in every field."""
    given = {field.name: VALUES.get(field.name, f"{field.name}!") for field in attrs.fields(kind)}
    return kind(**given | ({"status": RunStatus.FAILED} if "status" in given else {}))


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was(kind):
    assert event_of(event_json(sample(kind))) == sample(kind)


def test_an_event_is_named_first():
    assert list(event_json(StepStarted("a", 1)))[:3] == ["event", "step", "attempt"]
    assert event_json(StepStarted("a", 1))["event"] == "step_started"


@pytest.mark.parametrize(
    "body",
    [SignalReceived("other", "paid", 1), Answered("ask", {"approved": True}), ChildEnded("child", "r2")],
    ids=lambda body: type(body).__name__,
)
def test_every_message_comes_back_as_it_was(body):
    message = Message(id="m1", body=body)

    assert message_of(message_json(message)) == message


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"event": "nothing"},
        {"event": "step_started", "step": "a"},
        {"event": "step_started", "step": "a", "attempt": 1, "colour": "red"},
        {"event": "run_finished", "status": "odd"},
        {"event": "step_failed", "step": "a", "attempt": 1, "error": {"class": "x"}},
    ],
    ids=["null", "unknown", "too few members", "too many members", "unknown status", "half an error"],
)
def test_what_is_no_event_is_refused(value):
    with pytest.raises(ValueError):
        event_of(value)


def test_a_row_comes_back_without_its_holder():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    run = Run(id="r", workflow="w", version="v", owner="me", epoch=3, created=when, error=ERROR, key="k", output=[1])

    assert run_of(run_row(run)) == attrs.evolve(run, owner=None)


def test_a_row_without_a_member_is_refused():
    with pytest.raises(ValueError, match="no 'key'"):
        run_of({name: part for name, part in run_row(Run(id="r", workflow="w", version="v")).items() if name != "key"})


def test_a_run_started_keeps_where_it_came_from():
    assert event_of(event_json(RunStarted(1, None, "t", "r@0"))) == RunStarted(1, None, "t", "r@0")
    assert event_json(RunFinished(RunStatus.FAILED))["status"] == "failed"
