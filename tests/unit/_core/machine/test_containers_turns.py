"""Scopes with a lock take turns; a foreach grows by `more` and ends early by `until`."""

import pytest

from automata.model import CancelRequested, ErrorInfo, ItemAdded, RunStatus, StepCancelled
from automata.model import Decided as DecidedEvent

TURNS = """
nodes:
  a: {use: scope, with: {lock: card}, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}
  b: {use: scope, with: {lock: card}, timeout: 1m, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}
  c: {use: scope, with: {lock: other}, body: {nodes: {x: {use: t.do}}}}
"""
NESTED = """
nodes:
  a:
    use: scope
    with: {lock: card}
    body: {nodes: {i: {use: scope, with: {lock: card}, body: {nodes: {x: {use: t.do}}}}}}
"""
GROWS = "nodes: {e: {use: foreach, with: {items: [], more: found}, body: {nodes: {a: {use: t.do}}}}}"
ENOUGH = "nodes: {e: {use: foreach, with: {items: [], until: '${true}'}, body: {nodes: {a: {use: t.do}}}}}"
CARD = {"a": {"lock": "card"}, "b": {"lock": "card"}, "c": {"lock": "other"}, "a/i": {"lock": "card"}}


def turns(play):
    return play(TURNS, inputs=CARD).run()


def test_of_scopes_with_one_lock_one_runs_at_a_time(play):
    p = turns(play)
    assert p.alive == ["a", "a/x", "b", "c", "c/x"]

    p.finish("a/x")
    assert "b/x" not in p.alive

    p.finish("a~finally/f")
    assert p.alive == ["b", "b/x", "c", "c/x"]


def test_a_failed_scope_hands_its_lock_on(play):
    p = play(TURNS + "  d: {use: t.do}\nedges: [a.error -> d]\n", inputs=CARD).run()

    p.fail("a/x", "conflict").finish("a~finally/f")

    assert "b/x" in p.alive


def test_a_scope_inside_one_of_the_same_lock_does_not_wait(play):
    p = play(NESTED, inputs=CARD).run()

    assert p.alive == ["a", "a/i", "a/i/x"]


def test_stopping_a_run_opens_no_scope_that_waits(play):
    p = turns(play).feed(CancelRequested())
    assert p.alive == ["a", "a~finally/f"]

    p.finish("a~finally/f")

    assert p.end.status is RunStatus.CANCELLED
    assert [s for s in p.started if s.startswith("b")] == ["b"]
    assert StepCancelled("b") in p.notes


def test_a_scope_that_waits_too_long_for_its_turn_times_out(play):
    p = turns(play).fire("b#timeout")

    p.finish("a~finally/f")

    assert p.end.error.kind == "timed_out"
    assert p.end.error.node == "b"


def test_a_foreach_takes_items_while_it_runs_and_waits_for_them(play):
    p = play(GROWS, inputs={"e": {"items": [1], "concurrency": 9, "more": "found"}}).run()

    p.feed(ItemAdded("e", 2, "s1"))
    assert p.alive == ["e", "e[0]/a", "e[1]/a"]

    p.finish("e[0]/a", "x").finish("e[1]/a", "y")
    assert p.end.output == {"e": [{"a": "x"}, {"a": "y"}]}


def test_an_added_item_keeps_to_the_window(play):
    p = play(GROWS, inputs={"e": {"items": [1], "more": "found"}}).run()

    p.feed(ItemAdded("e", 2, "s1"))
    assert p.alive == ["e", "e[0]/a"]

    p.finish("e[0]/a")
    assert p.alive == ["e", "e[1]/a"]


def test_an_item_for_a_foreach_that_takes_none_changes_nothing(play):
    p = play(GROWS, inputs={"e": {"items": [1]}}).run()

    p.feed(ItemAdded("e", 2, "s1")).feed(ItemAdded("gone", 2, "s2"))

    assert p.alive == ["e", "e[0]/a"]


def enough(play, count, decisions, **parameters):
    inputs = {"e": {"items": list(range(count)), "concurrency": 9, **parameters}}
    return play(ENOUGH, inputs=inputs, decisions=decisions).run()


def test_a_foreach_with_enough_entries_stops_the_rest(play):
    p = enough(play, 3, [False, True]).finish("e[2]/a", "z").finish("e[0]/a", "x")

    assert p.stopped == ["e[1]/a"]
    assert p.end.output == {"e": [{"a": "x"}, None, {"a": "z"}]}


def test_a_foreach_with_enough_entries_starts_no_other(play):
    p = enough(play, 3, [True], concurrency=1).finish("e[0]/a", "x")

    assert p.started == ["e", "e[0]/a"]
    assert p.end.output == {"e": [{"a": "x"}, None, None]}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_foreach_that_never_has_enough_ends_with_all(play, count):
    p = enough(play, count, [False] * count)
    for i in range(count):
        p.finish(f"e[{i}]/a", i)

    assert p.end.output == {"e": [{"a": i} for i in range(count)]}


def test_a_tolerated_failure_is_an_entry_too(play):
    p = enough(play, 2, [True], tolerate=1).fail("e[0]/a", "conflict")

    assert p.end.output["e"][0]["error"]["class"] == "conflict"
    assert p.end.output["e"][1] is None


def test_an_until_that_cannot_be_evaluated_fails_the_foreach_and_stops_it(play):
    p = enough(play, 2, [False])
    p.feed(DecidedEvent("e", 0, False, ErrorInfo("expression", "No", "e", 1)))

    assert p.stopped == ["e[0]/a", "e[1]/a"]
    assert p.end.error.kind == "expression"


def test_until_knows_the_entries_so_far_in_item_order(play):
    p = enough(play, 3, [False, False]).finish("e[2]/a", "z").finish("e[0]/a", "x")

    assert p.machine.steps["e"].box.names() == {"results": [{"a": "x"}, {"a": "z"}]}


def test_a_race_of_disabled_branches_alone_is_won_by_the_first(play):
    nodes = "{a: {use: t.do, disabled: true}, b: {use: t.do, disabled: true}}"
    p = play(f"nodes: {{r: {{use: race, body: {{nodes: {nodes}}}}}}}").run()

    assert p.end.output == {"r": {"winner": "a", "output": None}}
