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


from automata._core.validation.survey import Survey, quoted  # noqa: E402


def test_views_are_told_apart_by_address_outer_before_inner():
    inner = {"nodes": {"c": SET}}
    raw = {
        "automata": 1,
        "name": "W",
        "nodes": {"a": {"use": "scope", "body": {"nodes": {"b": {"use": "scope", "body": inner}}}}},
    }
    survey = Survey(decode(raw)[0], CATALOG, raw)

    assert [(view.address, view.depth, view.pointer) for view in survey.views] == [
        ("", 0, ""), ("a/", 1, "/nodes/a/body"), ("a/b/", 2, "/nodes/a/body/nodes/b/body"),
    ]  # fmt: skip


def test_what_is_kept_is_computed_once():
    survey = Survey(decode({"automata": 1, "name": "W", "nodes": {"a": SET}})[0], CATALOG)
    made = []

    assert [survey.kept(lambda _: made.append(1) or len(made), "n") for _ in range(2)] == [1, 1]
    assert survey.raw["nodes"] == {"a": {"use": "set"}}


@pytest.mark.parametrize(("names", "text"), [([], "none"), (["a"], "'a'"), (["a", "b", "c"], "'a', 'b' and 'c'")])
def test_names_are_listed_for_a_message(names, text):
    assert quoted(names) == text
