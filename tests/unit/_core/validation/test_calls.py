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
