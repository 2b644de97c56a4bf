"""``automata runs signal|approve|reject``: what a run waits for from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command
from automata.cli.commands.runs_steer import id_option, send
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_input, read_value

if TYPE_CHECKING:
    from automata.model import JsonObject


@click.command(
    "signal",
    cls=Command,
    short_help="Send a signal to a run.",
    help="Send a signal to a run; one that nothing waits for yet is kept until something does.",
    examples=("automata runs signal 019a1b2c3d4e5f60 paid --payload @payment.json",),
)
@click.argument("run", shell_complete=complete.runs)
@click.argument("name")
@click.option("--payload", metavar="VALUE", help="JSON, @file.json or -.")
@id_option
@database_option
@click.pass_context
def signal(
    context: click.Context, run: str, name: str, payload: str | None, message: str | None, database: str | None
) -> None:
    """Send it."""
    value = None if payload is None else read_value(payload)
    send(context, database, lambda desk: desk.runs.signal(run, name, value, id=message), f"was sent signal {name!r}")


def _answer_options(function: Callable[..., object]) -> Callable[..., object]:
    for option in (
        database_option,
        id_option,
        click.option("--by", metavar="NAME", help="Who answers; it stands in the journal."),
        click.option("--comment", metavar="TEXT", help="What is said with the answer."),
        click.argument("step", required=False),
        click.argument("run", shell_complete=complete.runs),
    ):
        function = option(function)
    return function


@click.command(
    "approve",
    cls=Command,
    short_help="Approve what a run asks.",
    help="Approve what a run asks. STEP is needed only when several approvals wait. "
    "The form, where the approval has one, is held to its schema.",
    examples=(
        "automata runs approve 019a1b2c3d4e5f60",
        "automata runs approve 019a1b2c3d4e5f60 ask --form boxes:=3 --by ada",
    ),
)
@click.option("--form", "values", multiple=True, metavar="VALUE", help="name=text, name:=JSON, @file.json or -.")
@_answer_options
@click.pass_context
def approve(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    run: str,
    step: str | None,
    values: tuple[str, ...],
    comment: str | None,
    by: str | None,
    message: str | None,
    database: str | None,
) -> None:
    """Answer yes."""
    form = _form(values)
    send(
        context,
        database,
        lambda desk: desk.runs.answer(run, step, approved=True, by=by, comment=comment, form=form, id=message),
        "was approved",
    )


@click.command(
    "reject",
    cls=Command,
    short_help="Reject what a run asks.",
    help="Reject what a run asks. STEP is needed only when several approvals wait.",
    examples=("automata runs reject 019a1b2c3d4e5f60 --comment 'Too dear'",),
)
@_answer_options
@click.pass_context
def reject(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    run: str,
    step: str | None,
    comment: str | None,
    by: str | None,
    message: str | None,
    database: str | None,
) -> None:
    """Answer no."""
    send(
        context,
        database,
        lambda desk: desk.runs.answer(run, step, approved=False, by=by, comment=comment, id=message),
        "was rejected",
    )


def _form(values: tuple[str, ...]) -> JsonObject | None:
    form = read_input(values)
    if form is not None and not isinstance(form, Mapping):
        raise Failure("--form is not an object", exit=Exit.USAGE, fix="write --form name=text or --form @form.json")
    return form
