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


@pytest.mark.parametrize(
    ("test", "code", "pointer"),
    [
        ({"mocks": {"alpa": {"output": 1}}}, "TST-001", "/tests/0/mocks/alpa"),
        ({"expect": {"path": ["alpha", "bta"]}}, "TST-002", "/tests/0/expect/path/1"),
        ({"trigger": "alpha"}, "TST-003", "/tests/0/trigger"),
    ],
)
def test_a_test_names_nodes_there_are(test, code, pointer):
    found = check({"alpha": SET, "beta": SET}, "alpha -> beta", tests=[{"name": "t", **test}])

    assert [(p.code, p.pointer) for p in found] == [(code, pointer)]


def test_with_several_triggers_a_test_says_at_which_it_starts():
    nodes = {"m": {"use": "manual"}, "e": {"use": "schedule.every", "with": {"every": "1h"}}, "a": SET}

    assert "TST-003" in codes(check(nodes, "m -> a", "e -> a", tests=[{"name": "t"}]))
    assert "TST-003" not in codes(check(nodes, "m -> a", "e -> a", tests=[{"name": "t", "trigger": "m"}]))
