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
    ("node", "code", "text"),
    [
        ({"use": "waitt"}, "PAR-001", "did you mean 'wait'"),
        ({"use": "nothing.like_it"}, "PAR-001", "Unknown node type"),
        ({"use": "if", "with": {"conditon": True}}, "PAR-002", "did you mean 'condition'"),
        ({"use": "if"}, "PAR-003", "'condition'"),
        (
            {"use": "loop", "with": {"while": True, "until": True, "max": 3}, "body": {"nodes": {"b": SET}}},
            "PAR-004",
            "exactly one",
        ),
        ({"use": "loop", "with": {"until": True, "max": "many"}, "body": {"nodes": {"b": SET}}}, "PAR-004", "max"),
        ({"use": "schedule.cron", "with": {"cron": "never"}}, "PAR-005", "not a cron expression"),
        ({"use": "approval", "with": {"message": "m", "form": {"type": "txt"}}}, "PAR-006", "form"),
    ],
)
def test_each_fault_of_a_parameter_has_its_code(node, code, text):
    found = [p for p in check({"a": node}) if p.code == code]

    assert found
    assert text in found[0].message


def test_a_compensation_is_judged_like_a_node():
    undo = {"use": "fial", "with": {"x": 1}}

    (problem,) = [p for p in check({"a": {"use": "set", "compensate": undo}}) if p.code == "PAR-001"]
    assert problem.pointer == "/nodes/a/compensate/use"


def test_the_schema_of_the_input_is_judged_at_its_place():
    found = check({"a": SET}, input={"properties": {"x": {"type": "txt"}}})

    assert [p.code for p in found] == ["PAR-006"]
    assert found[0].pointer.startswith("/input")
