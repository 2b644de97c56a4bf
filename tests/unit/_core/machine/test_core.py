"""What each event means to the machine, and which events mean nothing."""

import pytest

from automata.errors import KernelBug
from automata.model import (
    BodyFailed,
    BodyFinished,
    CancelRequested,
    ChildStarted,
    Decided,
    ErrorInfo,
    ItemAdded,
    PauseRequested,
    ResumeRequested,
    RunStatus,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
    TimerFired,
)


def test_every_node_without_incoming_edges_starts(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}").run()

    assert p.started == ["a", "b"]


def test_a_run_starts_at_the_trigger_its_event_arrived_at(play):
    text = """
        nodes: {m: {use: manual}, e: {use: schedule.every, with: {every: 1h}}, a: {use: t.do}, b: {use: t.do}}
        edges: [m -> a, e -> b]
    """
    p = play(text).run("event", "e")

    assert p.alive == ["b"]
    assert p.machine.activations[""].values == {"e": "event"}


def test_a_late_result_changes_nothing(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}\nedges: [a -> b]").run()
    late = p.journal[-1]
    p.finish("a", 1)
    done = p.journal[-2]

    p.feed(done).feed(late)

    assert p.started == ["a", "b"]


def test_a_paused_run_starts_nothing_until_it_is_resumed(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}\nedges: [a -> b]").run().feed(PauseRequested()).finish("a")
    assert p.started == ["a"]

    p.feed(ResumeRequested())

    assert p.started == ["a", "b"]


def test_a_step_held_back_by_a_pause_can_be_cancelled(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}\nedges: [a -> b]").run().feed(PauseRequested()).finish("a")

    p.feed(CancelRequested()).feed(ResumeRequested())

    assert p.started == ["a"]
    assert p.end.status is RunStatus.CANCELLED


def test_a_wait_ends_with_its_timer(play):
    p = play("nodes: {w: {use: wait, with: {for: 1h}}, b: {use: t.do}}\nedges: [w -> b]").run()
    p.timers["w#wait"] = 3600

    p.fire("w#wait", "then")

    assert p.machine.activations[""].values == {"w": {"at": "then"}}
    assert p.alive == ["b"]


@pytest.mark.parametrize(
    "use", ["signal, with: {name: x}", "approval, with: {message: x}", "call, with: {workflow: x}"]
)
def test_a_wait_that_takes_too_long_fails_as_timed_out(play, use):
    p = play(
        f"nodes: {{w: {{use: {use}, timeout: 2d}}, late: {{use: t.do}}}}\nedges: [w.error/timed_out -> late]"
    ).run()
    assert p.timers == {"w#timeout": 172800}

    p.fire("w#timeout")

    assert p.stopped == ["w"]
    assert p.alive == ["late"]


def test_an_answer_in_time_forgets_the_timeout(play):
    p = play("nodes: {w: {use: approval, with: {message: x}, timeout: 2d}}").run()

    assert p.finish("w", {}, "approved").timers == {}


def test_a_trigger_that_is_not_there_is_a_bug_of_the_kernel(play):
    with pytest.raises(KernelBug, match="'nobody'"):
        play("nodes: {m: {use: manual}}").run("event", "nobody")


def test_a_run_that_names_no_trigger_starts_at_the_first(play):
    p = play("nodes: {m: {use: manual}, n: {use: manual}, a: {use: t.do}}\nedges: [n -> a]").run("event")

    assert p.notes == [StepStarted("m", 1), StepFinished("m", 1, "event"), StepSkipped("n"), StepSkipped("a")]
    assert p.end.status is RunStatus.SUCCEEDED


EACH = "nodes: {e: {use: foreach, with: {items: []}, body: {nodes: {a: {use: t.do}}}}}"


@pytest.mark.parametrize(
    "event",
    [
        StepStarted("gone", 1),
        StepStarted("e", 0),
        StepFinished("gone", 1, None),
        StepFinished("e", 1, None),
        StepFinished("e[0]/a", 2, None),
        StepFailed("e", 1, ErrorInfo("odd", "No")),
        TimerFired("gone#retry"),
        TimerFired("e[0]/a#retry"),
        TimerFired("e[0]/a#odd"),
        TimerFired("e#pause"),
        Decided("gone", 0, True),
        Decided("e[0]/a", 0, True),
        Decided("e[0]/a", 0, False, ErrorInfo("odd", "No")),
        BodyFinished("e[7]", None),
        BodyFailed("e[7]", ErrorInfo("odd", "No")),
        ItemAdded("gone", 1, "s"),
        ChildStarted("gone", "r2"),
        StepSkipped("e"),
        StepCancelled("e"),
    ],
    ids=repr,
)
def test_an_event_of_no_interest_changes_nothing(play, event):
    p = play(EACH, inputs={"e": {"items": [1]}}).run()

    assert list(p.machine.apply(event)) == []
    assert p.alive == ["e", "e[0]/a"]
    assert p.finish("e[0]/a", 1).end.output == {"e": [{"a": 1}]}


def test_a_finished_run_hears_nothing(play):
    p = play("nodes: {a: {use: t.do}}").run().finish("a")

    assert p.machine.apply(CancelRequested()) == ()


def test_a_call_remembers_its_run(play):
    p = play("nodes: {c: {use: call, with: {workflow: x}}}").run().feed(ChildStarted("c", "r2"))

    assert p.machine.steps["c"].child == "r2"


@pytest.mark.parametrize("body", ["", "e[0]"])
def test_an_output_that_cannot_be_evaluated_fails_what_it_is_the_output_of(play, body):
    p = play(EACH, inputs={"e": {"items": [1]}}).run()

    p.feed(BodyFailed(body, ErrorInfo("expression", "No")))

    assert p.end.error.kind == "expression"
    assert p.end.status is RunStatus.FAILED
