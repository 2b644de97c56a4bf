"""Calls in a circle are wrong only where every run makes them; elsewhere they are recursion."""

from __future__ import annotations

import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import load
from automata._core.plugins import discover
from automata._core.validation import validate_many

CALL = "c: {use: call, with: {workflow: Me}}"
CERTAIN = {
    "at once": f"nodes: {{{CALL}}}",
    "behind a step": f"nodes: {{s: {{use: set}}, {CALL}}}\nedges: [s -> c]",
    "in a scope": f"nodes: {{b: {{use: scope, body: {{nodes: {{{CALL}}}}}}}}}",
    "in a loop that ends after a round": (
        f"nodes: {{b: {{use: loop, with: {{until: '${{index > 1}}'}}, body: {{nodes: {{{CALL}}}, output: 1}}}}}}"
    ),
}
POSSIBLE = {
    "behind a choice": f"nodes: {{i: {{use: if, with: {{condition: '${{1 > 2}}'}}}}, {CALL}}}\nedges: [i.true -> c]",
    "for each item": f"nodes: {{b: {{use: foreach, with: {{items: '${{input}}'}}, body: {{nodes: {{{CALL}}}}}}}}}",
    "in a loop that may have no round": (
        f"nodes: {{b: {{use: loop, with: {{while: '${{index < 1}}'}}, body: {{nodes: {{{CALL}}}, output: 1}}}}}}"
    ),
    "after an error": f"nodes: {{s: {{use: set}}, {CALL}}}\nedges: [s.error -> c]",
}


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover())


def document(text, name="Me"):
    loaded = load(f"automata: 1\nname: {name}\n{text}\n")
    assert loaded.problems == ()
    return loaded.workflow


def calls(problems):
    return [p.code for p in problems if p.code.startswith("CALL")]


@pytest.mark.parametrize("where", CERTAIN)
def test_a_workflow_that_always_calls_itself_is_refused(catalog, where):
    assert calls(validate_many({"me": document(CERTAIN[where])}, catalog)["me"]) == ["CALL-001"]


@pytest.mark.parametrize("where", POSSIBLE)
def test_a_workflow_may_call_itself_where_not_every_run_does(catalog, where):
    assert calls(validate_many({"me": document(POSSIBLE[where])}, catalog)["me"]) == []


@pytest.mark.parametrize("where", POSSIBLE)
def test_a_circle_of_several_is_broken_by_one_call_that_may_not_happen(catalog, where):
    back = document("nodes: {c: {use: call, with: {workflow: Me}}}", "Other")
    me = document(POSSIBLE[where].replace("workflow: Me", "workflow: Other"))

    found = validate_many({"me": me, "other": back}, catalog)

    assert calls(found["me"]) == calls(found["other"]) == []
