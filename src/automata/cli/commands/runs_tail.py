"""``automata runs tail``: what happens in a run, as it happens, until it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.runs_logs import numbered
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.fan import Fans
from automata.cli.follow import follow
from automata.cli.listing import exit_of, short, state
from automata.cli.store import Desk, at_desk
from automata.cli.story import event_line, inside
from automata.cli.text import safe
from automata.cli.times import length

if TYPE_CHECKING:
    from automata._core.operations import Detail
    from automata.cli.console import Console
    from automata.model import Event, Run


@click.command(
    "tail",
    cls=Command,
    short_help="Follow a run until it ends.",
    help="Follow a run until it ends, or is parked for a choice; `-v` shows nested steps too. `-o jsonl` writes an "
    "event a line as they come, `--json` one object at the end. The exit code says how the run ended: "
    "0 succeeded, 9 failed, 10 cancelled, 7 parked. Ctrl-C stops watching, not the run.",
    examples=(
        "automata runs tail 019a1b2c3d4e5f60",
        "automata runs tail 019a1b2c3d4e5f60 -o jsonl",
        "automata runs tail 019a1b2c3d4e --timeout 5m",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--new", is_flag=True, help="Leave out what has happened before.")
@click.option("--timeout", metavar="DURATION", help="Stop watching after this long, with exit code 8.")
@database_option
@click.pass_context
def command(context: click.Context, run: str, new: bool, timeout: str | None, database: str | None) -> int:  # noqa: FBT001 - click's
    """Read the journal again and again."""
    from automata._core.system import SystemClock

    out, limit, clock = console(context), length(timeout, "--timeout"), SystemClock()

    async def work(desk: Desk) -> Detail:
        from automata._core.operations import uses_in

        row = await desk.runs.find(run)
        found = await desk.store.workflow(row.workflow, row.version)
        use = uses_in(None if found is None else found[1])
        told = Telling(out, Fans(lambda address: use(address) == "foreach"))
        after = len(await desk.store.journal(row.id)) if new else 0
        async for current, events in follow(desk, row.id, after=after, clock=clock, limit=limit):
            told(current, events, after)
            after += len(events)
        return await desk.runs.show(row.id)

    return finish(at_desk(database, work), out)


def finish(detail: Detail, out: Console) -> int:
    """Say how a followed run stands, and give the exit code for it."""
    from automata.cli.commands.runs_show import detail_json
    from automata.cli.wayout import next_of

    row = detail.run
    if out.format != "jsonl":
        out.emit(detail_json(detail), lambda: [f"Run {out.style(short(row), 'name')} {state(row.status, out)}"])
    code = exit_of(row.status)
    if not row.status.final and code is Exit.OK:
        out.say("The time limit passed; the run goes on without being watched")
        code = Exit.UNAVAILABLE
    out.next(*next_of(detail))
    return code


class Telling:
    """Writes events as they come, and how far long ``foreach`` nodes are.

    Args:
        out: Where to write.
        fans: Counts iterations.
    """

    def __init__(self, out: Console, fans: Fans) -> None:
        self._out = out
        self._fans = fans
        self._waited = ""

    def __call__(self, run: Run, events: Sequence[Event], after: int) -> None:
        """Write *events*, which follow the first *after* ones."""
        if self._out.format == "jsonl":
            for at, event in enumerate(events, after + 1):
                self._out.emit(numbered(at, event), list)
        elif not self._out.machine:
            self._out.lines(event_line(event) for event in events if self._out.verbosity or not inside(event))
        for event in events:
            fan = self._fans(event)
            if fan is not None and fan.due():
                self._out.say(f"  {safe(fan.node)}  {fan.note}")
        self._out.flush()
        self._stand(run)

    def _stand(self, run: Run) -> None:
        """Say once when the run stands still."""
        if run.status != self._waited and run.status in {"waiting", "paused", "queued"}:
            words = {"waiting": "It waits", "paused": "It is paused", "queued": "No worker has taken it up yet"}
            self._out.say(f"{words[str(run.status)]}; see automata runs show {short(run)}")
        self._waited = str(run.status)
