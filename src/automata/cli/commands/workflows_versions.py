"""``automata workflows list|show``: what is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.store import Desk, at_desk
from automata.cli.text import columns, safe
from automata.cli.times import ago

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Json, Version, Workflow

_SHOWN = 8


@click.command(
    "list",
    cls=Command,
    short_help="List the published workflows.",
    help="List the published workflows with their current versions.",
    examples=("automata workflows list", "automata workflows list --json"),
)
@database_option
@click.pass_context
def list_workflows(context: click.Context, database: str | None) -> None:
    """List the current versions."""
    out = console(context)

    async def work(desk: Desk) -> tuple[Sequence[Version], datetime]:
        return await desk.definitions.versions(), await desk.store.now()

    rows, now = at_desk(database, work, look="automata workflows list")
    payload = {"workflows": [version_json(row) for row in rows]}
    out.emit(payload, lambda: _workflows(rows, now, out), rows="workflows")


@click.command(
    "show",
    cls=Command,
    short_help="Show one workflow and its versions.",
    help="Show one workflow: its versions, and its document with `--json` or `--document`.",
    examples=("automata workflows show Orders", "automata workflows show Orders --version 5cc8 --document"),
)
@click.argument("name", shell_complete=complete.workflows)
@click.option(
    "--version", "version", metavar="HASH", help="A version other than the current one; its beginning will do."
)
@click.option("--document", "whole", is_flag=True, help="Print the document, as YAML.")
@database_option
@click.pass_context
def show(context: click.Context, name: str, version: str | None, whole: bool, database: str | None) -> None:  # noqa: FBT001 - click's
    """Show the versions, or one document."""
    from automata._core.codec import dump_yaml, encode

    out = console(context)

    async def work(desk: Desk) -> tuple[Version, Workflow, Sequence[Version], datetime]:
        row, document = await desk.definitions.document(name, version)
        return row, document, await desk.definitions.versions(name), await desk.store.now()

    row, document, rows, now = at_desk(database, work, look="automata workflows list")
    payload = {
        **version_json(row),
        "versions": [version_json(each) for each in rows],
        "document": encode(document),
    }
    if whole:
        out.emit(payload, lambda: dump_yaml(document).rstrip().splitlines())
    else:
        out.emit(payload, lambda: _versions(row, document, rows, now), rows="versions")
        out.next(f"automata workflows start '{safe(name)}'", f"automata runs list --workflow '{safe(name)}'")


def version_json(row: Version) -> dict[str, Json]:
    """A published version as the documented JSON object."""
    from automata._core.stamp import text_of

    return {
        "workflow": row.workflow,
        "version": row.version,
        "published": text_of(row.published),
        "current": row.current,
        "enabled": row.enabled,
    }


def _workflows(rows: Sequence[Version], now: datetime, out: Console) -> Iterator[str]:
    if not rows:
        yield "Nothing is published yet"
        out.next("automata workflows publish FILE")
        return
    shown = [(safe(r.workflow), r.version[:_SHOWN], ago(r.published, now), "on" if r.enabled else "off") for r in rows]
    yield from columns(shown, header=("WORKFLOW", "VERSION", "PUBLISHED", "TRIGGERS"))
    out.next(f"automata workflows show '{safe(rows[0].workflow)}'")


def _versions(row: Version, document: Workflow, rows: Sequence[Version], now: datetime) -> Iterator[str]:
    triggers = "on" if row.enabled else "off (automata workflows enable)"
    yield f"{safe(row.workflow)} (version {row.version[:_SHOWN]}), triggers {triggers}"
    if document.description:
        yield f"  {safe(document.description)}"
    yield ""
    shown = [(each.version[:_SHOWN], ago(each.published, now), "current" if each.current else "") for each in rows]
    yield from columns(shown, header=("VERSION", "PUBLISHED", ""))
