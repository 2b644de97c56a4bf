"""Instants and lengths of time for people."""

from datetime import UTC, datetime, timedelta

import pytest

from automata.cli.failure import Failure
from automata.cli.times import ago, length, since, took, until

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "just now"),
        (-5, "just now"),
        (40, "40 s ago"),
        (125, "2 min ago"),
        (3_599, "59 min ago"),
        (3_600 * 5, "5 h ago"),
        (86_400 * 9, "9 d ago"),
    ],
)
def test_how_long_ago_something_was(seconds, text):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_never_was_is_a_dash():
    assert ago(None, NOW) == "-"
    assert took(NOW, None) == "-"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "250 ms"), (1.24, "1.2 s"), (59.9, "59.9 s"), (61, "1 min"), (-1, "0 ms")]
)
def test_how_long_something_took(seconds, text):
    assert took(NOW, NOW + timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("2026-05-01T14:00:00Z", "in 2 h"),
        ("2026-05-01T11:00:00Z", "now"),
        ("soon", "soon"),
        ("2026-05-01T14:00:00", "2026-05-01T14:00:00"),
    ],
)
def test_when_something_will_be(when, text):
    assert until(when, NOW) == text


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (None, None),
        ("2h", NOW - timedelta(hours=2)),
        ("2026-04-30", datetime(2026, 4, 30, tzinfo=UTC)),
        ("2026-04-30T10:00+02:00", datetime(2026, 4, 30, 8, tzinfo=UTC)),
    ],
)
def test_since_is_a_length_of_time_or_an_instant(text, when):
    assert since(text, NOW) == when


def test_what_is_no_time_is_refused():
    with pytest.raises(Failure, match="--since 'soon' is no time"):
        since("soon", NOW)
    with pytest.raises(Failure, match="--timeout 'soon'"):
        length("soon", "--timeout")
    assert length(None, "--timeout") is None
