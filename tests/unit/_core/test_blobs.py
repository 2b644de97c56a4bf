"""Large values go out and come back, and nothing a user writes is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automata._core.blobs import INLINE_BYTES, LARGEST_BYTES, kept_in, load, offload, reference
from automata.errors import Damaged, NotFound, StepError

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=40)
KEYS = st.text(max_size=3) | st.sampled_from(["$blob", "value", "size", "type"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5))


def kept(value, limit):
    blobs = {}
    return offload(value, limit, blobs.__setitem__), blobs


@given(VALUES, st.integers(0, 200))
def test_whatever_is_put_comes_back(value, limit):
    inline, blobs = kept(value, limit)

    assert load(inline, kept_in(blobs)) == value
    assert load(json.loads(json.dumps(inline)), kept_in(blobs)) == value


@given(VALUES, st.integers(0, 200))
def test_a_value_goes_out_exactly_when_its_json_is_larger_than_the_limit(value, limit):
    inline, blobs = kept(value, limit)

    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    assert bool(blobs) == (size > limit)
    assert (reference(inline) is not None) == bool(blobs)


def test_a_reference_says_hash_size_and_type():
    inline, blobs = kept("x" * INLINE_BYTES, INLINE_BYTES)

    (name,) = blobs
    assert inline == {"$blob": name, "size": INLINE_BYTES + 2, "type": "application/json"}


@pytest.mark.parametrize(
    "own",
    [
        {"$blob": "0" * 64, "size": 3, "type": "application/json"},
        {"$blob": None, "value": 1},
        {"$blob": None, "value": {"$blob": None, "value": 2}},
        {"$blob": 7},
    ],
)
def test_a_users_own_object_is_not_taken_for_a_reference(own):
    inline, blobs = kept(own, INLINE_BYTES)

    assert not blobs
    assert reference(inline) is None
    assert load(inline, kept_in({})) == own


def test_the_same_value_has_one_name():
    assert kept([1] * 500, 100) == kept([1] * 500, 100)


def test_more_than_64_mib_is_refused():
    with pytest.raises(StepError, match="larger than") as caught:
        kept("x" * LARGEST_BYTES, INLINE_BYTES)

    assert caught.value.kind == "payload_too_large"


def test_a_damaged_or_missing_value_is_told():
    inline, blobs = kept([1] * 500, 100)

    with pytest.raises(Damaged, match="does not match its hash"):
        load(inline, lambda _name: b"[]")
    with pytest.raises(Damaged, match="holds no hash"):
        load({"$blob": 7}, kept_in(blobs))
    with pytest.raises(NotFound, match="no large value"):
        load(inline, kept_in({}))
