"""Edges as they are written: ``a -> b.port -> c`` in one text, or an object an edge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import cast

from attrs import frozen

from automata._core.codec import limits
from automata._core.codec.report import Report
from automata._core.codec.shapes import BAD, label, show, wrong_type
from automata._core.patch import join
from automata.model import Edge, Fix, Json

ID = "[a-z][a-z0-9_]{0,62}"
"""A node's id, and the name of an error class."""
PORT = "[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
"""A port's name; the case names of a ``switch`` are ports."""

_REFERENCE = rf"{ID}(?:\.error/{ID}|\.{PORT})?"
_ARROW = r"[ \t]*->[ \t]*"
_TEXT = rf"{_REFERENCE}(?:{_ARROW}{_REFERENCE})*{_ARROW}{ID}"
_PARTS = re.compile(rf"({ID})(?:\.({PORT})(?:/({ID}))?)?")
_KEYS = ("from", "port", "class", "to")
_LINE = 100
"""Chains are not written longer than this many characters."""


@frozen
class Edges:
    """The list of a graph's edges, in both forms."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, list | tuple):
            return wrong_type("a list", value, at, report)
        found: dict[Edge, None] = {}
        for index, item in enumerate(value):
            here = join(at, index)
            edges = _read(item, here, report)
            report.edges += len(edges)
            if report.edges > limits.EDGES:
                if report.edges - len(edges) <= limits.EDGES:
                    report.add("DOC-032", f"The workflow has more than {limits.EDGES:,} edges", at)
                return BAD
            for edge in edges:
                if edge in found:
                    _repeated(edge, here, report, alone=len(edges) == 1)
                found[edge] = None
        return tuple(found)

    def write(self, value: object) -> Json:
        """See `Shape`; always the object form."""
        return [_object(edge) for edge in cast("tuple[Edge, ...]", value)]

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        text: dict[str, Json] = {
            "type": "string",
            "pattern": f"^{_TEXT}$",
            "description": "A chain: 'a -> b', 'a.port -> b', 'a.error/rate_limited -> b', 'a -> b -> c'.",
        }
        identifier: dict[str, Json] = {"type": "string", "pattern": f"^{ID}$"}
        caught: dict[str, Json] = {"properties": {"port": {"const": "error"}}, "required": ["port"]}
        edge: dict[str, Json] = {
            "type": "object",
            "properties": {
                "from": identifier | {"description": "Id of the node it leaves."},
                "port": {
                    "type": "string",
                    "pattern": f"^{PORT}$",
                    "default": "out",
                    "description": "Port it leaves by; every node has 'error' besides its own.",
                },
                "class": identifier | {"description": "With port 'error': the one error class it catches."},
                "to": identifier | {"description": "Id of the node it leads to."},
            },
            "required": ["from", "to"],
            "additionalProperties": False,
            "dependentSchemas": {"class": caught},
        }
        return {"type": "array", "items": {"anyOf": [text, edge]}}


def edge_pointers(edges: Json, at: str = "/edges") -> tuple[str, ...]:
    """Give for each edge that `decode` makes of *edges*, in order, the pointer of the item it was written in.

    *edges* is the value of an ``edges`` key that decodes without problems; *at* is the pointer of that value.
    """
    found: list[str] = []
    for index, item in enumerate(edges if isinstance(edges, list | tuple) else ()):
        found += [join(at, index)] * (item.count("->") if isinstance(item, str) else 1)
    return tuple(found)


def write_chains(edges: Iterable[Edge]) -> list[Json]:
    """Write edges as texts, neighbours that continue each other as one chain; reading gives the same edges in order."""
    lines: list[str] = []
    last = ""
    for edge in edges:
        step = _step(edge)
        if lines and last == edge.source and len(lines[-1]) + len(step) + len(edge.target) < _LINE:
            lines[-1] = f"{lines[-1][: -len(last)]}{step} -> {edge.target}"
        else:
            lines.append(f"{step} -> {edge.target}")
        last = edge.target
    return list(lines)


def _read(item: Json, at: str, report: Report) -> list[Edge]:
    if isinstance(item, str):
        return _read_text(item, at, report)
    if isinstance(item, Mapping):
        return _read_object(item, at, report)
    wrong_type("a text like 'a -> b' or an object", item, at, report)
    return []


def _read_text(text: str, at: str, report: Report) -> list[Edge]:
    pieces = text.split("->", limits.EDGES + 1)
    if len(pieces) == 1:
        report.add("DOC-028", f"The edge {show(text)} has no arrow", at, hint="Write it like 'a -> b'")
        return []
    if len(pieces) > limits.EDGES + 1:
        report.add("DOC-032", f"The workflow has more than {limits.EDGES:,} edges", at)
        return []
    matches = []
    for place, piece in enumerate(pieces):
        fault = _fault(piece.strip(" \t"), last=place == len(pieces) - 1)
        if fault:
            report.add("DOC-028", fault, at, hint="Write it like 'a -> b', 'a.port -> b' or 'a.error/class -> b'")
            return []
        matches.append(_match(piece.strip(" \t")))
    return [Edge(source=a[0], port=a[1] or "out", error_class=a[2], target=b[0]) for a, b in pairwise(matches)]


def _fault(piece: str, *, last: bool) -> str:
    match = _PARTS.fullmatch(piece)
    if match is None:
        return f"{show(piece)} in an edge is neither a node id nor 'node.port'"
    if match[3] and match[2] != "error":
        return f"{show(piece)} names an error class on port {match[2]!r}; only port 'error' has classes"
    if last and match[2]:
        return f"The last node of an edge has no port, but {show(piece)} names one"
    return ""


def _match(piece: str) -> tuple[str, str | None, str | None]:
    match = _PARTS.fullmatch(piece)
    return (match[1], match[2], match[3]) if match else ("", None, None)


def _read_object(item: Mapping[str, Json], at: str, report: Report) -> list[Edge]:
    before = report.count
    for key in item:
        if key not in _KEYS:
            report.add(
                "DOC-021",
                f"Unknown key {show(key)} in an edge",
                join(at, key),
                hint=f"Known keys are {', '.join(_KEYS)}",
            )
    texts = {key: _part(key, item, at, report) for key in _KEYS}
    if texts["class"] is not None and texts["port"] != "error":
        report.add("DOC-028", "Only an edge of port 'error' has a 'class'", join(at, "class"))
    source, target = texts["from"], texts["to"]
    if report.count > before or source is None or target is None:
        return []
    return [Edge(source=source, port=texts["port"] or "out", error_class=texts["class"], target=target)]


def _part(key: str, item: Mapping[str, Json], at: str, report: Report) -> str | None:
    if key not in item:
        if key in {"from", "to"}:
            report.add("DOC-022", f"The key {key!r} is missing in an edge", at)
        return None
    value, here = item[key], join(at, key)
    if not isinstance(value, str):
        wrong_type("a text", value, here, report)
        return None
    if not re.fullmatch(PORT if key == "port" else ID, value):
        report.add("DOC-028", f"{label(here)} of an edge cannot be {show(value)}", here)
        return None
    return value


def _repeated(edge: Edge, at: str, report: Report, *, alone: bool) -> None:
    fixes = (Fix("Remove the second", ({"op": "remove", "path": at},)),) if alone else ()
    report.add("DOC-029", f"The edge '{_step(edge)} -> {edge.target}' stands twice", at, fixes=fixes)


def _step(edge: Edge) -> str:
    if edge.error_class is not None:
        return f"{edge.source}.{edge.port}/{edge.error_class}"
    return edge.source if edge.port == "out" else f"{edge.source}.{edge.port}"


def _object(edge: Edge) -> Json:
    written: dict[str, Json] = {"from": edge.source}
    if edge.port != "out":
        written["port"] = edge.port
    if edge.error_class is not None:
        written["class"] = edge.error_class
    return written | {"to": edge.target}
