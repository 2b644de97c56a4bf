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


def fixed(problems, code):
    return [fix.patch for p in problems if p.code == code for fix in p.fixes]


@pytest.mark.parametrize(
    ("edges", "code", "patch"),
    [
        (["a -> a"], "GRF-004", ({"op": "remove", "path": "/edges/0"},)),
        (["a -> b -> b"], "GRF-004", ({"op": "replace", "path": "/edges/0", "value": "a -> b"},)),
        (
            ["a -> b -> zz -> c"],
            "GRF-002",
            None,
        ),
        ([{"from": "a", "to": "a"}], "GRF-004", ({"op": "remove", "path": "/edges/0"},)),
        (["a -> a -> b"], "GRF-004", ({"op": "replace", "path": "/edges/0", "value": "a -> b"},)),
    ],
)
def test_an_edge_is_taken_out_of_the_form_it_was_written_in(edges, code, patch):
    found = check({"a": SET, "b": SET, "c": SET}, *edges)

    assert code in codes(found)
    assert patch is None or patch in fixed(found, code)


def test_a_chain_is_cut_in_two_where_its_edge_goes():
    found = check({"a": SET, "b": SET, "c": SET, "d": SET}, "a -> b -> b -> c")

    assert fixed(found, "GRF-004") == [
        ({"op": "replace", "path": "/edges/0", "value": "a -> b"}, {"op": "add", "path": "/edges/1", "value": "b -> c"})
    ]


def test_where_the_text_holds_no_such_edge_no_fix_is_offered():
    raw = {"automata": 1, "name": "W", "nodes": {"a": SET, "b": SET}, "edges": ["a -> bb", "a -> a"]}
    workflow, _ = decode(raw)

    found = validate(workflow, CATALOG, raw={**raw, "edges": []})

    assert {"GRF-002", "GRF-004"} <= codes(found)
    assert fixed(found, "GRF-002") == fixed(found, "GRF-004") == []


@pytest.mark.parametrize(
    ("edge", "value"),
    [
        ({"from": "a", "to": "bb"}, {"from": "a", "to": "b"}),
        ({"from": "aa", "to": "b"}, {"from": "a", "to": "b"}),
        ("aa.error -> b", "a.error -> b"),
        ("a -> bb.error -> a1", "a -> b.error -> a1"),
    ],
)
def test_a_name_is_corrected_in_the_form_it_was_written_in(edge, value):
    found = check({"a": SET, "b": SET, "a1": SET}, edge)

    assert ({"op": "replace", "path": "/edges/0", "value": value},) in fixed(found, "GRF-002")
