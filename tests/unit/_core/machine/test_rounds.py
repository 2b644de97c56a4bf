"""foreach and loop."""

import pytest

from automata.model import CancelRequested, RunStatus

EACH = "nodes: {e: {use: foreach, with: {items: []}, body: {nodes: {a: {use: t.do}}}}}"
LOOP = "nodes: {{l: {{use: loop, with: {{{}}}, body: {{nodes: {{a: {{use: t.do}}}}}}}}}}"


def each(play, count, **parameters):
    return play(EACH, inputs={"e": {"items": list(range(count)), **parameters}}).run()


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
