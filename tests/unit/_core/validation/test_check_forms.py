"""Edges in both written forms, and texts that have a format."""

from __future__ import annotations

import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.validation import validate
from automata.model import Graph, Node, Workflow


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover())


def check(catalog, nodes, edges=(), **more):
    raw = {"automata": 1, "name": "W", "nodes": nodes, "edges": list(edges), **more}
    workflow, faults = decode(raw)
    assert not faults
    return validate(workflow, catalog, raw=raw)


STEPS = {id_: {"use": "set"} for id_ in ("alpha", "beta", "gamma")}


@pytest.mark.parametrize(
    ("edge", "mended"),
    [
        ({"from": "alpha", "to": "betta"}, {"from": "alpha", "to": "beta"}),
        ({"from": "alphaa", "to": "beta"}, {"from": "alpha", "to": "beta"}),
        ({"from": "alpha", "port": "oot", "to": "beta"}, {"from": "alpha", "port": "out", "to": "beta"}),
        ("alpha -> betta", "alpha -> beta"),
        ("alphaa -> beta -> gamma", "alpha -> beta -> gamma"),
        ("alpha -> betta.error -> gamma", "alpha -> beta.error -> gamma"),
        ("alpha.oot -> beta -> gamma", "alpha.out -> beta -> gamma"),
    ],
)
def test_a_misspelt_edge_is_mended_in_the_form_it_was_written_in(catalog, edge, mended):
    found = check(catalog, STEPS, [edge])

    offered = [fix.patch[0].get("value") for p in found for fix in p.fixes]
    assert all(p.pointer == "/edges/0" for p in found)
    assert mended in offered or len(found) > 1


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({"use": "wait", "with": {"for": "soon"}}, "soon"),
        ({"use": "wait", "with": {"until": "tomorrow"}}, "is not a timestamp"),
        ({"use": "wait", "with": {"until": "2030-01-01T00:00:00"}}, "has no time zone"),
        ({"use": "schedule.cron", "with": {"cron": "0 9 * * 1-5", "timezone": "Europe/Berln"}}, "Europe/Berlin"),
    ],
)
def test_a_bad_text_is_told_with_its_parameter(catalog, node, text):
    (problem,) = check(catalog, {"a": node})

    assert problem.code == "PAR-005"
    assert text in problem.message


def test_the_schema_of_a_form_is_judged(catalog):
    found = check(catalog, {"a": {"use": "approval", "with": {"message": "m", "form": {"type": "txt"}}}})

    assert [(p.code, p.pointer) for p in found] == [("PAR-006", "/nodes/a/with/form/type")]


def test_a_list_longer_than_a_foreach_takes_is_told(catalog):
    body = {"nodes": {"b": {"use": "set"}}}
    found = check(catalog, {"a": {"use": "foreach", "with": {"items": [0] * 10_001}, "body": body}})

    assert [p.code for p in found] == ["LIM-004"]


def test_parameters_beyond_the_inline_limit_are_told(catalog):
    found = check(catalog, {"a": {"use": "set", "with": {"x": "y" * 300_000}}})

    assert [p.code for p in found] == ["LIM-005"]


def test_a_timezone_of_the_settings_is_checked(catalog):
    found = check(catalog, STEPS, settings={"timezone": "Nowhere/Land"})

    assert "PAR-005" in [p.code for p in found]


def test_a_fault_of_a_schema_is_placed_inside_it(catalog):
    schema = {"properties": {"a: b": {"pattern": "^(a+)+$"}, "c": {"$ref": "file:///etc/passwd"}}}
    workflow = Workflow(name="W", graph=Graph(nodes={"a": Node(id="a", use="set")}), input=schema)

    found = validate(workflow, catalog)

    assert [p.pointer for p in found] == ["/input/properties/a: b/pattern", "/input/properties/c/$ref"]


def test_a_choice_of_parameters_names_them(catalog):
    (problem,) = check(catalog, {"a": {"use": "wait", "with": {"for": "1s", "until": "2030-01-01T00:00:00Z"}}})

    assert "exactly one of 'for' and 'until' must be given" in problem.message


def test_large_variables_and_outputs_are_told(catalog):
    graph = Graph(nodes={"a": Node(id="a", use="set")}, output="x" * 300_000)

    found = validate(Workflow(name="W", graph=graph, vars={"big": "x" * 300_000}), catalog)

    assert [(p.code, p.pointer) for p in found] == [("LIM-005", "/output"), ("LIM-005", "/vars/big")]
