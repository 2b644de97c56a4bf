"""Commands plugins bring: listed from what discovery knows, imported when used, and never able to stop the program."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from automata._core.plugins import Plugins
    from automata.cli.console import Console
    from automata.model import Command


def plugin_commands(out: Console, *, described: bool = True) -> list[Command]:
    """Name the commands of plugins. A broken plugin costs one warning.

    Args:
        out: Where to warn.
        described: Only those described by manifests, for which nothing is imported.
    """
    from automata.cli import access
    from automata.errors import AutomataError

    try:
        found = access.plugins()
        commands = _described(found) if described else list(found.commands())
    except AutomataError as error:
        out.warn(error.message)
        return []
    for report in found.reports():
        out.warn(f"Plugin {report.plugin!r}: {report.message}")
    return commands


def _described(found: Plugins) -> list[Command]:
    from automata.model import Command

    hook = "automata_commands"
    named = [info.distribution for info in found.infos() if info.manifest and hook in (info.hooks or ())]
    records = [record for name in dict.fromkeys(named) for record in found.proxy(name).records(hook)]
    return [record for record in records if isinstance(record, Command)]


def load_command(name: str, out: Console) -> click.Command | None:
    """Import the command a plugin supplies under *name*; None when there is none or it is broken."""
    import click

    for each in plugin_commands(out, described=False):
        if each.name == name:
            module, _, attribute = each.load.partition(":")
            try:
                found = getattr(importlib.import_module(module), attribute)
            except Exception as error:  # noqa: BLE001 - the fence round a plugin's code
                out.warn(f"Plugin {each.plugin!r} cannot load its command {name!r}: {type(error).__name__}: {error}")
                return None
            return found if isinstance(found, click.Command) else None
    return None
