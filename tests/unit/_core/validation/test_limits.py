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


LONG = "400d"


@pytest.mark.parametrize(
    ("node", "more", "pointer"),
    [
        ({"use": "set", "timeout": LONG}, {}, "/nodes/a/timeout"),
        ({"use": "set", "compensate": {"use": "set", "timeout": LONG}}, {}, "/nodes/a/compensate/timeout"),
        (SET, {"settings": {"timeout": LONG}}, "/settings/timeout"),
    ],
)
def test_a_timeout_is_at_most_a_year(node, more, pointer):
    assert pointer in [p.pointer for p in check({"a": node}, **more) if p.code == "LIM-006"]
