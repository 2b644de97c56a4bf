"""Objects with known keys: everything wrong is told at once, defaults are left out, fixes are offered."""

import pytest
from attrs import field, frozen

from automata._core.codec import limits
from automata._core.codec.records import Field, Record
from automata._core.codec.report import Report
from automata._core.codec.shapes import BAD, Anything, Number, Text


@frozen
class Point:
    name: str
    x: int = 0
    tags: dict = field(factory=dict)
    class_: str | None = None


POINT = Record(
    Point,
    (
        Field("name", Text(most=9), "Its name.", required=True, example="origin"),
        Field("x", Number(least=0, most=9), "How far."),
        Field("tags", Anything("object"), "Whatever else."),
        Field("class", Text(), "Its kind.", "class_"),
    ),
    "A place.",
)


def read(value):
    report = Report()
    return POINT.read(value, "/p", report), report.problems


def test_keys_become_attributes_and_defaults_are_left_out_again():
    found, problems = read({"name": "a", "x": 0, "class": "b", "tags": {}})

    assert (found, problems) == (Point(name="a", class_="b"), ())
    assert POINT.write(found) == {"name": "a", "class": "b"}


def test_everything_wrong_is_told_at_once():
    found, problems = read({"x": -1, "clas": "b", "tags": 3})

    assert found is BAD
    assert {(problem.code, problem.pointer) for problem in problems} == {
        ("DOC-021", "/p/clas"),
        ("DOC-022", "/p"),
        ("DOC-024", "/p/x"),
        ("DOC-020", "/p/tags"),
    }


def test_what_is_no_object_is_refused():
    assert [(problem.code, problem.pointer) for problem in read([])[1]] == [("DOC-020", "/p")]


def test_a_misspelt_key_is_renamed_by_the_fix_and_a_missing_one_added():
    unknown, missing = read({"namee": "a"})[1]

    assert unknown.fixes[0].patch == ({"op": "move", "from": "/p/namee", "path": "/p/name"},)
    assert missing.fixes[0].patch == ({"op": "add", "path": "/p/name", "value": "origin"},)


def test_no_fix_moves_a_value_to_where_it_cannot_stand():
    (unknown,) = read({"name": "a", "clas": 3})[1]

    assert unknown.message == "Unknown key 'clas' in 'p'; did you mean 'class'?"
    assert unknown.fixes == ()


def test_a_key_like_no_other_is_answered_with_those_there_are():
    (unknown,) = read({"name": "a", "weather": 3})[1]

    assert unknown.hint == "Known keys are name, x, tags, class"


@pytest.mark.parametrize("key", ["namee", "weather"])
def test_beyond_the_limit_problems_are_only_counted(key):
    report = Report()
    for _ in range(limits.PROBLEMS + 5):
        POINT.members({"name": "a", key: "b"}, "/p", report)

    assert len(report.problems) == limits.PROBLEMS + 1
    assert report.problems[-1].message == "5 more problems are not listed"


def test_the_schema_names_titles_defaults_and_what_is_required():
    schema = POINT.schema()

    assert schema["description"] == "A place."
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["x"] == {
        "title": "X",
        "description": "How far.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "default": 0,
    }
