"""One attempt of a step: within its time, with whatever it raises turned into an error of the run."""

from __future__ import annotations

import asyncio
import logging
import math
import traceback
from datetime import UTC, datetime

from attrs import evolve

from automata._core.engine.host import Host
from automata._core.engine.payload import cleaned, settle
from automata._core.machine import Step
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
    StepStarted,
)
from automata.ports import Context

TRACE_LIMIT = 8 * 1024
GRACE_S = 10.0
"""How long an action that is stopped may go on cleaning up before it is left to itself."""

_log = logging.getLogger(__name__)


async def perform(host: Host, step: Step, context: Context, parameters: JsonObject, timeout_s: float) -> Event:
    """Perform an attempt; its end, whatever it is, as an event.

    Everything raised is this attempt's failure, `SystemExit` and `KeyboardInterrupt` included. The action has a task
    of its own, so that neither cancelling itself nor refusing to be cancelled touches the run.

    Raises:
        asyncio.CancelledError: The attempt was stopped from outside.
    """
    task = asyncio.get_running_loop().create_task(_performed(host, step, context, parameters))
    try:
        await asyncio.wait([task], timeout=timeout_s)
    except asyncio.CancelledError:
        await _dismiss(task, step)
        raise
    late = not task.done()
    if late:
        await _dismiss(task, step)
    event = None if not task.done() or task.cancelled() else task.result()
    if isinstance(event, StepFinished) or (event is not None and not late):
        return event
    if late:
        return failed(host, step, StepError(f"No result within {timeout_s:g} s", error_class="timed_out"))
    return failed(host, step, StepError("The action cancelled itself", error_class="cancelled"))


async def _performed(host: Host, step: Step, context: Context, parameters: JsonObject) -> Event:
    try:
        result = await host.performer.perform(step, context, parameters)
        return finished(host, step, _settled(result))
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - the fence: one step's failure is never the worker's
        return failed(host, step, error)


def _settled(result: Json | Outcome) -> Outcome:
    outcome = result if isinstance(result, Outcome) else Outcome(result)
    if not isinstance(outcome.port, str):
        raise TypeError(f"The port is of the type {type(outcome.port).__name__!r}, not a text")
    return Outcome(settle(outcome.output), outcome.port)


async def _dismiss(task: asyncio.Task[Event], step: Step) -> None:
    """Cancel an action and wait for it to clean up, but not for ever."""
    task.cancel()
    await asyncio.wait([task], timeout=GRACE_S)
    if not task.done():
        _log.warning("An action does not stop; it is left to itself", extra={"step": step.address})


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
    """What a run says of an exception: a step error as it is, anything else as a ``bug`` with its traceback.

    A step error whose facts are not what they should be is a ``bug`` too; what else is odd about it is left out.
    """
    kind = getattr(error, "kind", None) if isinstance(error, StepError) else None
    if not isinstance(error, StepError) or not isinstance(kind, str):
        trace = "".join(traceback.format_exception(error, limit=-10))[-TRACE_LIMIT:]
        message = f"{type(error).__name__}: {_text(error)}"
        return ErrorInfo("bug", cleaned(message), step.address, step.attempt, {"traceback": cleaned(trace)})
    after = error.retry_after_s
    return ErrorInfo(
        cleaned(kind),
        cleaned(_text(error)),
        step.address,
        step.attempt,
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
        details = settle(dict(error.details))
    except Exception as odd:  # noqa: BLE001 - whatever an action put there
        return {"details_left_out": cleaned(_text(odd))}
    return details if isinstance(details, dict) else {}


def stamped(host: Host, event: Event) -> Event:
    """A derived event with its instant, if it carries one; the machine knows no time."""
    if isinstance(event, StepStarted | StepFinished | StepFailed | StepCancelled) and not event.at:
        return evolve(event, at=instant(host))
    return event


def instant(host: Host) -> str:
    """The present, as events carry it."""
    return text_of(host.clock.now())


def text_of(when: datetime) -> str:
    """An instant in RFC 3339, UTC, to the millisecond."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
