"""``automata runs export``: a run as one document, to send along or to keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.listing import short
from automata.cli.store import Desk, at_desk

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Json, Run


@click.command(
    "export",
    cls=Command,
    short_help="Write a run as one JSON document.",
    help="Write a run as one JSON document: its row, the document of its version, its journal and the messages nobody "
    "has taken up, under a checksum. Secrets stand in it as the journal has them: `***`. "
    "`--check FILE` reads one back and says whether it is whole.",
    examples=("automata runs export 019a1b2c3d4e5f60 > run.json", "automata runs export --check run.json"),
)
@click.argument("run", required=False, shell_complete=complete.runs)
@click.option("--file", "target", metavar="FILE", help="Write to a new file instead of stdout.")
@click.option("--check", "source", metavar="FILE", help="Check an exported run instead.")
@database_option
@click.pass_context
def command(
    context: click.Context, run: str | None, target: str | None, source: str | None, database: str | None
) -> None:
    """Write or check."""
    out = console(context)
    if (run is None) == (source is None):
        raise Failure("Give either RUN or --check FILE", exit=Exit.USAGE)
    if source is not None:
        _check(source, out)
        return
    wanted = run or ""

    async def work(desk: Desk) -> tuple[Run, dict[str, Json]]:
        from automata._core.operations import export_json, whole

        detail = await whole(await desk.runs.show(wanted), desk.store.blobs)
        found = await desk.store.workflow(detail.run.workflow, detail.run.version, org=detail.run.org)
        return detail.run, export_json(detail, None if found is None else found[1])

    row, exported = at_desk(database, work)
    if target is None:
        out.emit(exported, lambda: json.dumps(exported, indent=2, ensure_ascii=False, default=dict).splitlines())
        return
    with Path(target).open("x", encoding="utf-8") as stream:
        json.dump(exported, stream, indent=2, ensure_ascii=False, default=dict)
        stream.write("\n")
    out.emit(_told(row, len(_journal(exported)), target), lambda: [f"Run {short(row)} was written to {target}"])


def _check(source: str, out: Console) -> None:
    from automata._core.operations import read_export
    from automata.cli.inputs import read_value

    found = read_export(read_value(f"@{source}"))
    events = len(found.journal)
    out.emit(
        _told(found.run, events, source),
        lambda: [
            f"{source} holds run {short(found.run)} of {found.run.workflow} ({found.run.status}), {events} events"
        ],
    )


def _told(row: Run, events: int, file: str) -> dict[str, Json]:
    return {"file": file, "run": row.id, "workflow": row.workflow, "status": str(row.status), "events": events}


def _journal(exported: dict[str, Json]) -> list[Json]:
    journal = exported["journal"]
    return journal if isinstance(journal, list) else []
