"""``automata db backup|restore``: a copy of the database, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automata.cli.command import Command, console
from automata.cli.database import database_option, shown
from automata.cli.store import chosen_blobs
from automata.cli.text import counted, safe
from automata.cli.upkeep import Meter, confirm, sized, trouble, url_of
from automata.errors import Damaged, FixInput

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from automata.cli.console import Console
    from automata.sql.parking import Parked


@click.command(
    "backup",
    cls=Command,
    short_help="Copy the database to a file while it is worked on.",
    help="Copy the database to FILE while workers run. The copy has the state of one moment, is checked, and appears "
    "whole or not at all. A PostgreSQL database needs the program pg_dump; only Automata's tables are copied.",
    examples=(
        "automata db backup backups/today.db",
        "automata db backup today.dump --database postgresql://automata@db/automata",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace FILE if it is there.")
@database_option
@click.pass_context
def backup(context: click.Context, file: Path, replace: bool, database: str | None) -> None:  # noqa: FBT001 - click passes by name
    """Write the copy."""
    from automata.sql.backup import backup as copy
    from automata.sql.places import folder_of

    out, url, chosen = console(context), url_of(database), chosen_blobs()
    folder = folder_of(url, None if chosen == "table" else chosen)  # What was put there before stays there.
    with trouble():
        made = copy(url, file, replace=replace, progress=Meter(out, "pages"), blobs=folder)
    payload = {
        "database": shown(str(url)),
        "file": str(file),
        "size_bytes": made.size_bytes,
        "revision": made.revision,
        "runs": made.runs,
    }
    line = f"{safe(file)}: {counted(made.runs, 'run')}, {sized(made.size_bytes)}, schema {made.revision}"
    out.emit(payload, lambda: [line])


@click.command(
    "restore",
    cls=Command,
    short_help="Put a backup in the place of the database.",
    help="Put a backup in the place of the database; stop every worker before. Runs that were not over when the backup "
    "was made are parked: what they did since then is not known, so nothing goes on until you look at them and resume "
    "them. A backup of an older schema is brought to the newest.",
    examples=("automata db restore backups/today.db", "automata runs list --status parked"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace runs that are in the database without asking.")
@database_option
@click.pass_context
def restore(context: click.Context, file: Path, yes: bool, database: str | None) -> None:  # noqa: FBT001 - click passes by name
    """Read the copy back, if that is meant."""
    from automata.sql.backup import restore as put_back

    out, url = console(context), url_of(database)
    with trouble():
        there = _there(url) if file.is_file() else ""
        if there:
            confirm(out, f"Replace {shown(str(url))}, which {there}, by {file}?", yes=yes)
        parked = put_back(url, file, replace=bool(there), progress=Meter(out, "pages"))
    payload = {
        "database": shown(str(url)),
        "file": str(file),
        "parked": parked.runs,
        "generation": parked.generation,
        "outgoing": parked.outgoing,
    }
    out.emit(payload, lambda: _lines(url, parked, out))


def _there(url: URL) -> str:
    """What a restore would replace; empty when nothing."""
    from automata.sql.backup import runs_in

    try:
        runs = runs_in(url)
    except (Damaged, FixInput):
        return "is damaged"
    return f"has {counted(runs, 'run')}" if runs else ""


def _lines(url: URL, parked: Parked, out: Console) -> Iterator[str]:
    yield f"{safe(shown(str(url)))} is restored (generation {parked.generation})"
    if parked.outgoing:
        yield f"{counted(parked.outgoing, 'message')} may be sent a second time, with the same id"
    if parked.runs:
        yield f"{counted(parked.runs, 'run')} parked, since what happened after the backup is not known"
        out.next("automata runs list --status parked", "automata runs resume RUN")
