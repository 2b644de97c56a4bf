"""Shapes read strictly, write back what they read, and say themselves as JSON Schema."""

import jsonschema
import pytest

from automata._core.codec.report import Report
from automata._core.codec.shapes import (
    BAD,
    Anything,
    Choice,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    Reference,
    Text,
    label,
    show,
)

WORD = Text(least=1, most=5, pattern="[a-z]+", form="a word")
WORDS = ListOf(item=WORD, least=1)
SHAPES = {
    "text": (WORD, ["a", "abcde"], ["", "abcdef", "A", "a\n", 1, None]),
    "duration": (Duration(), ["10s", "1h30m", "PT5M"], ["10", "", "s", 10, None]),
    "whole number": (Number(least=1, most=9), [1, 9], [0, 10, 1.5, "1", True, None]),
    "number": (Number(least=1, most=9, whole=False), [1, 2.5], [0.5, 9.1, "1", False, None]),
    "flag": (Flag(), [True, False], [0, 1, "true", None]),
    "choice": (Choice(("all", "any")), ["all", "any"], ["al", "", 1, None]),
    "anything": (Anything(), [1, None, {"a": []}], []),
    "object": (Anything("object"), [{}, {"a": 1}], [[], "a", None]),
    "list": (WORDS, [["a"], ["a", "b"]], [[], ["a", 1], "a", {"a": 1}]),
    "map": (MapOf(item=Flag(), key=WORD), [{}, {"a": True}], [[], {"A": True}, {"a": 1}]),
    "either": (Either(WORD, WORDS, lambda value: isinstance(value, list | tuple)), ["a", ["a"]], [1, [], [1]]),
    "reference": (Reference("word", lambda: WORD), ["a"], [1]),
}


def read(shape, value):
    report = Report()
    return shape.read(value, "/a/key", report), report.problems


GOOD = [pytest.param(shape, value, id=f"{name} {value}") for name, (shape, good, _) in SHAPES.items() for value in good]
WRONG = [
    pytest.param(shape, value, id=f"{name} {value!r}") for name, (shape, _, bad) in SHAPES.items() for value in bad
]


@pytest.mark.parametrize(("shape", "value"), GOOD)
def test_what_a_shape_reads_it_writes_back(shape, value):
    found, problems = read(shape, value)

    assert problems == ()
    assert shape.write(found) == value


@pytest.mark.parametrize(("shape", "value"), WRONG)
def test_what_a_shape_does_not_take_is_a_problem_below_its_place(shape, value):
    problems = read(shape, value)[1]

    assert problems
    assert all(problem.pointer.startswith("/a/key") for problem in problems)


@pytest.mark.parametrize("taken", [True, False])
def test_schema_and_reader_agree(taken):
    for case in GOOD if taken else WRONG:
        shape, value = case.values
        schema = shape.schema() | {"$defs": {"word": WORD.schema()}}
        if value != "a\n":  # to ECMA 262, whose "$" is the end, a newline is one more character
            assert jsonschema.Draft202012Validator(schema).is_valid(value) is taken, case.id


def test_a_misspelt_choice_offers_the_nearest():
    found, (problem,) = read(Choice(("merge", "all")), "merg")

    assert found is BAD
    assert problem.message == "'key' must be one of merge, all, not 'merg'; did you mean 'merge'?"
    assert problem.fixes[0].patch == ({"op": "replace", "path": "/a/key", "value": "merge"},)


def test_a_list_tells_of_each_wrong_entry_and_keeps_the_others():
    found, problems = read(WORDS, ["a", 1, "b", "C"])

    assert found == ("a", "b")
    assert [problem.pointer for problem in problems] == ["/a/key/1", "/a/key/3"]


def test_a_number_that_is_whole_is_written_as_one():
    assert repr(Number(least=1, most=9, whole=False).write(2.0)) == "2"


@pytest.mark.parametrize(
    ("pointer", "name"), [("", "The document"), ("/edges/3", "The entry"), ("/a~1b", "'a/b'"), ("/with", "'with'")]
)
def test_a_place_is_named_for_people(pointer, name):
    assert label(pointer) == name


@pytest.mark.parametrize(
    ("value", "text"), [("a\nb", r"'a\nb'"), ({"a": 1}, "an object"), ([1], "a list"), (None, "null"), (True, "true")]
)
def test_a_value_is_shown_on_one_line(value, text):
    assert show(value) == text
    assert len(show("x" * 1000)) < 60
