"""Validation as a whole: several documents, rules of plugins, limits."""

from __future__ import annotations

import attrs
import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.validation import validate, validate_many
from automata.errors import PluginError
from automata.model import Edge, Graph, Node, Problem, Rule, Workflow


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover())


def caller(name, called):
    raw = {"automata": 1, "name": name, "nodes": {"c": {"use": "call", "with": {"workflow": called}}}}
    return decode(raw)[0]


def codes(problems):
    return [p.code for p in problems]


def test_workflows_that_call_each_other_in_a_circle_are_found(catalog):
    found = validate_many({"a": caller("A", "B"), "b": caller("B", "A")}, catalog)

    assert codes(found["a"]) == codes(found["b"]) == ["CALL-001"]
    assert found["a"][0].path == ("'A' calls 'B'", "'B' calls 'A'")


def test_a_call_of_nobody_is_a_warning(catalog):
    found = validate_many({"a": caller("A", "Gone")}, catalog)

    assert codes(found["a"]) == ["CALL-002"]


def test_a_rule_of_a_plugin_runs(catalog):
    rule = Rule(code="X-001", title="X", check=lambda _: [Problem(code="X-001", message="No")], plugin="x")
    with_rule = attrs.evolve(catalog, rules=(rule,), guard=lambda _, call: call())

    assert codes(validate(caller("A", "B"), with_rule)) == ["X-001"]


def test_a_rule_that_raises_is_contained(catalog):
    def guard(plugin, call):
        try:
            return call()
        except Exception as error:
            raise PluginError(plugin, str(error)) from error

    rule = Rule(code="X-001", title="X", check=lambda _: 1 / 0, plugin="x")

    assert codes(validate(caller("A", "B"), attrs.evolve(catalog, rules=(rule,), guard=guard))) == ["PLG-001"]


def test_a_graph_beyond_the_limits_is_not_looked_at_further(catalog):
    nodes = {f"n{i}": Node(id=f"n{i}", use="nope") for i in range(2_001)}
    edges = tuple(Edge(source="n0", target=f"n{i}", port=f"p{j}") for i in range(1, 2_001) for j in range(6))

    found = validate(Workflow(name="W", graph=Graph(nodes=nodes, edges=edges)), catalog)

    assert codes(found) == ["LIM-001", "LIM-002"]


def test_bodies_nest_sixteen_deep(catalog):
    graph = Graph(nodes={"a": Node(id="a", use="set")})
    for _ in range(17):
        graph = Graph(nodes={"s": Node(id="s", use="scope", body=graph)})

    assert codes(validate(Workflow(name="W", graph=graph), catalog)) == ["LIM-003"]


def test_two_hundred_breaches_of_one_rule_are_told(catalog):
    nodes = {f"n{i}": Node(id=f"n{i}", use="nope") for i in range(300)}

    assert codes(validate(Workflow(name="W", graph=Graph(nodes=nodes)), catalog)) == ["PAR-001"] * 200


def test_fixes_of_a_graph_with_too_many_edges_are_not_tried(catalog):
    nodes = {f"n{i}": Node(id=f"n{i}", use="set") for i in range(10)}
    edges = tuple(Edge(source="n0", target="n1", port=f"p{i}") for i in range(4_000))

    found = validate(Workflow(name="W", graph=Graph(nodes=nodes, edges=edges)), catalog)

    assert {p.code for p in found} == {"GRF-003"}
    assert not any(p.fixes for p in found)
