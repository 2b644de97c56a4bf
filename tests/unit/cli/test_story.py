"""Events as lines."""

from typing import get_args

import attrs
import pytest

from automata.cli.story import event_line, inside, place_of
from automata.model import (
    BodyFinished,
    CancelRequested,
    ErrorInfo,
    Event,
    Resolved,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepLost,
    TimerSet,
)

VALUES = {"attempt": 2, "error": ErrorInfo("odd", "No"), "status": RunStatus.FAILED, "choice": "done", "value": True}


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_is_one_line(kind):
    event = kind(**{field.name: VALUES.get(field.name, "x\ny") for field in attrs.fields(kind)})

    assert "\n" not in event_line(event)
    assert len(event_line(event).split()) > 1


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            RunStarted({"a": 1}, "hook", "2026-05-01T10:00:00.123Z"),
            "10:00:00.123  run  started with {\"a\": 1} at 'hook'",
        ),
        (StepFailed("a", 2, ErrorInfo("odd", "No")), "              a  failed (attempt 2)  odd: No"),
        (StepFinished("a", 1, None, "yes"), "              a  finished by 'yes'"),
        (StepLost("a", 1, died=False), "              a  was interrupted"),
        (StepLost("a", 1), "              a  was interrupted; its worker died"),
        (TimerSet("a#retry", "t9"), "              a  retry due at t9"),
        (TimerSet("#timeout", "t9"), "              run  timeout due at t9"),
        (Resolved("a", "retry", by="ada"), "              a  is tried again by ada"),
        (CancelRequested("enough"), "              run  was asked to stop: enough"),
        (StepFinished("a\x1b[2J", 1, None), "              a\\x1b[2J  finished"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_line_says_when_where_and_what(event, line):
    assert event_line(event) == line


def test_nested_places_are_told_from_others():
    assert [inside(StepFinished(at, 1, None)) for at in ("a", "a/b", "a[1]/b")] == [False, True, True]
    assert inside(BodyFinished("each[1]", 1))
    assert not inside(BodyFinished("", 1))
    assert place_of(TimerSet("a/b#wait", "t")) == "a/b"
