"""Where everything stands: boxes with sizes and places in pixels, edges as points, nested bodies inside their box."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from automata._core.render import layers
from automata._core.render.caption import Role, columns_of, cut, gist, incoming, marks, port_label, role_of
from automata._core.render.layers import Columns, Place
from automata.model import Edge, Graph, JsonObject, Node

LETTER = 7.3
"""Width in pixels of one column of the 12-pixel monospaced text all labels are set in."""
_HEADER = 46.0
_LINE = 16.0
_PAD = 14.0
_GAP = 26.0
_LANE = 14.0
_TEXT = 30
_SWEEPS = 8

Point = tuple[float, float]


@frozen(kw_only=True)
class Part:
    """A nested graph inside a box."""

    name: str
    """``body`` or ``finally``."""
    x: float
    y: float
    """Top left corner, from the corner of the box."""
    drawing: Drawing


@frozen(kw_only=True)
class Box:
    """A node with its place; *x* and *y* are the top left corner, from the corner of its drawing."""

    node: Node
    role: Role
    lines: tuple[str, ...]
    """Id, type, then what there is room for."""
    x: float = 0.0
    y: float = 0.0
    width: float
    height: float
    level: int = 0
    parts: tuple[Part, ...] = ()


@frozen(kw_only=True)
class Line:
    """An edge as the points it passes, from the source's right side to the target's left side."""

    edge: Edge
    label: str
    points: tuple[Point, ...]


@frozen(kw_only=True)
class Drawing:
    """A graph with places for everything."""

    width: float
    height: float
    boxes: tuple[Box, ...] = field(factory=tuple)
    lines: tuple[Line, ...] = field(factory=tuple)


def arrange(graph: Graph) -> Drawing:
    """Lay a graph out from left to right.

    Edges whose ends do not exist are left out. Cost grows with nodes and edges, log-linear in the widest column.
    """
    edges = tuple(e for e in graph.edges if e.source in graph.nodes and e.target in graph.nodes)
    counts = incoming(edges)
    boxes = {name: _box(node, has_incoming=bool(counts.get(name))) for name, node in graph.nodes.items()}
    if not boxes:
        return Drawing(width=0.0, height=0.0)
    links = tuple((edge.source, edge.target) for edge in edges)
    columns = layers.order(tuple(boxes), links)
    middles = _middles(columns, boxes)
    lefts = _lefts(columns, boxes, edges)
    placed = _placed(columns, boxes, middles, lefts)
    lines = _lines(edges, columns, placed, middles, lefts)
    width = max(box.x + box.width for box in placed.values())
    height = max([box.y + box.height for box in placed.values()] + [y for line in lines for _, y in line.points])
    return Drawing(width=width, height=height, boxes=tuple(placed.values()), lines=lines)


def drawing_json(graph: Graph) -> JsonObject:
    """The drawing as JSON: nodes with ``x y width height level``, edges with their points, bodies nested."""
    return _drawing_json(arrange(graph))


def _box(node: Node, *, has_incoming: bool) -> Box:
    told = (cut(gist(node), _TEXT), cut(", ".join(marks(node)), _TEXT))
    lines = (node.id, node.use, *(text for text in told if text))
    width = max(columns_of(text) for text in lines) * LETTER + 2 * _PAD + 6
    height = _HEADER + _LINE * (len(lines) - 2)
    parts, y = [], height
    for name, inner in (("body", node.body), ("finally", node.finally_)):
        if inner is not None:
            drawing = arrange(inner)
            parts.append(Part(name=name, x=_PAD, y=y + _LINE, drawing=drawing))
            y += drawing.height + _LINE + _PAD
            width = max(width, drawing.width + 2 * _PAD)
    role = role_of(node, has_incoming=has_incoming)
    return Box(node=node, role=role, lines=lines, width=width, height=y, parts=tuple(parts))


def _middles(columns: Columns, boxes: Mapping[str, Box]) -> dict[Place, float]:
    """Give every place its vertical middle: near its neighbours, in order, not overlapping."""
    left, right = _both_sides(columns)
    middles: dict[Place, float] = {}
    for column in columns.columns:
        middles.update(_spread(column, dict.fromkeys(column, 0.0), boxes))
    for sweep in range(_SWEEPS):
        near = left if sweep % 2 == 0 else right
        sequence = columns.columns if sweep % 2 == 0 else columns.columns[::-1]
        for column in sequence:
            wanted = {place: _mean([middles[each] for each in near.get(place, ())], middles[place]) for place in column}
            middles.update(_spread(column, wanted, boxes))
    top = min(middles[place] - _height(place, boxes) / 2 for column in columns.columns for place in column)
    return {place: middle - top for place, middle in middles.items()}


def _spread(column: Sequence[Place], wanted: Mapping[Place, float], boxes: Mapping[str, Box]) -> dict[Place, float]:
    """Move places as little as possible (least squares) so that they keep their order and their distance.

    With the distances taken off this is isotonic regression, solved by pooling adjacent violators
    (Ayer et al., "An empirical distribution function for sampling with incomplete information", 1955).
    """
    offsets, offset = [], 0.0
    for before, place in zip((None, *column), column, strict=False):
        if before is not None:
            offset += (_height(before, boxes) + _height(place, boxes)) / 2 + _distance(before, place)
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for place, shift in zip(column, offsets, strict=True):
        total, size = wanted[place] - shift, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            total, size = total + pools[-1][0], size + pools[-1][1]
            pools.pop()
        pools.append((total, size))
    starts = [total / size for total, size in pools for _ in range(size)]
    return {place: start + shift for place, start, shift in zip(column, starts, offsets, strict=True)}


def _lefts(columns: Columns, boxes: Mapping[str, Box], edges: tuple[Edge, ...]) -> list[float]:
    """Give every column its left side, leaving room for the labels of the edges that start in the one before."""
    labels: dict[str, int] = {}
    for edge in edges:
        labels[edge.source] = max(labels.get(edge.source, 0), len(port_label(edge)))
    lefts, x = [], 0.0
    for column in columns.columns:
        lefts.append(x)
        named = [place for place in column if isinstance(place, str)]
        widest = max((boxes[name].width for name in named), default=0.0)
        x += widest + max(44.0, max((labels.get(name, 0) for name in named), default=0) * LETTER + 36.0)
    return lefts


def _placed(
    columns: Columns, boxes: Mapping[str, Box], middles: Mapping[Place, float], lefts: list[float]
) -> dict[str, Box]:
    placed: dict[str, Box] = {}
    for level, column in enumerate(columns.columns):
        for place in column:
            if isinstance(place, str):
                box = boxes[place]
                placed[place] = evolve(box, x=lefts[level], y=middles[place] - box.height / 2, level=level)
    return {name: placed[name] for name in boxes}


def _lines(
    edges: tuple[Edge, ...],
    columns: Columns,
    placed: Mapping[str, Box],
    middles: Mapping[Place, float],
    lefts: list[float],
) -> tuple[Line, ...]:
    widths = [
        max((placed[place].width for place in column if isinstance(place, str)), default=0.0)
        for column in columns.columns
    ]
    ways = []
    for edge, route in zip(edges, columns.routes, strict=True):
        middle: list[Point] = []
        for place in route[1:-1]:
            if not isinstance(place, str):
                x, y = lefts[place[1]], middles[place]
                middle += [(x, y), (x + widths[place[1]], y)]
        ways.append(middle if route[0] == edge.source else middle[::-1])
    starts = _docks(
        [(e.source, way[0][1] if way else middles[e.target]) for e, way in zip(edges, ways, strict=True)], placed
    )
    ends = _docks(
        [(e.target, way[-1][1] if way else middles[e.source]) for e, way in zip(edges, ways, strict=True)], placed
    )
    return tuple(
        Line(
            edge=edge,
            label=port_label(edge),
            points=(
                (placed[edge.source].x + placed[edge.source].width, start),
                *way,
                (placed[edge.target].x, end),
            ),
        )
        for edge, way, start, end in zip(edges, ways, starts, ends, strict=True)
    )


def _docks(ends: list[tuple[str, float]], placed: Mapping[str, Box]) -> list[float]:
    """Share a side of each box among the edges that meet there, in the order of where they come from."""
    meeting: dict[str, list[int]] = {}
    for at, (name, _) in enumerate(ends):
        meeting.setdefault(name, []).append(at)
    docks = [0.0] * len(ends)
    for name, indexes in meeting.items():
        box = placed[name]
        step = min(_LANE, (box.height - 12.0) / len(indexes))
        for rank, at in enumerate(sorted(indexes, key=lambda index: (ends[index][1], index))):
            docks[at] = box.y + box.height / 2 + (rank - (len(indexes) - 1) / 2) * step
    return docks


def _both_sides(columns: Columns) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    left: dict[Place, list[Place]] = {}
    right: dict[Place, list[Place]] = {}
    for route in columns.routes:
        for before, after in itertools.pairwise(route):
            left.setdefault(after, []).append(before)
            right.setdefault(before, []).append(after)
    return left, right


def _height(place: Place, boxes: Mapping[str, Box]) -> float:
    return boxes[place].height if isinstance(place, str) else 0.0


def _distance(one: Place, other: Place) -> float:
    return _GAP if isinstance(one, str) and isinstance(other, str) else _GAP * 0.7


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _drawing_json(drawing: Drawing) -> JsonObject:
    return {
        "width": round(drawing.width, 1),
        "height": round(drawing.height, 1),
        "nodes": [_box_json(box) for box in drawing.boxes],
        "edges": [
            {
                "from": line.edge.source,
                "port": line.edge.port,
                "class": line.edge.error_class,
                "to": line.edge.target,
                "points": [[round(x, 1), round(y, 1)] for x, y in line.points],
            }
            for line in drawing.lines
        ],
    }


def _box_json(box: Box) -> JsonObject:
    nested = {part.name: {"x": part.x, "y": part.y, **_drawing_json(part.drawing)} for part in box.parts}
    return {
        "id": box.node.id,
        "use": box.node.use,
        "role": box.role,
        "x": round(box.x, 1),
        "y": round(box.y, 1),
        "width": round(box.width, 1),
        "height": round(box.height, 1),
        "level": box.level,
        **nested,
    }
