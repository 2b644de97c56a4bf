"""The kernel's own node types, registered through the same hook as a stranger's.

`if`, `switch`, `set` and `fail` are ordinary pure actions; the others carry none: the machine performs them.
"""

from __future__ import annotations

from automata._core.controls.choices import choices
from automata._core.controls.containers import containers
from automata._core.controls.ends import ends
from automata._core.controls.triggers import triggers
from automata._core.controls.waits import waits
from automata.model import NodeType
from automata.sdk import hookimpl


@hookimpl
def automata_node_types() -> tuple[NodeType, ...]:
    """Every control node and kernel trigger."""
    return (*choices(), *containers(), *waits(), *ends(), *triggers())
