"""Everything a document may name: node types, functions, credential kinds, rules. Immutable once it is built."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import evolve, frozen

from automata._core.expressions import standard_functions
from automata._core.manifest import shapes
from automata._core.plugins import KERNEL, Plugins
from automata._core.schema import check_schema
from automata._core.suggest import did_you_mean
from automata.errors import NotFound, PluginError
from automata.model import (
    Blocking,
    CredentialKind,
    Edge,
    Effect,
    Function,
    Graph,
    Json,
    JsonObject,
    JsonSchema,
    Kind,
    Node,
    NodeType,
    Port,
    Rule,
    Workflow,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)
_CONTROL = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CONNECTOR = re.compile(r"[a-z][a-z0-9_]{0,62}(?:\.[a-z][a-z0-9_]{0,62})+")
_PORT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_BODIES = frozenset({"body", "finally"})


@frozen(kw_only=True)
class Catalog:
    """What is known, by name; the same for every document of a process."""

    types: Mapping[str, NodeType]
    functions: Mapping[str, Function]
    credential_kinds: Mapping[str, CredentialKind]
    rules: tuple[Rule, ...]
    guard: Callable[[str, Callable[[], Any]], Any]
    """Calls code of the named distribution, so that nothing but `PluginError` comes out."""

    def get(self, name: str) -> NodeType | None:
        """Return the node type of that name, or None."""
        return self.types.get(name)

    def find(self, name: str) -> NodeType:
        """Return the node type of that name.

        Raises:
            NotFound: There is none; the message names the nearest.
        """
        found = self.types.get(name)
        if found is None:
            raise NotFound(f"Unknown node type {name!r}{did_you_mean(name, self.types)}")
        return found

    def names(self) -> tuple[str, ...]:
        """Names of all node types, sorted."""
        return tuple(sorted(self.types))

    def ports_of(self, node: Node) -> tuple[Port, ...]:
        """Ways out of *node*, without ``error``; empty for an unknown type.

        Ports that depend on the parameters are computed; where that fails, the declared ones stand.
        """
        found = self.types.get(node.use)
        if found is None:
            return ()
        compute = found.compute_ports
        if compute is None:
            return found.ports
        return self._compute(found, lambda: _ports(compute(node.parameters)), found.ports)

    def output_schema(self, node: Node, typed_parameters: Mapping[str, JsonSchema]) -> JsonSchema:
        """Schema of what *node* gives; ``{}`` when nothing is known.

        Args:
            node: The node.
            typed_parameters: Parameter name to the schema its checked value has.
        """
        found = self.types.get(node.use)
        if found is None:
            return {}
        compute = found.compute_output
        if compute is None:
            return found.output
        return self._compute(found, lambda: _schema(compute(node.parameters, typed_parameters)), found.output)

    def effect_of(self, node: Node) -> Effect:
        """What running *node* does to the world; an unknown type does nothing, since it is a problem already."""
        found = self.types.get(node.use)
        if found is None:
            return Effect.PURE
        compute = found.compute_effect
        if compute is None:
            return found.effect
        return self._compute(found, lambda: Effect(compute(node.parameters)), found.effect)

    def settled(self, workflow: Workflow) -> Workflow:
        """Return *workflow* with every edge that names no port leaving by its node's default port.

        Edges keep their order and number, so that pointers to them stay right.
        """
        graph = self._settled(workflow.graph)
        return workflow if graph is workflow.graph else evolve(workflow, graph=graph)

    def _settled(self, graph: Graph) -> Graph:
        nodes = {id_: self._settled_bodies(node) for id_, node in graph.nodes.items()}
        edges = tuple(self._settled_edge(graph, edge) for edge in graph.edges)
        same = all(nodes[id_] is node for id_, node in graph.nodes.items()) and edges == graph.edges
        return graph if same else evolve(graph, nodes=nodes, edges=edges)

    def _settled_bodies(self, node: Node) -> Node:
        body = None if node.body is None else self._settled(node.body)
        final = None if node.finally_ is None else self._settled(node.finally_)
        return node if body is node.body and final is node.finally_ else evolve(node, body=body, finally_=final)

    def _settled_edge(self, graph: Graph, edge: Edge) -> Edge:
        source = graph.nodes.get(edge.source)
        found = None if source is None else self.types.get(source.use)
        if found is None or edge.port != "out" or found.default_port == "out":
            return edge
        return evolve(edge, port=found.default_port)

    def describe(self, name: str) -> JsonObject:
        """Return the node type as JSON, every field present, code as ``true`` or ``false``.

        Raises:
            NotFound: There is none of that name.
        """
        found = self.find(name)
        result: dict[str, Json] = {}
        for field, form in shapes()["node_types"].forms.items():
            value = getattr(found, field)
            code = field in {"run", "compute_ports", "compute_output", "compute_effect"}
            result[field] = value is not None if code else form.write(value) if value is not None else None
        return result | {"plugin": found.plugin}

    def _compute(self, found: NodeType, call: Callable[[], T], otherwise: T) -> T:
        try:
            if found.plugin == KERNEL:
                return _lenient(call, otherwise)
            result: T = self.guard(found.plugin, lambda: _lenient(call, otherwise))
        except PluginError as error:
            _log.warning("A plugin could not describe a node", extra={"node_type": found.name, "reason": error.message})
            return otherwise
        return result


def build_catalog(plugins: Plugins) -> Catalog:
    """Collect what *plugins* supply; refuses what is not sound, and reports it to them."""
    types = _sound(plugins, plugins.node_types(), check_node_type)
    functions = _sound(plugins, plugins.functions(), check_function)
    kinds = _sound(plugins, plugins.credential_kinds(), lambda kind: check_schema(kind.fields))
    return Catalog(
        types=MappingProxyType({found.name: _with_output(found) for found in types}),
        functions=MappingProxyType({**standard_functions(), **{function.name: function for function in functions}}),
        credential_kinds=MappingProxyType({kind.name: kind for kind in kinds}),
        rules=plugins.graph_rules(),
        guard=lambda distribution, call: plugins.proxy(distribution).call(call),
    )


MESSAGE: JsonSchema = {
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
    "additionalProperties": False,
}
"""Output of every outbox step."""


def _with_output(found: NodeType) -> NodeType:
    return evolve(found, output=MESSAGE) if found.effect is Effect.OUTBOX else found


def check_node_type(found: NodeType) -> tuple[str, ...]:
    """Return what is wrong with a node type, as sentences; empty when it can stand in the catalog."""
    faults: list[str] = []
    pattern = _CONTROL if found.plugin == KERNEL and "." not in found.name else _CONNECTOR
    if not pattern.fullmatch(found.name):
        faults.append(f"Its name is not 'connector.verb_noun': {found.name!r}")
    faults += [f"Its {text} is empty" for text in ("title", "summary") if not getattr(found, text).strip()]
    if found.parameters and found.parameters.get("type") != "object":
        faults.append("Its parameters are not a schema of type 'object'")
    faults += [f"Its parameters: {fault}" for fault in check_schema(found.parameters)]
    faults += [f"Its output: {fault}" for fault in check_schema(found.output)]
    return (*faults, *_check_ports(found), *_check_role(found))


def check_function(function: Function) -> tuple[str, ...]:
    """Return what is wrong with a function, as sentences."""
    faults = [] if function.signatures else ["It has no signature"]
    if function.plugin != KERNEL and not _CONNECTOR.fullmatch(function.name):
        faults.append(f"Its name has no namespace: {function.name!r}")
    return tuple(faults)


def _check_ports(found: NodeType) -> list[str]:
    names = [port.name for port in found.ports]
    faults = [f"Port {name!r} stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    faults += [f"Port {name!r} is no name" for name in names if not _PORT.fullmatch(name)]
    return faults + (["Port 'error' is every node's own"] if "error" in names else [])


def _check_role(found: NodeType) -> list[str]:
    faults = [f"It has an unknown body {name!r}" for name in found.bodies if name not in _BODIES]
    if found.kind is Kind.TRIGGER and found.run is not None:
        faults.append("It is a trigger, and has an action")
    if found.kind is Kind.ACTION and found.run is None:
        faults.append("It is an action, and has none")
    if found.kind is Kind.CONTROL and found.plugin != KERNEL:
        faults.append("Only the kernel supplies control nodes")
    if found.effect is Effect.WAIT and found.plugin != KERNEL:
        faults.append("Only the kernel's own nodes wait")
    faults += _check_effect(found)
    unknown = found.lazy - set(_mapping(found.parameters.get("properties")))
    return faults + [f"Lazy parameter {name!r} is not in its schema" for name in sorted(unknown)]


def _check_effect(found: NodeType) -> list[str]:
    if found.effect is Effect.TX and found.run is not None and not isinstance(found.run, Blocking):
        why = "it is called within the store's transaction, which waits for nothing"
        return [f"Its effect is 'tx', but its action is async; write it as a plain function (def): {why}"]
    if found.effect is Effect.OUTBOX:
        return _check_outbox(found)
    return []


def _check_outbox(found: NodeType) -> list[str]:
    """Its action is performed once its run may be over: nothing of the run is there, and nobody hears of the result."""
    faults = []
    if found.output not in ({}, MESSAGE) or found.compute_output is not None:
        faults.append("Its effect is 'outbox', so its output is the id of the message; leave 'output' out")
    if [port.name for port in found.ports] != ["out"] or found.compute_ports is not None:
        faults.append("Its effect is 'outbox', so its only port is 'out'; leave 'ports' out")
    if found.lazy:
        faults.append("Its effect is 'outbox', so it has no lazy parameters; nobody can evaluate them when it is sent")
    return faults


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _sound(plugins: Plugins, records: Iterable[Any], check: Callable[[Any], tuple[str, ...]]) -> list[Any]:
    kept = []
    for record in records:
        if faults := check(record):
            text = f"{type(record).__name__} {record.name!r} is refused: {'; '.join(faults)}"
            plugins.report(record.plugin, text)
        else:
            kept.append(record)
    return kept


def _lenient(call: Callable[[], T], otherwise: T) -> T:
    """Call; parameters no schema has been held against yet are the document's fault, and no failure of the plugin."""
    try:
        return call()
    except (TypeError, ValueError, LookupError, AttributeError):
        return otherwise


def _ports(value: object) -> tuple[Port, ...]:
    if not isinstance(value, tuple) or not all(isinstance(port, Port) for port in value):
        raise TypeError("compute_ports did not return a tuple of ports")
    return value


def _schema(value: object) -> JsonSchema:
    if not isinstance(value, Mapping):
        raise TypeError("compute_output did not return a schema")
    return value
