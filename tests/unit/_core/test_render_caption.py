"""What a box says below its id."""

import pytest

from automata._core.codec import decode
from automata._core.render import to_svg, to_text
from automata._core.render.caption import columns_of, cut, gist, marks, role_of

NODES = {
    "nap": {"use": "wait", "with": {"for": "5m"}},
    "ask": {"use": "approval", "with": {"message": "Really?"}},
    "pay": {"use": "signal", "with": {"name": "paid"}},
    "sub": {"use": "call", "with": {"workflow": "Other"}},
    "boom": {"use": "fail", "with": {"class": "broken", "message": "No"}},
    "get": {"use": "http.request", "with": {"url": "https://a.example/" + "x" * 200}, "timeout": "5s"},
    "none": {"use": "set", "with": {}},
    "race": {"use": "race", "body": {"nodes": {"one": {"use": "set", "with": {}}}}},
}


@pytest.mark.parametrize("draw", [to_text, to_svg])
def test_every_kind_of_node_is_drawn_with_what_matters(draw):
    workflow, problems = decode({"automata": 1, "name": "All", "nodes": NODES})
    assert workflow is not None, problems

    picture = draw(workflow)

    assert all(name in picture for name in NODES)
    assert "x" * 100 not in picture


def node(use, **keys):
    workflow, problems = decode({"automata": 1, "name": "N", "nodes": {"n": {"use": use, **keys}}})
    assert workflow is not None, problems
    return workflow.graph.nodes["n"]


@pytest.mark.parametrize(
    ("use", "parameters", "text"),
    [
        ("set", {"a": 1, "b": 2}, "a, b"),
        ("switch", {"cases": [{"name": "big", "when": "${true}"}, {"name": "small", "when": "${true}"}]}, "big, small"),
        ("switch", {"cases": "${input.cases}"}, ""),
        ("switch", {"cases": ["?", {"name": 1}]}, ""),
        ("http.request", {"method": "POST", "url": "https://a.example"}, "POST https://a.example"),
        ("http.request", {"url": "https://a.example"}, "https://a.example"),
        ("a.do_it", {"condition": "", "path": "x"}, "x"),
        ("a.do_it", {"depth": 1}, ""),
    ],
)
def test_the_gist_is_the_parameter_that_says_most(use, parameters, text):
    assert gist(node(use, **{"with": parameters})) == text


@pytest.mark.parametrize(
    ("use", "has_incoming", "role"),
    [
        ("manual", False, "trigger"),
        ("if", False, "control"),
        ("shop.order_created", False, "trigger"),
        ("shop.order_created", True, "action"),
        ("shop.send", False, "action"),
    ],
)
def test_a_node_plays_the_part_its_name_and_place_say(use, has_incoming, role):
    assert role_of(node(use), has_incoming=has_incoming) == role


def test_every_common_key_leaves_a_mark():
    keys = {
        "disabled": True,
        "join": "any",
        "cancel": True,
        "retry": {"attempts": 4},
        "timeout": "5s",
        "connection": "main",
        "compensate": {"use": "a.undo"},
    }

    assert marks(node("a.do_it")) == ()
    assert marks(node("a.do_it", **keys)) == (
        "disabled",
        "join any, cancels the rest",
        "retry 4",
        "timeout 5s",
        "as main",
        "undo a.undo",
    )


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("short", 5, "short"),
        ("a\x00b\u202ec\n d", 9, "a b c d"),
        ("longer", 5, "long…"),
        ("日本語", 4, "日…"),
        ("日本語", 6, "日本語"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
    ],
)
def test_a_text_is_cut_to_the_columns_it_takes(text, columns, shown):
    assert cut(text, columns) == shown
    assert columns_of(shown) <= columns
