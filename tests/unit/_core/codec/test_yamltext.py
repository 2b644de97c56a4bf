"""YAML 1.2 with the scalars of JSON; no anchors, tags or merge keys."""

import pytest

from automata._core.codec import read_text


def read(text):
    source, problems = read_text(text, format="yaml")
    return source.raw if source else None, [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("0.5", 0.5),
        ("'1'", "1"),
        ('"a\\tb"', "a\tb"),
    ],
)
def test_a_plain_scalar_is_what_it_is_in_json(scalar, value):
    raw, problems = read(f"a: {scalar}")

    assert problems == []
    assert raw == {"a": value}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1", "DOC-008"),
        ("a: *x", "DOC-008"),
        ("a: !!str 1", "DOC-008"),
        ("<<: {a: 1}", "DOC-008"),
        ("a: 1\n---\nb: 2", "DOC-008"),
        ("1: a", "DOC-009"),
        ("[a]: b", "DOC-009"),
        ("a: .nan", "DOC-006"),
        ("a: 1\na: 2", "DOC-005"),
        ("a:\n\t- b", "DOC-003"),
        ("a: [", "DOC-003"),
        ("", "DOC-003"),
    ],
)
def test_what_the_format_has_no_place_for_is_refused(text, code):
    assert read(text)[1] == [code]


@pytest.mark.parametrize(
    ("text", "value"),
    [("a: |\n  x\n  y\n", "x\ny\n"), ("a: >-\n  x\n  y\n", "x y"), ("a: {b: [1, 2]}", {"b": [1, 2]})],
)
def test_block_scalars_and_flow_style_are_read(text, value):
    assert read(text) == ({"a": value}, [])
