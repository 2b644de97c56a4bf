"""What a validated document compiles to."""

import pytest
from attrs import evolve

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.expressions import standard_functions
from automata._core.plan import Behaviour, compile_plan
from automata.errors import KernelBug
from automata.model import Edge, Effect, NodeType, Port


async def nothing(ctx, parameters):
    return None


def work(name, **more):
    return NodeType(name=name, title=name, summary=name, **{"effect": Effect.IDEMPOTENT, "run": nothing, **more})


class Named:
    """Code that is only named until a plan needs it."""

    def resolve(self):
        return nothing


TYPES = (
    *controls.automata_node_types(),
    work("t.do"),
    work("t.two", ports=(Port("left"), Port("right"))),
    work("t.named", run=Named()),
)
CATALOG = Catalog(
    types={t.name: t for t in TYPES},
    functions=standard_functions(),
    credential_kinds={},
    rules=(),
    guard=lambda _, call: call(),
)


def plan(text):
    loaded = load(f"automata: 1\nname: t\n{text}")
    assert loaded.problems == ()
    return compile_plan(loaded.workflow, CATALOG)


def ids(graph, indices):
    return [graph.nodes[i].id for i in indices]


@pytest.mark.parametrize(
    ("node", "behaviour"),
    [
        ("{use: t.do}", Behaviour.ACTION),
        ("{use: set}", Behaviour.ACTION),
        ("{use: t.do, disabled: true}", Behaviour.PASS),
        ("{use: wait, with: {for: 1s}}", Behaviour.WAIT),
        ("{use: wait, disabled: true, with: {for: 1s}}", Behaviour.PASS),
        ("{use: manual}", Behaviour.TRIGGER),
        ("{use: scope, body: {nodes: {x: {use: t.do}}}}", Behaviour.SCOPE),
        ("{use: call, with: {workflow: x}}", Behaviour.CALL),
        ("{use: send, with: {name: x}}", Behaviour.SEND),
        ("{use: return, with: {output: 1}}", Behaviour.RETURN),
    ],
)
def test_who_performs_a_node_is_settled_once(node, behaviour):
    assert plan(f"nodes: {{a: {node}}}").graph.nodes[0].behaviour is behaviour


JOIN = "nodes: {{a: {{use: t.do}}, b: {{use: t.do}}, j: {{use: t.do, join: {}}}}}\nedges: [a -> j, b -> j]"


@pytest.mark.parametrize(
    ("join", "need", "patient"), [("merge", 1, True), ("all", 2, False), ("any", 1, False), ("2", 2, False)]
)
def test_a_join_becomes_a_number_of_edges(join, need, patient):
    node = plan(JOIN.format(join)).graph.nodes[2]

    assert (node.need, node.patient, node.indegree) == (need, patient, 2)


def test_a_cancelling_join_dooms_only_what_leads_nowhere_else():
    graph = plan("""
nodes: {a: {use: t.do}, b: {use: t.do}, c: {use: t.do}, x: {use: t.do}, j: {use: t.do, join: any, cancel: true}}
edges: [a -> b -> j, c -> j, c -> x]
""").graph

    assert ids(graph, graph.nodes[graph.index["j"]].doomed) == ["a", "b"]
    assert graph.nodes[graph.index["a"]].doomed == ()


def test_leaving_by_a_port_takes_its_edges_and_kills_all_others():
    graph = plan("""
nodes: {a: {use: t.two}, l: {use: t.do}, r: {use: t.do}, e: {use: t.do}, o: {use: t.do}}
edges: [a.left -> l, a.right -> r, a.error -> e, a.error/odd -> o]
""").graph
    a = graph.nodes[0]

    assert {port: (ids(graph, taken), ids(graph, dead)) for port, (taken, dead) in a.exits.items()} == {
        "left": (["l"], ["r", "e", "o"]),
        "right": (["r"], ["l", "e", "o"]),
    }
    assert {kind: ids(graph, targets) for kind, targets in a.catches} == {None: ["e"], "odd": ["o"]}
    assert ids(graph, a.targets) == ["l", "r", "e", "o"]


def test_a_disabled_node_passes_on_by_every_edge_but_those_of_errors():
    graph = plan(
        "nodes: {a: {use: t.do, disabled: true}, b: {use: t.do}, c: {use: t.do}}\nedges: [a -> b, a.error -> c]"
    )

    assert [ids(graph.graph, part) for part in graph.graph.nodes[0].exits["out"]] == [["b"], ["c"]]


SWITCH = """
nodes: {s: {use: switch, with: {cases: [{name: one, when: "${true}"}]}}, a: {use: t.do}}
edges: [s.PORT -> a]
"""


@pytest.mark.parametrize(("port", "exits"), [("one", {"one"}), ("otherwise", {"one", "otherwise"})])
def test_a_switch_can_leave_by_otherwise_only_along_an_edge(port, exits):
    node = plan(SWITCH.replace("PORT", port)).graph.nodes[0]

    assert set(node.exits) == exits
    assert list(node.work.lazy) == ["cases/0/when"]


def test_conditions_are_kept_back_for_the_performer():
    loop = plan("nodes: {l: {use: loop, with: {max: 3, until: '${true}'}, body: {nodes: {x: {use: t.do}}}}}").graph

    assert list(loop.nodes[0].work.lazy) == ["until"]
    assert loop.nodes[0].work.written == {"until": "${true}"}
    assert loop.nodes[0].body.roots == (0,)


def test_durations_become_seconds():
    compiled = plan("settings: {timeout: 1h}\nnodes: {a: {use: t.do, timeout: 2m, retry: {attempts: 2, initial: 5s}}}")
    work = compiled.graph.nodes[0].work

    assert (compiled.timeout_s, work.timeout_s, work.retry.attempts, work.retry.initial_s) == (3600, 120, 2, 5)


@pytest.mark.parametrize(("name", "handler", "workflow"), [("h", 1, None), ("other", None, "other")])
def test_errors_names_a_node_that_is_no_root_or_else_a_workflow(name, handler, workflow):
    compiled = plan(f"errors: {name}\nnodes: {{a: {{use: t.do}}, h: {{use: t.do}}}}")

    assert (compiled.handler, compiled.errors_workflow) == (handler, workflow)
    assert ids(compiled.graph, compiled.graph.roots) == (["a"] if handler else ["a", "h"])


@pytest.mark.parametrize(("text", "parks"), [("", False), ("settings: {on_error: park}\n", True)])
def test_a_plan_says_whether_an_error_parks_the_run(text, parks):
    assert plan(f"{text}nodes: {{a: {{use: t.do}}}}").parks is parks


def test_the_branches_of_a_race_belong_to_the_roots_they_come_from():
    nodes = "{a: {use: t.do}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do}, e: {use: t.do}}"
    race = plan(f"nodes: {{r: {{use: race, body: {{nodes: {nodes}, edges: [a -> c -> e, a -> e, b -> d]}}}}}}").graph

    assert ids(race.nodes[0].body, race.nodes[0].body.branches) == ["a", "b", "a", "b", "a"]


def test_code_that_is_only_named_is_imported_for_the_plan():
    assert plan("nodes: {a: {use: t.named}}").graph.nodes[0].work.type.run is nothing


def test_a_compensation_and_a_finally_are_compiled_too():
    graph = plan("""
nodes:
  a: {use: t.do, compensate: {use: t.two, with: {x: "${a}"}}}
  s: {use: scope, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}
""").graph

    assert graph.nodes[0].compensation.type.name == "t.two"
    assert graph.nodes[0].compensation.parameters.names == {"a"}
    assert graph.nodes[1].finally_.index == {"f": 0}


def test_a_document_that_was_not_validated_is_a_bug_of_the_kernel():
    with pytest.raises(KernelBug, match=r"'t\.nobody'"):
        plan("nodes: {a: {use: t.nobody}}")


def test_edges_in_another_order_give_the_same_branches():
    loaded = load("automata: 1\nname: t\nnodes: {a: {use: t.do}, b: {use: t.do}}")
    graph = evolve(loaded.workflow.graph, edges=(Edge(source="a", target="b"), Edge(source="a", target="b")))
    compiled = compile_plan(evolve(loaded.workflow, graph=graph), CATALOG)

    assert compiled.graph.nodes[1].indegree == 2
    assert compiled.graph.roots == (0,)
