"""Rules about the shape of the graph: nodes, edges, ports, joins, bodies."""

from __future__ import annotations

from collections.abc import Iterator

from automata._core.graph import find_cycle, reachable
from automata._core.patch import join
from automata._core.suggest import did_you_mean, nearest
from automata._core.validation.edits import remove_edge, rename_port, rename_source, rename_target
from automata._core.validation.survey import Rule, Survey, View, quoted, remove, replace
from automata.model import Fix, Kind, Node, Problem, Severity


def _some(*fixes: Fix | None) -> tuple[Fix, ...]:
    return tuple(f for f in fixes if f is not None)


def no_nodes(survey: Survey) -> Iterator[Problem]:
    """A graph holds at least one node."""
    for view in survey.views:
        if not view.graph.nodes:
            what = (
                "The workflow" if view.owner is None else f"The {view.pointer.rpartition('/')[2]} of {view.owner.id!r}"
            )
            address = view.address.rstrip("/") or None
            yield Problem(code="", message=f"{what} has no nodes", pointer=view.pointer, node=address)


def unknown_node(survey: Survey) -> Iterator[Problem]:
    """Both ends of an edge are nodes of the same graph."""
    for view in survey.views:
        nodes = sorted(view.graph.nodes)
        for i, edge in enumerate(view.graph.edges):
            for id_, rename in ((edge.source, rename_source), (edge.target, rename_target)):
                if id_ not in view.graph.nodes:
                    near = nearest(id_, nodes)
                    yield view.problem(
                        None,
                        f"The edge '{edge.source} -> {edge.target}' names an unknown node {id_!r}"
                        f"{did_you_mean(id_, nodes)}",
                        pointer=view.edge_pointers[i],
                        fixes=_some(rename(view, i, near) if near else None, remove_edge(view, i)),
                    )


def unknown_port(survey: Survey) -> Iterator[Problem]:
    """An edge leaves a port its node has."""
    for view in survey.views:
        for i, edge in enumerate(view.graph.edges):
            source = view.graph.nodes.get(edge.source)
            if source is None or survey.has_port(source, edge.port):
                continue
            names = [p.name for p in survey.ports(source)]
            near = nearest(edge.port, sorted(names))
            offered = [near] if near else names[:3]
            fixes = [rename_port(view, i, name) for name in offered] or [remove_edge(view, i)]
            hint = f"Its ports are {quoted([*names, 'error'])}" if names else "It only has the port 'error'"
            yield view.problem(
                source,
                f"Node {source.id!r} ({source.use}) has no port {edge.port!r}{did_you_mean(edge.port, names)}",
                pointer=view.edge_pointers[i],
                hint=hint,
                fixes=_some(*fixes),
            )


def self_loop(survey: Survey) -> Iterator[Problem]:
    """An edge leads to another node."""
    for view in survey.views:
        for i, edge in enumerate(view.graph.edges):
            if edge.source == edge.target and edge.source in view.graph.nodes:
                yield view.problem(
                    view.graph.nodes[edge.source],
                    f"Node {edge.source!r} leads to itself",
                    pointer=view.edge_pointers[i],
                    hint="Repeat with a 'loop' node, whose body is the repeated part",
                    fixes=_some(remove_edge(view, i)),
                )


def cycle(survey: Survey) -> Iterator[Problem]:
    """Edges lead forward only; a `loop` node repeats."""
    for view in survey.views:
        if view.order is not None:
            continue
        ring = find_cycle(view.graph, view.links)
        if ring is None or len(ring) == 1:
            continue
        first = ring.index(min(ring))
        ring = (*ring[first:], *ring[:first])
        yield view.problem(
            view.graph.nodes[ring[0]],
            f"The nodes {quoted(ring)} lead round in a circle",
            hint="Repeat with a 'loop' node, whose body is the repeated part",
            path=tuple(f"{a!r} leads to {b!r}" for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)),
        )


def never_starts(survey: Survey) -> Iterator[Problem]:
    """In a workflow with triggers, every node is reached from one."""
    view = survey.views[0]
    if not view.triggers:
        return
    starts = {*view.triggers, *((view.handler,) if view.handler else ())}
    for id_ in view.links.roots:
        if id_ not in starts and survey.kind(view.graph.nodes[id_]) is not None:
            yield view.problem(
                view.graph.nodes[id_],
                f"Node {id_!r} never starts: no edge leads to it, and a run starts at a trigger",
                hint=f"Lead an edge to it, for example from {view.triggers[0]!r}",
            )


def trigger_after(survey: Survey) -> Iterator[Problem]:
    """No edge leads to a trigger."""
    for view in survey.views:
        for i, edge in enumerate(view.graph.edges):
            if edge.target in view.triggers and edge.source in view.graph.nodes and edge.source != edge.target:
                yield view.problem(
                    view.graph.nodes[edge.target],
                    f"An edge leads from {edge.source!r} to the trigger {edge.target!r}, which only starts runs",
                    pointer=view.edge_pointers[i],
                    fixes=_some(remove_edge(view, i)),
                )


def trigger_inside(survey: Survey) -> Iterator[Problem]:
    """Triggers stand in the workflow itself, not in a body."""
    for view, node in survey.nodes:
        if view.outer is not None and survey.kind(node) is Kind.TRIGGER:
            yield view.problem(
                node,
                f"The trigger {node.id!r} ({node.use}) stands inside {view.address.rstrip('/')!r}, where no run starts",
                "use",
                hint="Move it to the nodes of the workflow",
            )


def disabled_trigger(survey: Survey) -> Iterator[Problem]:
    """Disabling is for nodes a run passes; it does nothing to a trigger."""
    for view, node in survey.nodes:
        if node.disabled and survey.kind(node) is Kind.TRIGGER:
            yield view.problem(
                node,
                f"The trigger {node.id!r} is disabled, which has no effect on a trigger",
                "disabled",
                fixes=(remove("Remove 'disabled'", view.at(node, "disabled")),),
            )


def handler_in_flow(survey: Survey) -> Iterator[Problem]:
    """The node `errors` names is reached by a failed run alone."""
    view = survey.views[0]
    if view.handler is not None and view.links.incoming[view.handler]:
        sources = quoted([e.source for e in view.links.incoming[view.handler]])
        yield view.problem(
            view.graph.nodes[view.handler],
            f"The error handler {view.handler!r} is also an ordinary step after {sources}",
            pointer="/errors",
            hint="Give failed runs a node of their own, or use 'error' edges",
        )


def handler_unknown(survey: Survey) -> Iterator[Problem]:
    """`errors` is a node id or the name of a workflow; a near miss of a node id is probably a slip."""
    name = survey.workflow.errors
    nodes = survey.workflow.graph.nodes
    near = None if name is None or name in nodes else nearest(name, sorted(nodes))
    if near is not None:
        yield Problem(
            code="",
            message=f"No node is called {name!r}; did you mean {near!r}?",
            pointer="/errors",
            hint="It is taken for the name of another workflow",
            fixes=(replace(f"Rename to {near!r}", "/errors", near),),
        )


def layout_unknown(survey: Survey) -> Iterator[Problem]:
    """`layout` places nodes that exist."""
    known = {view.address + id_ for view in survey.views for id_ in view.graph.nodes}
    for id_ in survey.workflow.layout:
        if id_ not in known:
            at = join("", "layout", id_)
            yield Problem(
                code="",
                message=f"The layout places an unknown node {id_!r}{did_you_mean(id_, sorted(known))}",
                pointer=at,
                fixes=(remove("Remove the position", at),),
            )


def join_too_high(survey: Survey) -> Iterator[Problem]:
    """A join cannot wait for more edges than lead to it."""
    for view, node in survey.nodes:
        count = len(view.links.incoming[node.id])
        if isinstance(node.join, int) and not 1 <= node.join <= max(count, 1):
            yield view.problem(
                node,
                f"Node {node.id!r} waits for {node.join} edges, but {count} lead to it",
                "join",
                fixes=(replace("Wait for all edges", view.at(node, "join"), "all"),) if count > 1 else (),
            )


def join_for_nothing(survey: Survey) -> Iterator[Problem]:
    """`join` matters to nodes with several incoming edges only."""
    for view, node in survey.nodes:
        count = len(view.links.incoming[node.id])
        if node.join != "merge" and count < 2 and not (isinstance(node.join, int) and node.join > max(count, 1)):  # noqa: PLR2004 - a join joins
            at = view.at(node, "join")
            keys = [at, view.at(node, "cancel")] if node.cancel else [at]
            fix = Fix("Remove 'join'", tuple({"op": "remove", "path": key} for key in keys))
            yield view.problem(node, f"Node {node.id!r} has 'join', but {count} edges lead to it", "join", fixes=(fix,))


def cancel_for_nothing(survey: Survey) -> Iterator[Problem]:
    """`cancel` goes with a join that does not wait for everything."""
    for view, node in survey.nodes:
        if node.cancel and node.join in {"merge", "all"}:
            yield view.problem(
                node,
                f"Node {node.id!r} has 'cancel', but its join waits for every edge",
                "cancel",
                hint="It goes with 'join: any' or a number",
                fixes=(remove("Remove 'cancel'", view.at(node, "cancel")),),
            )


def choice_unconnected(survey: Survey) -> Iterator[Problem]:
    """Every case of a `switch` leads somewhere."""
    for view, node in survey.nodes:
        if node.use != "switch" or node.disabled:
            continue
        connected = {e.port for e in view.links.outgoing[node.id]}
        loose = [p.name for p in survey.ports(node) if p.name not in connected]
        if connected & {p.name for p in survey.ports(node)} and loose:
            end = "; an event no case fits fails the run" if "otherwise" in loose else ""
            yield view.problem(
                node,
                f"No edge leaves {node.id!r} by {quoted(loose)}{end}",
                hint=f"Lead an edge from '{node.id}.{loose[-1]}'",
            )


def body_missing(survey: Survey) -> Iterator[Problem]:
    """`foreach`, `loop`, `race` and `scope` have a body."""
    for view, node in survey.nodes:
        found = survey.type_of(node)
        if found is not None and found.bodies and node.body is None:
            yield view.problem(
                node, f"Node {node.id!r} ({node.use}) has no body", hint="Add 'body: {nodes: ..., edges: ...}'"
            )


def body_for_nothing(survey: Survey) -> Iterator[Problem]:
    """Other nodes have none."""
    for view, node in survey.nodes:
        found = survey.type_of(node)
        for key, graph in (("body", node.body), ("finally", node.finally_)):
            if found is not None and graph is not None and key not in found.bodies:
                yield view.problem(
                    node,
                    f"Node {node.id!r} ({node.use}) cannot have {key!r}",
                    key,
                    fixes=(remove(f"Remove {key!r}", view.at(node, key)),),
                )


def branches_meet(survey: Survey) -> Iterator[Problem]:
    """The branches of a race are separate: each node belongs to one of them."""
    for view in _races(survey):
        roots: dict[str, list[str]] = {id_: [] for id_ in view.graph.nodes}
        for root in view.links.roots:
            for id_ in reachable(view.links, [root]):
                roots[id_].append(root)
        for id_, meeting in roots.items():
            first = all(len(roots[e.source]) < 2 for e in view.links.incoming[id_])  # noqa: PLR2004 - one is no meeting
            if len(meeting) > 1 and first:
                yield view.problem(
                    view.graph.nodes[id_],
                    f"The branches of {quoted(meeting)} meet at {id_!r}, so that none can win alone",
                    hint="Do what is common after the race",
                )


def lonely_race(survey: Survey) -> Iterator[Problem]:
    """A race has at least two branches."""
    for view in _races(survey):
        if len(view.links.roots) == 1 and view.owner is not None and view.outer is not None:
            yield view.outer.problem(
                view.owner,
                f"The race {view.owner.id!r} has one branch, which always wins",
                hint="Add another, or use 'scope'",
            )


def _races(survey: Survey) -> Iterator[View]:
    return (view for view in survey.views if view.owner is not None and view.owner.use == "race")


def body_loose(survey: Survey) -> Iterator[Problem]:
    """A body's output names what the body does; one without output gives null."""
    for view in survey.views:
        owner = view.owner
        if owner is None or view.outer is None or owner.use != "loop" or view.graph.output is not None:
            continue
        if any("last" in text for text in _texts(owner)):
            yield view.outer.problem(
                owner,
                f"The condition of {owner.id!r} reads 'last', but its body has no output, so that it is always null",
                "body",
                hint="Add 'output' to the body",
            )


def _texts(node: Node) -> Iterator[str]:
    return (v for k, v in node.parameters.items() if k in {"while", "until"} and isinstance(v, str))


WARNING = Severity.WARNING

RULES = (
    Rule(code="GRF-001", title="No nodes", find=no_nodes),
    Rule(code="GRF-002", title="Edge to or from an unknown node", find=unknown_node),
    Rule(code="GRF-003", title="Edge from a port the node does not have", find=unknown_port),
    Rule(code="GRF-004", title="Node leads to itself", find=self_loop),
    Rule(code="GRF-005", title="Nodes lead round in a circle", find=cycle),
    Rule(code="GRF-006", title="Node never starts", find=never_starts),
    Rule(code="GRF-007", title="Edge to a trigger", find=trigger_after),
    Rule(code="GRF-008", title="Trigger inside a body", find=trigger_inside),
    Rule(code="GRF-009", title="Disabled trigger", find=disabled_trigger, severity=WARNING),
    Rule(code="GRF-010", title="Error handler is an ordinary step too", find=handler_in_flow, severity=WARNING),
    Rule(code="GRF-011", title="Error handler looks misspelt", find=handler_unknown, severity=WARNING),
    Rule(code="GRF-012", title="Layout of an unknown node", find=layout_unknown, severity=WARNING),
    Rule(code="GRF-013", title="Join waits for more edges than there are", find=join_too_high),
    Rule(code="GRF-014", title="Join without several edges", find=join_for_nothing, severity=WARNING),
    Rule(code="GRF-015", title="Cancel without a join that needs it", find=cancel_for_nothing, severity=WARNING),
    Rule(code="GRF-016", title="Case of a switch leads nowhere", find=choice_unconnected, severity=WARNING),
    Rule(code="GRF-017", title="Body missing", find=body_missing),
    Rule(code="GRF-018", title="Body where none belongs", find=body_for_nothing),
    Rule(code="GRF-019", title="Branches of a race meet", find=branches_meet),
    Rule(code="GRF-020", title="Race with one branch", find=lonely_race, severity=WARNING),
    Rule(code="GRF-021", title="Loop reads the output of a body without one", find=body_loose, severity=WARNING),
)
