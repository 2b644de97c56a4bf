"""``automata workflows publish``: documents become versions in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.store import Desk, at_desk
from automata.cli.text import safe

if TYPE_CHECKING:
    from automata._core.operations import Published
    from automata.cli.console import Console
    from automata.model import Json, Problem, Workflow


@click.command(
    "publish",
    cls=Command,
    short_help="Publish documents: their runs can be started from anywhere.",
    help="Publish documents: their runs can be started from anywhere. All are validated first, together; "
    "with an error in one of them nothing is published. A folder stands for the documents in it.",
    examples=("automata workflows publish orders.yaml", "automata workflows publish workflows/"),
)
@click.argument("files", nargs=-1, required=True, shell_complete=complete.files)
@database_option
@click.pass_context
def command(context: click.Context, files: tuple[str, ...], database: str | None) -> None:
    """Validate all, then publish all."""
    out = console(context)
    documents = _valid(files, out)

    async def work(desk: Desk) -> list[tuple[str, Published]]:
        return [(file, await desk.definitions.publish(workflow)) for file, workflow in documents.items()]

    published = at_desk(database, work, makes=True)
    payload = {"published": [{"file": file, **published_json(each)} for file, each in published]}
    out.emit(payload, lambda: _lines(published), rows="published")
    out.next(f"automata workflows start '{safe(published[0][1].version.workflow)}'", "automata worker")


def published_json(each: Published) -> dict[str, Json]:
    """What is current now, and what was before, as the documented JSON object."""
    from automata.cli.commands.workflows_versions import version_json

    return {**version_json(each.version), "before": each.before, "changed": each.changed}


def _valid(files: Sequence[str], out: Console) -> dict[str, Workflow]:
    """Read and validate documents that may call each other.

    Raises:
        Failure: Two have one name, or there are none.
        ReportedError: One has errors; they have been printed.
    """
    from automata.cli import access
    from automata.cli.documents import documents, read, shown
    from automata.cli.report import refuse

    texts = {shown(file): read(file) for file in documents(files)}
    if not texts:
        raise Failure("No documents there", exit=Exit.NOT_FOUND)
    reports = access.kernel().validate_texts(texts)
    if not all(report.valid for report in reports.values()):
        problems: list[Problem] = [problem for report in reports.values() for problem in report.problems]
        refuse(problems, out)
    found = {file: report.workflow for file, report in reports.items() if report.workflow is not None}
    names = [workflow.name for workflow in found.values()]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise Failure(f"Two documents have the name {double!r}", exit=Exit.CONFLICT)
    return found


def _lines(published: Sequence[tuple[str, Published]]) -> Iterator[str]:
    for file, each in published:
        row = each.version
        was = "new" if each.before is None else f"was {each.before[:8]}" if each.changed else "unchanged"
        yield f"{safe(row.workflow)} (version {row.version[:8]}, {was}) published from {safe(file)}"
