"""foreach, loop, race, scope, and each inside the other."""

import pytest

from automata.model import CancelRequested, RunStatus, StepFinished

EACH = "nodes: {e: {use: foreach, with: {items: []}, body: {nodes: {a: {use: t.do}}}}}"
LOOP = "nodes: {{l: {{use: loop, with: {{{}}}, body: {{nodes: {{a: {{use: t.do}}}}}}}}}}"
RACE = """
nodes:
  r:
    use: race
    body:
      nodes: {a: {use: t.do}, b: {use: t.do}, c: {use: t.do}}
      edges: [b -> c]
"""
SCOPE = """
nodes:
  s:
    use: scope
    body: {nodes: {a: {use: t.do}}}
    finally: {nodes: {f: {use: t.do}}}
"""


def each(play, count, **parameters):
    return play(EACH, inputs={"e": {"items": list(range(count)), **parameters}}).run()


def derived(p, address):
    return [n for n in p.notes if isinstance(n, StepFinished) and n.step == address]


def test_foreach_of_nothing_is_an_empty_list(play):
    p = each(play, 0)

    assert p.end.output == {"e": []}


def test_foreach_runs_one_item_after_the_other_unless_told_otherwise(play):
    p = each(play, 3)
    assert p.alive == ["e", "e[0]/a"]

    p.finish("e[0]/a", "x")
    assert p.alive == ["e", "e[1]/a"]


def test_foreach_keeps_its_window_full_and_its_results_in_item_order(play):
    p = each(play, 4, concurrency=2)
    assert p.alive == ["e", "e[0]/a", "e[1]/a"]

    p.finish("e[1]/a", "one").finish("e[2]/a", "two").finish("e[0]/a", "zero").finish("e[3]/a", "three")

    assert p.end.output == {"e": [{"a": "zero"}, {"a": "one"}, {"a": "two"}, {"a": "three"}]}


def test_the_body_of_a_foreach_sees_its_item_and_index(play):
    p = play(EACH, inputs={"e": {"items": ["x", "y"], "as": "letter", "concurrency": 2}}).run()
    body = p.machine.activations["e[1]"]

    assert p.machine.lookup(body, 0, "letter") == "y"
    assert p.machine.lookup(body, 0, "index") == 1


def test_a_batch_hands_several_items_to_one_body(play):
    p = each(play, 5, batch=2, concurrency=9)

    assert [p.machine.activations[f"e[{i}]"].locals["item"] for i in range(3)] == [[0, 1], [2, 3], [4]]


def test_a_failed_item_fails_the_foreach_and_stops_the_others(play):
    p = each(play, 5, concurrency=2).fail("e[0]/a", "conflict")

    assert p.stopped == ["e[1]/a"]
    assert p.started == ["e", "e[0]/a", "e[1]/a"]
    assert p.end.error.kind == "conflict"
    assert p.end.error.node == "e[0]/a"


def test_tolerated_failures_stand_in_the_result(play):
    p = each(play, 3, tolerate=1).finish("e[0]/a", 1).fail("e[1]/a", "conflict").finish("e[2]/a", 3)

    result = p.end.output["e"]
    assert result[0] == {"a": 1}
    assert result[1]["error"]["class"] == "conflict"


def test_one_failure_more_than_tolerated_fails_the_foreach(play):
    p = each(play, 3, tolerate=1).fail("e[0]/a", "conflict").fail("e[1]/a", "not_found")

    assert p.end.error.kind == "not_found"


def test_items_that_are_not_a_list_are_invalid_input(play):
    p = play(EACH, inputs={"e": {"items": "abc"}}).run()

    assert p.end.error.kind == "invalid_input"


def test_until_tries_its_condition_after_each_round(play):
    p = play(LOOP.format("until: '${true}'"), decisions=[False, True]).run()

    p.finish("l[0]/a", 1).finish("l[1]/a", 2)

    assert p.end.output == {"l": {"a": 2}}


def test_while_tries_its_condition_before_each_round(play):
    p = play(LOOP.format("while: '${true}'"), inputs={"l": {"initial": "first"}}, decisions=[False]).run()

    assert p.started == ["l"]
    assert p.end.output == {"l": "first"}


def test_the_body_of_a_loop_sees_the_round_before(play):
    p = play(LOOP.format("until: '${true}'"), inputs={"l": {"initial": "first"}}, decisions=[False]).run()
    assert p.machine.activations["l[0]"].locals == {"last": "first", "index": 0}

    p.finish("l[0]/a", "x")
    assert p.machine.activations["l[1]"].locals == {"last": {"a": "x"}, "index": 1}


@pytest.mark.parametrize(("kind", "decisions"), [("until", [False, False]), ("while", [True, True, True])])
def test_too_many_rounds_are_an_error(play, kind, decisions):
    p = play(LOOP.format(f"{kind}: '${{true}}'"), inputs={"l": {"max": 2}}, decisions=decisions).run()

    p.finish("l[0]/a").finish("l[1]/a")

    assert p.end.error.kind == "loop_limit"


def test_a_loop_pauses_between_rounds(play):
    p = play(LOOP.format("until: '${true}'"), inputs={"l": {"every": "5m"}}, decisions=[False]).run().finish("l[0]/a")
    assert p.timers == {"l#pause": 300}

    p.fire("l#pause")

    assert p.alive == ["l", "l[1]/a"]


def test_a_loop_cancelled_in_its_pause_forgets_it(play):
    p = play(LOOP.format("until: '${true}'"), inputs={"l": {"every": "5m"}}, decisions=[False]).run().finish("l[0]/a")

    p.feed(CancelRequested())

    assert p.timers == {}
    assert p.end.status is RunStatus.CANCELLED


def test_the_first_branch_to_reach_its_end_wins_the_race(play):
    p = play(RACE).run().finish("r/b").finish("r/a", "mine")

    assert p.stopped == ["r/c"]
    assert p.end.output == {"r": {"winner": "a", "output": "mine"}}


def test_a_branch_wins_with_the_output_of_its_last_step(play):
    p = play(RACE).run().finish("r/b", "early").finish("r/c", "late")

    assert p.end.output == {"r": {"winner": "b", "output": "late"}}


def test_a_failed_branch_is_out_of_the_race(play):
    p = play(RACE).run().fail("r/a", "conflict")
    assert p.alive == ["r", "r/b"]

    p.finish("r/b").finish("r/c", 1)

    assert p.end.output["r"]["winner"] == "b"


def test_a_race_without_a_winner_fails_with_the_last_error(play):
    p = play(RACE).run().fail("r/a", "conflict").fail("r/b", "not_found")

    assert p.end.error.kind == "not_found"


def test_a_scope_gives_the_output_of_its_body_after_its_finally(play):
    p = play(SCOPE).run().finish("s/a", 1)
    assert p.alive == ["s", "s~finally/f"]

    p.finish("s~finally/f")

    assert p.end.output == {"s": {"a": 1}}


def test_finally_runs_when_the_body_fails_and_sees_the_error(play):
    p = play(SCOPE).run().fail("s/a", "conflict")
    assert p.machine.activations["s~finally"].locals["error"]["class"] == "conflict"

    p.finish("s~finally/f")

    assert p.end.error.kind == "conflict"


def test_finally_runs_when_the_run_is_cancelled(play):
    p = play(SCOPE).run().feed(CancelRequested())
    assert p.stopped == ["s/a"]
    assert p.alive == ["s", "s~finally/f"]

    p.finish("s~finally/f")

    assert p.end.status is RunStatus.CANCELLED


def test_finally_that_has_begun_is_not_cut_short_by_a_cancellation(play):
    p = play(SCOPE).run().finish("s/a").feed(CancelRequested())
    assert p.stopped == []

    assert p.finish("s~finally/f").end.status is RunStatus.CANCELLED


def test_a_failing_finally_fails_the_scope(play):
    p = play(SCOPE).run().finish("s/a").fail("s~finally/f", "conflict")

    assert p.end.error.kind == "conflict"


def test_variables_of_a_scope_hide_those_around_it(play):
    text = "vars: {x: 1, y: 2}\nnodes: {s: {use: scope, body: {nodes: {a: {use: t.do}}}}}"
    p = play(text, inputs={"s": {"vars": {"x": 9}}}).run()

    assert p.machine.lookup(p.machine.activations["s"], 0, "vars") == {"x": 9, "y": 2}


def test_a_timeout_stops_the_body_and_can_be_caught(play):
    text = """
        nodes:
          e: {use: foreach, with: {items: []}, timeout: 1m, body: {nodes: {a: {use: t.do}}}}
          late: {use: t.do}
        edges: [e.error/timed_out -> late]
    """
    p = play(text, inputs={"e": {"items": [1, 2, 3], "concurrency": 2}}).run().fire("e#timeout")

    assert sorted(p.stopped) == ["e[0]/a", "e[1]/a"]
    assert p.alive == ["late"]


def test_the_timeout_of_a_scope_still_runs_its_finally(play):
    p = play(SCOPE.replace("use: scope", "use: scope\n    timeout: 1m")).run().fire("s#timeout")
    assert p.alive == ["s", "s~finally/f"]

    assert p.finish("s~finally/f").end.error.kind == "timed_out"


def test_a_node_with_a_body_can_be_tried_again(play):
    text = EACH.replace("use: foreach", "use: foreach, retry: {on: [conflict], jitter: none}")
    p = play(text, inputs={"e": {"items": [1]}}).run().fail("e[0]/a", "conflict").fire("e#retry")
    assert p.alive == ["e", "e@2[0]/a"]

    assert p.finish("e@2[0]/a", 7).end.output == {"e": [{"a": 7}]}


def test_bodies_nest(play):
    text = """
        nodes:
          e:
            use: foreach
            with: {items: []}
            body:
              nodes:
                s:
                  use: scope
                  body: {nodes: {r: {use: race, body: {nodes: {a: {use: t.do}, b: {use: t.do}}}}}}
                  finally: {nodes: {f: {use: t.do}}}
    """
    p = play(text, inputs={"e": {"items": [1, 2]}}).run()
    assert p.alive == ["e", "e[0]/s", "e[0]/s/r", "e[0]/s/r/a", "e[0]/s/r/b"]

    p.finish("e[0]/s/r/b", "b").finish("e[0]/s~finally/f").finish("e[1]/s/r/a", "a").finish("e[1]/s~finally/f")

    assert [x["s"]["r"]["winner"] for x in p.end.output["e"]] == ["b", "a"]


def test_cancelling_reaches_the_innermost_step(play):
    scope = "{use: scope, body: {nodes: {a: {use: t.do}}}}"
    text = f"nodes: {{e: {{use: foreach, with: {{items: []}}, body: {{nodes: {{s: {scope}}}}}}}}}"
    p = play(text, inputs={"e": {"items": [1, 2], "concurrency": 2}}).run().feed(CancelRequested())

    assert sorted(p.stopped) == ["e[0]/s/a", "e[1]/s/a"]
    assert p.alive == []
    assert p.end.status is RunStatus.CANCELLED


def test_what_the_machine_performs_itself_is_written_down_once(play):
    p = each(play, 2, concurrency=2).finish("e[0]/a").finish("e[1]/a")

    assert len(derived(p, "e")) == 1


SAFE = "{use: scope, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}"
GUARDED = f"nodes: {{e: {{use: foreach, with: {{items: []}}, body: {{nodes: {{a: {{use: t.do}}, s: {SAFE}}}}}}}}}"


def race(play, nodes, edges):
    return play(f"nodes: {{r: {{use: race, body: {{nodes: {nodes}, edges: [{edges}]}}}}}}").run()


def test_a_branch_that_catches_its_error_stays_in_the_race(play):
    p = race(play, "{a: {use: t.do}, b: {use: t.do}, c: {use: t.do}}", "a.error -> c").fail("r/a", "conflict")
    assert p.alive == ["r", "r/b", "r/c"]

    assert p.finish("r/c", 1).end.output == {"r": {"winner": "a", "output": 1}}


def test_a_branch_that_fails_takes_what_else_runs_in_it_along(play):
    p = race(play, "{a: {use: t.do}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do}}", "a -> b, a -> c")
    p.finish("r/a").fail("r/b", "conflict")

    assert p.stopped == ["r/c"]
    assert p.finish("r/d", 2).end.output == {"r": {"winner": "d", "output": 2}}


def test_a_stopped_race_waits_for_the_finally_of_its_branches(play):
    p = race(play, f"{{a: {SAFE}, b: {{use: t.do}}}}", "").feed(CancelRequested())
    assert p.alive == ["r", "r/a", "r/a~finally/f"]

    assert p.finish("r/a~finally/f").end.status is RunStatus.CANCELLED


def guarded(play, **parameters):
    return play(GUARDED, inputs={"e": {"items": [0, 1, 2], "concurrency": 3, **parameters}}).run()


def test_a_failing_foreach_waits_for_the_finally_of_each_body(play):
    p = guarded(play).fail("e[0]/a", "conflict").finish("e[0]/s~finally/f")
    assert p.alive == ["e", "e[1]/s", "e[1]/s~finally/f", "e[2]/s", "e[2]/s~finally/f"]

    p.finish("e[2]/s~finally/f").finish("e[1]/s~finally/f")

    assert p.end.error.kind == "conflict"


def test_a_cancel_while_a_foreach_is_failing_cuts_no_finally_short(play):
    p = guarded(play).fail("e[0]/a", "conflict").finish("e[0]/s~finally/f").feed(CancelRequested())
    assert p.stopped == ["e[0]/s/x", "e[1]/a", "e[1]/s/x", "e[2]/a", "e[2]/s/x"]

    p.finish("e[1]/s~finally/f").finish("e[2]/s~finally/f")

    assert p.end.status is RunStatus.CANCELLED


def test_a_foreach_with_enough_waits_for_a_body_that_is_failing(play):
    text = GUARDED.replace("items: []", "items: [], until: '${true}'")
    p = play(text, inputs={"e": {"items": [0, 1], "concurrency": 2}}, decisions=[True]).run()
    p.fail("e[0]/a", "conflict")

    assert p.finish("e[0]/s~finally/f").alive == ["e", "e[1]/s", "e[1]/s~finally/f"]
    assert p.finish("e[1]/s~finally/f").end.error.kind == "conflict"
