"""The few words a picture has room for: what a node is about, and which of its common keys are set."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automata.model import Edge, Json, Node

Role = Literal["trigger", "control", "action"]

_TRIGGERS = frozenset({"manual", "schedule.cron", "schedule.every"})
_TELLING = (
    "condition",
    "items",
    "while",
    "until",
    "for",
    "name",
    "workflow",
    "cron",
    "every",
    "message",
    "url",
    "path",
)
"""Parameters that say most about a node, the most telling first."""


def role_of(node: Node, *, has_incoming: bool) -> Role:
    """Say what part a node plays, judged from the document alone.

    A name without a dot is the kernel's; ``connector.noun_past`` at the start of a graph is taken for a trigger.
    """
    if node.use in _TRIGGERS:
        return "trigger"
    if "." not in node.use:
        return "control"
    verb = node.use.rpartition(".")[2]
    return "trigger" if not has_incoming and verb.endswith("ed") else "action"


def gist(node: Node) -> str:
    """The one parameter that says most about the node, as text; empty when there is none."""
    given = node.parameters
    if node.use == "set":
        return ", ".join(given)
    if node.use == "switch":
        return ", ".join(_case_names(given.get("cases")))
    for name in _TELLING:
        value = given.get(name)
        if isinstance(value, str) and value:
            return f"{given['method']} {value}" if name == "url" and isinstance(given.get("method"), str) else value
    return ""


def marks(node: Node) -> tuple[str, ...]:
    """The common keys that change how the node runs, each in a word or two."""
    told = (
        ("disabled", node.disabled),
        (f"join {node.join}" + (", cancels the rest" if node.cancel else ""), node.join != "merge"),
        (f"retry {node.retry.attempts}" if node.retry else "", node.retry is not None),
        (f"timeout {node.timeout}", node.timeout is not None),
        (f"as {node.connection}", node.connection is not None),
        (f"undo {node.compensate.use}" if node.compensate else "", node.compensate is not None),
    )
    return tuple(text for text, holds in told if holds)


def port_label(edge: Edge) -> str:
    """What an edge is labelled with: nothing for the default port."""
    if edge.error_class is not None:
        return f"{edge.port}/{edge.error_class}"
    return "" if edge.port == "out" else edge.port


def cut(text: str, columns: int) -> str:
    """Shorten *text* to one line of at most *columns* columns, without control characters."""
    flat = " ".join("".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Cf"} else char for char in text).split())
    if columns_of(flat) <= columns:
        return flat
    used, kept = 1, []
    for char in flat:
        used += columns_of(char)
        if used > columns:
            break
        kept.append(char)
    return "".join(kept) + "…"


def columns_of(text: str) -> int:
    """Columns *text* takes in a monospaced font: wide East Asian characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _case_names(cases: Json) -> tuple[str, ...]:
    if not isinstance(cases, list | tuple):
        return ()
    return tuple(name for case in cases if isinstance(name := _member(case, "name"), str))


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def incoming(edges: tuple[Edge, ...]) -> Mapping[str, int]:
    """Count the edges that end at each node."""
    counts: dict[str, int] = {}
    for edge in edges:
        counts[edge.target] = counts.get(edge.target, 0) + 1
    return counts
