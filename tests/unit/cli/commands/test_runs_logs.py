"""The journal, read."""

import json

from automata.model import StepStarted


def test_an_event_is_a_line_with_time_place_and_what_happened(automata, failed):
    lines = automata("runs", "logs", failed).out.splitlines()

    assert lines == [
        '00:00:00.000  run  started with {"total": 1}',
        "00:00:00.000  charge  started",
        "00:00:01.200  charge  failed  declined: The card was declined",
        "00:00:01.200  run  failed  declined: The card was declined",
    ]


def test_events_are_numbered_for_programs(automata, failed):
    found = json.loads(automata("runs", "logs", failed, "--json", "--after", "2").out)

    assert [(event["n"], event["event"]) for event in found["events"]] == [(3, "step_failed"), (4, "run_finished")]
    first = json.loads(automata("runs", "logs", failed, "-o", "jsonl").out.splitlines()[0])
    assert first["input"] == {"total": 1}


def test_only_the_events_of_one_step_and_what_is_inside(automata, told):
    run = told("b" * 32, StepStarted("each", 1), StepStarted("each[0]/ask", 1), StepStarted("eachother", 1))

    found = automata("runs", "logs", run, "--step", "each")

    assert [line.split()[0] for line in found.out.splitlines()] == ["each", "each[0]/ask"]
    assert "automata runs tail" in found.err


def test_no_events_like_that_is_said(automata, failed):
    found = automata("runs", "logs", failed, "--step", "nothing")

    assert (found.code, found.out) == (0, "")
    assert "No events like that" in found.err
