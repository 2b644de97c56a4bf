"""``automata workflows rollback|enable|disable``: which version is current, and whether triggers start runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.workflows_publish import published_json
from automata.cli.commands.workflows_versions import version_json
from automata.cli.database import database_option
from automata.cli.store import Desk, at_desk
from automata.cli.text import safe

if TYPE_CHECKING:
    from automata._core.operations import Published
    from automata.model import Version


@click.command(
    "rollback",
    cls=Command,
    short_help="Make an earlier version the current one again.",
    help="Make an earlier version the current one again: VERSION, or the one published before the current one. "
    "Runs that have begun stay on their version.",
    examples=("automata workflows rollback Orders", "automata workflows rollback Orders 5cc83420"),
)
@click.argument("name", shell_complete=complete.workflows)
@click.argument("version", required=False)
@database_option
@click.pass_context
def rollback(context: click.Context, name: str, version: str | None, database: str | None) -> None:
    """Go back."""
    out = console(context)

    async def work(desk: Desk) -> Published:
        return await desk.definitions.rollback(name, version)

    done = at_desk(database, work, look="automata workflows list")
    before = (done.before or "")[:8]
    said = (
        f"is back at version {done.version.version[:8]} (was {before})"
        if done.changed
        else "is at that version already"
    )
    out.emit(published_json(done), lambda: [f"{safe(name)} {said}"])
    out.next(f"automata workflows show '{safe(name)}'")


@click.command(
    "enable",
    cls=Command,
    short_help="Let the triggers of a workflow start runs.",
    help="Let the triggers of a workflow start runs.",
    examples=("automata workflows enable Orders",),
)
@click.argument("name", shell_complete=complete.workflows)
@database_option
@click.pass_context
def enable(context: click.Context, name: str, database: str | None) -> None:
    """Switch on."""
    _switch(context, name, database, enabled=True)


@click.command(
    "disable",
    cls=Command,
    short_help="Keep the triggers of a workflow from starting runs.",
    help="Keep the triggers of a workflow from starting runs. Runs under way go on, and `workflows start` still works.",
    examples=("automata workflows disable Orders",),
)
@click.argument("name", shell_complete=complete.workflows)
@database_option
@click.pass_context
def disable(context: click.Context, name: str, database: str | None) -> None:
    """Switch off."""
    _switch(context, name, database, enabled=False)


def _switch(context: click.Context, name: str, database: str | None, *, enabled: bool) -> None:
    out = console(context)

    async def work(desk: Desk) -> Version:
        return await desk.definitions.enable(name, enabled=enabled)

    row = at_desk(database, work, look="automata workflows list")
    out.emit(version_json(row), lambda: [f"Triggers of {safe(name)} are {'on' if enabled else 'off'}"])
    out.next(f"automata workflows {'disable' if enabled else 'enable'} '{safe(name)}'")
