"""``automata runs resolve``: a person's choice for a parked step."""

from __future__ import annotations

from typing import Literal

import click

from automata.cli import complete
from automata.cli.command import Command
from automata.cli.commands.runs_steer import id_option, send
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_value

_DONE = {"retry": "goes on: another attempt", "done": "goes on: taken as done", "fail": "goes on: let fail"}


@click.command(
    "resolve",
    cls=Command,
    short_help="Choose how a parked step goes on.",
    help="Choose how a parked step goes on: try it again, take it as done with an output, or let it fail. "
    "STEP is needed only when several are parked. `automata runs show RUN --failed-step` says why it is parked.",
    examples=(
        "automata runs resolve 019a1b2c3d4e5f60 --retry",
        "automata runs resolve 019a1b2c3d4e5f60 charge --done @receipt.json",
        "automata runs resolve 019a1b2c3d4e5f60 --fail --by ada",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.argument("step", required=False)
@click.option("--retry", is_flag=True, help="Its effect did not happen: try again.")
@click.option("--done", metavar="VALUE", help="Its effect happened: this is its output, as JSON, @file.json or -.")
@click.option("--fail", is_flag=True, help="Let it fail: error edges, compensations and the end of the run follow.")
@click.option("--by", metavar="NAME", help="Who chooses; it stands in the journal.")
@id_option
@database_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    run: str,
    step: str | None,
    retry: bool,  # noqa: FBT001 - click's
    done: str | None,
    fail: bool,  # noqa: FBT001 - click's
    by: str | None,
    message: str | None,
    database: str | None,
) -> None:
    """Send the choice."""
    choice = _chosen(retry=retry, done=done is not None, fail=fail)
    output = None if done is None else read_value(done)
    send(
        context,
        database,
        lambda desk: desk.runs.resolve(run, step, choice=choice, output=output, by=by, id=message),
        _DONE[choice],
    )


def _chosen(*, retry: bool, done: bool, fail: bool) -> Literal["retry", "done", "fail"]:
    if retry + done + fail != 1:
        raise Failure("Choose one of --retry, --done VALUE and --fail", exit=Exit.USAGE)
    if retry:
        return "retry"
    return "done" if done else "fail"
