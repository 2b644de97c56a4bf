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
