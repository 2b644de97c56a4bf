"""Errors, retries, cancellation, compensation, the end of the run."""

import pytest

from automata.model import CancelRequested, Resolved, RunStatus, StepCancelled

RETRIED = "nodes: {a: {use: t.do, retry: {attempts: 3, initial: 1s, factor: 2, jitter: none}}}"
SAGA = """
nodes:
  a: {use: t.do, compensate: {use: t.do}}
  b: {use: t.do, compensate: {use: t.do}}
  c: {use: t.do}
edges: [a -> b -> c]
"""


def test_an_error_nobody_catches_fails_the_run_and_stops_the_rest(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}").run().fail("a", "conflict")

    assert p.stopped == ["b"]
    assert p.end.status is RunStatus.FAILED
    assert p.end.error.kind == "conflict"
    assert p.end.error.node == "a"


def test_an_error_edge_of_the_class_wins_over_the_general_one(play):
    text = """
        nodes: {a: {use: t.do}, x: {use: t.do}, y: {use: t.do}, z: {use: t.do}}
        edges: [a.error/conflict -> x, a.error -> y, a -> z]
    """
    assert play(text).run().fail("a", "conflict").alive == ["x"]
    assert play(text).run().fail("a", "transient").alive == ["y"]


def test_the_error_a_branch_handles_is_visible_downstream_of_its_edge_only(play):
    text = "nodes: {a: {use: t.do}, x: {use: t.do}, y: {use: t.do}, z: {use: t.do}}\nedges: [a.error -> x -> y]"
    p = play(text).run().fail("a", "conflict").finish("x")

    root, nodes = p.machine.activations[""], p.machine.plan.graph.index

    assert p.machine.lookup(root, nodes["y"], "error")["class"] == "conflict"
    with pytest.raises(KeyError):
        p.machine.lookup(root, nodes["z"], "error")


def test_a_failed_attempt_is_tried_again_after_its_delay(play):
    p = play(RETRIED).run().fail("a")
    assert p.timers == {"a#retry": 1.0}

    p.fire("a#retry").fail("a")
    assert p.timers == {"a#retry": 2.0}

    p.fire("a#retry").finish("a", "done")
    assert p.started == ["a", "a", "a"]
    assert p.end.output == {"a": "done"}


def test_the_last_attempt_fails_the_step(play):
    p = play(RETRIED).run().fail("a").fire("a#retry").fail("a").fire("a#retry").fail("a")

    assert p.end.status is RunStatus.FAILED
    assert p.end.error.attempt == 3


def test_a_class_not_worth_a_try_is_not_tried_again(play):
    assert play(RETRIED).run().fail("a", "invalid_input").end.status is RunStatus.FAILED


def test_an_unsafe_step_is_tried_again_only_when_nothing_was_sent(play):
    text = "nodes: {a: {use: t.pay, retry: {}}}"

    assert play(text).run().fail("a", sent=True).end.status is RunStatus.FAILED
    assert list(play(text).run().fail("a", sent=False).timers) == ["a#retry"]


def test_cancelling_stops_what_runs_and_what_waits_for_its_next_attempt(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do, retry: {}}}").run().fail("b")

    p.feed(CancelRequested())

    assert p.stopped == ["a"]
    assert p.timers == {}
    assert [type(n) for n in p.notes] == [StepCancelled, StepCancelled]
    assert p.end.status is RunStatus.CANCELLED


def test_cancelling_twice_ends_once(play):
    p = play("nodes: {a: {use: t.do}}").run().feed(CancelRequested())
    end = p.end

    p.feed(CancelRequested())

    assert p.end is end


def test_a_completion_that_came_first_stands(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}").run().finish("a", 1).feed(CancelRequested())

    assert p.machine.activations == {}
    assert p.end.status is RunStatus.CANCELLED
    assert [n.step for n in p.notes] == ["b"]


def test_compensations_run_one_by_one_newest_first_when_the_run_fails(play):
    p = play(SAGA).run().finish("a").finish("b").fail("c", "conflict")
    assert p.alive == ["b~undo"]

    p.finish("b~undo")
    assert p.alive == ["a~undo"]

    p.finish("a~undo")
    assert p.end.status is RunStatus.FAILED


def test_compensations_run_when_the_run_is_cancelled(play):
    p = play(SAGA).run().finish("a").feed(CancelRequested())
    assert p.alive == ["a~undo"]

    assert p.finish("a~undo").end.status is RunStatus.CANCELLED


def test_compensations_do_not_run_when_the_run_succeeds(play):
    p = play(SAGA).run().finish("a").finish("b").finish("c")

    assert p.end.status is RunStatus.SUCCEEDED


def test_a_failed_compensation_is_kept_with_the_error_and_the_others_go_on(play):
    p = play(SAGA).run().finish("a").finish("b").fail("c", "conflict").fail("b~undo", "not_found")
    assert p.alive == ["a~undo"]

    p.finish("a~undo")

    assert p.end.error.kind == "conflict"
    assert [e["class"] for e in p.end.error.details["compensation_errors"]] == ["not_found"]


def test_the_node_named_by_errors_runs_after_a_failure_with_its_error(play):
    p = play("nodes: {a: {use: t.do}, h: {use: t.do}, i: {use: t.do}}\nedges: [h -> i]\nerrors: h").run()
    assert p.started == ["a"]

    p.fail("a", "conflict")
    root = p.machine.activations[""]
    assert p.alive == ["h"]
    assert p.machine.lookup(root, root.graph.index["h"], "error")["class"] == "conflict"

    p.finish("h").finish("i")
    assert p.end.status is RunStatus.FAILED
    assert p.end.error.kind == "conflict"


def test_an_error_handler_that_fails_does_not_hide_the_first_error(play):
    p = play("nodes: {a: {use: t.do}, h: {use: t.do}}\nerrors: h").run().fail("a", "conflict").fail("h", "bug")

    assert p.end.error.kind == "conflict"


def test_return_ends_the_run_as_succeeded_and_stops_the_rest(play):
    p = play("nodes: {a: {use: t.do}, r: {use: return}}").run().finish("r", 42)

    assert p.stopped == ["a"]
    assert p.end.status is RunStatus.SUCCEEDED
    assert p.end.output == 42


def test_return_inside_a_body_ends_the_whole_run(play):
    p = play(
        "nodes: {e: {use: foreach, with: {items: []}, body: {nodes: {r: {use: return}}}}, o: {use: t.do}}",
        inputs={"e": {"items": [1, 2], "concurrency": 2}},
    ).run()

    p.finish("e[0]/r", "enough")

    assert sorted(p.stopped) == ["e[1]/r", "o"]
    assert p.end.output == "enough"


def test_a_run_that_takes_too_long_ends_as_timed_out(play):
    p = play("nodes: {a: {use: t.do}}\nsettings: {timeout: 1h}").run()
    assert p.timers == {"#timeout": 3600}

    p.fire("#timeout")

    assert p.stopped == ["a"]
    assert p.end.status is RunStatus.TIMED_OUT


def test_a_finished_run_forgets_its_timeout(play):
    assert play("nodes: {a: {use: t.do}}\nsettings: {timeout: 1h}").run().finish("a").timers == {}


def test_a_run_that_parks_on_errors_keeps_its_compensations_for_a_person(play):
    p = play(SAGA + "settings: {on_error: park}\n").run().finish("a").fail("b", "conflict")

    assert (p.end, list(p.machine.parked), p.started) == (None, ["b"], ["a", "b"])


@pytest.mark.parametrize("choice", ["retry", "done", "fail"])
def test_a_person_chooses_how_a_parked_step_goes_on(play, choice):
    p = play(SAGA + "settings: {on_error: park}\n").run().finish("a").fail("b", "conflict")

    p.feed(Resolved("b", choice, 7))

    assert p.machine.parked == {}
    assert p.started == {"retry": ["a", "b", "b"], "done": ["a", "b", "c"], "fail": ["a", "b", "a~undo"]}[choice]


def test_a_parked_step_is_stopped_with_its_run(play):
    p = play(SAGA + "settings: {on_error: park}\n").run().finish("a").fail("b", "conflict")
    p.feed(CancelRequested()).finish("a~undo")

    assert (p.end.status, p.machine.parked) == (RunStatus.CANCELLED, {})


HANDLED = """
nodes:
  a: {use: t.do, compensate: {use: t.do}}
  b: {use: t.do}
  h: {use: scope, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}
  i: {use: t.do}
edges: [a -> b, h -> i]
errors: h
settings: {timeout: 1h}
"""


@pytest.mark.parametrize("stop", [lambda p: p.feed(CancelRequested()), lambda p: p.fire("#timeout")])
def test_an_error_handler_can_be_stopped_and_the_run_ends_with_its_first_error(play, stop):
    p = play(HANDLED).run().finish("a").fail("b", "conflict").finish("a~undo")
    assert p.alive == ["h", "h/x"]

    stop(p)
    assert p.alive == ["h", "h~finally/f"]

    p.finish("h~finally/f")
    assert "i" not in p.started
    assert p.end.status is RunStatus.FAILED
    assert p.end.error.kind == "conflict"
    assert p.timers == {}


@pytest.mark.parametrize("stop", [lambda p: p.feed(CancelRequested()), lambda p: p.fire("#timeout")])
def test_compensations_are_finished_whoever_wants_to_stop_them(play, stop):
    p = play(HANDLED).run().finish("a").fail("b", "conflict")

    stop(p)
    assert p.alive == ["a~undo"]

    p.finish("a~undo").finish("h/x").finish("h~finally/f").finish("i")
    assert p.end.error.kind == "conflict"


def test_a_handler_that_returns_leaves_the_outcome_as_it_is(play):
    text = (
        "nodes: {a: {use: t.do}, h: {use: t.do}, r: {use: return}, x: {use: t.do}}\nedges: [h -> r, h -> x]\nerrors: h"
    )
    p = play(text).run().fail("a", "conflict").finish("h").finish("r", 1)

    assert p.stopped == ["x"]
    assert p.end.status is RunStatus.FAILED
    assert p.end.error.kind == "conflict"


def test_what_is_stopping_already_is_not_stopped_twice(play):
    scope = "{use: scope, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}"
    p = play(f"""
        nodes: {{a: {{use: t.do}}, s: {scope}, j: {{use: t.do, join: any, cancel: true}}}}
        edges: [a -> j, s -> j]
    """).run()
    p.finish("a")
    assert p.alive == ["j", "s", "s~finally/f"]

    p.feed(CancelRequested()).finish("s~finally/f")

    assert [n.step for n in p.notes if isinstance(n, StepCancelled)] == ["s/x", "j", "s"]
    assert p.end.status is RunStatus.CANCELLED


def test_a_compensation_that_fails_after_a_cancel_is_the_error_of_the_run(play):
    p = play(SAGA).run().finish("a").feed(CancelRequested()).fail("a~undo", "not_found")

    assert (p.end.status, p.end.error.kind) == (RunStatus.CANCELLED, "not_found")


def test_every_compensation_that_failed_is_told(play):
    p = play(SAGA).run().finish("a").finish("b").fail("c", "conflict").fail("b~undo", "odd").fail("a~undo", "even")

    assert [e["class"] for e in p.end.error.details["compensation_errors"]] == ["odd", "even"]
