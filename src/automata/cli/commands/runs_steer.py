"""``automata runs cancel|pause|resume``: what a run is asked to do as a whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk
from automata.cli.text import safe

if TYPE_CHECKING:
    from automata._core.operations import Sent
    from automata.cli.console import Console
    from automata.model import Json


def id_option(function: Callable[..., object]) -> Callable[..., object]:
    """Add ``--id`` to a command that sends a message."""
    text = "Id of the message: one that was sent before is not sent again."
    return click.option("--id", "message", metavar="TEXT", help=text)(function)


@click.command(
    "cancel",
    cls=Command,
    short_help="Stop a run in order.",
    help="Stop a run in order: no new attempt starts, compensations and `finally` run. A run nobody works on "
    "is stopped when a worker takes it up.",
    examples=(
        "automata runs cancel 019a1b2c3d4e5f60",
        "automata runs cancel 019a1b2c3d4e5f60 --reason 'Ordered twice'",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the journal.")
@id_option
@database_option
@click.pass_context
def cancel(context: click.Context, run: str, reason: str, message: str | None, database: str | None) -> None:
    """Send a request to stop."""
    send(context, database, lambda desk: desk.runs.cancel(run, reason=reason, id=message), "was asked to stop")


@click.command(
    "pause",
    cls=Command,
    short_help="Have a run start no new attempt.",
    help="Have a run start no new attempt until it is resumed. What runs already goes on to its end.",
    examples=("automata runs pause 019a1b2c3d4e5f60",),
)
@click.argument("run", shell_complete=complete.runs)
@id_option
@database_option
@click.pass_context
def pause(context: click.Context, run: str, message: str | None, database: str | None) -> None:
    """Send a request to pause."""
    send(context, database, lambda desk: desk.runs.pause(run, id=message), "was asked to pause", "resume")


@click.command(
    "resume",
    cls=Command,
    short_help="Let a paused run go on.",
    help="Let a paused run go on.",
    examples=("automata runs resume 019a1b2c3d4e5f60",),
)
@click.argument("run", shell_complete=complete.runs)
@id_option
@database_option
@click.pass_context
def resume(context: click.Context, run: str, message: str | None, database: str | None) -> None:
    """Send a request to go on."""
    send(context, database, lambda desk: desk.runs.resume(run, id=message), "was asked to go on")


def send(
    context: click.Context,
    database: str | None,
    work: Callable[[Desk], Awaitable[Sent]],
    done: str,
    hint: str = "tail",
) -> None:
    """Send something to a run, and say so.

    Args:
        context: Of the command.
        database: What ``--database`` says.
        work: Sends it.
        done: What the run was asked, or how its step was answered.
        hint: The command below ``runs`` to suggest.
    """
    out = console(context)
    sent = at_desk(database, work)
    out.emit(sent_json(sent), lambda: [_line(sent, done, out)])
    out.next(f"automata runs {hint} {short(sent.run)}")


def sent_json(sent: Sent) -> dict[str, Json]:
    """A sent message as the documented JSON object."""
    return {
        "run": sent.run.id,
        "workflow": sent.run.workflow,
        "status": str(sent.run.status),
        "step": sent.step,
        "message": sent.id,
        "sent": sent.new,
    }


def _line(sent: Sent, done: str, out: Console) -> str:
    what = f"Run {out.style(short(sent.run), 'name')} of {out.style(sent.run.workflow, 'title')}"
    place = f" at step {safe(sent.step)}" if sent.step is not None else ""
    if not sent.new:
        return f"{what}{place}: that message was sent before; nothing was sent now"
    return f"{what} {done}{place} (it was {sent.run.status})"
