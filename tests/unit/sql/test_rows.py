from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from automata.model import ErrorInfo, RunStatus
from automata.sql.rows import instant, milliseconds, run_of


def test_what_is_left_of_a_millisecond_goes_up_so_that_nothing_is_early():
    whole = datetime(2026, 1, 1, tzinfo=UTC)

    assert milliseconds(whole + timedelta(microseconds=1)) == milliseconds(whole) + 1
    assert milliseconds(whole + timedelta(microseconds=1000)) == milliseconds(whole) + 1


@pytest.mark.parametrize("value", [0, 1, 1_767_225_600_123, -1])
def test_milliseconds_and_instants_are_each_others_reverse(value):
    assert milliseconds(instant(value)) == value


def test_an_instant_of_another_zone_is_the_same():
    there = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))

    assert milliseconds(there) == milliseconds(datetime(2026, 1, 1, tzinfo=UTC))


def test_nothing_stays_nothing():
    assert milliseconds(None) is None
    assert instant(None) is None


def test_a_row_becomes_a_run():
    row = ("r", "o", "w", "v", "failed", "k", "p#s", 3, 2, None, None, 5, 7, b"[1]", b'["transient","no answer"]')

    run = run_of(row)

    assert (run.id, run.org, run.status, run.key, run.parent) == ("r", "o", RunStatus.FAILED, "k", "p#s")
    assert (run.created, run.finished, run.wake) == (instant(5), instant(7), None)
    assert (run.output, run.error) == ([1], ErrorInfo("transient", "no answer"))
