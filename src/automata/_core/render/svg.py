"""A workflow as an SVG picture of its own: no scripts, no outside references, readable in light and dark, and aloud.

Accessible as SVG 2 asks in its section on ``title`` and ``desc``: ``role="img"`` with a title, and a description that
says in words what the picture shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from xml.sax.saxutils import escape

from automata._core.render.caption import cut, marks, port_label
from automata._core.render.layout import LETTER, Box, Drawing, Line, arrange
from automata.model import Edge, Workflow

_MARGIN = 24.0
_TITLE = 34.0
_TOLD = 60
"""Edges the description tells one by one before it only counts the rest."""

_STYLE = """
.canvas{--canvas:#ffffff;--ink:#1f2328;--muted:#57606a;--line:#6e7781;--frame:#d0d7de;--node:#f6f8fa;--part:#ffffff;
--trigger:#1a7f37;--control:#8250df;--action:#0969da;--error:#cf222e}
@media (prefers-color-scheme:dark){.canvas{--canvas:#0d1117;--ink:#e6edf3;--muted:#9da7b1;--line:#8b949e;
--frame:#3d444d;--node:#161b22;--part:#0d1117;--trigger:#3fb950;--control:#bc8cff;--action:#58a6ff;--error:#ff7b72}}
.canvas{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;color-scheme:light dark}
.back{fill:var(--canvas)}.heading{font-size:15px;font-weight:600;fill:var(--ink)}
.box{fill:var(--node);stroke:var(--frame)}.part{fill:var(--part);stroke:var(--frame);stroke-dasharray:2 3}
.id{fill:var(--ink);font-weight:600}.use,.more{fill:var(--muted)}.off{opacity:.55}
.edge{fill:none;stroke:var(--line);stroke-width:1.5}.tip{fill:var(--line)}
.bad{stroke:var(--error);stroke-dasharray:5 4}.badtip{fill:var(--error)}
.label{fill:var(--ink);font-size:11px;paint-order:stroke;stroke:var(--canvas);stroke-width:4px;stroke-linejoin:round}
.inner .label{stroke:var(--part)}.badlabel{fill:var(--error)}
.trigger{fill:var(--trigger)}.control{fill:var(--control)}.action{fill:var(--action)}
"""


def to_svg(workflow: Workflow) -> str:
    """Draw a workflow as a standalone SVG document, sized in pixels."""
    drawing = arrange(workflow.graph)
    name = cut(workflow.name, 100)
    width = max(drawing.width, len(name) * LETTER * 1.3) + 2 * _MARGIN
    height = drawing.height + 2 * _MARGIN + _TITLE
    mark = "a" + hashlib.sha256(workflow.name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    body = "\n".join(_drawing(drawing, mark))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="canvas" role="img" aria-labelledby="{mark}-title {mark}-desc" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">\n'
        f'<title id="{mark}-title">{_text(name)}</title>\n'
        f'<desc id="{mark}-desc">{_text(description(workflow))}</desc>\n'
        f"<style>{_STYLE}</style>\n"
        f"<defs>{_tip(mark, 'tip')}{_tip(mark, 'badtip')}</defs>\n"
        f'<rect class="back" width="100%" height="100%"/>\n'
        f'<text class="heading" x="{_MARGIN:.0f}" y="{_MARGIN + 8:.0f}">{_text(name)}</text>\n'
        f'<g transform="translate({_MARGIN:.1f} {_MARGIN + _TITLE:.1f})">\n{body}\n</g>\n</svg>\n'
    )


def description(workflow: Workflow) -> str:
    """Say in words what the picture shows: how much there is, then each edge."""
    graph = workflow.graph
    told = [_spoken(edge) for edge in graph.edges[:_TOLD]]
    more = len(graph.edges) - len(told)
    sentences = [f"Workflow of {_many(len(graph.nodes), 'node')} and {_many(len(graph.edges), 'edge')}"]
    sentences += told + ([f"And {_many(more, 'more edge')}"] if more > 0 else [])
    sentences += [
        f"{cut(name, 80)} holds {_many(len(part.nodes), 'nested node')}"
        for name, node in graph.nodes.items()
        for part in (node.body, node.finally_)
        if part is not None
    ]
    return ". ".join(sentences) + "."


def _spoken(edge: Edge) -> str:
    label = port_label(edge)
    way = f" on {label}" if label else ""
    return f"{cut(edge.source, 80)} leads{way} to {cut(edge.target, 80)}"


def _drawing(drawing: Drawing, mark: str) -> Iterator[str]:
    for line in drawing.lines:
        yield _path(line, mark)
    for box in drawing.boxes:
        yield from _box(box, mark)
    for line in drawing.lines:
        if line.label:
            x, y = line.points[0]
            css = "label badlabel" if line.edge.port == "error" else "label"
            yield f'<text class="{css}" x="{x + 9:.1f}" y="{y - 5:.1f}">{_text(line.label)}</text>'


def _box(box: Box, mark: str) -> Iterator[str]:
    off = " off" if box.node.disabled else ""
    told = ", ".join((f"{box.node.id}: {box.node.use}", *marks(box.node)))
    yield f'<g class="node{off}" transform="translate({box.x:.1f} {box.y:.1f})"><title>{_text(cut(told, 200))}</title>'
    yield f'<rect class="box" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"/>'
    yield f'<rect class="{box.role}" width="4" height="{16 * len(box.lines) + 2}" x="5" y="6" rx="2"/>'
    for at, text in enumerate(box.lines):
        css = "id" if at == 0 else "use" if at == 1 else "more"
        yield f'<text class="{css}" x="17" y="{20 + 16 * at}">{_text(text)}</text>'
    for part in box.parts:
        drawing = part.drawing
        width, height = drawing.width + 12, drawing.height + 16
        yield (
            f'<g class="inner" transform="translate({part.x:.1f} {part.y:.1f})">'
            f'<rect class="part" x="-6" y="-8" width="{width:.1f}" height="{height:.1f}" rx="4"/>'
            f'<text class="more" x="-4" y="-11" font-size="10">{part.name}</text>'
        )
        yield from _drawing(drawing, mark)
        yield "</g>"
    yield "</g>"


def _path(line: Line, mark: str) -> str:
    """Draw an edge as horizontal-tangent curves between the points it passes."""
    steps = [f"M{line.points[0][0]:.1f} {line.points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
        if abs(y1 - y0) < 1 and x1 >= x0:
            steps.append(f"L{x1:.1f} {y1:.1f}")
        else:
            bend = max(abs(x1 - x0) / 2, 18.0)
            steps.append(f"C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
    bad = line.edge.port == "error"
    css, tip = ("edge bad", "badtip") if bad else ("edge", "tip")
    return f'<path class="{css}" d="{" ".join(steps)}" marker-end="url(#{mark}-{tip})"/>'


def _tip(mark: str, css: str) -> str:
    return (
        f'<marker id="{mark}-{css}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path class="{css}" d="M0 0L8 4L0 8z"/></marker>'
    )


def _text(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
