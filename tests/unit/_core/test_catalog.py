"""The catalog: what it answers, and which records it does not take."""

from __future__ import annotations

import pytest
from attrs import evolve

from automata._core.catalog import Catalog, build_catalog, check_function, check_node_type
from automata._core.plugins import KERNEL, discover
from automata.errors import NotFound, PluginError
from automata.model import Edge, Effect, Function, Graph, Kind, Node, NodeType, Port, Workflow


async def run(context, parameters):
    return None


SET = Node(id="a", use="set")
SOUND = NodeType(name="a.do_it", title="T", summary="S", run=run, plugin="a")


def fail(*_):
    raise RuntimeError("no")


def guard(_, call):
    try:
        return call()
    except RuntimeError as error:
        raise PluginError("a", str(error)) from error


def catalog(*types):
    return Catalog(
        types={found.name: found for found in types}, functions={}, credential_kinds={}, rules=(), guard=guard
    )


@pytest.fixture(scope="module")
def kernel():
    return build_catalog(discover(path=[]))


def test_the_kernels_own_nodes_come_through_the_same_hook(kernel):
    assert {"if", "switch", "foreach", "manual", "schedule.cron"} <= set(kernel.names())
    assert {found.plugin for found in kernel.types.values()} == {KERNEL}
    assert kernel.get("if").kind is Kind.CONTROL
    assert kernel.get("nothing") is None


def test_an_unknown_name_gets_the_nearest(kernel):
    with pytest.raises(NotFound, match="'swich'; did you mean 'switch'"):
        kernel.find("swich")


def test_the_catalog_cannot_be_changed(kernel):
    with pytest.raises(TypeError):
        kernel.types["x"] = None
    with pytest.raises(AttributeError):
        kernel.rules = ()


def test_ports_of_a_switch_are_its_cases(kernel):
    cases = [{"name": "big", "when": "${true}"}, {"name": "small", "when": "${false}"}]

    ports = kernel.ports_of(Node(id="s", use="switch", parameters={"cases": cases}))

    assert [port.name for port in ports] == ["big", "small", "otherwise"]


@pytest.mark.parametrize("cases", [None, 3, [3], [{}], "abc"])
def test_ports_of_a_broken_node_do_not_raise(kernel, cases):
    assert isinstance(kernel.ports_of(Node(id="s", use="switch", parameters={"cases": cases})), tuple)


def test_what_a_plugin_cannot_compute_is_as_declared():
    failing = evolve(SOUND, compute_ports=fail, compute_output=fail, output={"type": "null"})
    junk = evolve(SOUND, name="a.junk", compute_ports=lambda _: "ports", compute_output=lambda *_: 3)
    known = catalog(failing, junk)

    for name, schema in (("a.do_it", {"type": "null"}), ("a.junk", {})):
        node = Node(id="n", use=name)
        assert known.ports_of(node) == (Port("out"),)
        assert known.output_schema(node, {}) == schema


def test_what_a_plugin_computes_is_used():
    known = catalog(evolve(SOUND, compute_ports=lambda _: (Port("x"),), compute_output=lambda _, types: types["a"]))
    node = Node(id="n", use="a.do_it")

    assert known.ports_of(node) == (Port("x"),)
    assert known.output_schema(node, {"a": {"type": "string"}}) == {"type": "string"}


def test_an_unknown_type_has_no_ports_and_no_output(kernel):
    node = Node(id="n", use="nothing.here")

    assert kernel.ports_of(node) == ()
    assert kernel.output_schema(node, {}) == {}


def test_a_node_type_is_described_whole():
    described = catalog(SOUND).describe("a.do_it")

    assert described["run"] is True
    assert described["compute_ports"] is False
    assert described["ports"] == [{"name": "out"}]
    assert (described["effect"], described["kind"], described["credential"], described["plugin"]) == (
        "unsafe",
        "action",
        None,
        "a",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "nodot"}, "connector.verb_noun"),
        ({"name": "A.b"}, "connector.verb_noun"),
        ({"title": " "}, "title is empty"),
        ({"summary": ""}, "summary is empty"),
        ({"parameters": {"type": "string"}}, "not a schema of type 'object'"),
        (
            {"parameters": {"type": "object", "properties": {"a": {"$ref": "http://x"}}}},
            "parameters: /properties/a/$ref",
        ),
        ({"output": {"type": "x"}}, "output: /type"),
        ({"ports": (Port("a"), Port("a"))}, "stands twice"),
        ({"ports": (Port("error"),)}, "every node's own"),
        ({"ports": (Port("a b"),)}, "is no name"),
        ({"run": None}, "is an action, and has none"),
        ({"kind": Kind.TRIGGER}, "is a trigger, and has an action"),
        ({"kind": Kind.CONTROL}, "Only the kernel"),
        ({"effect": Effect.WAIT}, "Only the kernel"),
        ({"bodies": ("head",)}, "unknown body 'head'"),
        ({"lazy": frozenset({"x"})}, "'x' is not in its schema"),
    ],
)
def test_an_unsound_node_type_is_refused(change, reason):
    assert check_node_type(SOUND) == ()
    assert any(reason in fault for fault in check_node_type(evolve(SOUND, **change)))


def test_a_function_needs_a_namespace_and_a_signature():
    function = Function(name="shout", call=str, signatures=(), summary="S", plugin="a")

    assert len(check_function(function)) == 2
    assert check_function(evolve(function, name="a.shout", signatures=("() -> int",))) == ()


def test_an_edge_without_a_port_leaves_by_the_default_port(kernel):
    ask = Node(id="ask", use="approval", parameters={"message": "?"})
    inner = Graph(nodes={"ask": ask, "a": SET}, edges=(Edge(source="ask", target="a"),))
    outer = Graph(
        nodes={"ask": ask, "a": SET, "s": Node(id="s", use="scope", body=inner)},
        edges=(Edge(source="ask", target="a"), Edge(source="ask", port="rejected", target="s")),
    )

    settled = kernel.settled(Workflow(name="w", graph=outer)).graph

    assert [edge.port for edge in settled.edges] == ["approved", "rejected"]
    assert settled.nodes["s"].body.edges[0].port == "approved"


def test_a_document_that_names_every_port_is_left_as_it_is(kernel):
    check = Node(id="check", use="if", parameters={"condition": True})
    workflow = Workflow(name="w", graph=Graph(nodes={"check": check}, edges=()))

    assert kernel.settled(workflow) is workflow


@pytest.mark.parametrize(
    ("type_", "effect"),
    [
        (SOUND, Effect.UNSAFE),
        (evolve(SOUND, compute_effect=lambda parameters: Effect(parameters["effect"])), Effect.READ),
        (evolve(SOUND, compute_effect=lambda _: "junk"), Effect.UNSAFE),
        (evolve(SOUND, compute_effect=fail), Effect.UNSAFE),
    ],
)
def test_an_effect_can_depend_on_the_parameters(type_, effect):
    assert catalog(type_).effect_of(Node(id="n", use="a.do_it", parameters={"effect": "read"})) is effect
    assert catalog().effect_of(Node(id="n", use="a.do_it")) is Effect.PURE
