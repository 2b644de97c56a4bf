"""``automata runs replay``: do a run over from one step on, with the same version and input."""

from __future__ import annotations

import click

from automata.cli import complete
from automata.cli.command import Command
from automata.cli.commands.runs_fork import do_over
from automata.cli.database import database_option


@click.command(
    "replay",
    cls=Command,
    short_help="Do a run over from one step on.",
    help="Do a run over from one step on, with the same version and input, as a new run: what finished before that "
    "step is taken over. First it says which effects would happen again.\n\n"
    "An exclamation mark stands before effects that the far side would take for new ones.",
    examples=(
        "automata runs replay 019a1b2c3d4e5f60 --from charge --dry-run",
        "automata runs replay 019a1b2c3d4e5f60 --from charge",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--from", "node", metavar="NODE", help="The step to begin with; the whole run without it.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="Do not ask before effects that would happen again.")
@database_option
@click.pass_context
def command(
    context: click.Context,
    run: str,
    node: str | None,
    dry: bool,  # noqa: FBT001 - click passes by name
    yes: bool,  # noqa: FBT001
    database: str | None,
) -> int:
    """Fork before the step."""
    from automata._core.replay import Place

    place = Place(at=1) if node is None else Place(before=node)
    return do_over(context, run, place, version=None, dry=dry, yes=yes, database=database)
