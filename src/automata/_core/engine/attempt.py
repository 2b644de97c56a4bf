"""One attempt of a step: within its time, with whatever it raises turned into an error of the run."""

from __future__ import annotations

import asyncio
import traceback
from datetime import UTC, datetime

from attrs import evolve

from automata._core.engine.host import Host
from automata._core.machine import Step
from automata.errors import StepError
from automata.model import ErrorInfo, Event, Json, JsonObject, Outcome, StepCancelled, StepFailed, StepFinished
from automata.ports import Context

TRACE_LIMIT = 8 * 1024
MESSAGE_LIMIT = 8 * 1024


async def perform(host: Host, step: Step, context: Context, parameters: JsonObject, timeout_s: float) -> Event:
    """Perform an attempt; its end, whatever it is, as an event.

    Everything raised is this attempt's failure, `SystemExit` and `KeyboardInterrupt` included.

    Raises:
        asyncio.CancelledError: The attempt was stopped from outside.
    """
    try:
        async with asyncio.timeout(timeout_s) as limit:
            result = await host.performer.perform(step, context, parameters)
    except TimeoutError as error:
        if limit.expired():
            return failed(host, step, StepError(f"No result within {timeout_s:g} s", error_class="timed_out"))
        return failed(host, step, error)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return failed(host, step, StepError("The action cancelled itself", error_class="cancelled"))
    except BaseException as error:  # noqa: BLE001 - the fence: one step's failure is never the worker's
        return failed(host, step, error)
    return finished(host, step, result)


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
    """What a run says of an exception: a step error as it is, anything else as a ``bug`` with its traceback."""
    if isinstance(error, StepError):
        return ErrorInfo(
            error.kind,
            error.message[:MESSAGE_LIMIT],
            step.address,
            step.attempt,
            error.details,
            error.retry_after_s,
            error.sent,
        )
    trace = "".join(traceback.format_exception(error, limit=-10))[-TRACE_LIMIT:]
    message = f"{type(error).__name__}: {error}"[:MESSAGE_LIMIT]
    return ErrorInfo("bug", message, step.address, step.attempt, {"traceback": trace})


def stamped(host: Host, event: Event) -> Event:
    """A derived event with its instant, if it carries one; the machine knows no time."""
    if isinstance(event, StepFinished | StepFailed | StepCancelled) and not event.at:
        return evolve(event, at=instant(host))
    return event


def instant(host: Host) -> str:
    """The present, as events carry it."""
    return text_of(host.clock.now())


def text_of(when: datetime) -> str:
    """An instant in RFC 3339, UTC, to the millisecond."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
