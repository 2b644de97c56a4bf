"""Compile a validated document once into what the machine and the engine run from: integers, tuples, bound expressions.

No networkx, no jsonschema, no look-up by text on the hot path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import TypeAlias

from attrs import evolve, frozen

from automata._core.catalog import Catalog
from automata._core.codec import version
from automata._core.durations import parse_duration
from automata._core.expressions import Template, compile_template
from automata._core.retry import Policy, compile_policy
from automata.errors import KernelBug
from automata.model import (
    Compensation,
    Edge,
    Effect,
    Function,
    Graph,
    Json,
    JsonObject,
    Kind,
    Node,
    NodeType,
    Retry,
    Workflow,
)


class Behaviour(Enum):
    """Who performs a node."""

    ACTION = auto()
    """The node type's own ``run``."""
    TRIGGER = auto()
    PASS = auto()
    """A disabled node."""
    FOREACH = auto()
    LOOP = auto()
    RACE = auto()
    SCOPE = auto()
    WAIT = auto()
    SIGNAL = auto()
    SEND = auto()
    APPROVAL = auto()
    CALL = auto()
    RETURN = auto()


PERFORMED = {b.name.lower(): b for b in Behaviour if b not in {Behaviour.ACTION, Behaviour.TRIGGER, Behaviour.PASS}}
CONTAINERS = frozenset({Behaviour.FOREACH, Behaviour.LOOP, Behaviour.RACE, Behaviour.SCOPE})
Exit: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""Targets whose edge is taken, and targets whose edge is dead, when a node leaves by one port."""


@frozen(kw_only=True)
class Work:
    """What is done when a node, or its compensation, is performed."""

    type: NodeType
    effect: Effect
    parameters: Template
    written: JsonObject
    """Lazy parameters as they stand in the document."""
    lazy: Mapping[str, Template]
    """Parameters the performer evaluates itself, piece by piece: ``while``, ``until``, ``match``, ``cases/0/when``."""
    retry: Policy | None
    timeout_s: float | None
    key: Template | None
    connection: str | None


@frozen(kw_only=True)
class PlanNode:
    """One node, ready to run."""

    index: int
    id: str
    behaviour: Behaviour
    work: Work
    need: int
    """How many incoming edges must be taken before it runs."""
    patient: bool
    """Whether it waits until every incoming edge is taken or dead (``merge``)."""
    indegree: int
    exits: Mapping[str, Exit]
    """Port to what happens to the outgoing edges; holds every declared port."""
    targets: tuple[int, ...]
    """Target of every outgoing edge."""
    catches: tuple[tuple[str | None, tuple[int, ...]], ...]
    """Error class (None: any other) to the targets of its ``error`` edges."""
    doomed: tuple[int, ...] = ()
    """Nodes to stop when this join starts (``cancel: true``)."""
    compensation: Work | None = None
    body: PlanGraph | None = None
    finally_: PlanGraph | None = None


@frozen(kw_only=True)
class PlanGraph:
    """A graph, ready to run."""

    nodes: tuple[PlanNode, ...]
    index: Mapping[str, int]
    roots: tuple[int, ...]
    triggers: Mapping[str, int]
    output: Template
    branches: tuple[int, ...] = ()
    """For a race: the root each node belongs to, by node index."""


@frozen(kw_only=True)
class Plan:
    """A workflow, ready to run."""

    name: str
    version: str
    graph: PlanGraph
    vars: Mapping[str, Json]
    timeout_s: float | None
    parks: bool
    """Whether an uncaught error parks the run for a person instead of failing it."""
    handler: int | None
    """Index of the node ``errors`` names, or None."""
    errors_workflow: str | None
    workflow: Workflow


def compile_plan(workflow: Workflow, catalog: Catalog) -> Plan:
    """Compile *workflow*, which must have passed validation against the same *catalog*.

    Raises:
        KernelBug: It names a node type the catalog lacks, which validation would have refused.
    """
    compiler = _Compiler(catalog)
    handler = workflow.errors if workflow.errors in workflow.graph.nodes else None
    graph = compiler.graph(catalog.settled(workflow).graph, root=True, handler=handler)
    return Plan(
        name=workflow.name,
        version=version(workflow),
        graph=graph,
        vars=dict(workflow.vars),
        timeout_s=_seconds(workflow.settings.timeout),
        parks=workflow.settings.on_error == "park",
        handler=None if handler is None else graph.index[handler],
        errors_workflow=workflow.errors if handler is None else None,
        workflow=workflow,
    )


def _seconds(duration: str | None) -> float | None:
    return None if duration is None else parse_duration(duration).total_seconds()


def _policy(retry: Retry | None) -> Policy | None:
    if retry is None:
        return None
    return compile_policy(retry, {text: parse_duration(text).total_seconds() for text in (retry.initial, retry.max)})


class _Compiler:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.functions: Mapping[str, Function] = catalog.functions

    def template(self, value: Json) -> Template:
        return compile_template(value, self.functions)

    def graph(self, graph: Graph, *, root: bool = False, race: bool = False, handler: str | None = None) -> PlanGraph:
        index = {id_: i for i, id_ in enumerate(graph.nodes)}
        leaving: dict[str, list[Edge]] = {id_: [] for id_ in graph.nodes}
        indegree = dict.fromkeys(graph.nodes, 0)
        for edge in graph.edges:
            leaving[edge.source].append(edge)
            indegree[edge.target] += 1
        nodes = tuple(self.node(n, index, leaving, indegree[n.id]) for n in graph.nodes.values())
        triggers = {n.id: n.index for n in nodes if n.behaviour is Behaviour.TRIGGER} if root else {}
        return PlanGraph(
            nodes=nodes,
            index=index,
            roots=(roots := tuple(n.index for n in nodes if n.indegree == 0 and n.id != handler)),
            triggers=triggers,
            output=self.template(graph.output),
            branches=_branches(nodes, roots) if race else (),
        )

    def node(
        self, node: Node, index: Mapping[str, int], leaving: Mapping[str, Sequence[Edge]], indegree: int
    ) -> PlanNode:
        type_ = self.type(node.use)
        behaviour = _behaviour(node, type_)
        edges = leaving[node.id]
        normal = [(e.port, index[e.target]) for e in edges if e.port != "error"]
        failing = [(e.error_class, index[e.target]) for e in edges if e.port == "error"]
        need, patient = _join(node, indegree)
        return PlanNode(
            index=index[node.id],
            id=node.id,
            behaviour=behaviour,
            work=self.work(type_, node, self.catalog.effect_of(node), key=node.key),
            need=need,
            patient=patient,
            indegree=indegree,
            exits=_exits(behaviour, self.ports(node, type_, normal), normal, [target for _, target in failing]),
            targets=tuple(target for _, target in (*normal, *failing)),
            catches=_catches(failing),
            doomed=_doomed(node.id, index, leaving) if node.cancel else (),
            compensation=None if node.compensate is None else self.undo(node.compensate),
            body=None if node.body is None else self.graph(node.body, race=behaviour is Behaviour.RACE),
            finally_=None if node.finally_ is None else self.graph(node.finally_),
        )

    def undo(self, compensate: Compensation) -> Work:
        """The work of a compensation."""
        effect = self.catalog.effect_of(Node(id="undo", use=compensate.use, parameters=compensate.parameters))
        return self.work(self.type(compensate.use), compensate, effect)

    def work(self, type_: NodeType, node: Node | Compensation, effect: Effect, *, key: str | None = None) -> Work:
        """What a node and a compensation have in common."""
        lazy = {k: v for k, v in node.parameters.items() if k in type_.lazy}
        return Work(
            type=type_,
            effect=effect,
            parameters=self.template({k: v for k, v in node.parameters.items() if k not in type_.lazy}),
            written=lazy,
            lazy={path: self.template(value) for path, value in _leaves(lazy)},
            retry=_policy(node.retry),
            timeout_s=_seconds(node.timeout),
            key=None if key is None else self.template(key),
            connection=node.connection,
        )

    def ports(self, node: Node, type_: NodeType, normal: Sequence[tuple[str, int]]) -> list[str]:
        """Ports *node* can leave by; a ``switch`` has ``otherwise`` only with an edge there: nothing gets lost."""
        names = [port.name for port in self.catalog.ports_of(node)]
        if type_.compute_ports is not None and "otherwise" in names and all(port != "otherwise" for port, _ in normal):
            names.remove("otherwise")
        return names

    def type(self, use: str) -> NodeType:
        found = self.catalog.get(use)
        if found is None:
            raise KernelBug(f"Node type {use!r} is not in the catalog; the document was not validated")
        resolve = getattr(
            found.run, "resolve", None
        )  # code a manifest only names: imported now, not while the run waits
        return found if resolve is None else evolve(found, run=resolve())


def _behaviour(node: Node, type_: NodeType) -> Behaviour:
    if type_.kind is Kind.TRIGGER:
        return Behaviour.TRIGGER
    if node.disabled:
        return Behaviour.PASS
    return Behaviour.ACTION if type_.run is not None else PERFORMED[type_.name]


def _join(node: Node, indegree: int) -> tuple[int, bool]:
    match node.join:
        case "merge":
            return 1, True
        case "all":
            return indegree, False
        case "any":
            return 1, False
        case count:
            return count, False


def _exits(
    behaviour: Behaviour, ports: Sequence[str], normal: Sequence[tuple[str, int]], failing: Sequence[int]
) -> Mapping[str, Exit]:
    if behaviour is Behaviour.PASS:
        return {"out": (tuple(target for _, target in normal), tuple(failing))}
    return {
        name: (
            tuple(target for port, target in normal if port == name),
            tuple(target for port, target in normal if port != name) + tuple(failing),
        )
        for name in ports
    }


def _catches(failing: Sequence[tuple[str | None, int]]) -> tuple[tuple[str | None, tuple[int, ...]], ...]:
    classes = dict.fromkeys(kind for kind, _ in failing)
    return tuple((kind, tuple(target for k, target in failing if k == kind)) for kind in classes)


def _doomed(join: str, index: Mapping[str, int], leaving: Mapping[str, Sequence[Edge]]) -> tuple[int, ...]:
    """Nodes whose every way leads only to *join*: what its ``cancel`` may stop without hurting anybody else."""
    arriving: dict[str, list[str]] = {}
    for source, edges in leaving.items():
        for edge in edges:
            arriving.setdefault(edge.target, []).append(source)
    inside = {join}
    waiting = list(arriving.get(join, ()))
    while waiting:
        id_ = waiting.pop()
        if id_ not in inside and all(e.target in inside for e in leaving[id_]):
            inside.add(id_)
            waiting.extend(arriving.get(id_, ()))
    return tuple(sorted(index[id_] for id_ in inside - {join}))


def _branches(nodes: Sequence[PlanNode], roots: Sequence[int]) -> tuple[int, ...]:
    """The first root from which each node can be reached; validation sees to it that there is only one."""
    owner = [-1] * len(nodes)
    for root in roots:
        waiting = [root]
        while waiting:
            i = waiting.pop()
            if owner[i] < 0:
                owner[i] = root
                waiting.extend(nodes[i].targets)
    return tuple(owner)


def _leaves(lazy: JsonObject) -> Iterator[tuple[str, Json]]:
    """Lazy parameters by path: conditions as they are, the ``when`` of each case by its position."""
    for name, value in lazy.items():
        if isinstance(value, list):
            yield from ((f"{name}/{i}/when", x.get("when")) for i, x in enumerate(value) if isinstance(x, dict))
        else:
            yield name, value
