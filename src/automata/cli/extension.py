"""Commands plugins bring: listed from what discovery knows, imported when used, and never able to stop the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from automata.cli.console import Console
    from automata.model import Command


def plugin_commands(_out: Console) -> list[Command]:
    """Name the commands of plugins, importing as little as discovery needs."""
    return []


def load_command(_name: str, _out: Console) -> click.Command | None:
    """Import the command a plugin supplies under *name*; None when there is none or it is broken."""
    return None
