"""Following a run that any process may drive: its journal is read a few times a second until nothing more can come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from automata.model import RunStatus

if TYPE_CHECKING:
    from automata.cli.store import Desk
    from automata.model import Event, Run
    from automata.ports import Clock

POLL = timedelta(seconds=0.2)
"""How long nothing is asked of the store after it had no news."""


async def follow(
    desk: Desk, run: str, *, after: int = 0, clock: Clock, limit: timedelta | None = None
) -> AsyncIterator[tuple[Run, Sequence[Event]]]:
    """Give the row and the new events, whenever there are some, until the run is over or waits for a choice alone.

    Args:
        desk: The store.
        run: Id of the run.
        after: Events not to be given.
        clock: Paces the questions.
        limit: When to give up; the last row given is then not final.
    """
    end = None if limit is None else clock.now() + limit
    seen, shown = after, None
    while True:
        # The row first: what is committed with the end of the run is then among the events read after it.
        row = await desk.runs.find(run)
        events = await desk.store.journal(row.id, seen)
        seen += len(events)
        if events or row.status is not shown:
            shown = row.status
            yield row, events
        if row.status.final or (end is not None and clock.now() >= end) or await _stands(desk, row):
            return
        await clock.sleep_until(clock.now() + POLL)


async def _stands(desk: Desk, row: Run) -> bool:
    """Whether a run is parked and nobody has answered."""
    return row.status is RunStatus.PARKED and not await desk.store.inbox(row.id)
