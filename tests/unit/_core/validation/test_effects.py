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


def test_a_compensation_of_what_changes_nothing_is_told():
    found = check({"a": {"use": "set", "compensate": {"use": "set"}}})

    assert "EFF-004" in codes(found)
    assert "EFF-004" not in codes(check({"a": SET}))
