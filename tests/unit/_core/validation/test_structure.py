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


BODY = {"nodes": {"b": SET}}


@pytest.mark.parametrize(
    ("nodes", "edges", "more", "code"),
    [
        ({}, [], {}, "GRF-001"),
        ({"a": SET, "b": SET}, ["a -> b", "b -> a"], {}, "GRF-005"),
        ({"m": {"use": "manual"}, "a": SET}, [], {}, "GRF-006"),
        ({"m": {"use": "manual"}, "a": SET}, ["m -> a", "a -> m"], {}, "GRF-007"),
        ({"m": {"use": "manual", "disabled": True}, "a": SET}, ["m -> a"], {}, "GRF-009"),
        ({"a": SET, "h": SET}, ["a -> h"], {"errors": "h"}, "GRF-010"),
        ({"handler": SET}, [], {"errors": "handlr"}, "GRF-011"),
        ({"a": SET}, [], {"layout": {"z": [0, 0]}}, "GRF-012"),
        ({"a": SET, "b": {"use": "set", "join": 3}}, ["a -> b"], {}, "GRF-013"),
        ({"a": SET, "b": {"use": "set", "join": "all"}}, ["a -> b"], {}, "GRF-014"),
        ({"a": {"use": "set", "cancel": True}}, [], {}, "GRF-015"),
        ({"a": {"use": "scope"}}, [], {}, "GRF-017"),
        ({"a": {"use": "set", "body": BODY}}, [], {}, "GRF-018"),
        ({"a": {"use": "race", "body": BODY}}, [], {}, "GRF-020"),
    ],
)  # fmt: skip
def test_each_fault_of_the_shape_has_its_code(nodes, edges, more, code):
    assert code in codes(check(nodes, *edges, **more))
