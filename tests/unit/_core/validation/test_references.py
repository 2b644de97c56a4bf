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
    ("node", "code"),
    [
        ({"use": "if", "with": {"condition": "${1 + 1}"}}, "TYP-001"),
        ({"use": "if", "with": {"condition": "${vars.limit > 1}"}}, None),
        ({"use": "if", "with": {"condition": "${vars.limt > 1}"}}, "REF-002"),
        ({"use": "signal", "with": {"name": "s", "match": "${signal.x == 1}"}}, None),
        ({"use": "set", "key": "${run.idd}"}, "REF-002"),
        ({"use": "set", "compensate": {"use": "set", "with": {"v": "${a.x}"}}, "with": {"x": 1}}, "EFF-004"),
    ],
)
def test_an_expression_is_held_against_what_its_place_knows(node, code):
    assert codes(check({"a": node}, vars={"limit": 2})) == ({code} if code else set())


@pytest.mark.parametrize("use", ["scope", "race", "loop"])
def test_a_body_has_the_roots_of_its_owner(use):
    given = {"scope": {"vars": {"own": 1}}, "race": {}, "loop": {"until": "${index > 2 && last != null}", "max": 5}}[
        use
    ]
    value = {"scope": "${vars.own + vars.limit}", "race": 1, "loop": "${index}"}[use]
    body = {"nodes": {"b": {"use": "set", "with": {"v": value}}, "c": SET}, "output": 1}
    found = check({"a": {"use": use, "with": given, "body": body}}, vars={"limit": 2})

    assert not {c for c in codes(found) if c.startswith(("REF", "EXP", "TYP"))}
