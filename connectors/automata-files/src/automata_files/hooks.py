"""What this package plugs in."""

from __future__ import annotations

from automata.sdk import NodeType, Setting, hookimpl
from automata_files.actions import ACTIONS
from automata_files.settings import FILES_ROOT


@hookimpl
def automata_node_types() -> list[NodeType]:
    """The ``files.*`` actions."""
    return list(ACTIONS)


@hookimpl
def automata_settings() -> list[Setting]:
    """The folder they work below."""
    return [FILES_ROOT]
