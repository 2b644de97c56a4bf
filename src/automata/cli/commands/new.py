"""``automata new``: one new file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from automata.cli.command import Command, console
from automata.cli.scaffold import write

_TEXT = """automata: 1
name: {name}
nodes:
  start: {{use: manual}}
  result: {{use: set, with: {{text: "Hello"}}}}
edges:
  - start -> result
output: "${{result.text}}"
tests:
  - name: says hello
    expect: {{path: [start, result], output: Hello}}
"""


@click.command(
    "new",
    cls=Command,
    short_help="Write a new workflow document.",
    help="Write a new workflow document with a test that passes.",
    examples=("automata new workflow workflows/second.yaml",),
)
@click.argument("kind", type=click.Choice(("workflow",)))
@click.argument("name")
@click.pass_context
def command(context: click.Context, kind: str, name: str) -> None:
    """Write the document; ``.yaml`` is added where an ending is missing."""
    out, path = console(context), Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        path = path.with_name(f"{path.name}.yaml")
    title = path.stem.replace("_", " ").replace("-", " ").capitalize()
    write(path, _TEXT.format(name=json.dumps(title, ensure_ascii=False)))
    out.emit({"kind": kind, "created": [str(path)]}, lambda: [f"created {path}"], rows="created")
    out.next(f"automata test {path}")
