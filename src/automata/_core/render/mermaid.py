"""A workflow as a Mermaid flowchart, for pages that draw Mermaid themselves.

Nodes are called ``n0``, ``n1``...: ids of documents can be words of Mermaid's own, like ``end``.
"""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.render.caption import cut, incoming, port_label, role_of
from automata.model import Edge, Graph, Node, Workflow

_SHAPES = {"trigger": ('(["', '"])'), "control": ('{{"', '"}}'), "action": ('["', '"]')}


def to_mermaid(workflow: Workflow) -> str:
    """Draw a workflow as Mermaid ``flowchart LR`` text; nested bodies are subgraphs, error edges dotted."""
    counter = iter(range(1_000_000))
    lines = ["flowchart LR", f"  %% {cut(workflow.name, 80)}"]
    lines += [f"  {line}" for line in _graph(workflow.graph, counter)]
    return "\n".join(lines) + "\n"


def _graph(graph: Graph, counter: Iterator[int]) -> Iterator[str]:
    names = {node_id: f"n{next(counter)}" for node_id in graph.nodes}
    counts = incoming(graph.edges)
    for node_id, node in graph.nodes.items():
        yield from _node(node, names[node_id], counter, has_incoming=bool(counts.get(node_id)))
    for edge in graph.edges:
        if edge.source in names and edge.target in names:
            yield f"{names[edge.source]} {_arrow(edge)} {names[edge.target]}"


def _node(node: Node, name: str, counter: Iterator[int], *, has_incoming: bool) -> Iterator[str]:
    text = f"{node.id}<br/>{_quoted(node.use)}"
    parts = [(title, part) for title, part in (("body", node.body), ("finally", node.finally_)) if part is not None]
    if not parts:
        start, end = _SHAPES[role_of(node, has_incoming=has_incoming)]
        yield f"{name}{start}{text}{end}"
        return
    yield f'subgraph {name}["{text}"]'
    for title, part in parts:
        inner = f"{name}_{title}"
        yield f'  subgraph {inner}["{title}"]'
        yield from (f"    {line}" for line in _graph(part, counter))
        yield "  end"
    yield "end"


def _arrow(edge: Edge) -> str:
    label = port_label(edge)
    shaft = "-.->" if edge.port == "error" else "-->"
    return f'{shaft}|"{_quoted(label)}"|' if label else shaft


def _quoted(text: str) -> str:
    """Escape for a quoted Mermaid label, which knows HTML entities written with ``#``."""
    flat = cut(text, 80)
    return "".join(char if char.isalnum() or char in " ._-/" else f"#{ord(char)};" for char in flat)
