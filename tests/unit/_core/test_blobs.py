"""What is too large goes out in parts of a MiB, and comes back as it was."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automata._core.blobs import (
    PART_BYTES,
    parts,
    put_out,
    read_value,
    relieved,
)
from automata._core.journal import write_json
from automata._core.large import INLINE_BYTES, LARGEST_BYTES, Large, holds, opened, weight
from automata.errors import Damaged, TooLarge
from automata.model import Answered, RunStarted, SignalReceived, StepFinished, StepSkipped, StepStarted

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
)
BIG = "x" * (INLINE_BYTES + 1)
MANY = {f"m{n}": "x" * 1000 for n in range(400)}


class Shelf:
    """Keeps blobs in a dict."""

    def __init__(self):
        self.kept = {}

    def keep(self, chunks):
        data = b"".join(chunks)
        name = sha256(data).hexdigest()
        self.kept[name] = data
        return name, len(data)

    def open(self, large):
        return read_value([self.kept[large.name]])


@pytest.fixture
def shelf():
    return Shelf()


@given(VALUES, st.integers(0, 200))
def test_whatever_goes_out_comes_back(value, limit):
    shelf = Shelf()

    left = put_out(value, shelf.keep, limit_bytes=limit)

    assert opened(left, shelf.open) == value
    assert not any(holds(read_value([data])) for data in shelf.kept.values())


@given(VALUES)
def test_the_weight_is_near_the_length_of_the_json(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    counted = weight(value, 10**9)

    assert len(text) - 6 * text.count("\\") <= counted <= 2 * len(text.encode()) + 4


@pytest.mark.parametrize(
    "value",
    [
        "y" * (3 * PART_BYTES),
        'quoted " \\ \n ü 😀' * 200_000,
        {"a": "z" * (2 * PART_BYTES), "b": 1, "c": ["q" * PART_BYTES, 2, "r" * PART_BYTES]},
        [{"n": n, "text": "t" * 900} for n in range(3_000)],
        {f"k{n}": n for n in range(200_000)},
        [],
        None,
    ],
    ids=["text", "escapes", "object", "records", "keys", "empty", "null"],
)
def test_parts_together_are_the_json_and_none_is_much_larger_than_a_mib(value):
    found = list(parts(value))

    assert b"".join(found) == write_json(value)
    assert all(len(part) <= 4 * PART_BYTES for part in found)


def test_a_small_value_stays(shelf):
    value = {"a": "x" * (INLINE_BYTES - 100)}

    assert put_out(value, shelf.keep) is value
    assert not shelf.kept


def test_only_the_member_that_is_too_large_goes_out(shelf):
    left = put_out({"data": BIG, "n": 3}, shelf.keep)

    assert type(left["data"]) is Large
    assert left["n"] == 3
    assert left["data"].size == len(BIG) + 2


def test_many_small_members_go_out_as_a_whole(shelf):
    left = put_out(["x" * 1000] * 1000, shelf.keep)

    assert type(left) is Large


def test_what_has_gone_out_stays_out(shelf):
    left = put_out({"data": BIG}, shelf.keep)

    assert put_out(left, shelf.keep) is left


def test_a_value_above_the_limit_is_refused_with_its_size_and_a_way_out(shelf):
    with pytest.raises(
        TooLarge, match=r"The input takes 129\.0 MiB.*may have 128\.0 MiB: write it to a file"
    ) as refusal:
        put_out(["x" * 2**20] * 129, shelf.keep, what="The input")

    assert refusal.value.limit_bytes == LARGEST_BYTES
    assert not shelf.kept


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (RunStarted(BIG), "input"),
        (StepFinished("a", 1, BIG), "output"),
        (SignalReceived("1", "go", BIG), "payload"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_value_of_an_event_goes_out(shelf, event, field):
    (left, other) = relieved([event, StepSkipped("b")], shelf.keep)

    assert type(getattr(left, field)) is Large
    assert other == StepSkipped("b")


@pytest.mark.parametrize(
    ("event", "field"),
    [(StepStarted("a", 1, MANY), "input"), (Answered("a", MANY), "answer")],
    ids=["parameters", "answer"],
)
def test_parameters_and_answers_stay_objects(shelf, event, field):
    (left,) = relieved([event], shelf.keep)

    assert isinstance(getattr(left, field), dict)


def test_what_is_no_json_is_damaged():
    with pytest.raises(Damaged, match="not JSON"):
        read_value([b"{", b"]"])
