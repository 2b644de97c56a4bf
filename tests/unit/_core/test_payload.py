from __future__ import annotations

import math

import pytest

from automata._core.large import LARGEST_BYTES
from automata._core.payload import cleaned, copied, settle
from automata.errors import ProviderBroke, StepError


class Name(str):
    __slots__ = ()


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_settled_is_a_copy_made_of_plain_types():
    given = {"names": (Name("a"), "b"), "n": 1.5}

    settled = settle(given)

    assert settled == {"names": ["a", "b"], "n": 1.5}
    assert type(settled["names"][0]) is str


@pytest.mark.parametrize("given", [{"n": 1, "t": "x", "b": True, "z": None}, {"f": 0.5}, {}, {"t": "\u00e9"}], ids=repr)
def test_an_object_is_settled_as_an_equal_one_that_nobody_else_holds(given):
    settled = settle(given)

    assert settled == given
    assert settled is not given


@pytest.mark.parametrize(
    "value",
    [{"n": 2**53}, {"n": -(2**53)}, {"t": "a\0b"}, {"a\0b": 1}, {"t": "\ud800"}, {"f": math.nan}, {"o": object()}],
    ids=["whole", "negative", "nul", "key", "surrogate", "nan", "object"],
)
def test_what_is_not_json_is_refused_inside_an_object(value):
    with pytest.raises(ProviderBroke, match="is not JSON"):
        settle(value)


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, math.nan, math.inf, 2**53, "a\0b", "\ud800", nested(65), b"bytes", {1, 2}],
    ids=["object", "key", "nan", "inf", "whole", "nul", "surrogate", "deep", "bytes", "set"],
)
def test_what_is_not_json_is_refused(value):
    with pytest.raises(ProviderBroke, match="is not JSON"):
        settle(value)


def test_a_refusal_names_the_place():
    with pytest.raises(ProviderBroke, match="'/rows/1'"):
        settle({"rows": [1, object()]})


def test_64_levels_are_allowed():
    assert settle(nested(64)) == nested(64)


def test_what_is_too_large_has_a_class_of_its_own():
    with pytest.raises(StepError, match="larger than") as caught:
        settle(["x" * (LARGEST_BYTES // 2)] * 3)

    assert caught.value.kind == "payload_too_large"


def test_a_copy_can_be_changed_without_the_original():
    given = {"rows": [{"a": 1}]}

    copied(given)["rows"][0]["a"] = 2

    assert given == {"rows": [{"a": 1}]}


def test_a_text_of_an_error_is_fit_for_the_journal():
    assert cleaned("a\0b\ud800" + "x" * 10, 5) == "a?b?x"
