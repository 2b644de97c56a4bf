"""JSON values are normal, finite and Unicode."""

import pytest

from automata._core.codec.report import Report
from automata._core.codec.values import check, normal


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "DOC-006"),
        (2**53, "DOC-006"),
        ("\ud800", "DOC-007"),
        ("\x00", "DOC-007"),
        (object(), "DOC-009"),
    ],
)
def test_a_value_that_is_not_json_is_told_with_its_place(value, code):
    report = Report()
    check({"a": [1, value]}, report)

    assert [(problem.code, problem.pointer) for problem in report.problems] == [(code, "/a/1")]


def test_numbers_that_are_whole_are_integers():
    assert repr(normal({"a": [1.0, 0.5, -0.0, True]})) == "{'a': [1, 0.5, 0, True]}"
