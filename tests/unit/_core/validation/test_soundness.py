import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.soundness import Flow
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


CHOICE = {
    "s": SET,
    "c": {"use": "if", "with": {"condition": "${has(s.x)}"}},
    "a": SET,
    "j": {"use": "set", "join": "all"},
}


@pytest.mark.parametrize(
    ("nodes", "edges", "code"),
    [
        (CHOICE, ["s -> c", "s -> j", "c.true -> a -> j", "c.false -> a"], set()),
        (CHOICE, ["s -> c", "s -> j", "c.true -> a -> j"], "SND-001"),
        (CHOICE, ["s -> c", "c.true -> a -> j", "c.false -> j"], "SND-003"),
        (
            {"s": SET, "a": SET, "b": SET, "j": {"use": "set", "join": "all"}},
            ["s -> a -> j", "s -> j", "a.error -> b"],
            "SND-002",
        ),
    ],
)
def test_each_kind_of_unsoundness_has_its_code_and_the_way_there(nodes, edges, code):
    found = [p for p in check(nodes, *edges) if p.code.startswith("SND")]

    assert code == set() or code in codes(found)
    assert all(p.path for p in found)


def test_a_join_that_starves_is_offered_a_merge():
    (problem,) = [p for p in check(CHOICE, "s -> c", "s -> j", "c.true -> a -> j") if p.code == "SND-001"]

    assert [fix.patch[0]["value"] for fix in problem.fixes] == ["merge"]


def test_of_nodes_that_cannot_run_the_first_is_told():
    nodes = {**CHOICE, "after": SET}

    found = check(nodes, "s -> c", "c.true -> a -> j", "c.false -> j", "j -> after")

    assert [p.node for p in found if p.code == "SND-003"] == ["j"]


def test_what_could_not_be_proved_is_a_warning_at_its_node(monkeypatch):
    monkeypatch.setattr(Flow.__init__, "__kwdefaults__", {"entries": None, "budget": 0})
    choice = {"use": "if", "with": {"condition": True}}
    nodes = {**dict.fromkeys("abcd", choice), "j": {"use": "set", "join": "all"}}

    found = check(nodes, "a.true -> b", "a.false -> c", "b.true -> j", "c.true -> j", "d.true -> j")

    assert [(p.node, p.severity) for p in found if p.code == "SND-009"] == [("j", "warning")]
