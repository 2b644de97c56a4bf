"""Timers fire once, not before their time, and not when they were forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from automata._core.engine.timers import Timers, due_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    """A clock whose alarms the test sets off."""

    def __init__(self):
        self.alarms = []
        self.forgotten = []

    def now(self):
        return NOW

    def call_at(self, when, act):
        self.alarms.append((when, act))
        return lambda: self.forgotten.append(when)


@pytest.fixture
def fired():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timers(clock, fired):
    return Timers(clock, fired.append)


def test_a_timer_says_when_it_is_due_and_fires_once(timers, clock, fired):
    assert timers.arm_in("a#retry", 1.5).due == "2026-03-01T00:00:01.500Z"

    [(when, alarm)] = clock.alarms
    assert when == NOW + timedelta(seconds=1.5)
    alarm()
    alarm()
    assert [e.timer for e in fired] == ["a#retry"]


def test_a_timer_armed_again_takes_the_place_of_the_earlier_one(timers, clock):
    timers.arm_in("a", 1)
    timers.arm_in("a", 2)

    assert clock.forgotten == [NOW + timedelta(seconds=1)]


@pytest.mark.parametrize("forget", [lambda t: t.disarm("a"), lambda t: t.clear()])
def test_a_forgotten_timer_does_not_fire_even_if_its_alarm_goes_off(timers, clock, fired, forget):
    timers.arm_in("a", 1)
    forget(timers)
    clock.alarms[0][1]()

    assert (fired, clock.forgotten) == ([], [NOW + timedelta(seconds=1)])
    timers.disarm("a")


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ({"for": "1h"}, "2026-03-01T01:00:00+00:00"),
        ({"until": "2026-03-02T01:00:00+01:00"}, "2026-03-02T00:00:00+00:00"),
        ({"until": "2020-01-01T00:00:00Z", "for": "1h"}, "2020-01-01T00:00:00+00:00"),
    ],
)
def test_a_wait_is_over_after_its_duration_or_at_its_instant(given, due):
    assert due_of(given, NOW).isoformat() == due


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"for": "soon"}, "soon"),
        ({}, "None"),
        (None, "None"),
        ({"until": "tomorrow"}, "tomorrow"),
        ({"until": "2026-03-02T01:00:00"}, "has no UTC offset"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "outside the calendar"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(given, why):
    with pytest.raises(ValueError, match=why):
        due_of(given, NOW)
