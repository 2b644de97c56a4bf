"""JSON values are normal, finite and Unicode."""

import pytest

from automata._core.codec import limits
from automata._core.codec.report import Report
from automata._core.codec.values import Refused, Repeated, check, normal


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "DOC-006"),
        (1e20, "DOC-006"),
        (2**53, "DOC-006"),
        (Refused("1e999"), "DOC-006"),
        ("\ud800", "DOC-007"),
        ("\x00", "DOC-007"),
        (object(), "DOC-009"),
        ({1: 2}, "DOC-009"),
        ({"\x00": 2}, "DOC-007"),
    ],
)
def test_a_value_that_is_not_json_is_told_with_its_place(value, code):
    report = Report()
    check({"a": [1, value]}, report)

    assert [(problem.code, problem.pointer) for problem in report.problems] == [(code, "/a/1")]


def test_numbers_that_are_whole_are_integers():
    assert repr(normal({"a": [1.0, 0.5, -0.0, True]})) == "{'a': [1, 0.5, 0, True]}"


def test_a_number_of_very_many_digits_is_not_spelled_out():
    report = Report()
    check(-(10**5_000), report)

    assert report.problems[0].message == "The number of very many digits is not finite or too large"


def test_a_key_given_twice_is_told_at_the_key():
    twice, report = Repeated(a=1), Report()
    twice.repeated = ("a",)
    check({"vars": twice}, report)

    assert [(problem.code, problem.pointer) for problem in report.problems] == [("DOC-005", "/vars/a")]


def test_a_value_is_as_deep_as_the_limit_and_no_deeper():
    value = 1
    for _ in range(limits.DEPTH):
        value = [value]
    fits, exceeds = Report(), Report()
    check(value, fits)
    check([value], exceeds)

    assert fits.problems == ()
    assert [problem.code for problem in exceeds.problems] == ["DOC-004"]


def test_too_many_values_are_told_once():
    report = Report()
    check([[None, "x", 1.5]] * limits.VALUES, report)

    assert [(problem.code, problem.pointer) for problem in report.problems] == [("DOC-010", "")]


def test_tuples_become_lists_and_nothing_is_shared():
    value = {"a": ({"b": []}, None, "x", 2)}
    copy = normal(value)

    assert copy == {"a": [{"b": []}, None, "x", 2]}
    assert copy["a"][0] is not value["a"][0]
