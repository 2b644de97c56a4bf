"""A reference is told from a user's own object, whatever that looks like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automata._core.journal import read_value, write_json, write_value
from automata._core.large import Large, holds, opened, references

NAME = "ab" * 32
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
KEYS = st.text(max_size=3) | st.sampled_from(["$blob", "value", "size", "type"])
VALUES = st.recursive(
    SCALARS | st.just(Large(NAME, 7)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
)


@given(VALUES)
def test_references_and_objects_that_look_like_some_come_back_as_they_were(value):
    back = read_value(write_value(value))

    assert back == value
    assert len(list(references(back))) == len(list(references(value)))


def test_a_reference_is_written_with_hash_size_and_type():
    assert json.loads(write_value([Large(NAME, 7)])) == [{"$blob": NAME, "size": 7, "type": "application/json"}]


@pytest.mark.parametrize(
    "own",
    [
        {"$blob": NAME, "size": 3, "type": "application/json"},
        {"$blob": None, "value": {"$blob": None, "value": 2}},
        {"$blob": 7},
        "$blob",
    ],
)
def test_a_users_own_object_is_not_taken_for_a_reference(own):
    back = read_value(write_value({"deep": [own]}))

    assert back == {"deep": [own]}
    assert not holds(back)


def test_what_has_no_reference_is_written_as_ever():
    value = {"a": [1, "x", {"b": None}]}

    assert write_value(value) == write_json(value)


def test_opening_puts_values_in_the_place_of_references_and_leaves_the_rest():
    value = {"a": [Large(NAME, 7), 1], "b": {"c": 2}}

    assert opened(value, lambda large: large.size) == {"a": [7, 1], "b": {"c": 2}}


def test_a_value_without_references_is_not_copied():
    value = {"a": [1]}

    assert opened(value, lambda large: None) is value


def test_a_reference_does_not_show_a_value():
    assert repr(Large(NAME, 7)) == "Large('abababababab', 7)"
