"""``automata run --detach``: accept a run durably, and leave it to the workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automata.cli.commands.workflows_start import require_trigger, started_json
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Json, Run, Workflow


def accept(
    workflows: Sequence[Workflow],
    url: str | None,
    out: Console,
    *,
    input_: Json = None,
    trigger: str | None = None,
    key: str | None = None,
) -> int:
    """Publish documents and start a run of the first, without waiting for anything.

    Args:
        workflows: Validated documents: the one to run, then those it calls.
        url: The database.
        out: Where to say which run it is.
        input_: The start input, or the trigger's event.
        trigger: Id of the trigger the event arrives at, where there are several.
        key: Idempotency key.
    """
    name = workflows[0].name

    async def work(desk: Desk) -> Run:
        for workflow in workflows:
            await desk.definitions.publish(workflow)
        if trigger is not None:
            await require_trigger(desk, name, None, trigger)
        return await desk.definitions.start(name, input_, trigger=trigger, key=key)

    run = at_desk(url, work, makes=True)
    out.emit(
        started_json(run),
        lambda: [f"Run {out.style(short(run), 'name')} of {run.workflow} was accepted ({run.status})"],
    )
    out.next(f"automata runs tail {short(run)}", "automata worker")
    return 0
