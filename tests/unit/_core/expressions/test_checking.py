import pytest

from automata._core.expressions import Typed, check_expression, check_template
from automata._core.types import DYN, describe

ENV = {"n": Typed({"type": "integer"}), "xs": Typed({"type": "array"}), "o": Typed({"properties": {"a": {}}})}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("${n}", "int"),
        ("x ${n}", "string"),
        ("x", "'x'"),
        ([1, "${n}"], "list of int"),
        ({"a": "${n}"}, "map"),
        (None, "null"),
    ],
)
def test_a_template_has_the_type_of_what_it_gives(value, kind):
    checked = check_template(value, ENV)

    assert checked.problems == ()
    assert describe(checked.type) == kind


@pytest.mark.parametrize(("text", "way_out"), [("x ${xs}", "json.encode"), ("x ${o.?a}", "orValue")])
def test_what_cannot_stand_in_a_text_is_told(text, way_out):
    (problem,) = check_template(text, ENV, None, "/with/t").problems

    assert (problem.code, problem.pointer) == ("EXP-006", "/with/t")
    assert way_out in problem.hint


def test_what_does_not_parse_is_one_problem_of_unknown_type():
    checked = check_expression("1 +", ENV)

    assert checked.type == DYN
    assert [p.code for p in checked.problems] == ["EXP-001"]


def test_values_nested_without_end_are_left_alone():
    value = "${nope}"
    for _ in range(200):
        value = [value]

    assert check_template(value, ENV).problems == ()
