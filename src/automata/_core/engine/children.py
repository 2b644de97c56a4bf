"""Runs started by runs: the ``call`` node, and the workflow that handles a failed run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from automata._core.engine.host import Host
from automata._core.engine.office import Office
from automata._core.engine.record import failed, finished
from automata._core.machine import Step
from automata.errors import StepError, TryLater
from automata.model import ChildStarted, Event, Json, JsonObject, Run, RunStatus

DEEPEST = 16
"""How deep ``call`` may nest."""


def child_id(run: str, step: Step) -> str:
    """Id of the run that an attempt of a ``call`` starts: the same whichever worker starts it, and however often."""
    digest = hashlib.sha256(f"{run}#{step.address}@{step.attempt}".encode()).hexdigest()
    return run[:12] + digest[:20]


def handler_id(run: str) -> str:
    """Id of the run that handles the failure of *run*."""
    return run[:12] + hashlib.sha256(f"{run}#".encode()).hexdigest()[:20]


def caller_of(run: Run) -> tuple[str, str] | None:
    """Run and step address of the ``call`` that started *run*; None when none did."""
    parent, _, step = (run.parent or "").partition("#")
    return (parent, step) if step else None


def output_of(child: Run) -> Json:
    """What a ``call`` makes of its child's end.

    Raises:
        StepError: The child did not succeed; its error's class is passed on.
    """
    if child.status is RunStatus.SUCCEEDED:
        return child.output
    kind = child.error.kind if child.error is not None else str(child.status)
    message = child.error.message if child.error is not None else f"The run was {child.status}"
    details: JsonObject = {"run": child.id, "status": str(child.status)}
    raise StepError(f"{child.workflow}: {message}", error_class=kind, details=details)


def ended(host: Host, step: Step, child: Run) -> Event:
    """The end of a ``call``, once its child is final."""
    try:
        return finished(host, step, output_of(child))
    except StepError as error:
        return failed(host, step, error)


async def perform_call(office: Office, host: Host, run: Run, step: Step, post: Callable[[Event], None]) -> None:
    """Perform a ``call``: start its child, and tell *post* what comes of it for now."""
    parameters = step.input if isinstance(step.input, dict) else {}
    try:
        child = await office.call(run, step, parameters)
    except TryLater as error:
        post(failed(host, step, StepError(error.message, error_class="transient")))
    except Exception as error:  # noqa: BLE001 - the fence: trouble with the child is the failure of this step
        post(failed(host, step, error))
    else:
        post(ChildStarted(step.address, child.id))
        if parameters.get("wait") is False:
            post(finished(host, step, {"run": child.id}))
        elif child.status.final:
            post(ended(host, step, child))


async def end_of(host: Host, run: Run, step: Step, child: str) -> Event | None:
    """The end of a ``call`` in *run*; None when *child* is not its child, or not final."""
    row = await host.store.run(child)
    if row is None or not row.status.final or child != child_id(run.id, step):
        return None
    return ended(host, step, row)
