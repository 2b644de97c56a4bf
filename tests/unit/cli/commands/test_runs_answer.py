"""Signals, approvals, rejections."""

from automata.model import Answered, SignalReceived


def test_a_signal_is_sent_with_its_payload(automata, waiting, inbox):
    found = automata("runs", "signal", waiting, "paid", "--payload", '{"total": 12}')

    [signal] = inbox(waiting)
    assert found.code == 0
    assert isinstance(signal, SignalReceived)
    assert (signal.name, signal.payload) == ("paid", {"total": 12})


def test_an_approval_carries_form_comment_and_name(automata, waiting, inbox):
    found = automata("runs", "approve", waiting, "--form", "box:=3", "--comment", "Fine", "--by", "ada")

    assert found.code == 0
    assert "was approved at step ask" in found.out
    assert inbox(waiting) == [Answered("ask", {"approved": True, "by": "ada", "comment": "Fine", "form": {"box": 3}})]


def test_a_form_that_does_not_fit_exits_with_3(automata, waiting, inbox):
    assert automata("runs", "approve", waiting).code == 3
    assert automata("runs", "approve", waiting, "--form", "[1]").code == 2
    assert inbox(waiting) == []


def test_a_rejection_needs_no_form(automata, waiting, inbox):
    assert automata("runs", "reject", waiting, "ask").code == 0
    assert inbox(waiting)[0].answer["approved"] is False


def test_where_nothing_asks_the_exit_code_is_4(automata, parked, waiting):
    assert automata("runs", "approve", parked).code == 4
    assert "but at 'ask'" in automata("runs", "approve", waiting, "paid").err


def test_a_second_answer_exits_with_6(automata, waiting):
    automata("runs", "reject", waiting)

    assert automata("runs", "reject", waiting).code == 6
