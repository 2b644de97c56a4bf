import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.validation import validate, validate_many

CATALOG = build_catalog(discover())
SET = {"use": "set"}


def check(nodes, *edges, **more):
    raw = {"automata": 1, "name": "W", "nodes": nodes, "edges": list(edges), **more}
    workflow, faults = decode(raw)
    assert not faults, faults
    return validate(workflow, CATALOG, raw=raw)


def codes(problems):
    return {p.code for p in problems}


def caller(name, called):
    raw = {"automata": 1, "name": name, "nodes": {"c": {"use": "call", "with": {"workflow": called}}}}
    return decode(raw)[0]


def test_a_workflow_that_calls_itself_is_found_among_its_documents():
    assert codes(validate_many({"w": caller("W", "W")}, CATALOG)["w"]) == {"CALL-001"}


def test_a_long_way_round_is_told_step_by_step():
    found = validate_many({"a": caller("A", "B"), "b": caller("B", "C"), "c": caller("C", "A")}, CATALOG)

    assert found["a"][0].path == ("'A' calls 'B'", "'B' calls 'C'", "'C' calls 'A'")


def test_a_misspelt_workflow_is_offered_by_its_name():
    found = validate_many({"a": caller("Main", "Billling"), "b": caller("Billing", "${x}")}, CATALOG)

    assert [p.code for p in found["a"]] == ["CALL-002"]
    assert found["a"][0].fixes[0].patch[0]["value"] == "Billing"


def holder(name, called, use, parameters):
    body = {"nodes": {"c": {"use": "call", "with": {"workflow": called}}}}
    raw = {"automata": 1, "name": name, "nodes": {"h": {"use": use, "with": parameters, "body": body}}}
    workflow, faults = decode(raw)
    assert not faults, faults
    return workflow


@pytest.mark.parametrize(
    ("use", "parameters", "certain"),
    [
        ("scope", {}, True),
        ("loop", {"until": "${true}", "max": 2}, True),
        ("loop", {"while": "${false}", "max": 2}, False),
        ("foreach", {"items": [1]}, False),
    ],
)
def test_only_a_call_every_run_makes_closes_a_circle(use, parameters, certain):
    found = validate_many({"w": holder("W", "W", use, parameters)}, CATALOG)

    assert ("CALL-001" in codes(found["w"])) == certain


def test_recursion_behind_a_choice_can_end():
    nodes = {
        "c": {"use": "if", "with": {"condition": "${input.again}"}},
        "again": {"use": "call", "with": {"workflow": "W"}},
        "inner": {"use": "scope", "body": {"nodes": {"x": {"use": "call", "with": {"workflow": "W"}}}}},
    }
    workflow, faults = decode({"automata": 1, "name": "W", "nodes": nodes, "edges": ["c.true -> again -> inner"]})
    assert not faults, faults

    assert "CALL-001" not in codes(validate_many({"w": workflow}, CATALOG)["w"])


def test_a_way_that_ends_elsewhere_is_no_circle():
    nodes = {name: {"use": "call", "with": {"workflow": name.upper()}} for name in ("b", "c")}
    first = decode({"automata": 1, "name": "A", "nodes": {"x": {"use": "call", "with": {"workflow": "B"}}}})[0]
    both = decode({"automata": 1, "name": "B", "nodes": nodes})[0]
    documents = {"a": first, "b": both, "c": caller("C", "Gone")}

    found = validate_many(documents, CATALOG)

    assert "CALL-001" not in codes(found["a"])
    assert codes(found["b"]) == {"CALL-001"}
    assert codes(found["c"]) == {"CALL-002"}
