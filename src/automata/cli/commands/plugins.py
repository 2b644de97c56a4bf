"""``automata plugins``: what is installed, how it stands, and what it brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Group, console
from automata.cli.console import Console
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.text import columns, safe

if TYPE_CHECKING:
    from automata._core.plugins import PluginInfo, Plugins, Report

command = Group(
    "plugins",
    short_help="See which plugins are installed and what they bring.",
    help="See which plugins are installed and what they bring. Listing them runs none of their code.",
    no_args_is_help=True,
    examples=("automata plugins list", "automata plugins info automata-http", "automata plugins hooks"),
)


@command.command(
    "list", short_help="List the installed plugins.", help="List the installed plugins and how they stand."
)
@click.pass_context
def list_plugins(context: click.Context) -> None:
    """List, without importing anything."""
    from automata.cli import access

    out, found = console(context), access.plugins()
    infos = found.infos()
    payload = {"plugins": [info_json(info) for info in infos], "reports": [_report_json(r) for r in found.reports()]}
    out.emit(payload, lambda: _table(infos, out), rows="plugins")
    for report in found.reports():
        out.warn(f"{report.plugin}: {report.message}")


@command.command(
    "info", short_help="Show one plugin.", help="Show one plugin; this imports it, to say what that costs."
)
@click.argument("name", shell_complete=complete.plugins)
@click.pass_context
def info(context: click.Context, name: str) -> None:
    """Load one plugin and show everything known of it."""
    from automata.cli import access

    out, found = console(context), access.plugins()
    chosen = [each for each in found.infos() if name in {each.distribution, each.name}]
    if not chosen:
        raise Failure(f"No plugin {name!r}", exit=Exit.NOT_FOUND, fix="automata plugins list")
    brought = _brought(found, chosen[0].distribution)
    chosen = [each for each in found.infos() if name in {each.distribution, each.name}]
    payload = {"plugins": [info_json(each) for each in chosen], "brings": brought}
    out.emit(payload, lambda: _details(chosen, brought), rows="plugins")


@command.command(
    "hooks",
    short_help="Show who answers which hook.",
    help="Show every hook of the kernel and which plugins answer it.",
)
@click.pass_context
def hooks(context: click.Context) -> None:
    """List hooks; a plugin without a manifest is imported to know its own."""
    from automata._core.manifest.hooks import hook_specs
    from automata.cli import access

    out, found = console(context), access.plugins()
    for each in found.infos():
        if each.hooks is None and each.status == "found":
            found.node_types()
            break
    table = {
        hook: [each.distribution for each in found.infos() if each.hooks is not None and hook in each.hooks]
        for hook in hook_specs()
    }
    payload = {"hooks": [{"name": hook, "plugins": names} for hook, names in table.items()]}
    out.emit(payload, lambda: columns([(hook, ", ".join(names) or "-") for hook, names in table.items()]), rows="hooks")


def info_json(each: PluginInfo) -> dict[str, object]:
    """One plugin as the documented JSON object."""
    return {
        "name": each.name,
        "distribution": each.distribution,
        "version": each.version,
        "status": str(each.status),
        "reason": each.reason or None,
        "summary": each.summary,
        "entry_point": each.value,
        "manifest": each.manifest,
        "hooks": None if each.hooks is None else list(each.hooks),
        "notes": list(each.notes),
        "import_ms": each.import_ms if each.import_ms is None else round(each.import_ms, 1),
        "failures": each.failures,
    }


def _brought(found: Plugins, distribution: str) -> dict[str, list[str]]:
    kinds: dict[str, Sequence[tuple[str, str]]] = {
        "node_types": [(each.plugin, each.name) for each in found.node_types()],
        "functions": [(each.plugin, each.name) for each in found.functions()],
        "credential_kinds": [(each.plugin, each.name) for each in found.credential_kinds()],
        "settings": [(each.plugin, each.name) for each in found.settings()],
        "rules": [(each.plugin, each.code) for each in found.graph_rules()],
        "commands": [(each.plugin, each.name) for each in found.commands()],
    }
    return {kind: [name for plugin, name in pairs if plugin == distribution] for kind, pairs in kinds.items()}


def _table(infos: Sequence[PluginInfo], out: Console) -> Iterator[str]:
    rows = [
        (each.distribution, each.name, each.version, str(each.status), _cost(each), safe(each.reason or each.summary))
        for each in infos
    ]
    yield from columns(rows, header=("PLUGIN", "NAME", "VERSION", "STATUS", "START", "ABOUT"))
    out.next("automata plugins info NAME")


def _cost(each: PluginInfo) -> str:
    if each.import_ms is not None:
        return f"{each.import_ms:.0f} ms"
    return "manifest" if each.manifest else "import"


def _details(chosen: Sequence[PluginInfo], brought: dict[str, list[str]]) -> Iterator[str]:
    for each in chosen:
        yield from columns(
            [(name, safe(value)) for name, value in info_json(each).items() if value not in (None, [], "")]
        )
    yield from columns([(kind, ", ".join(names)) for kind, names in brought.items() if names])


def _report_json(report: Report) -> dict[str, str]:
    return {"plugin": report.plugin, "message": report.message}
