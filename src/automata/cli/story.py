"""Events of a journal as lines people read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automata.cli.progress import brief
from automata.cli.text import safe
from automata.model import (
    BodyFailed,
    BodyFinished,
    CancelRequested,
    ChildStarted,
    Decided,
    ErrorInfo,
    Event,
    ItemAdded,
    PauseRequested,
    Resolved,
    ResumeRequested,
    RunFinished,
    RunStarted,
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

_VALUE = 70
_NO_TIME = " " * 12


def place_of(event: Event) -> str:
    """The address an event tells of; empty for the whole run."""
    if isinstance(event, TimerSet | TimerFired):
        return event.timer.rpartition("#")[0]
    return str(getattr(event, "step", getattr(event, "body", "")))


def inside(event: Event) -> bool:
    """Whether an event tells of a nested step."""
    return "/" in place_of(event) or "[" in place_of(event)


def event_line(event: Event) -> str:
    """One event in one line: time of day (UTC), place, what happened."""
    at = getattr(event, "at", "") or ""
    clock = at[11:23].rstrip("Z") if "T" in at else ""
    place = place_of(event) or "run"
    return f"{clock or _NO_TIME}  {safe(place)}  {safe(_TOLD[type(event)](event))}".rstrip()


def _error(error: ErrorInfo) -> str:
    return f"{error.kind}: {error.message}"


def _attempt(number: int) -> str:
    return f" (attempt {number})" if number > 1 else ""


def _finished(e: StepFinished) -> str:
    port = "" if e.port == "out" else f" by {e.port!r}"
    return f"finished{port}{_attempt(e.attempt)}" + ("" if e.output is None else f"  {brief(e.output, _VALUE)}")


def _resolved(e: Resolved) -> str:
    by = f" by {e.by}" if e.by else ""
    words = {"retry": "is tried again", "done": "was taken as done", "fail": "was let fail"}
    return f"{words[e.choice]}{by}"


def _ended(e: RunFinished) -> str:
    return str(e.status) + (f"  {_error(e.error)}" if e.error is not None else "")


_TOLD: dict[type, Callable[[Any], str]] = {
    RunStarted: lambda e: f"started with {brief(e.input, _VALUE)}" + (f" at {e.trigger!r}" if e.trigger else ""),
    StepStarted: lambda e: f"started{_attempt(e.attempt)}",
    StepFinished: _finished,
    StepFailed: lambda e: f"failed{_attempt(e.attempt)}  {_error(e.error)}",
    StepLost: lambda e: f"was interrupted{_attempt(e.attempt)}" + ("; its worker died" if e.died else ""),
    StepParked: lambda e: f"waits for a choice  {_error(e.error)}",
    StepSkipped: lambda _: "skipped",
    StepCancelled: lambda _: "cancelled",
    TimerSet: lambda e: f"{e.timer.rpartition('#')[2]} due at {e.due}",
    TimerFired: lambda e: f"{e.timer.rpartition('#')[2]} came due",
    Decided: lambda e: f"condition of round {e.index}: {str(e.value).lower()}",
    BodyFinished: lambda e: f"body finished  {brief(e.output, _VALUE)}",
    BodyFailed: lambda e: f"body failed  {_error(e.error)}",
    SignalReceived: lambda e: f"received signal {e.name!r}  {brief(e.payload, _VALUE)}",
    ItemAdded: lambda e: f"got an item  {brief(e.item, _VALUE)}",
    ChildStarted: lambda e: f"started run {e.run}",
    Resolved: _resolved,
    CancelRequested: lambda e: "was asked to stop" + (f": {e.reason}" if e.reason else ""),
    PauseRequested: lambda _: "was paused",
    ResumeRequested: lambda _: "was resumed",
    RunFinished: _ended,
}
