"""``automata init``: a project to start from."""

from __future__ import annotations

from pathlib import Path

import click

from automata.cli.command import Command, console
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.scaffold import plan, write


@click.command(
    "init",
    cls=Command,
    short_help="Start a project: settings, a first workflow with tests, a README.",
    help="Start a project: settings, a first workflow with tests, a README.\n\n"
    "Nothing is overwritten; doing it twice changes nothing.",
    examples=("automata init demo", "automata init"),
)
@click.argument("directory", default=".", required=False)
@click.option("--template", type=click.Choice(("first",)), default="first", help="What to start from.")
@click.option("--yes", is_flag=True, help="Write into a folder that holds other files without asking.")
@click.pass_context
def command(context: click.Context, directory: str, template: str, yes: bool) -> None:  # noqa: FBT001 - click passes by name
    """Write what is missing."""
    out, folder = console(context), Path(directory)
    missing = plan(folder)
    strangers = folder.is_dir() and any(folder.iterdir())
    if (
        missing
        and strangers
        and not yes
        and not out.ask(f"{folder} is not empty; add {len(missing)} files?", default=not out.can_ask)
    ):
        raise Failure("Nothing was written", exit=Exit.CANCELLED)
    for path, text in missing.items():
        write(path, text)
    payload = {"directory": str(folder), "template": template, "created": [str(path) for path in missing]}
    out.emit(payload, lambda: [f"created {path}" for path in missing] or ["nothing to do"], rows="created")
    lead = "" if directory == "." else f"cd {directory} && "
    out.next(f"{lead}automata test", "automata run workflows/first.yaml --input name=Ada")
