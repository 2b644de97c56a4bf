"""What an expression may name at a place of the document, and what is known about each name.

One shared table of output schemas for the whole document; a node's view of it is computed name by name, never copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field

from automata._core.expressions import Typed
from automata._core.graph import Ancestry, ancestors
from automata._core.validation.survey import View
from automata.model import JsonSchema, Node

ERROR: JsonSchema = {
    "type": "object",
    "properties": {
        "class": {"type": "string"},
        "message": {"type": "string"},
        "node": {"type": "string"},
        "attempt": {"type": "integer"},
        "details": {"type": "object"},
    },
    "required": ["class", "message", "node", "attempt", "details"],
    "additionalProperties": False,
}
RUN: JsonSchema = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "workflow", "version", "started")},
    "required": ["id", "workflow", "version", "started"],
    "additionalProperties": False,
}
LOCAL = {
    "item": "only a 'foreach' body has it",
    "index": "only the body of a 'foreach' or 'loop' has it",
    "last": "only a 'loop' has it",
    "signal": "only the 'match' of a 'signal' has it",
    "error": "only nodes after an 'error' edge have it",
}


@define(eq=False)
class Frame:
    """One graph while its expressions are checked."""

    view: View
    outer: Frame | None
    at_outer: Node | None
    """The node of the outer graph this one is a body of."""
    roots: Mapping[str, Typed]
    outputs: dict[str, JsonSchema] = field(factory=dict)
    """Node id to what is known of its output; filled in topological order."""
    _upstream: Ancestry | None = None
    _missing: dict[tuple[str, str], bool] = field(factory=dict)

    def is_upstream(self, id_: str, at: Node | None) -> bool:
        """Whether *at* may name node *id_*; the end of the graph may name every node."""
        if at is None:
            return True
        if self._upstream is None:
            self._upstream = ancestors(self.view.graph, self.view.order or (), self.view.links)
        handler = self.view.handler
        if handler is not None and handler in {at.id, id_}:
            return at.id != id_ and (at.id == handler or self._upstream.has(at.id, id_))
        return self._upstream.has(at.id, id_) or (handler is not None and self._upstream.has(at.id, handler))

    def may_be_missing(self, id_: str, at: Node | None) -> bool:
        """Whether *id_* may have given no output when *at* runs; False when that cannot be told."""
        timing, flow = self.view.timing, self.view.flow
        if timing is None or flow is None:
            return False
        if at is None:
            ordinary = range(len(flow.entries) - (self.view.handler is not None))
            return timing.has_output_at_end(id_, ordinary) is False
        if flow.runs[at.id] == 0:
            return False
        if (id_, at.id) not in self._missing:
            self._missing[id_, at.id] = timing.has_output(id_, at.id) is False
        return self._missing[id_, at.id]

    def error(self, at: Node | None) -> Typed | None:
        """What ``error`` is at a node, or None when no way to it leads through an error edge."""
        if at is None:
            return None
        if at.id == self.view.handler:
            return Typed(ERROR, maybe_missing=False)
        carries = self.view.survey.kept(lambda _: _carriers(self.view), ("carriers", id(self.view)))
        found = carries.get(at.id)
        return None if found is None else Typed(ERROR, maybe_missing=not found)


def _carriers(view: View) -> dict[str, bool]:
    """Nodes that see an error, to whether they always do."""
    found: dict[str, bool] = {}
    for id_ in view.order or ():
        edges = view.links.incoming[id_]
        if id_ == view.handler:
            found[id_] = True
        elif any(e.port == "error" or e.source in found for e in edges):
            found[id_] = all(e.port == "error" or found.get(e.source, False) for e in edges)
    return found


class Visible(Mapping[str, Typed]):
    """The names an expression at node *at* of a frame may use, innermost first.

    A name that exists elsewhere is answered as unknown data and remembered in `refused`, so that it is reported once,
    with the reason, instead of as an unknown name.
    """

    def __init__(self, frame: Frame, at: Node | None, extra: Mapping[str, Typed] | None = None) -> None:
        self.frame = frame
        self.at = at
        self.extra = extra or {}
        self.refused: dict[str, str] = {}

    def __getitem__(self, name: str) -> Typed:
        """What is known of *name*.

        Raises:
            KeyError: Nothing of the document has that name.
        """
        found = self.extra.get(name) or self._search(name)
        if found is not None:
            return found
        reason = self._reason(name)
        if reason is None:
            raise KeyError(name)
        self.refused[name] = reason
        return Typed({}, maybe_missing=False)

    def __iter__(self) -> Iterator[str]:
        yield from self.extra
        for frame, at in self._chain():
            yield from frame.roots
            yield from (id_ for id_ in frame.view.graph.nodes if frame.is_upstream(id_, at))
            if frame.error(at) is not None:
                yield "error"

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _chain(self) -> Iterator[tuple[Frame, Node | None]]:
        frame, at = self.frame, self.at
        yield frame, at
        while frame.outer is not None:
            frame, at = frame.outer, frame.at_outer
            yield frame, at

    def _search(self, name: str) -> Typed | None:
        for frame, at in self._chain():
            if name == "error" and (caught := frame.error(at)) is not None:
                return caught
            if name in frame.view.graph.nodes and frame.is_upstream(name, at):
                return Typed(frame.outputs.get(name, {}), maybe_missing=frame.may_be_missing(name, at))
            if name in frame.roots:
                return frame.roots[name]
        return None

    def _reason(self, name: str) -> str | None:
        for frame, at in self._chain():
            if name in frame.view.graph.nodes and at is not None:
                if name == at.id:
                    return "a node cannot use its own output"
                if Frame.is_upstream(frame, at.id, frame.view.graph.nodes[name]):
                    return f"it runs after {at.id!r}"
                return f"no way leads from {name!r} to {at.id!r}"
        return LOCAL.get(name)
