"""Runs as rows."""

from datetime import UTC, datetime, timedelta

import pytest

from automata.cli.console import Console
from automata.cli.exits import Exit
from automata.cli.listing import exit_of, run_table, short, state, summary
from automata.model import ErrorInfo, Run, RunStatus

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = Run(id="0123456789abcdef0123", workflow="Orders", version="v", created=NOW, key="k" * 100)


@pytest.mark.parametrize("status", RunStatus)
def test_every_state_has_a_name_and_a_code(status):
    assert state(status, Console()) == str(status)
    assert exit_of(status) in set(Exit)


def test_ends_that_are_no_success_have_codes_of_their_own():
    codes = {status: int(exit_of(status)) for status in RunStatus if exit_of(status)}

    assert codes == {"failed": 9, "timed_out": 9, "cancelled": 10, "parked": 7}


def test_an_id_is_shown_as_far_as_it_names_the_run():
    assert short(RUN) == "0123456789abcdef"


def test_runs_of_the_same_moment_are_told_apart():
    same = [Run(id="0123456789ab" + "c" * 8 + last, workflow="Orders", version="v") for last in "01"]

    shown = [line.split()[0] for line in run_table(same, NOW, Console())][1:]

    assert shown == [run.id for run in same]


def test_a_summary_says_how_long_a_finished_run_took():
    ended = Run(id="r", workflow="w", version="v", created=NOW, finished=NOW + timedelta(seconds=1.23456))

    assert summary(ended)["took_s"] == 1.235
    assert summary(RUN)["took_s"] is None


def test_what_a_document_says_cannot_move_the_cursor():
    odd = Run(id="r", workflow="\x1b[2J", version="v", error=ErrorInfo("x", "\x1b[1m" + "y" * 100))

    [_, line] = run_table([odd], NOW, Console())

    assert "\x1b" not in line
    assert line.endswith("…")


def test_a_long_key_is_cut():
    assert list(run_table([RUN], NOW, Console()))[1].endswith("k…")


def test_a_run_somebody_else_handles_names_it():
    called = Run(id="r", workflow="w", version="v", parent="0123456789abcdef0123#")

    assert list(run_table([called], NOW, Console()))[1].endswith("called by 0123456789abcdef")
