"""One run, looked at."""

import json

import pytest

from automata.model import ErrorInfo, RunStatus, StepFailed, TimerSet


def test_a_failed_run_shows_its_steps_its_error_and_the_way_out(automata, failed):
    found = automata("runs", "show", "fff")

    assert found.code == 0
    assert f"Run {'f' * 16} of Orders" in found.out
    assert "FAILED  charge  set  1.2 s    The card was declined" in found.out
    assert "declined at charge (attempt 1): The card was declined" in found.out
    assert f"automata runs retry {'f' * 16}" in found.out
    assert f"automata runs show {'f' * 16} --failed-step" in found.err


def test_the_failed_step_alone_shows_input_and_fix(automata, failed):
    found = automata("runs", "show", failed, "--failed-step")

    assert "failed at step charge (attempt 1)" in found.out
    assert '{"total": 1}' in found.out
    assert '{"code": 402}' in found.out
    assert "more     automata docs set" in found.out
    assert json.loads(automata("runs", "show", failed, "--failed-step", "--json").out)["failed_step"] == "charge"


def test_where_nothing_failed_there_is_no_failed_step(automata, done):
    found = automata("runs", "show", done, "--failed-step")

    assert found.code == 4
    assert "it is succeeded" in found.err


def test_a_parked_run_offers_the_three_choices(automata, parked):
    found = automata("runs", "show", parked).out

    assert "choice     charge  Whether its effect happened is not known" in found
    assert [flag for flag in ("--retry", "--done @out.json", "--fail") if flag not in found] == []


def test_a_waiting_run_says_for_what_and_how_to_answer(automata, waiting):
    found = automata("runs", "show", waiting)

    assert "approval   ask   Ship?" in found.out
    assert "signal     paid  paid" in found.out
    assert f"automata runs approve {'a' * 16} ask" in found.err
    assert f"automata events send 'paid' --run {'a' * 16}" in found.err


def test_what_was_answered_is_not_suggested_again(automata, waiting):
    automata("runs", "reject", waiting)

    found = automata("runs", "show", waiting)

    assert "1 message not taken up yet" in found.out
    assert "runs approve" not in found.err


def test_a_retry_that_is_due_later_says_when(automata, told):
    run = told(
        "b" * 32, StepFailed("charge", 1, ErrorInfo("transient", "No")), TimerSet("charge#retry", "2999-01-01T00:00Z")
    )

    assert "retry      charge  in 3" in automata("runs", "show", run).out


def test_a_run_that_could_not_be_driven_is_tried_again(automata, told):
    run = told("b" * 32, status=RunStatus.PARKED, error=ErrorInfo("blocked", "No node type 'x'"))

    found = automata("runs", "show", run)

    assert "Install what its version needs" in found.out
    assert f"automata runs resume {'b' * 16}" in found.out


def test_a_succeeded_run_shows_its_output(automata, done):
    assert '"ok": true' in automata("runs", "show", done).out


def test_a_run_of_a_key_shows_it(automata, told):
    assert "key      order-17" in automata("runs", "show", told("b" * 32, key="order-17")).out


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.QUEUED])
def test_a_run_that_stands_still_says_what_moves_it(automata, told, status):
    run = told("b" * 32, status=status)
    hint = {"paused": "automata runs resume", "queued": "automata worker"}[str(status)]

    assert hint in automata("runs", "show", run).err
