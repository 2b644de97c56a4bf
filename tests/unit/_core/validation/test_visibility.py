import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.validation import validate

CATALOG = build_catalog(discover())
SET = {"use": "set"}


def check(nodes, *edges, **more):
    raw = {"automata": 1, "name": "W", "nodes": nodes, "edges": list(edges), **more}
    workflow, faults = decode(raw)
    assert not faults, faults
    return validate(workflow, CATALOG, raw=raw)


def codes(problems):
    return {p.code for p in problems}


LATER = {"a": {"use": "set", "with": {"v": "${b.x}"}}, "b": SET}


@pytest.mark.parametrize(
    ("nodes", "edges", "reason"),
    [
        (LATER, ["a -> b"], "it runs after 'a'"),
        (LATER, [], "no way leads from 'b' to 'a'"),
        ({"a": {"use": "set", "with": {"v": "${a.x}"}}}, [], "a node cannot use its own output"),
        ({"a": {"use": "set", "with": {"v": "${error.message}"}}}, [], "only nodes after an 'error' edge have it"),
    ],
)
def test_a_name_out_of_reach_is_told_with_the_reason(nodes, edges, reason):
    (problem,) = [p for p in check(nodes, *edges) if p.code == "REF-101"]

    assert problem.message.endswith(reason)


def test_an_error_is_seen_after_an_error_edge_and_behind_it():
    use = {"use": "set", "with": {"v": "${error.message}"}}

    assert codes(check({"a": SET, "b": use, "c": use}, "a.error -> b", "b -> c")) == set()
    assert codes(check({"a": SET, "b": SET, "c": use}, "a.error -> c", "b -> c")) == {"REF-004"}


def test_the_error_handler_sees_the_error_and_what_may_have_run():
    nodes = {
        "a": {"use": "set", "with": {"x": 1}},
        "h": {"use": "set", "with": {"m": "${error.message}", "x": "${has(a.x)}"}},
    }

    assert codes(check(nodes, errors="h")) <= {"REF-101"}


def test_a_body_sees_what_is_round_it():
    body = {"nodes": {"b": {"use": "set", "with": {"v": "${item + outer.x + index}", "w": "${nope}"}}}}
    nodes = {"outer": {"use": "set", "with": {"x": 1}}, "f": {"use": "foreach", "with": {"items": [1]}, "body": body}}

    found = check(nodes, "outer -> f")

    assert [(p.code, p.node) for p in found] == [("REF-001", "f/b")]


def test_the_output_may_name_every_node_but_some_may_be_missing():
    nodes = {"c": {"use": "if", "with": {"condition": True}}, "a": {"use": "set", "with": {"x": 1}}, "b": SET}

    assert codes(check(nodes, "c.true -> a", "c.false -> b", output="${a.x}")) == {"REF-004"}
