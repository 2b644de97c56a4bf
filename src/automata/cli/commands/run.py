"""``automata run``: run a document in this process and show what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.documents import read, shown, siblings
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_input, read_pairs, read_value

if TYPE_CHECKING:
    from automata._core.kernel import Kernel
    from automata._core.results import RunResult
    from automata.cli.console import Console
    from automata.model import Workflow

_YES, _NO = (
    frozenset({"yes", "y", "true", "approve", "approved"}),
    frozenset({"no", "n", "false", "reject", "rejected"}),
)


@click.command(
    "run",
    cls=Command,
    short_help="Run a workflow and show what happened.",
    help="Run a workflow and show what happened.\n\n"
    "The document is validated first. `call` nodes find the documents beside FILE. "
    "The run lives in this process: when the command ends, so does the run.",
    examples=(
        "automata run first.yaml --input name=Ada",
        "automata run orders.yaml --input @order.json --json",
        "automata run orders.yaml --approve approve=yes --signal paid=@payment.json",
    ),
)
@click.argument("file", shell_complete=complete.files)
@click.option("-i", "--input", "values", multiple=True, metavar="VALUE", help="name=text, name:=JSON, @file.json or -.")
@click.option("--trigger", metavar="ID", help="The trigger the event arrives at, where there are several.")
@click.option("--timeout", metavar="DURATION", help="Cancel the run after this long, like 30s or 5m.")
@click.option("--approve", "approvals", multiple=True, metavar="NODE=yes|no", help="Answer an approval.")
@click.option("--signal", "signals", multiple=True, metavar="NAME=VALUE", help="Send a signal: JSON or @file.json.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    file: str,
    values: tuple[str, ...],
    trigger: str | None,
    timeout: str | None,
    approvals: tuple[str, ...],
    signals: tuple[str, ...],
) -> int:
    """Validate, run, show."""
    from automata.cli import access
    from automata.cli.watch import Companion

    out, kernel = console(context), access.kernel()
    workflow = valid(kernel, file, out)
    companion = Companion(
        workflow,
        out,
        approvals=answers(approvals),
        signals={name: read_value(text) for name, text in read_pairs(signals, "--signal").items()},
        timeout_s=seconds(timeout),
    )
    work = kernel.run(
        workflow, read_input(values), trigger=trigger, on_event=companion, workflows=callable_from(workflow, file)
    )
    try:
        result = asyncio.run(work)
    finally:
        companion.close()
    _show(result, file, out)
    return Exit.UNAVAILABLE if companion.expired and result.run.status != "succeeded" else exit_of(result)


def valid(kernel: Kernel, file: str, out: Console) -> Workflow:
    """Read and validate a document; its errors end the command with exit code 3, its warnings are shown."""
    from automata.cli.report import problem_lines, refuse

    report = kernel.validate_text(read(file), file=shown(file))
    if report.workflow is None or not report.valid:
        refuse(report.problems, out)
    if out.verbosity:
        for line in problem_lines(report.problems, out):
            out.say(line)
    return report.workflow


def callable_from(workflow: Workflow, file: str) -> tuple[Workflow, ...]:
    """The documents beside *file*, read only when the workflow calls any."""
    from automata.cli.calls import called

    return (
        tuple(each for each in siblings(file) if each.name in called((workflow, *siblings(file))))
        if called((workflow,))
        else ()
    )


def answers(values: Sequence[str]) -> dict[str, bool]:
    """Read ``NODE=yes`` and ``NODE=no``.

    Raises:
        Failure: A value is neither.
    """
    told = read_pairs(values, "--approve")
    for node, text in told.items():
        if text.lower() not in _YES | _NO:
            raise Failure(f"--approve {node}={text} is neither yes nor no", exit=Exit.USAGE)
    return {node: text.lower() in _YES for node, text in told.items()}


def seconds(text: str | None) -> float | None:
    """Read a duration of the command line.

    Raises:
        Failure: It is none.
    """
    from automata._core.durations import parse_duration

    if text is None:
        return None
    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise Failure(f"--timeout {text!r}: {error}", exit=Exit.USAGE) from error


def exit_of(result: RunResult) -> Exit:
    """The exit code that says how a run ended."""
    status = str(result.run.status)
    return {"succeeded": Exit.OK, "cancelled": Exit.CANCELLED}.get(status, Exit.FAILED)


def _show(result: RunResult, file: str, out: Console) -> None:
    from automata.cli.progress import run_lines

    out.emit(result.to_json(), lambda: run_lines(result.run, result.steps, out), rows="steps")
    if result.run.error is not None:
        out.next(f"automata dry-run {file}", f"automata graph {file}")
    elif result.run.status == "succeeded":
        out.next(f"automata run {file} --json", f"automata test {file}")
