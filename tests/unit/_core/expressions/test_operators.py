from datetime import UTC, datetime, timedelta

import pytest

from automata._core.expressions import operators
from automata._core.expressions.values import INT_MAX, INT_MIN, NONE, Maybe, Uint

DAY, NOON = timedelta(days=1), datetime(2026, 1, 1, 12, tzinfo=UTC)


def free(_amount):
    return None


@pytest.mark.parametrize(
    ("work", "left", "right", "result"),
    [
        (operators.add, 1, 2.5, 3.5),
        (operators.add, b"a", b"b", b"ab"),
        (operators.add, NOON, DAY, NOON + DAY),
        (operators.add, DAY, DAY, 2 * DAY),
        (operators.subtract, NOON, NOON, timedelta()),
        (operators.subtract, NOON, DAY, NOON - DAY),
        (operators.divide, -7, 2, -3),
        (operators.remainder, -7, 2, -1),
        (operators.divide, 7.0, 2, 3.5),
        (operators.multiply, 1.5, 2, 3.0),
        (operators.subtract, 1.5, 1, 0.5),
        (operators.add, Uint(1), Uint(2), 3),
    ],
)
def test_operators_work_as_in_cel(work, left, right, result):
    assert work(left, right) == result


@pytest.mark.parametrize(
    ("work", "left", "right", "complaint"),
    [
        (operators.add, INT_MAX, 1, "64-bit"),
        (operators.subtract, Uint(1), Uint(2), "unsigned 64-bit"),
        (operators.multiply, INT_MIN, -1, "64-bit"),
        (operators.divide, 1, 0, "Division by zero"),
        (operators.divide, 1.0, 0, "Division by zero"),
        (operators.remainder, 1, 0, "Remainder by zero"),
        (operators.remainder, 1.5, 1, "whole numbers"),
        (operators.add, "a", 1, r"write string\(...\)"),
        (operators.add, None, 1, "Cannot add null"),
        (operators.add, "a" * 200_000, "a" * 200_000, "256 KiB"),
        (operators.add, datetime.max.replace(tzinfo=UTC), DAY, "out of range"),
        (operators.subtract, "a", "b", "Cannot subtract"),
        (operators.multiply, "a", 2, "Cannot use"),
        (operators.less, None, 1, "compare it with null"),
        (operators.greater_equal, [], [], "Cannot compare"),
    ],
)
def test_what_operators_cannot_do_they_say(work, left, right, complaint):
    with pytest.raises(ValueError, match=complaint):
        work(left, right)


def test_signs_take_numbers_and_bools_only():
    assert operators.negate(DAY) == -DAY
    assert operators.negate(1.5) == -1.5
    assert operators.invert(True) is False
    for work in (operators.negate, operators.invert):
        with pytest.raises(ValueError, match="string"):
            work("a")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1, {"a": 2}], [1.0, {"a": 2.0}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        (Maybe([1]), Maybe([1.0]), True),
        (Maybe(1), Maybe(True), False),
        (Maybe(None), NONE, False),
        (NONE, NONE, True),
        (b"a", b"b", False),
    ],
)
def test_equality_is_by_value_and_kind(one, other, same):
    assert operators.equal(one, other, free) is same
    assert (operators.key_of(one, free) == operators.key_of(other, free)) is same


def test_equality_of_optionals_is_paid_for():
    paid = []
    operators.equal(Maybe([1] * 50), Maybe([1] * 50), paid.append)

    assert sum(paid) == 50


def test_membership_looks_into_lists_and_maps():
    assert operators.contains("a", {"a": 1}, free)
    assert not operators.contains(1, {"a": 1}, free)
    assert operators.contains([1.0], [[1]], free)
    with pytest.raises(ValueError, match="'in' looks into"):
        operators.contains("a", "abc", free)


def test_nan_is_the_same_as_nothing_and_is_not_finite():
    nan = float("nan")

    assert operators.key_of(nan, free) != operators.key_of(float("nan"), free)
    assert not operators.is_finite(nan)
