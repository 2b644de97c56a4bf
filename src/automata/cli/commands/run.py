"""``automata run``: run a document or a published workflow, and show what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.run_detached import accept
from automata.cli.database import database_option
from automata.cli.documents import read, shown, siblings
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.inputs import read_input, read_pairs, read_value
from automata.cli.listing import exit_of, short
from automata.cli.store import helpful
from automata.cli.target import home, is_document, published

if TYPE_CHECKING:
    from automata._core.kernel import Kernel
    from automata._core.results import RunResult
    from automata.cli.console import Console
    from automata.cli.watch import Companion
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
    "TARGET is a file, or the name of a published workflow. A file is validated first; its `call` nodes find the "
    "documents beside it. Without a database the run lives in this process: when the command ends, so does the run. "
    "With one, named by --database or the setting AUTOMATA_DATABASE, the document is published and the run is durable: "
    "if this process dies, a worker goes on with it. --detach leaves it to the workers from the start.",
    examples=(
        "automata run first.yaml --input name=Ada",
        "automata run orders.yaml --input @order.json --json",
        "automata run orders.yaml --approve approve=yes --signal paid=@payment.json",
        "automata run Orders --input total:=12 --detach",
    ),
)
@click.argument("target", shell_complete=complete.targets)
@click.option("-i", "--input", "values", multiple=True, metavar="VALUE", help="name=text, name:=JSON, @file.json or -.")
@click.option("--trigger", metavar="ID", help="The trigger the event arrives at, where there are several.")
@click.option("--timeout", metavar="DURATION", help="Cancel the run after this long, like 30s or 5m.")
@click.option("--approve", "approvals", multiple=True, metavar="NODE=yes|no", help="Answer an approval.")
@click.option("--signal", "signals", multiple=True, metavar="NAME=VALUE", help="Send a signal: JSON or @file.json.")
@click.option("--key", metavar="TEXT", help="Idempotency key: the same key gives the same run.")
@click.option("--wait/--detach", default=True, help="Stay until the run ends, or leave it to the workers.")
@database_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    target: str,
    values: tuple[str, ...],
    trigger: str | None,
    timeout: str | None,
    approvals: tuple[str, ...],
    signals: tuple[str, ...],
    key: str | None,
    wait: bool,  # noqa: FBT001 - click's
    database: str | None,
) -> int:
    """Validate, run, show."""
    from automata.cli import access

    out, url = console(context), home(target, database, detached=not wait)
    kernel = access.kernel(database=url)
    workflow, others = _found(kernel, target, url, out)
    request: dict[str, Any] = {"input_": read_input(values), "trigger": trigger, "key": key}
    if not wait:
        _refuse_company(timeout, approvals, signals)
        return accept((workflow, *others), url, out, **request)
    companion = _companion(workflow, out, approvals, signals, timeout)
    with helpful():
        result = asyncio.run(_to_its_end(kernel, companion, workflow, workflows=others, **request))
    _show(result, target, out, durable=url is not None)
    return Exit.UNAVAILABLE if companion.expired and result.run.status != "succeeded" else exit_of(result.run.status)


def _found(kernel: Kernel, target: str, url: str | None, out: Console) -> tuple[Workflow, tuple[Workflow, ...]]:
    """What is to be run, and the documents it calls."""
    if url is None or is_document(target):
        workflow = valid(kernel, target, out)
        return workflow, callable_from(workflow, target)
    return published(url, target), ()


def _companion(
    workflow: Workflow, out: Console, approvals: Sequence[str], signals: Sequence[str], timeout: str | None
) -> Companion:
    from automata.cli.watch import Companion

    return Companion(
        workflow,
        out,
        approvals=answers(approvals),
        signals={name: read_value(text) for name, text in read_pairs(signals, "--signal").items()},
        timeout_s=seconds(timeout),
    )


async def _to_its_end(kernel: Kernel, companion: Companion, workflow: Workflow, **request: Any) -> RunResult:
    try:
        return await kernel.run(workflow, on_event=companion, **request)
    finally:
        companion.close()
        await kernel.close()


def _refuse_company(timeout: str | None, approvals: Sequence[str], signals: Sequence[str]) -> None:
    """Refuse what needs somebody who stands by."""
    given = {"--timeout": timeout, "--approve": approvals, "--signal": signals}
    for name in (name for name, value in given.items() if value):
        raise Failure(
            f"{name} is for who stays until the run ends",
            exit=Exit.USAGE,
            fix=f"leave out --detach, or {name}; a run is steered by: automata runs --help",
        )


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


def _show(result: RunResult, file: str, out: Console, *, durable: bool) -> None:
    from automata.cli.progress import run_lines

    out.emit(result.to_json(), lambda: run_lines(result.run, result.steps, out), rows="steps")
    if durable:
        out.next(f"automata runs show {short(result.run)}")
    elif result.run.error is not None:
        out.next(f"automata dry-run {file}", f"automata graph {file}")
    elif result.run.status == "succeeded":
        out.next(f"automata run {file} --json", f"automata test {file}")
