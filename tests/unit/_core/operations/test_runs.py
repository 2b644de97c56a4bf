"""Looking at runs, and what people send them."""

import asyncio
from datetime import timedelta

import pytest

from automata.errors import Conflict, FixInput, InvalidValue, NotFound
from automata.model import (
    Answered,
    CancelRequested,
    ErrorInfo,
    PauseRequested,
    Resolved,
    ResumeRequested,
    RunFinished,
    RunStatus,
    SignalReceived,
    StepParked,
    StepStarted,
)
from automata.ports import RunQuery, Turn

go = asyncio.run
FORM = {"type": "object", "properties": {"box": {"type": "integer"}}, "required": ["box"]}
ASKS = StepStarted("ask", 1, {"message": "Ship?", "form": FORM})
PARKED = StepParked("charge", 1, ErrorInfo("in_doubt", "Not known", "charge", 1))


def bodies(store, run):
    return [message.body for message in go(store.inbox(run))]


def test_a_page_ends_with_where_the_next_begins(runs, told):
    for id_ in ("a1", "a2", "a3"):
        told(id_)

    first = go(runs.page(RunQuery(limit=2)))
    second = go(runs.page(RunQuery(limit=2, before=first.next)))

    assert [row.id for row in (*first.runs, *second.runs)] == ["a3", "a2", "a1"]
    assert second.next is None


def test_runs_before_a_time_are_left_out(runs, told, store):
    told("a1")
    later = told("a2").created

    assert [row.id for row in go(runs.page(RunQuery(), since=later)).runs] == ["a2"]
    assert go(runs.page(RunQuery(), since=later + timedelta(days=1))).runs == []


@pytest.mark.parametrize(
    ("steer", "body"),
    [
        (lambda runs: runs.cancel("ab", reason="enough"), CancelRequested),
        (lambda runs: runs.pause("ab"), PauseRequested),
        (lambda runs: runs.resume("ab"), ResumeRequested),
        (lambda runs: runs.signal("ab", "paid", {"n": 1}), SignalReceived),
    ],
    ids=["cancel", "pause", "resume", "signal"],
)
def test_what_is_sent_lies_in_the_inbox(runs, store, told, steer, body):
    told("abc")

    sent = go(steer(runs))

    [message] = bodies(store, "abc")
    assert isinstance(message, body)
    assert message.at.endswith("Z")
    assert sent.new


@pytest.mark.parametrize("act", ["signal", "cancel", "pause"])
def test_what_was_sent_before_the_end_may_be_repeated_after_it(runs, store, told, act):
    told("abc")
    send = getattr(runs, act)
    more = ("paid",) if act == "signal" else ()
    assert go(send("abc", *more, id="m1")).new
    end = Turn(run="abc", epoch=0, after=1, events=[RunFinished(RunStatus.SUCCEEDED, None, None, "")], taken=["m1"])

    async def finish():
        await store.append(end)

    go(finish())

    assert not go(send("abc", *more, id="m1")).new
    with pytest.raises(Conflict, match="is over"):
        go(send("abc", *more, id="m2"))


def test_a_signal_carries_the_id_of_its_message(runs, store, told):
    told("abc")

    go(runs.signal("abc", "paid", {"n": 1}, id="s1"))
    again = go(runs.signal("abc", "paid", {"n": 2}, id="s1"))

    [signal] = bodies(store, "abc")
    assert (signal.id, signal.name, signal.payload, again.new) == ("s1", "paid", {"n": 1}, False)


@pytest.mark.parametrize("act", ["cancel", "pause", "resume"])
def test_a_run_that_is_over_takes_nothing(runs, told, act):
    told("abc", status=RunStatus.FAILED)

    with pytest.raises(Conflict, match="Run 'abc' is over: failed"):
        go(getattr(runs, act)("abc"))


def test_a_parked_run_is_resolved_not_resumed(runs, told):
    told("abc", PARKED, status=RunStatus.PARKED)

    with pytest.raises(Conflict, match="parked, not paused"):
        go(runs.resume("abc"))


# -------------------------------------------------------------------- approvals


def test_the_only_approval_needs_no_name(runs, store, told):
    told("abc", ASKS)

    go(runs.answer("abc", approved=True, by="ada", form={"box": 3}))

    answer = {"approved": True, "by": "ada", "comment": None, "form": {"box": 3}}
    assert bodies(store, "abc") == [Answered("ask", answer)]


def test_a_form_that_does_not_fit_is_refused_and_a_rejection_needs_none(runs, told):
    told("abc", ASKS)

    with pytest.raises(InvalidValue, match="form of 'ask' does not fit"):
        go(runs.answer("abc", approved=True))
    assert go(runs.answer("abc", approved=False)).step == "ask"


def test_a_second_answer_is_refused_and_the_first_may_be_repeated(runs, told):
    told("abc", ASKS)
    go(runs.answer("abc", approved=False, id="m1"))

    with pytest.raises(Conflict, match="answered already"):
        go(runs.answer("abc", approved=False))
    assert go(runs.answer("abc", approved=False, id="m1")).new is False


def test_one_of_several_approvals_must_be_named(runs, told):
    one = StepStarted("each[0]/ask", 1, {"message": "One?"})
    told("abc", ASKS, one, StepStarted("each[1]/ask", 1, {"message": "One?"}))

    with pytest.raises(FixInput, match=r"'ask', 'each.0./ask', 'each.1./ask'; say which"):
        go(runs.answer("abc", approved=False))
    with pytest.raises(FixInput, match="Several steps fit"):
        go(runs.answer("abc", "each/ask", approved=False))
    assert go(runs.answer("abc", "each[1]/ask", approved=False)).step == "each[1]/ask"


def test_an_iteration_may_be_left_out_where_only_one_waits(runs, told):
    told("abc", ASKS, StepStarted("each[7]/ask", 1, {"message": "One?"}))

    assert go(runs.answer("abc", "each/ask", approved=False)).step == "each[7]/ask"


def test_where_no_approval_waits_the_answer_says_where_one_does(runs, told):
    told("abc", ASKS)
    told("xyz")

    with pytest.raises(NotFound, match="No approval waits at 'paid' in run 'abc', but at 'ask'"):
        go(runs.answer("abc", "paid", approved=True))
    with pytest.raises(NotFound, match=r"No approval waits in run 'xyz'$"):
        go(runs.answer("xyz", approved=True))


# -------------------------------------------------------------------- parked steps


def test_a_parked_step_is_resolved_with_an_output(runs, store, told):
    told("abc", PARKED, status=RunStatus.PARKED)

    go(runs.resolve("abc", choice="done", output={"id": 9}, by="ada"))

    [body] = bodies(store, "abc")
    assert (body.step, body.choice, body.output, body.by) == ("charge", "done", {"id": 9}, "ada")


def test_what_is_not_parked_cannot_be_resolved(runs, told):
    told("abc", PARKED, Resolved("charge", "retry"), status=RunStatus.RUNNING)

    with pytest.raises(NotFound, match="No step is parked"):
        go(runs.resolve("abc", choice="retry"))


def test_a_step_is_resolved_once(runs, told):
    told("abc", PARKED, status=RunStatus.PARKED)
    go(runs.resolve("abc", choice="retry"))

    with pytest.raises(Conflict, match="answered already"):
        go(runs.resolve("abc", choice="fail"))


# -------------------------------------------------------------------- who waits


def test_who_waits_for_a_signal_is_found_among_unfinished_runs(runs, told):
    told("a1", StepStarted("paid", 1, {"name": "paid"}))
    told("a2", StepStarted("paid", 1, {"name": "other"}))
    told("a3", StepStarted("paid", 1, {"name": "paid"}), status=RunStatus.CANCELLED)

    assert [(run.id, wait.step) for run, wait in go(runs.listening("paid"))] == [("a1", "paid")]
    assert go(runs.listening("paid", workflow="Nothing")) == []


def test_what_people_and_programs_are_waited_for_is_listed(runs, told):
    told("a1", ASKS, StepStarted("later", 1))
    told("a2", PARKED, status=RunStatus.PARKED)

    assert [(run.id, wait.kind) for run, wait in go(runs.waiting())] == [("a2", "choice"), ("a1", "approval")]


def test_events_after_the_first_ones(runs, told):
    told("abc", ASKS)

    assert go(runs.journal("abc", 1)) == [ASKS]
