"""What a run leaves behind: which states are final, and what expressions see of an error."""

import pytest

from automata.model import ErrorInfo, Run, RunStatus


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_is_over_once_it_has_an_outcome(status):
    assert status.final is (status.value in {"succeeded", "failed", "cancelled", "timed_out"})


def test_an_error_is_seen_by_expressions_under_the_words_of_the_document():
    error = ErrorInfo("rate_limited", "Slow down", "each[2]/fetch", 3, {"status": 429}, retry_after_s=2.0, sent=False)

    assert error.to_json() == {
        "class": "rate_limited",
        "message": "Slow down",
        "node": "each[2]/fetch",
        "attempt": 3,
        "details": {"status": 429},
    }


def test_a_new_run_runs_and_nobody_holds_it():
    run = Run(id="r", workflow="w", version="v")

    assert (run.status, run.epoch, run.key, run.parent) == (RunStatus.RUNNING, 0, None, None)
