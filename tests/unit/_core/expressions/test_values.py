from datetime import UTC, datetime, timedelta

import pytest

from automata._core.expressions.values import (
    NONE,
    Failure,
    Maybe,
    Uint,
    format_number,
    format_seconds,
    format_timestamp,
    show,
    type_name,
)  # fmt: skip


@pytest.mark.parametrize(("number", "text"), [(1.0, "1"), (1.5, "1.5"), (1e21, "1e+21"), (-0.0, "0"), (Uint(3), "3")])
def test_numbers_are_written_as_json_writes_them(number, text):
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(timedelta(seconds=90), "90s"), (timedelta(microseconds=-500_000), "-0.5s"), (timedelta(0), "0s")],
)
def test_durations_are_written_in_seconds(value, text):
    assert format_seconds(value) == text


def test_timestamps_are_written_in_utc_with_a_fraction_only_when_there_is_one():
    assert format_timestamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05Z"
    assert format_timestamp(datetime(1, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)) == "0001-01-02T03:04:05.5Z"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "bool true"),
        (1, "int 1"),
        ("a", "string 'a'"),
        ("a" * 50, "a string"),
        ([], "a list"),
        (object(), "something that is no JSON value"),
    ],
)
def test_a_value_is_shown_by_kind_and_when_short_by_itself(value, text):
    assert show(value) == text


def test_the_type_of_each_kind_has_the_name_cel_gives_it():
    values = (None, 1, Maybe(1), NONE, datetime.now(UTC), timedelta(0))
    names = [type_name(value).name for value in values[:4]] + [type_name(value).name for value in values[4:]]

    assert names == [
        "null_type",
        "int",
        "optional_type",
        "optional_type",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
    ]


def test_the_rest_of_a_message_is_worked_out_only_when_it_is_read():
    asked = []
    failure = Failure("No", (0, 1), more=lambda: asked.append(1) or "; did you mean 'x'?")

    assert not asked
    assert failure.message == "No; did you mean 'x'?"
