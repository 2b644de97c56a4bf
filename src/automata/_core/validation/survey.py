"""What the rules look at: every graph of a document with its place, and what is computed once for all rules.

Decides nothing; a rule is a function of a `Survey`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

from attrs import field, frozen

from automata._core.catalog import Catalog
from automata._core.codec import edge_pointers, encode
from automata._core.graph import Links, link, topological_order
from automata._core.patch import join, resolve
from automata._core.soundness import Flow, Timing, Violation, violations
from automata.model import Effect, Fix, Graph, Json, Kind, Node, NodeType, Port, Problem, Severity, Workflow

T = TypeVar("T")


@frozen(kw_only=True)
class Rule:
    """One rule: what it is called, how bad a breach is, and the function that finds breaches."""

    code: str
    title: str
    find: Callable[[Survey], Iterator[Problem]]
    """Yields problems without code and severity, which the table knows."""
    severity: Severity = Severity.ERROR


class View:
    """One graph of the document: the workflow's own, or a nested body."""

    def __init__(
        self, survey: Survey, graph: Graph, pointer: str, address: str, outer: View | None, owner: Node | None
    ) -> None:
        self.survey = survey
        self.graph = graph
        self.pointer = pointer
        """Where the graph stands; empty for the workflow's own."""
        self.address = address
        """Prefix of its nodes' addresses: empty, or ends in ``/``."""
        self.outer = outer
        self.owner = owner
        """The node whose body it is."""

    @property
    def depth(self) -> int:
        """How many bodies it is nested in."""
        return 0 if self.outer is None else self.outer.depth + 1

    def at(self, node: Node, *tokens: str | int) -> str:
        """Pointer to a node, or to what is below it."""
        return join(self.pointer, "nodes", node.id, *tokens)

    def problem(self, node: Node | None, message: str, *tokens: str | int, **facts: object) -> Problem:
        """A problem at a node, or below it; *facts* are fields of `Problem`."""
        fields: dict[str, object] = {"code": "", "pointer": self.pointer if node is None else self.at(node, *tokens)}
        if node is not None:
            fields["node"] = self.address + node.id
        return Problem(message=message, **(fields | facts))  # type: ignore[arg-type]  # a subset of its fields

    @cached_property
    def links(self) -> Links:
        """Edges by node."""
        return link(self.graph)

    @cached_property
    def order(self) -> tuple[str, ...] | None:
        """Topological order, or None when there is a cycle."""
        return topological_order(self.graph, self.links)

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        """Ids of the trigger nodes; a body has none."""
        if self.outer is not None:
            return ()
        return tuple(n.id for n in self.graph.nodes.values() if self.survey.kind(n) is Kind.TRIGGER)

    @cached_property
    def handler(self) -> str | None:
        """Id of the node that handles a failed run."""
        name = self.survey.workflow.errors
        return name if self.outer is None and name in self.graph.nodes else None

    @cached_property
    def entries(self) -> tuple[tuple[str, ...], ...]:
        """Alternatives of nodes a run starts at together; the last is the error handler, when there is one."""
        roots = tuple(id_ for id_ in self.links.roots if id_ != self.handler)
        ordinary = tuple((id_,) for id_ in self.triggers) or ((roots,) if roots else ())
        return (*ordinary, *(((self.handler,),) if self.handler is not None else ()))

    @cached_property
    def flow(self) -> Flow | None:
        """When each node runs; None for a graph with a cycle, an unknown node or an impossible join."""
        if (
            self.order is None
            or not self.graph.nodes
            or not all(self._is_possible(n) for n in self.graph.nodes.values())
        ):
            return None
        return Flow(self.graph, self.survey.ports, entries=self.entries)

    def _is_possible(self, node: Node) -> bool:
        return not isinstance(node.join, int) or 1 <= node.join <= max(1, len(self.links.incoming[node.id]))

    @cached_property
    def timing(self) -> Timing | None:
        """What has certainly happened when a node starts."""
        return None if self.flow is None else Timing(self.flow)

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """Everything that is not sound about it; nothing is said about a graph of broken edges."""
        if self.flow is None or any(True for _ in self.survey.broken_edges(self)):
            return ()
        return violations(self.flow, lambda node: self.survey.effect(node).writes)

    @cached_property
    def edge_pointers(self) -> tuple[str, ...]:
        """Pointer of each edge as it was written; two edges of one chain share theirs."""
        at = join(self.pointer, "edges")
        try:
            found = edge_pointers(resolve(self.survey.raw, at), at)
        except ValueError:
            found = ()
        return (
            found if len(found) == len(self.graph.edges) else tuple(join(at, i) for i in range(len(self.graph.edges)))
        )


@frozen(eq=False)
class Survey:
    """One document under validation."""

    workflow: Workflow
    catalog: Catalog
    written: Json = None
    """The document as it was written; None for one that was never text."""
    _types: dict[str, NodeType | None] = field(factory=dict, init=False)
    _ports: dict[int, tuple[Port, ...]] = field(factory=dict, init=False)
    _kept: dict[object, object] = field(factory=dict, init=False)

    @property
    def raw(self) -> Json:
        """The document pointers and fixes refer to."""
        if self.written is not None:
            return self.written
        return self.kept(lambda survey: encode(survey.workflow), "raw")

    @property
    def views(self) -> tuple[View, ...]:
        """The workflow's graph and every nested one, outer before inner."""
        return self.kept(lambda survey: tuple(_walk(View(survey, survey.workflow.graph, "", "", None, None))), "views")

    def kept(self, compute: Callable[[Survey], T], name: object = None) -> T:
        """What *compute* gives for this survey, computed once; *name* tells lambdas apart."""
        key = compute if name is None else name
        if key not in self._kept:
            self._kept[key] = compute(self)
        return cast("T", self._kept[key])

    @property
    def nodes(self) -> Iterator[tuple[View, Node]]:
        """Every node of every graph."""
        return ((view, node) for view in self.views for node in view.graph.nodes.values())

    def type_of(self, node: Node) -> NodeType | None:
        """The type of a node, or None when the catalog has none of that name."""
        if node.use not in self._types:
            self._types[node.use] = self.catalog.get(node.use)
        return self._types[node.use]

    def kind(self, node: Node) -> Kind | None:
        """The role of a node, or None when its type is unknown."""
        found = self.type_of(node)
        return None if found is None else found.kind

    def effect(self, node: Node) -> Effect:
        """What running a node does to the world; an unknown type does nothing, since it is a problem already."""
        return self.catalog.effect_of(node)

    def ports(self, node: Node) -> tuple[Port, ...]:
        """Normal ports of a node; ``out`` for an unknown type, so that one problem does not cause ten."""
        if self.type_of(node) is None:
            return (Port("out"),)
        key = id(node)
        if key not in self._ports:
            self._ports[key] = self.catalog.ports_of(node)
        return self._ports[key]

    def broken_edges(self, view: View) -> Iterator[int]:
        """Numbers of the edges that name a node or a port there is not."""
        nodes = view.graph.nodes
        for i, edge in enumerate(view.graph.edges):
            source = nodes.get(edge.source)
            known = source is not None and edge.target in nodes
            if source is None or not known or not self.has_port(source, edge.port):
                yield i

    def has_port(self, node: Node, port: str) -> bool:
        """Whether an edge may leave *node* by *port*; any does for an unknown type."""
        return port == "error" or self.type_of(node) is None or any(p.name == port for p in self.ports(node))


def _walk(view: View) -> Iterator[View]:
    waiting = [view]
    while waiting:
        here = waiting.pop()
        yield here
        inner = []
        for node in here.graph.nodes.values():
            for key, graph in (("body", node.body), ("finally", node.finally_)):
                if graph is not None:
                    inner.append(View(here.survey, graph, here.at(node, key), f"{here.address}{node.id}/", here, node))
        waiting.extend(reversed(inner))


def replace(title: str, pointer: str, value: Json) -> Fix:
    """A fix that puts *value* in the place of what stands at *pointer*."""
    return Fix(title, ({"op": "replace", "path": pointer, "value": value},))


def add(title: str, pointer: str, value: Json) -> Fix:
    """A fix that adds *value* at *pointer*."""
    return Fix(title, ({"op": "add", "path": pointer, "value": value},))


def remove(title: str, pointer: str) -> Fix:
    """A fix that removes what stands at *pointer*."""
    return Fix(title, ({"op": "remove", "path": pointer},))


def quoted(names: Sequence[str]) -> str:
    """Names for a message: ``'a', 'b' and 'c'``."""
    each = [repr(n) for n in names]
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} and {each[-1]}" if each else "none"


def members(value: Json) -> Mapping[str, Json]:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
