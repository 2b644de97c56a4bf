"""Instants as texts."""

from datetime import UTC, datetime, timedelta

from automata._core.stamp import Stamp, text_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_instants_are_told_to_the_millisecond_in_utc():
    assert text_of(datetime.fromisoformat("2026-01-01T02:00:00.123456+02:00")) == "2026-01-01T00:00:00.123Z"


def test_a_whole_second_has_its_milliseconds_too():
    assert text_of(NOON) == "2026-01-01T12:00:00.000Z"


def test_a_stamp_tells_what_the_text_of_each_instant_is():
    stamp = Stamp()
    instants = [NOON + timedelta(microseconds=step) for step in (0, 999, 1000, 1999, 0)]

    assert [stamp(each) for each in instants] == [text_of(each) for each in instants]
    assert stamp(instants[0]) is stamp(instants[1])
