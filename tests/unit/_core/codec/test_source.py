"""Texts are read strictly, and every value knows its line and column."""

import pytest

from automata._core.codec import read_text

JSON = '{\n\t"a": {"é😀": [1, {"b": 2}]},\r\n "c": ""\n}'
YAML = "a:\n  é😀: [1, {b: 2}]\r\nc: |\n  text\nd:\n- x\n- y: z\n"


def place(text, pointer, **options):
    found = read_text(text)[0].position(pointer, **options)
    return found.line, found.column


@pytest.mark.parametrize(
    ("text", "pointer", "line", "column"),
    [
        (JSON, "", 1, 1),
        (JSON, "/a", 2, 7),
        (JSON, "/a/é😀/1/b", 2, 24),
        (JSON, "/c", 3, 7),
        (YAML, "/a/é😀", 2, 7),
        (YAML, "/a/é😀/1/b", 2, 15),
        (YAML, "/c", 3, 4),
        (YAML, "/d/1/y", 7, 6),
    ],
)
def test_a_value_stands_where_it_is_written(text, pointer, line, column):
    assert place(text, pointer) == (line, column)


@pytest.mark.parametrize(("text", "place_of_key"), [(JSON, (3, 2)), (YAML, (3, 1))])
def test_a_key_stands_before_its_value(text, place_of_key):
    assert place(text, "/c", key=True) == place_of_key


@pytest.mark.parametrize("text", [JSON, YAML])
def test_what_is_missing_stands_where_what_is_round_it_does(text):
    assert place(text, "/a/gone/too") == place(text, "/a")


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"\xff\xfe{", "DOC-001"), ("\ufeff{}", "DOC-001"), (" " * 1_048_577, "DOC-002"), ("", "DOC-003")],
)
def test_a_text_that_cannot_be_read_gives_a_problem(text, code):
    source, problems = read_text(text, file="x.yaml")

    assert source is None
    assert [(problem.code, problem.file) for problem in problems] == [(code, "x.yaml")]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [("{}", {}, "json"), ("a: 1", {}, "yaml"), ("{}", {"file": "a.yml"}, "yaml"), ("{}", {"format": "yaml"}, "yaml")],
)
def test_the_format_is_told_or_guessed(text, options, expected):
    assert read_text(text, **options)[0].format == expected
