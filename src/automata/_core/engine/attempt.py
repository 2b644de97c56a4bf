"""One attempt of a step: within its time, with whatever it raises turned into an error of the run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from automata._core import fault
from automata._core.engine.depot import Depot
from automata._core.engine.host import Host
from automata._core.engine.record import failed, finished
from automata._core.large import INLINE_BYTES
from automata._core.machine import Step
from automata._core.payload import measured
from automata.errors import StepError
from automata.model import Event, Json, JsonObject, Outcome, StepFinished
from automata.ports import Context

GRACE_S = 10.0
"""How long an action that is stopped may go on cleaning up before it is left to itself."""

_log = logging.getLogger(__name__)


class Attempt:
    """Performs one attempt in a task of its own, so that neither cancelling itself nor refusing to touches the run.

    Everything raised is this attempt's failure, `SystemExit` and `KeyboardInterrupt` included.

    Args:
        host: The surroundings.
        step: What is performed.
        context: What the action may use.
        parameters: A copy of its own.
        timeout_s: When it is given up.
        end: Called once, on the loop: with this attempt and its end as an event; None when it was stopped from outside.
    """

    __slots__ = ("_end", "_grace", "_host", "_late", "_limit", "_stopped", "_task", "_timeout_s", "step")

    def __init__(
        self, host: Host, step: Step, context: Context, parameters: JsonObject, timeout_s: float, end: End
    ) -> None:
        loop = asyncio.get_running_loop()
        self.step = step
        self._host = host
        self._end = end
        self._late = False
        self._stopped = False
        self._timeout_s = timeout_s
        self._grace: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None
        fault.point("schedule_next")
        self._task = loop.create_task(_performed(host, step, context, parameters))
        self._task.add_done_callback(self._done)
        loop.call_soon(self._arm)

    def _arm(self) -> None:
        """Set the time limit, unless the action has ended in its first step, as many do: timers cost more than that."""
        if not self._task.done() and not self._stopped:
            self._limit = asyncio.get_running_loop().call_later(self._timeout_s, self._expire)

    def stop(self) -> None:
        """Cancel the action; its end is of no interest any more, but it may clean up."""
        self._stopped = True
        self._dismiss()

    def _expire(self) -> None:
        self._late = True
        self._dismiss()

    def _dismiss(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._task.cancel()
        if self._grace is None:
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self._abandon)

    def _abandon(self) -> None:
        _log.warning("An action does not stop; it is left to itself", extra={"step": self.step.address})
        self._task.remove_done_callback(self._done)
        self._end(self, self._verdict(None))

    def _done(self, task: asyncio.Task[Event]) -> None:
        if self._limit is not None:
            self._limit.cancel()
        if self._grace is not None:
            self._grace.cancel()
        fault.point("completion.begin")
        self._end(self, self._verdict(None if task.cancelled() else task.result()))

    def _verdict(self, event: Event | None) -> Event | None:
        """What to make of the action's end: a result stands even when it came while the action was given up."""
        if self._stopped:
            return None
        if isinstance(event, StepFinished) or (event is not None and not self._late):
            return event
        if self._late:
            text = f"No result within {self._timeout_s:g} s"
            return failed(self._host, self.step, StepError(text, error_class="timed_out"))
        return failed(self._host, self.step, StepError("The action cancelled itself", error_class="cancelled"))


End: TypeAlias = Callable[[Attempt, Event | None], None]


async def _performed(host: Host, step: Step, context: Context, parameters: JsonObject) -> Event:
    try:
        fault.point("effect.before")
        if host.depot.knows(context.run_id) and not host.carries(step):
            parameters = await opened(host.depot, parameters)
        result = await host.performer.perform(step, context, parameters)
        fault.point("effect.after")
        outcome, size = _measured(result)
        if size > INLINE_BYTES:
            outcome = Outcome(await host.depot.output(outcome.output, context.run_id), outcome.port)
        return finished(host, step, outcome)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - the fence: one step's failure is never the worker's
        return failed(host, step, error)


def settled(result: Json | Outcome) -> Outcome:
    """What an action returned, as it may enter the journal.

    Raises:
        StepError: It may not.
        TypeError: Its port is no text.
    """
    return _measured(result)[0]


def _measured(result: Json | Outcome) -> tuple[Outcome, int]:
    outcome = result if isinstance(result, Outcome) else Outcome(result)
    if not isinstance(outcome.port, str):
        raise TypeError(f"The port is of the type {type(outcome.port).__name__!r}, not a text")
    output, size = measured(outcome.output)
    return Outcome(output, outcome.port), size


async def opened(depot: Depot, parameters: JsonObject) -> JsonObject:
    """Parameters with every large value in its place.

    Raises:
        StepError: One is too large for this process, or is not there.
    """
    found = await depot.open_all(parameters)
    return found if isinstance(found, dict) else parameters
