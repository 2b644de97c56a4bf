"""What happened, as events: ends of attempts, whatever was raised, and the instants events carry."""

from __future__ import annotations

import math
import traceback

from attrs import evolve

from automata._core.engine.host import Host
from automata._core.large import INLINE_BYTES
from automata._core.machine import Step
from automata._core.payload import cleaned, measured
from automata.errors import StepError
from automata.model import (
    ErrorInfo,
    Event,
    Json,
    JsonObject,
    Outcome,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepParked,
    StepStarted,
)

TRACE_LIMIT = 8 * 1024


def ended(host: Host, step: Step, result: Outcome | StepError) -> Event:
    """The event of a result that was known beforehand."""
    return failed(host, step, result) if isinstance(result, StepError) else finished(host, step, result)


def finished(host: Host, step: Step, result: Json | Outcome) -> StepFinished:
    """The event of a success."""
    outcome = result if isinstance(result, Outcome) else Outcome(result)
    return StepFinished(step.address, step.attempt, outcome.output, outcome.port, instant(host))


def failed(host: Host, step: Step, error: BaseException) -> StepFailed:
    """The event of a failure."""
    return StepFailed(step.address, step.attempt, describe(step, error), host.random.random(), instant(host))


def describe(step: Step, error: BaseException) -> ErrorInfo:
    """What a run says of an exception raised in an attempt of *step*."""
    return describe_at(step.address, step.attempt, error)


def describe_at(address: str, attempt: int, error: BaseException) -> ErrorInfo:
    """What a run says of an exception: a step error as it is, anything else as a ``bug`` with its traceback.

    A step error whose facts are not what they should be is a ``bug`` too; what else is odd about it is left out.
    """
    kind = getattr(error, "kind", None) if isinstance(error, StepError) else None
    if not isinstance(error, StepError) or not isinstance(kind, str):
        trace = "".join(traceback.format_exception(error, limit=-10))[-TRACE_LIMIT:]
        message = f"{type(error).__name__}: {_text(error)}"
        return ErrorInfo("bug", cleaned(message), address, attempt, {"traceback": cleaned(trace)})
    after = error.retry_after_s
    return ErrorInfo(
        cleaned(kind),
        cleaned(_text(error)),
        address,
        attempt,
        _details(error),
        after if isinstance(after, int | float) and math.isfinite(after) else None,
        error.sent is not False,
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception may be broken itself
        return "its text cannot be read"


def _details(error: StepError) -> JsonObject:
    try:
        details, size = measured(dict(error.details))
    except Exception as odd:  # noqa: BLE001 - whatever an action put there
        return {"details_left_out": cleaned(_text(odd))}
    if size > INLINE_BYTES:
        return {"details_left_out": f"They take more than {INLINE_BYTES // 1024} KiB; pass on where they are"}
    return details if isinstance(details, dict) else {}


def stamped(host: Host, event: Event) -> Event:
    """A derived event with its instant, if it carries one; the machine knows no time."""
    if isinstance(event, StepStarted | StepFinished | StepFailed | StepCancelled | StepParked) and not event.at:
        return evolve(event, at=instant(host))
    return event


def instant(host: Host) -> str:
    """The present, as events carry it."""
    return host.stamp(host.clock.now())
