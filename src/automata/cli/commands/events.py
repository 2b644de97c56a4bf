"""``automata events``: signals from outside, and who waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Group, console
from automata.cli.commands.runs_steer import id_option, sent_json
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_value
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk
from automata.cli.text import columns, counted, safe
from automata.cli.times import ago

if TYPE_CHECKING:
    from automata._core.operations import Sent, Wait
    from automata.cli.console import Console
    from automata.model import Json, Run

command = Group(
    "events",
    short_help="Send signals to runs, and see what they wait for.",
    help="Send signals to runs, and see what they wait for.",
    no_args_is_help=True,
    examples=("automata events list", "automata events send paid --run 019a1b2c3d4e5f60 --payload @payment.json"),
)


@command.command(
    "send",
    short_help="Send a signal.",
    help="Send a signal: with `--run` to that run, where it is kept until something waits for it; without, to every "
    "unfinished run that waits for a signal of that name just now.",
    examples=(
        "automata events send paid --run 019a1b2c3d4e5f60 --payload '{\"total\": 12}'",
        "automata events send opened",
    ),
)
@click.argument("name")
@click.option("--run", shell_complete=complete.runs, metavar="RUN", help="Only to this run.")
@click.option("--workflow", metavar="NAME", shell_complete=complete.workflows, help="Only to runs of this workflow.")
@click.option("--payload", metavar="VALUE", help="JSON, @file.json or -.")
@id_option
@database_option
@click.pass_context
def send(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    name: str,
    run: str | None,
    workflow: str | None,
    payload: str | None,
    message: str | None,
    database: str | None,
) -> None:
    """Send to one run, or to all that wait."""
    out = console(context)
    value = None if payload is None else read_value(payload)

    async def work(desk: Desk) -> list[Sent]:
        if run is not None:
            return [await desk.runs.signal(run, name, value, id=message)]
        return await desk.runs.broadcast(name, value, workflow=workflow, id=message)

    sent = at_desk(database, work)
    if not sent:
        fix = f"automata events send {safe(name)} --run RUN keeps it until the run waits for it"
        raise Failure(f"No run waits for a signal {name!r}", exit=Exit.NOT_FOUND, fix=fix)
    payload_json = {"sent": [sent_json(each) for each in sent]}
    out.emit(payload_json, lambda: _sent(sent, name), rows="sent")
    out.next(f"automata runs tail {short(sent[0].run)}")


@command.command(
    "list",
    short_help="List what runs wait for.",
    help="List what unfinished runs wait for from people and programs: signals, approvals, choices for parked steps.",
    examples=("automata events list", "automata events list --workflow Orders --json"),
)
@click.option("--workflow", metavar="NAME", shell_complete=complete.workflows, help="Only runs of this workflow.")
@database_option
@click.pass_context
def list_events(context: click.Context, workflow: str | None, database: str | None) -> None:
    """Look through the unfinished runs."""
    out = console(context)

    async def work(desk: Desk) -> tuple[Sequence[tuple[Run, Wait]], datetime]:
        return await desk.runs.waiting(workflow=workflow), await desk.store.now()

    found, now = at_desk(database, work)
    payload = {"waits": [_wait_json(run, wait) for run, wait in found]}
    out.emit(payload, lambda: _waits(found, now, out), rows="waits")


def _wait_json(run: Run, wait: Wait) -> dict[str, Json]:
    return {"run": run.id, "workflow": run.workflow, **wait.to_json()}


def _sent(sent: Sequence[Sent], name: str) -> Iterator[str]:
    for each in sent:
        said = "was sent" if each.new else "had been sent before to"
        yield f"Signal {name!r} {said} run {short(each.run)} of {safe(each.run.workflow)} ({each.run.status})"
    if len(sent) > 1:
        yield counted(len(sent), "run")


def _waits(found: Sequence[tuple[Run, Wait]], now: datetime, out: Console) -> Iterator[str]:
    if not found:
        yield "No run waits for anybody"
        out.next("automata runs list")
        return
    rows = [
        (short(run), safe(run.workflow), wait.kind, safe(wait.step), _since(wait.since, now), safe(wait.about))
        for run, wait in found
    ]
    yield from columns(rows, header=("RUN", "WORKFLOW", "WAITS FOR", "STEP", "SINCE", "ABOUT"))
    out.next(f"automata runs show {short(found[0][0])}")


def _since(text: str | None, now: datetime) -> str:
    return ago(datetime.fromisoformat(text), now) if text else "-"
