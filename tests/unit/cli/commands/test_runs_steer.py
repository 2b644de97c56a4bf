"""Cancelling, pausing, going on."""

import json

import pytest

from automata.model import CancelRequested, PauseRequested, ResumeRequested


@pytest.mark.parametrize(
    ("name", "body"), [("cancel", CancelRequested), ("pause", PauseRequested), ("resume", ResumeRequested)]
)
def test_a_request_lies_in_the_inbox(automata, waiting, inbox, name, body):
    found = automata("runs", name, "aaa")

    assert found.code == 0
    assert "it was waiting" in found.out
    assert [type(each) for each in inbox(waiting)] == [body]


def test_the_reason_goes_along(automata, waiting, inbox):
    automata("runs", "cancel", waiting, "--reason", "Ordered twice")

    assert inbox(waiting)[0].reason == "Ordered twice"


def test_a_message_of_one_id_is_sent_once(automata, waiting, inbox):
    automata("runs", "pause", waiting, "--id", "m1")

    again = automata("runs", "pause", waiting, "--id", "m1")

    assert (again.code, len(inbox(waiting))) == (0, 1)
    assert "nothing was sent now" in again.out
    assert json.loads(automata("runs", "pause", waiting, "--id", "m1", "--json").out)["sent"] is False
