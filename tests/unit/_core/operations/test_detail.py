"""What a journal and a document tell of a run."""

import asyncio

import pytest

from automata._core.operations.detail import uses_in
from automata.model import (
    ChildStarted,
    ErrorInfo,
    RunStatus,
    StepFailed,
    StepFinished,
    StepParked,
    StepStarted,
    StepStatus,
    TimerFired,
    TimerSet,
)

ERROR = ErrorInfo("declined", "No", "charge", 1)


@pytest.fixture
def seen(told, runs):
    def look(*events, **given):
        told("abc", *events, **given)
        return asyncio.run(runs.show("abc"))

    return look


@pytest.mark.parametrize(
    ("events", "wait"),
    [
        ([StepStarted("ask", 1, {"message": "Ship?"})], ("approval", "ask", "Ship?")),
        ([StepStarted("paid", 1, {"name": "paid"})], ("signal", "paid", "paid")),
        ([StepStarted("each", 1, {"items": [], "more": "row"})], ("signal", "each", "row")),
        ([StepStarted("later", 1, {}), TimerSet("later#wait", "t9")], ("timer", "later", "t9")),
        ([StepStarted("child", 1, {}), ChildStarted("child", "r7")], ("run", "child", "r7")),
        ([StepFailed("charge", 1, ERROR), TimerSet("charge#retry", "t9")], ("retry", "charge", "t9")),
        ([StepStarted("charge", 1), StepParked("charge", 1, ERROR)], ("choice", "charge", "No")),
        ([StepStarted("each[1]/ask", 1, {"message": "One?"})], ("approval", "each[1]/ask", "One?")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_a_run_waits_for_is_told(seen, events, wait):
    [only] = seen(*events).waits

    assert (only.kind, only.step, only.about) == wait


@pytest.mark.parametrize(
    "events",
    [
        [StepStarted("charge", 1)],
        [StepStarted("each", 1, {"items": []})],
        [StepStarted("ask", 1), StepFinished("ask", 1, {})],
        [StepFailed("charge", 1, ERROR), TimerSet("charge#retry", "t9"), TimerFired("charge#retry")],
    ],
    ids=["works", "no signals wanted", "answered", "tried again"],
)
def test_what_is_done_or_works_is_not_waited_for(seen, events):
    assert seen(*events).waits == ()


def test_a_finished_run_waits_for_nothing(seen):
    assert seen(StepStarted("ask", 1), status=RunStatus.CANCELLED).waits == ()


def test_a_step_that_waits_says_so(seen):
    detail = seen(StepStarted("ask", 1), StepStarted("charge", 1))

    assert [step.status for step in detail.steps] == [StepStatus.WAITING, StepStatus.RUNNING]


def test_the_step_a_run_failed_at_is_the_one_its_error_names(seen):
    detail = seen(
        StepStarted("paid", 1),
        StepStarted("charge", 1),
        StepFailed("charge", 1, ERROR),
        status=RunStatus.FAILED,
        error=ERROR,
    )

    assert detail.failed_step.node == "charge"


def test_without_an_address_the_last_failed_step_is_to_blame(seen):
    detail = seen(StepFailed("paid", 1, ERROR), StepFailed("charge", 1, ERROR), status=RunStatus.FAILED)

    assert detail.failed_step.node == "charge"


def test_uses_come_from_the_document_alone(orders):
    use = uses_in(orders)

    assert [use(address) for address in ("charge", "charge~undo", "each[4]/ask", "gone", "ask/x")] == [
        "http.request",
        "fail",
        "approval",
        "?",
        "?",
    ]
    assert uses_in(None)("charge") == "?"
