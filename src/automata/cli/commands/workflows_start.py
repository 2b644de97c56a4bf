"""``automata workflows start``: accept a run and leave it to the workers, or wait for its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_input
from automata.cli.listing import exit_of, short, summary
from automata.cli.store import Desk, at_desk
from automata.cli.times import length

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Json, Run


@click.command(
    "start",
    cls=Command,
    short_help="Start a run and leave it to the workers.",
    help="Start a run of a published workflow and leave it to the workers. With `--wait` the command ends with the "
    "run, and its exit code says how: 0 succeeded, 9 failed, 10 cancelled, 7 parked.",
    examples=(
        "automata workflows start Orders --input @order.json",
        "automata workflows start Orders --input total:=12 --key order-17 --wait",
    ),
)
@click.argument("name", shell_complete=complete.workflows)
@click.option("-i", "--input", "values", multiple=True, metavar="VALUE", help="name=text, name:=JSON, @file.json or -.")
@click.option("--key", metavar="TEXT", help="Idempotency key: the same key gives the same run.")
@click.option("--trigger", metavar="ID", help="The trigger the event arrives at, where there are several.")
@click.option(
    "--version", "version", metavar="HASH", help="A version other than the current one; its beginning will do."
)
@click.option("--priority", type=int, default=0, show_default=True, help="Runs of a higher one are taken up first.")
@click.option("--wait", is_flag=True, help="Follow the run until it ends.")
@click.option("--timeout", metavar="DURATION", help="With --wait: stop watching after this long, with exit code 8.")
@database_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    name: str,
    values: tuple[str, ...],
    key: str | None,
    trigger: str | None,
    version: str | None,
    priority: int,
    wait: bool,  # noqa: FBT001 - click's
    timeout: str | None,
    database: str | None,
) -> int:
    """Accept, and perhaps wait."""
    out, limit, given = console(context), length(timeout, "--timeout"), read_input(values)

    async def work(desk: Desk) -> int:
        if trigger is not None:
            await require_trigger(desk, name, version, trigger)
        run = await desk.definitions.start(name, given, version=version, trigger=trigger, key=key, priority=priority)
        if wait:
            return await wait_for(desk, run, out, limit)
        out.emit(
            started_json(run),
            lambda: [f"Run {out.style(short(run), 'name')} of {run.workflow} was accepted ({run.status})"],
        )
        out.next(f"automata runs tail {short(run)}")
        return 0

    return at_desk(database, work, look="automata workflows list")


def started_json(run: Run) -> dict[str, Json]:
    """An accepted run as the documented JSON object."""
    return summary(run)


async def wait_for(desk: Desk, run: Run, out: Console, limit: timedelta | None) -> int:
    """Follow a run to its end, show it, and give the exit code that says how it ended."""
    from automata._core.operations import uses_in
    from automata._core.system import SystemClock
    from automata.cli.commands.runs_show import detail_json, detail_lines
    from automata.cli.follow import follow
    from automata.cli.progress import Progress
    from automata.cli.wayout import next_of

    found = await desk.store.workflow(run.workflow, run.version, org=run.org)
    use = uses_in(None if found is None else found[1])
    progress = Progress(out, lambda address: use(address) == "foreach")
    out.say(f"Run {short(run)} was accepted; Ctrl-C stops watching it, not the run")
    try:
        async for _, events in follow(desk, run.id, clock=SystemClock(), limit=limit):
            for event in events:
                progress(event)
    finally:
        progress.pause()
    detail, now = await desk.runs.show(run.id), await desk.store.now()
    out.emit(detail_json(detail), lambda: detail_lines(detail, now, out), rows="steps")
    out.next(*next_of(detail))
    code = exit_of(detail.run.status)
    return Exit.UNAVAILABLE if code is Exit.OK and not detail.run.status.final else code


async def require_trigger(desk: Desk, name: str, version: str | None, trigger: str) -> None:
    """Refuse a node that is no trigger; only the plugins know which are."""
    from automata.cli import access
    from automata.cli.text import listed
    from automata.model import Kind

    _, document = await desk.definitions.document(name, version)
    catalog = access.catalog(access.plugins())
    kinds = {node.id: catalog.get(node.use) for node in document.graph.nodes.values()}
    triggers = [id_ for id_, kind in kinds.items() if kind is not None and kind.kind is Kind.TRIGGER]
    if trigger not in triggers:
        because = f"its triggers are {listed(triggers)}" if triggers else "it has none"
        raise Failure(f"{trigger!r} is not a trigger of {name!r}", exit=Exit.NOT_FOUND, because=because)
