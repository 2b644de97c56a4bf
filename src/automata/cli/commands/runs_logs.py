"""``automata runs logs``: the journal of a run, an event a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk
from automata.cli.story import event_line, place_of

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Event, Json, Run


@click.command(
    "logs",
    cls=Command,
    short_help="Print the journal of a run.",
    help="Print the journal of a run, oldest event first: time of day (UTC), step, what happened.",
    examples=("automata runs logs 019a1b2c3d4e5f60", "automata runs logs 019a1b2c3d4e5f60 --step charge -o jsonl"),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--step", metavar="ADDRESS", help="Only events of this step and what is inside it.")
@click.option("--after", type=click.IntRange(0), default=0, metavar="N", help="Leave out the first N events.")
@database_option
@click.pass_context
def command(context: click.Context, run: str, step: str | None, after: int, database: str | None) -> None:
    """Read the journal."""
    out = console(context)

    async def work(desk: Desk) -> tuple[Run, Sequence[Event]]:
        row = await desk.runs.find(run)
        return row, await desk.store.journal(row.id, after)

    row, events = at_desk(database, work)
    chosen = [(n, event) for n, event in enumerate(events, after + 1) if step is None or _within(place_of(event), step)]
    payload = {"run": row.id, "status": str(row.status), "events": [numbered(n, event) for n, event in chosen]}
    out.emit(payload, lambda: _lines([event for _, event in chosen], out), rows="events")
    if not row.status.final:
        out.next(f"automata runs tail {short(row)}")


def numbered(number: int, event: Event) -> dict[str, Json]:
    """An event with its place in the journal, as the documented JSON object."""
    from automata._core.operations import event_json

    return {"n": number, **event_json(event)}


def _within(address: str, step: str) -> bool:
    return address == step or address.startswith((f"{step}/", f"{step}[", f"{step}@", f"{step}~"))


def _lines(events: Sequence[Event], out: Console) -> Iterator[str]:
    if not events:
        out.say("No events like that")
    yield from map(event_line, events)
