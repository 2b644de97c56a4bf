"""``automata runs retry``: the same version with the same input, as a new run."""

from __future__ import annotations

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.workflows_start import started_json, wait_for
from automata.cli.database import database_option
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk


@click.command(
    "retry",
    cls=Command,
    short_help="Start a failed run again from its beginning.",
    help="Start a run that failed, timed out or was cancelled again from its beginning: a new run of the same version "
    "with the same input. Effects of the first one happen again, under idempotency keys of their own. "
    "Asking twice gives one new run, unless `--key` differs.",
    examples=("automata runs retry 019a1b2c3d4e5f60", "automata runs retry 019a1b2c3d4e5f60 --wait"),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--key", metavar="TEXT", help="Idempotency key of the new run.")
@click.option("--wait", is_flag=True, help="Follow the new run until it ends.")
@database_option
@click.pass_context
def command(context: click.Context, run: str, key: str | None, wait: bool, database: str | None) -> int:  # noqa: FBT001 - click's
    """Start it, detached."""
    out = console(context)

    async def work(desk: Desk) -> int:
        new = await desk.definitions.retry(run, key=key)
        if wait:
            return await wait_for(desk, new, out, None)
        out.emit(
            started_json(new),
            lambda: [f"Run {out.style(short(new), 'name')} of {new.workflow} was accepted ({new.status})"],
        )
        out.next(f"automata runs tail {short(new)}")
        return 0

    return at_desk(database, work)
