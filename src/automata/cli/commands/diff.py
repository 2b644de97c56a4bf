"""``automata diff``: what changed between two documents, and who has to care."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.documents import read_workflow
from automata.cli.exits import Exit
from automata.cli.text import counted, safe

if TYPE_CHECKING:
    from automata._core.diff import Diff
    from automata.cli.console import Console

_ROLES = {"major": "error", "minor": "warning", "patch": "success", "none": "muted"}


@click.command(
    "diff",
    cls=Command,
    short_help="Compare two workflow documents and classify the change.",
    help="Compare two workflow documents and classify the change as major, minor or patch.\n\n"
    "major: a caller, sender or operator has to act. "
    "minor: runs may do something else. patch: runs do the same.",
    examples=("automata diff old.yaml new.yaml", "automata diff old.yaml new.yaml --exit-code"),
)
@click.argument("before", shell_complete=complete.files)
@click.argument("after", shell_complete=complete.files)
@click.option("--layout", is_flag=True, help="Tell changes of the picture too.")
@click.option("--exit-code", "coded", is_flag=True, help="Exit with 7 when the documents differ.")
@click.pass_context
def command(context: click.Context, before: str, after: str, layout: bool, coded: bool) -> int:  # noqa: FBT001 - click passes by name
    """Compare."""
    from automata._core.diff import compare
    from automata.cli import access

    out = console(context)
    old, new = read_workflow(before, out), read_workflow(after, out)
    found = compare(old, new, access.catalog(access.plugins()).get)
    changes = [change for change in found.changes if layout or change.level != "none"]
    payload = {
        "level": str(found.level),
        "before": {"file": before, "workflow": old.name, "version": access.version(old)},
        "after": {"file": after, "workflow": new.name, "version": access.version(new)},
        "changes": [change.to_json() for change in changes],
    }
    out.emit(payload, lambda: _lines(found, layout, out), rows="changes")
    return Exit.PARTIAL if coded and changes else Exit.OK


def _lines(found: Diff, layout: bool, out: Console) -> Iterator[str]:  # noqa: FBT001 - one private caller
    shown = [change for change in found.changes if layout or change.level != "none"]
    if not shown:
        yield "No difference in what runs do"
        return
    for change in shown:
        level = out.style(f"{change.level!s:<5}", _ROLES[str(change.level)])
        kind, subject = change.kind.replace("_", " "), out.style(change.subject, "name")
        yield f"  {level}  {kind}: {subject}  ({safe(change.reason)})"
    yield f"{counted(len(shown), 'change')}; all in all {out.style(found.level, _ROLES[str(found.level)])}"
