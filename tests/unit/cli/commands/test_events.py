"""Signals to many, and who waits."""

import json

from automata.model import SignalReceived, StepStarted


def test_a_signal_goes_to_the_run_that_is_named(automata, done, waiting, inbox):
    found = automata("events", "send", "anything", "--run", waiting, "--payload", "[1]", "--id", "s1")

    assert found.code == 0
    [signal] = inbox(waiting)
    assert (signal.id, signal.name, signal.payload) == ("s1", "anything", [1])
    assert automata("events", "send", "anything", "--run", done).code == 6


def test_without_a_run_it_goes_to_every_run_that_waits_for_the_name(automata, told, inbox, waiting):
    second = told("b" * 32, StepStarted("paid", 1, {"name": "paid"}))
    other = told("e" * 32, StepStarted("paid", 1, {"name": "other"}))

    found = json.loads(automata("events", "send", "paid", "--json").out)

    assert sorted(each["run"] for each in found["sent"]) == sorted([waiting, second])
    assert isinstance(inbox(second)[0], SignalReceived)
    assert inbox(other) == []
    assert automata("events", "send", "paid").out.splitlines()[-1] == "2 runs"


def test_a_signal_nobody_waits_for_exits_with_4_and_says_how_to_keep_it(automata, waiting):
    found = automata("events", "send", "nothing")

    assert found.code == 4
    assert "--run RUN keeps it" in found.err
    assert automata("events", "send", "paid", "--workflow", "Other").code == 4


def test_what_runs_wait_for_is_listed(automata, waiting, parked, done):
    found = automata("events", "list")

    assert "Ship?" in found.out
    assert {line.split()[2] for line in found.out.splitlines()[1:]} == {"approval", "signal", "choice"}
    listed = json.loads(automata("events", "list", "--workflow", "Orders", "--json").out)["waits"]
    assert [each["kind"] for each in listed if each["run"] == waiting] == ["approval", "signal"]


def test_where_nobody_waits_the_list_says_so(automata, done):
    assert automata("events", "list").out == "No run waits for anybody\n"
