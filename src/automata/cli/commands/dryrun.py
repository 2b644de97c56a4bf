"""``automata dry-run``: what a run would do, step by step, with nothing changed outside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.run import callable_from, valid
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_input, read_value
from automata.cli.progress import brief, error_lines, symbol
from automata.cli.text import counted, safe

if TYPE_CHECKING:
    from automata._core.dryrun import DryRun, Frame
    from automata.cli.console import Console


@click.command(
    "dry-run",
    cls=Command,
    short_help="Show what a run would do without changing anything outside.",
    help="Show what a run would do without changing anything outside.\n\n"
    "Pure nodes compute; everything that would write is simulated with a "
    "sample of its output, or with the mock given for it. Time is virtual: waits cost nothing.",
    examples=("automata dry-run orders.yaml --input @order.json", "automata dry-run orders.yaml --mocks @mocks.json"),
)
@click.argument("file", shell_complete=complete.files)
@click.option("-i", "--input", "values", multiple=True, metavar="VALUE", help="name=text, name:=JSON, @file.json or -.")
@click.option("--trigger", metavar="ID", help="The trigger the event arrives at, where there are several.")
@click.option("--mocks", metavar="@FILE", help="JSON: node to {output}, {error}, or a list of them.")
@click.option("--until", metavar="NODE", help="Stop after this step.")
@click.option("--allow-reads", is_flag=True, help="Perform steps that only read, for real.")
@click.option("--step", is_flag=True, help="Show one step at a time; needs a terminal.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    file: str,
    values: tuple[str, ...],
    trigger: str | None,
    mocks: str | None,
    until: str | None,
    allow_reads: bool,  # noqa: FBT001 - click passes by name
    step: bool,  # noqa: FBT001
) -> int:
    """Validate, rehearse, show."""
    from automata.cli import access

    out, kernel = console(context), access.kernel()
    workflow = valid(kernel, file, out)
    given = read_value(mocks) if mocks else {}
    if not isinstance(given, Mapping):
        raise Failure("--mocks must be a JSON object of node to mock", exit=Exit.USAGE)
    work = kernel.dry_run(
        workflow,
        read_input(values),
        trigger=trigger,
        mocks=given,
        until=until,
        allow_reads=allow_reads,
        workflows=callable_from(workflow, file),
    )
    if step and not out.can_ask:
        out.warn("--step needs a terminal; all steps are shown at once")
    result = asyncio.run(work)
    out.emit(result.to_json(), lambda: _lines(result, out, pause=step and out.can_ask), rows="frames")
    stopped = until is not None and result.run.status == "cancelled"
    return Exit.OK if result.run.status == "succeeded" or stopped else Exit.FAILED


def _lines(result: DryRun, out: Console, *, pause: bool) -> Iterator[str]:
    for frame in result.frames:
        yield from _frame(frame, out)
        if pause:
            out.read_line("Enter for the next step ")
    yield ""
    yield f"{safe(result.run.workflow)}: {result.run.status} (nothing was changed)"
    if result.run.error is not None:
        yield from error_lines(result.run.error, out)
    else:
        yield f"output {brief(result.run.output, 400)}"
    effects = result.effects
    yield f"{counted(len(effects), 'effect')} would have happened" + (":" if effects else "")
    yield from (f"  {safe(each.step.node)}: {safe(each.would)}" for each in effects)


def _frame(frame: Frame, out: Console) -> Iterator[str]:
    step = frame.step
    made_up = " (simulated)" if frame.simulated else ""
    yield f"{symbol(step.status, out)} {out.style(step.node, 'title')}  {safe(step.use)}  {frame.effect}{made_up}"
    if step.input is not None:
        yield f"    input   {brief(step.input)}"
    if step.output is not None:
        yield f"    output  {brief(step.output)}"
    if step.port not in {None, "out"}:
        yield f"    branch  {safe(step.port)}"
    if step.error is not None:
        yield f"    error   {safe(step.error.kind)}: {safe(step.error.message)}"
    if frame.would is not None:
        yield f"    would   {safe(frame.would)}"
