"""``automata schema``: the published JSON Schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.exits import Exit
from automata.cli.failure import Failure

if TYPE_CHECKING:
    from automata.model import JsonObject


@click.command(
    "schema",
    cls=Command,
    short_help="Print the JSON Schema of documents, manifests and node types.",
    help="Print a JSON Schema (2020-12): of workflow documents, of plugin manifests, or of one "
    "node type's `with` and output.",
    examples=("automata schema workflow > workflow.schema.json", "automata schema nodetype http.request"),
)
@click.argument("kind", type=click.Choice(("workflow", "manifest", "nodetype")))
@click.argument("name", required=False, shell_complete=complete.node_types)
@click.pass_context
def command(context: click.Context, kind: str, name: str | None) -> None:
    """Print the schema, as JSON unless YAML is asked for."""
    out = console(context)
    if (name is None) == (kind == "nodetype"):
        fix = "automata schema nodetype http.request" if name is None else f"automata schema {kind}"
        raise Failure("A name goes with 'nodetype', and only with it", exit=Exit.USAGE, fix=fix)
    out.format = out.format if out.machine else "json"
    out.emit(_schema(kind, name or ""), list)


def _schema(kind: str, name: str) -> JsonObject:
    if kind == "workflow":
        from automata._core.codec import document_schema

        return document_schema()
    if kind == "manifest":
        from automata._core.manifest import manifest_schema

        return manifest_schema()
    from automata.cli import access

    found = access.catalog(access.plugins()).find(name)
    return {"name": found.name, "parameters": found.parameters, "output": found.output}
