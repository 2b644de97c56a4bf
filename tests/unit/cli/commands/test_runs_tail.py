"""Watching runs."""

import json
import signal
import subprocess
import sys
import threading

import pytest

from automata.model import RunFinished, RunStatus, StepStarted
from automata.ports import Turn


@pytest.mark.parametrize(("run", "code"), [("failed", 9), ("done", 0), ("parked", 7)])
def test_the_exit_code_says_how_the_run_ended(automata, request, run, code):
    found = automata("runs", "tail", request.getfixturevalue(run))

    assert found.code == code
    assert "charge  started" in found.out


def test_a_cancelled_run_exits_with_10(automata, told):
    assert automata("runs", "tail", told("b" * 32, status=RunStatus.CANCELLED)).code == 10


def test_a_time_limit_exits_with_8_and_leaves_the_run_alone(automata, waiting):
    found = automata("runs", "tail", waiting, "--timeout", "1ms")

    assert found.code == 8
    assert "It waits" in found.err
    assert "goes on without being watched" in found.err


def test_nested_steps_are_told_on_request(automata, done):
    assert "each[0]/ask" not in automata("runs", "tail", done).out
    assert "each[0]/ask  finished by 'approved'" in automata("runs", "tail", done, "-v").out


def test_what_happened_before_can_be_left_out(automata, done):
    assert automata("runs", "tail", done, "--new").out == f"Run {'c' * 16} succeeded\n"


def test_programs_get_events_as_they_come_or_the_run_at_the_end(automata, failed):
    lines = automata("runs", "tail", failed, "-o", "jsonl").out.splitlines()

    assert [json.loads(line)["event"] for line in lines] == [
        "run_started",
        "step_started",
        "step_failed",
        "run_finished",
    ]
    assert json.loads(automata("runs", "tail", failed, "--json").out)["status"] == "failed"


def test_a_run_is_followed_while_another_process_drives_it(automata, told, stored):
    run = told("b" * 32, StepStarted("charge", 1), held=True)

    async def end(store):
        row = await store.run(run)
        await store.append(Turn(run=run, epoch=row.epoch, after=2, events=[RunFinished(RunStatus.SUCCEEDED)]))

    later = threading.Timer(0.3, lambda: stored(end))
    later.start()
    found = automata("runs", "tail", run, "--timeout", "20s")
    later.join()

    assert found.code == 0
    assert "run  succeeded" in found.out


def test_a_parked_run_that_was_answered_is_followed_further(automata, parked):
    automata("runs", "resolve", parked, "--retry")

    assert automata("runs", "tail", parked, "--timeout", "300ms").code == 7


def test_ctrl_c_stops_watching_and_not_the_run(automata, waiting):
    line = [sys.executable, "-m", "automata", "runs", "tail", waiting]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "It waits" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert said.strip() == "Interrupted"
    assert json.loads(automata("runs", "show", waiting, "--json").out)["status"] == "waiting"
