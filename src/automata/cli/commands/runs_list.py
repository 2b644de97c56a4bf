"""``automata runs list``: runs, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.console import Console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.listing import run_table, short, summary
from automata.cli.store import Desk, at_desk
from automata.cli.times import since
from automata.model import RunStatus

if TYPE_CHECKING:
    from automata._core.operations import Page

_STATES = click.Choice([str(status) for status in RunStatus])
_LIMIT = 20


@click.command(
    "list",
    cls=Command,
    short_help="List runs, newest first.",
    help="List runs, newest first.",
    examples=("automata runs list", "automata runs list --workflow Orders --status failed --since 2h"),
)
@click.option("--workflow", metavar="NAME", shell_complete=complete.workflows, help="Only runs of this workflow.")
@click.option("--status", "states", multiple=True, type=_STATES, help="Only runs in this state; may be repeated.")
@click.option("--since", "after", metavar="TIME", help="Only runs accepted since: 30m, 2h, 7d, or an ISO 8601 instant.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True, help="How many.")
@click.option("--cursor", metavar="TEXT", help="Where the page before said the next one begins.")
@database_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    workflow: str | None,
    states: tuple[str, ...],
    after: str | None,
    limit: int,
    cursor: str | None,
    database: str | None,
) -> None:
    """Ask for one page."""
    from automata.ports import RunQuery

    out = console(context)
    query = RunQuery(
        workflow=workflow, statuses=tuple(RunStatus(each) for each in states), before=read_cursor(cursor), limit=limit
    )

    async def work(desk: Desk) -> tuple[Page, datetime]:
        now = await desk.store.now()
        return await desk.runs.page(query, since=since(after, now)), now

    page, now = at_desk(database, work)
    follows = write_cursor(page.next)
    payload = {"runs": [summary(run) for run in page.runs], "next": follows}
    out.emit(payload, lambda: run_table(page.runs, now, out) if page.runs else _none(out, query), rows="runs")
    if page.runs:
        _next(out, page, None if follows is None else _same(workflow, states, after, limit) + f" --cursor '{follows}'")


def write_cursor(place: tuple[datetime, str] | None) -> str | None:
    """Where the next page begins, as text."""
    return None if place is None else f"{place[0].isoformat()}/{place[1]}"


def read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Read `write_cursor`'s text back.

    Raises:
        Failure: It is none.
    """
    if text is None:
        return None
    when, slash, run = text.partition("/")
    try:
        place = datetime.fromisoformat(when)
    except ValueError:
        place = None
    if place is None or place.tzinfo is None or not slash or not run:
        raise Failure(f"--cursor {text!r} is none", exit=Exit.USAGE, fix="take 'next' of the page before, with --json")
    return place, run


def _none(out: Console, query: object) -> Iterator[str]:
    from automata.ports import RunQuery

    if query == RunQuery(limit=getattr(query, "limit", 0)):
        yield "No runs yet"
        out.next("automata workflows publish FILE", "automata workflows start NAME")
    else:
        yield "No runs like that"
        out.next("automata runs list")


def _same(workflow: str | None, states: Sequence[str], after: str | None, limit: int) -> str:
    """The command line that asks for the same runs."""
    parts = ["automata runs list"]
    parts += [] if workflow is None else [f"--workflow {quote(workflow)}"]
    parts += [f"--status {each}" for each in states]
    parts += [] if after is None else [f"--since {quote(after)}"]
    return " ".join([*parts, *([] if limit == _LIMIT else [f"--limit {limit}"])])


def _next(out: Console, page: Page, follows: str | None) -> None:
    broken = [run for run in page.runs if run.status in {RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.PARKED}]
    shown = (broken or page.runs)[0]
    at_a_step = broken and shown.error is not None and shown.error.node
    hint = f"automata runs show {short(shown)}{' --failed-step' if at_a_step else ''}"
    out.next(*([hint] if follows is None else [hint, follows]))
