"""``automata runs fork``: a new run that begins as an old one did, from any point of its journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure, ReportedError
from automata.cli.inputs import read_input, read_value
from automata.cli.listing import short
from automata.cli.progress import brief
from automata.cli.store import Desk, at_desk
from automata.cli.text import columns, counted, safe
from automata.errors import NotFound

if TYPE_CHECKING:
    from automata._core.replay import ForkPlan, Place, Repeat, Replays
    from automata.cli.console import Console
    from automata.model import Json, Run


@click.command(
    "fork",
    cls=Command,
    short_help="Start a new run from any point of an old one.",
    help="Start a new run that begins as an old one did: what it finished up to that point is taken over, the rest is "
    "done anew, under the same version or another one. First it says which effects would happen again.\n\n"
    "The new run is a generation of its own: its effects carry idempotency keys of their own.",
    examples=(
        "automata runs fork 019a1b2c3d4e5f60 --before charge --version 3f2a91c0",
        "automata runs fork 019a1b2c3d4e5f60 --after fetch --edit fetch=@fixed.json",
        "automata runs fork 019a1b2c3d4e5f60 --at 14 --dry-run",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--at", type=int, metavar="N", help="Keep the first N events of its journal.")
@click.option("--before", metavar="NODE", help="Keep everything before this step.")
@click.option("--after", metavar="NODE", help="Keep everything up to the end of this step.")
@click.option("--version", "version", metavar="HASH", help="The version to go on with; its beginning will do.")
@click.option("--edit", "edits", multiple=True, metavar="NODE=VALUE", help="Another output of a step: JSON or @file.")
@click.option("-i", "--input", "values", multiple=True, metavar="VALUE", help="Another input, as of `automata run`.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="Do not ask before effects that would happen again.")
@database_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    run: str,
    at: int | None,
    before: str | None,
    after: str | None,
    version: str | None,
    edits: tuple[str, ...],
    values: tuple[str, ...],
    dry: bool,  # noqa: FBT001 - click passes by name
    yes: bool,  # noqa: FBT001
    database: str | None,
) -> int:
    """Cut, say, ask, accept."""
    from automata._core.replay import Place

    place = Place(
        at=at,
        before=before,
        after=after,
        edits=dict(_edit(text) for text in edits),
        input=read_input(values),
        new_input=bool(values),
    )
    return do_over(context, run, place, version=version, dry=dry, yes=yes, database=database)


def do_over(  # noqa: PLR0913 - the options of two commands
    context: click.Context,
    run: str,
    place: Place,
    *,
    version: str | None,
    dry: bool,
    yes: bool,
    database: str | None,
) -> int:
    """Plan a fork, say which effects would happen again, ask, and make it."""
    from automata._core.replay import Replays
    from automata._core.system import SystemRandom
    from automata.cli import access

    out = console(context)
    catalog = access.catalog(access.plugins())

    async def work(desk: Desk) -> int:
        replays = Replays(desk.store, catalog, SystemRandom())
        record = await replays.record(run)
        try:
            planned = await replays.plan_fork(record, place, version=version)
        except NotFound as error:
            fix = f"automata runs show {short(record.run)}"
            raise Failure(error.message, exit=Exit.NOT_FOUND, fix=fix) from error
        if planned.misfits:
            _refuse(planned, out)
        return await _make(replays, planned, out, dry=dry, yes=yes)

    return at_desk(database, work)


async def _make(replays: Replays, planned: ForkPlan, out: Console, *, dry: bool, yes: bool) -> int:
    if dry:
        out.emit({**planned.to_json(), "made": False}, lambda: _lines(planned, out), rows="repeats")
        return Exit.OK
    if not out.machine:
        for line in _lines(planned, out):
            out.say(line)
    if planned.repeats and not yes:
        _ask(planned, out)
    made = await replays.make(planned)
    out.emit({**planned.to_json(), "made": True}, lambda: _accepted(made, out), rows="repeats")
    out.next(f"automata runs tail {short(made)}")
    return Exit.OK


def _ask(planned: ForkPlan, out: Console) -> None:
    """Have a person agree.

    Raises:
        Failure: Nobody did.
    """
    count = counted(len(planned.repeats), "effect")
    if not out.can_ask:
        fix = "look with --dry-run, then repeat the command with --yes"
        raise Failure(f"{count} would happen again, and nobody can be asked", exit=Exit.USAGE, fix=fix)
    if not out.ask(f"Let {count} happen again?"):
        raise Failure("Nothing was done", exit=Exit.CANCELLED)


def _lines(planned: ForkPlan, out: Console) -> Iterator[str]:
    origin = planned.origin.partition("@")[0]
    yield (
        f"Fork of run {out.style(origin[:16], 'name')} of {out.style(planned.run.workflow, 'title')} "
        f"(version {planned.run.version[:8]})"
    )
    yield f"  {safe(planned.kept.explain())}"
    yield from (f"  {safe(note)}" for note in planned.notes)
    if not planned.repeats:
        yield "No effect would happen again"
        return
    yield f"{counted(len(planned.repeats), 'effect')} would happen again:"
    yield from columns([_row(repeat) for repeat in planned.repeats])


def _row(repeat: Repeat) -> tuple[str, ...]:
    """One effect; an exclamation mark says that the far side would take it for a new one."""
    known = f"same key {repeat.key!r}" if repeat.key is not None else "" if repeat.done else "may have happened"
    mark = "!" if repeat.grave else " "
    return mark, str(repeat.effect), safe(repeat.node), safe(repeat.use), safe(known), brief(repeat.parameters)


def _accepted(made: Run, out: Console) -> Sequence[str]:
    return [f"Run {out.style(short(made), 'name')} of {safe(made.workflow)} was accepted ({made.status})"]


def _refuse(planned: ForkPlan, out: Console) -> None:
    """Say why the kept part does not fit.

    Raises:
        ReportedError: Always.
    """
    message = f"What is kept does not fit version {planned.run.version[:8]}"
    if out.machine:
        reasons = [misfit.to_json() for misfit in planned.misfits]
        out.emit(
            {"error": {"code": "invalid", "message": message}, "exit": int(Exit.INVALID), "misfits": reasons}, list
        )
        raise ReportedError(Exit.INVALID)
    out.tell(f"{out.style('error[invalid]', 'error', err=True)}: {message}")
    for misfit in planned.misfits:
        out.tell(f"  {safe(misfit.node)}: {safe(misfit.message)}")
    out.tell("  fix: cut earlier, with --before the first step named here")
    raise ReportedError(Exit.INVALID)


def _edit(text: str) -> tuple[str, Json]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Failure(f"--edit {text!r} is not NODE=VALUE", exit=Exit.USAGE, fix="write --edit fetch=@output.json")
    return name, read_value(value)
