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


def test_a_connection_is_for_types_that_take_one():
    found = check({"a": {"use": "set", "connection": "shop", "compensate": {"use": "set", "connection": "shop"}}})

    assert {p.pointer for p in found if p.code == "CON-001"} == {
        "/nodes/a/connection",
        "/nodes/a/compensate/connection",
    }
