"""``automata workflows``: what is published, and starting runs of it."""

from __future__ import annotations

from automata.cli.lazy import LazyGroup

TABLE: dict[str, tuple[str, str]] = {
    "list": ("workflows_versions:list_workflows", "List the published workflows."),
    "show": ("workflows_versions:show", "Show one workflow and its versions."),
    "publish": ("workflows_publish", "Publish documents: their runs can be started from anywhere."),
    "rollback": ("workflows_change:rollback", "Make an earlier version the current one again."),
    "enable": ("workflows_change:enable", "Let the triggers of a workflow start runs."),
    "disable": ("workflows_change:disable", "Keep the triggers of a workflow from starting runs."),
    "start": ("workflows_start", "Start a run and leave it to the workers."),
}
"""Name to place below ``automata.cli.commands`` and summary."""

command = LazyGroup(
    "workflows",
    TABLE,
    about="Publish workflows and start runs of them.",
    more="A published version never changes; publishing again makes another version the current one, and runs stay on "
    "the version they began with.",
    examples=(
        "automata workflows publish orders.yaml",
        "automata workflows start Orders --input @order.json --wait",
        "automata workflows rollback Orders",
    ),
)
