"""``automata graph``: a picture of a document."""

from __future__ import annotations

from pathlib import Path

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.documents import read_workflow


@click.command(
    "graph",
    cls=Command,
    short_help="Draw a workflow as text, Mermaid, SVG or JSON.",
    help="Draw a workflow as text, Mermaid, SVG or JSON.\n\n"
    "The structure must be right; a document that breaks other rules is drawn all the same.",
    examples=("automata graph first.yaml", "automata graph first.yaml --format svg --to first.svg"),
)
@click.argument("file", shell_complete=complete.files)
@click.option("--format", "form", type=click.Choice(("text", "mermaid", "svg", "json")), help="Default: text.")
@click.option("--to", "target", metavar="PATH", help="Write the picture to a file.")
@click.pass_context
def command(context: click.Context, file: str, form: str | None, target: str | None) -> None:
    """Draw."""
    from automata._core import render

    out = console(context)
    workflow = read_workflow(file, out)
    if form == "json" or (form is None and out.machine):
        out.format = out.format if out.machine else "json"
        out.emit({"workflow": workflow.name, **render.drawing_json(workflow.graph)}, list)
        return
    if form == "svg":
        picture = render.to_svg(workflow)
    elif form == "mermaid":
        picture = render.to_mermaid(workflow)
    else:
        picture = render.to_text(workflow, ascii_only=target is None and not out.symbols())
    if target is None:
        out.raw(picture)
    else:
        Path(target).write_text(picture, encoding="utf-8")
        out.say(f"Wrote {target}")
