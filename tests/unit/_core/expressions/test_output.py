from datetime import UTC, datetime, timedelta

import pytest

from automata._core.expressions.limits import Limits
from automata._core.expressions.output import to_json
from automata._core.expressions.values import NONE, Failure, Maybe, TypeName, Uint


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (timedelta(seconds=1.5), "1.5s"),
        (b"hi", "aGk="),
        (TypeName("int"), "int"),
        (Maybe([1]), [1]),
        (Uint(3), 3),
        ([{}, [], {"a": [Uint(1)], "b": None}], [{}, [], {"a": [1], "b": None}]),
    ],
)
def test_each_kind_is_written_as_json(value, written):
    assert to_json(value) == written
    assert to_json([value]) == [written]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (NONE, "empty optional"),
        (float("inf"), "infinite"),
        (2**53, "beyond"),
        (object(), "no JSON value"),
        ({None: 2}, "keys of a result"),
        (b"x" * 300_000, "256 KiB"),
        ("x" * 300_000, "256 KiB"),
        ([[0] * 100_000] * 3, "256 KiB"),
    ],
)
def test_what_json_cannot_hold_is_refused(value, complaint):
    with pytest.raises(Failure) as caught:
        to_json(value)
    assert complaint in caught.value.message


def test_containers_are_copied_and_keep_the_order_of_their_keys():
    source = {"b": [1], "a": {}}
    copy = to_json(source)

    assert list(copy) == ["b", "a"]
    assert copy["b"] is not source["b"]
    assert copy["a"] is not source["a"]


def test_depth_is_limited():
    with pytest.raises(Failure) as caught:
        to_json([[[1]]], Limits(depth=2))
    assert "more than 2 levels" in caught.value.message
