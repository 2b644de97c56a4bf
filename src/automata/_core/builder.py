"""Writes workflow documents from Python; everything goes through `codec`, so nothing can be built that cannot be read.

It only collects: what is wrong is told all at once by `WorkflowBuilder.build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import attrs

from automata._core.codec import decode
from automata.errors import Conflict, FixInput, InvalidDocument
from automata.model import Join, Json, JsonSchema, Workflow

_Target = TypeVar("_Target", bound="Step | Exit | Sequence[Step | Exit]")
_Edges: TypeAlias = "list[dict[str, Json]]"


def workflow(
    name: str,
    *,
    description: str | None = None,
    input: JsonSchema | None = None,  # noqa: A002 - the document's own word
    **variables: Json,
) -> WorkflowBuilder:
    """Start a workflow.

    Args:
        name: What people call it.
        description: What it is for.
        input: JSON Schema of the start input.
        variables: Constants, visible in expressions as ``vars``.
    """
    return WorkflowBuilder(name, description=description, input=input, vars=variables or None)


def expr(text: str) -> str:
    """Mark *text* as an expression: ``expr("price.body.total > 10")`` is ``"${price.body.total > 10}"``."""
    return f"${{{text}}}"


class GraphBuilder:
    """Nodes and edges of one graph: the workflow's own or a nested body's. ``with`` only sets it apart visually."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}
        self._edges: _Edges = []
        self.output: Json = None
        """Template of the graph's result."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: the block only shows what belongs to the body."""

    def node(self, id: str, use: str, parameters: Mapping[str, Json] | None = None, /, **more: Json) -> Step:  # noqa: A002 - the document's own word
        """Add a node of type *use*.

        Parameters are given as keywords, or as a mapping where a name is no Python name (``for``, ``class``).

        Raises:
            Conflict: The graph has a node of that id.
        """
        if id in self._steps:
            raise Conflict(f"The node {id!r} exists already")
        step = Step(self, id, use, {**(parameters or {}), **more})
        self._steps[id] = step
        return step

    def document(self) -> dict[str, Json]:
        """Give the graph as it stands in a document."""
        written: dict[str, Json] = {"nodes": {name: step.document() for name, step in self._steps.items()}}
        if self._edges:
            written["edges"] = list(self._edges)
        return written if self.output is None else {**written, "output": self.output}

    def link(self, source: Exit, target: Step) -> None:
        """Add an edge; ``source >> target`` is the usual way to say it.

        Raises:
            FixInput: The two are not of this graph.
        """
        for step in (source.step, target):
            if step.graph is not self:
                raise FixInput(f"{step.id!r} is a node of another graph; edges stay inside one body")
        edge: dict[str, Json] = {"from": source.step.id}
        if source.port != "out":
            edge["port"] = source.port
        if source.error_class is not None:
            edge["class"] = source.error_class
        self._edges.append(edge | {"to": target.id})


class WorkflowBuilder(GraphBuilder):
    """A whole workflow."""

    def __init__(self, name: str, **keys: Json) -> None:
        super().__init__()
        self._head: dict[str, Json] = {"automata": 1, "name": name}
        self._head |= {key: value for key, value in keys.items() if value is not None}
        self._tests: list[dict[str, Json]] = []

    def settings(self, **settings: Json) -> Self:
        """Set what holds for a whole run: ``timeout="1h"``, ``concurrency={...}``, ``timezone="Europe/Berlin"``."""
        self._head["settings"] = settings
        return self

    def errors(self, handler: Step | str) -> Self:
        """Name the node or workflow that handles a failed run."""
        self._head["errors"] = str(handler)
        return self

    def test(self, name: str, **case: Json) -> Self:
        """Add a test: ``event=``, ``mocks=``, ``signals=``, ``approvals=``, ``expect=`` as in the document."""
        self._tests.append({"name": name, **case})
        return self

    def document(self) -> dict[str, Json]:
        """Give the document as JSON, checked or not."""
        written = self._head | super().document()
        return written | {"tests": list(self._tests)} if self._tests else written

    def build(self) -> Workflow:
        """Give the typed workflow.

        Raises:
            InvalidDocument: With every problem of the document's structure. Whether node types, parameters and
                expressions are right is a question for validation, as for every other document.
        """
        built, problems = decode(self.document())
        if built is None:
            raise InvalidDocument(problems)
        return built


class Step:
    """A node being described. ``a >> b`` adds an edge, ``a["port"]`` leaves by a port, ``str(a)`` is its id."""

    def __init__(self, graph: GraphBuilder, id: str, use: str, parameters: dict[str, Json]) -> None:  # noqa: A002 - the document's own word
        self.graph = graph
        self.id = id
        self._keys: dict[str, Json] = {"use": use} | ({"with": parameters} if parameters else {})
        self._bodies: dict[str, GraphBuilder] = {}

    def __str__(self) -> str:
        return self.id

    def __getitem__(self, port: str) -> Exit:
        return Exit(self, port)

    def __rshift__(self, target: _Target) -> _Target:
        return Exit(self) >> target

    def __rrshift__(self, sources: Iterable[Step | Exit]) -> Step:
        return _gather(sources, self)

    def on_error(self, error_class: str | None = None) -> Exit:
        """Leave by the error port: for one class of errors, or for all that no other edge catches."""
        return Exit(self, "error", error_class)

    def retry(self, **retry: Json) -> Self:
        """Try again on failure: ``attempts=4, initial="1s", max="30s", on=["rate_limited"]``; bare for the defaults."""
        return self._set(retry=retry)

    def timeout(self, duration: str) -> Self:
        """Limit how long one attempt, or the wait, may take."""
        return self._set(timeout=duration)

    def join(self, join: Join, *, cancel: bool = False) -> Self:
        """Say when it runs if several edges arrive; with *cancel* stop what has not arrived then."""
        return self._set(join=join, cancel=cancel)

    def connect(self, connection: str) -> Self:
        """Use the connection (credential) of that name."""
        return self._set(connection=connection)

    def key(self, template: str) -> Self:
        """Replace the run's part of the idempotency key."""
        return self._set(key=template)

    def note(self, text: str) -> Self:
        """Leave a remark for people."""
        return self._set(note=text)

    def disable(self) -> Self:
        """Pass over it when running."""
        return self._set(disabled=True)

    def compensate(self, use: str, parameters: Mapping[str, Json] | None = None, /, **more: Json) -> Self:
        """Say what undoes it after a later failure."""
        return self._set(compensate={"use": use, "with": {**(parameters or {}), **more}})

    def body(self) -> GraphBuilder:
        """Give the nested graph of foreach, loop, race or scope; the same one each time."""
        return self._bodies.setdefault("body", GraphBuilder())

    def cleanup(self) -> GraphBuilder:
        """Give the nested graph a scope runs however its body ends (the document's ``finally``)."""
        return self._bodies.setdefault("finally", GraphBuilder())

    def document(self) -> dict[str, Json]:
        """Give the node as it stands in a document."""
        return self._keys | {name: graph.document() for name, graph in self._bodies.items()}

    def _set(self, **keys: Json) -> Self:
        self._keys |= keys
        return self


@attrs.frozen
class Exit:
    """A port of a node, to draw edges from; as a target it stands for its node, and the chain goes on by the port."""

    step: Step
    port: str = "out"
    error_class: str | None = None

    def __rshift__(self, target: _Target) -> _Target:
        for one in (target,) if isinstance(target, Step | Exit) else target:
            self.step.graph.link(self, one if isinstance(one, Step) else one.step)
        return target

    def __rrshift__(self, sources: Iterable[Step | Exit]) -> Exit:
        _gather(sources, self.step)
        return self


def _gather(sources: Iterable[Step | Exit], target: Step) -> Step:
    for source in sources:
        source >> target
    return target
