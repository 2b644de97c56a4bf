"""A person's choice."""

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("flags", "choice", "output"),
    [
        (["--retry"], "retry", None),
        (["--done", '{"id": 9}'], "done", {"id": 9}),
        (["--done", "@out.json"], "done", [1]),
        (["--fail", "--by", "ada"], "fail", None),
    ],
    ids=["retry", "done", "done by file", "fail"],
)
def test_a_choice_lies_in_the_inbox(automata, parked, inbox, flags, choice, output):
    Path("out.json").write_text("[1]")

    found = automata("runs", "resolve", parked, *flags)

    [body] = inbox(parked)
    assert found.code == 0
    assert (body.step, body.choice, body.output) == ("charge", choice, output)


@pytest.mark.parametrize("flags", [[], ["--retry", "--fail"], ["--retry", "--done", "1"]], ids=str)
def test_exactly_one_choice_is_made(automata, parked, flags):
    found = automata("runs", "resolve", parked, *flags)

    assert found.code == 2
    assert "Choose one" in found.err


def test_a_step_that_is_not_parked_exits_with_4(automata, parked, waiting):
    assert "but at 'charge'" in automata("runs", "resolve", parked, "ask", "--retry").err
    assert automata("runs", "resolve", waiting, "--retry").code == 4
