"""A group whose commands stand in a table and are imported when they are used: a help page imports none."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

import click

from automata.cli.command import Group


class LazyGroup(Group):
    """A command with commands of its own, named in a table.

    Args:
        name: Of the group.
        table: Name to place and summary. The place is a module below ``automata.cli.commands``, with the attribute
            behind a colon unless that is ``command``.
        about: The group's summary, the first sentence of its help.
        more: The rest of its help.
        examples: Lines ready to paste.
    """

    def __init__(
        self,
        name: str,
        table: Mapping[str, tuple[str, str]],
        *,
        about: str,
        more: str = "",
        examples: Sequence[str] = (),
    ) -> None:
        super().__init__(
            name, short_help=about, help=f"{about} {more}".strip(), no_args_is_help=True, examples=examples
        )
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Import a command."""
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(f"automata.cli.commands.{module}"), attribute or "command")
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.table.items()])
