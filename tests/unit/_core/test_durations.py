from datetime import timedelta

import pytest

from automata._core.durations import PATTERN, format_duration, is_duration, parse_duration

READ = {
    "500ms": timedelta(milliseconds=500),
    "10s": timedelta(seconds=10),
    "5m": timedelta(minutes=5),
    "2h": timedelta(hours=2),
    "1d": timedelta(days=1),
    "1h30m": timedelta(minutes=90),
    "1d2h3m4s5ms": timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5),
    "0s": timedelta(0),
    "PT5M": timedelta(minutes=5),
    "P1DT2H": timedelta(days=1, hours=2),
    "P2W": timedelta(weeks=2),
    "PT1.5S": timedelta(seconds=1.5),
}
REFUSED = [
    "",
    "P",
    "PT",
    "P1DT",
    "P1Y",
    "P1M",
    "1",
    "1.5h",
    "5 m",
    "1m5h",
    "-1s",
    "1S",
    "\uff11s",
    "1s\n",
    "s",
    "9" * 20 + "s",
]


@pytest.mark.parametrize("text", READ)
def test_text_is_read(text):
    assert parse_duration(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_other_text_is_refused_with_the_forms(text):
    assert not is_duration(text)
    with pytest.raises(ValueError, match="is not a duration; write it like"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["999999999d", "36501d", "P99999999W"])
def test_more_than_a_hundred_years_is_refused(text):
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration(text)


@pytest.mark.parametrize(
    "duration", [*READ.values(), timedelta(days=30_000, microseconds=1), timedelta(microseconds=7)]
)
def test_written_duration_reads_back(duration):
    assert parse_duration(format_duration(duration)) == duration


def test_negative_duration_is_not_written():
    with pytest.raises(ValueError, match="never negative"):
        format_duration(timedelta(seconds=-1))


@pytest.mark.parametrize("text", [*READ, *REFUSED])
def test_published_pattern_agrees_with_the_reader(text):
    import re

    assert bool(re.search(PATTERN.replace("$", r"\Z"), text)) == is_duration(text)
