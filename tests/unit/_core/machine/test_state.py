"""What steps and bodies keep between two events."""

import pytest

from automata._core.machine.state import Activation, ForeachBox, LoopBox, Step, allowed_failures


@pytest.mark.parametrize(
    ("tolerate", "total", "allowed"), [(0, 9, 0), (2, 9, 2), ("10%", 9, 0), ("10%", 20, 2), ("100%", 3, 3)]
)
def test_a_percentage_of_failures_is_rounded_down(tolerate, total, allowed):
    assert allowed_failures(tolerate, total) == allowed


@pytest.mark.parametrize("tolerate", ["10", "x%", "%", -1, 1.5, True, None, [1]])
def test_what_is_neither_a_number_nor_a_percentage_is_no_tolerance(tolerate):
    with pytest.raises(ValueError, match="'tolerate' is"):
        allowed_failures(tolerate, 10)


def box(count, batch=1, **more):
    return ForeachBox(list(range(count)), name="item", concurrency=1, batch=batch, **{"tolerate": 0, **more})


@pytest.mark.parametrize(
    ("count", "batch", "bodies"),
    [(0, 1, []), (2, 1, [0, 1]), (5, 2, [[0, 1], [2, 3], [4]]), (4, 2, [[0, 1], [2, 3]]), (1, 9, [[0]])],
)
def test_items_are_dealt_out_one_by_one_or_in_batches(count, batch, bodies):
    b = box(count, batch)

    assert [b.item(i) for i in range(b.total)] == bodies


def test_an_added_item_has_a_body_and_a_result_of_its_own():
    b = box(1, more="found")
    b.add("x")

    assert (b.total, b.item(1), b.results) == (2, "x", [None, None])


def test_no_item_is_wanted_once_there_is_enough_or_an_error():
    b = box(1, more="found")
    assert b.wanted == "found"

    b.enough = True
    assert b.wanted is None
    assert box(1).wanted is None


def test_conditions_see_the_entries_known_in_item_order_or_the_round_before():
    b = box(3)
    b.results[2], b.results[0] = "c", "a"
    b.known = {2, 0}

    assert b.names() == {"results": ["a", "c"]}
    assert LoopBox(last=7, maximum=9, pause_s=None).names() == {"last": 7, "index": 0}


def test_an_activation_is_looked_at_from_the_inside_out(play):
    machine = play("nodes: {s: {use: scope, body: {nodes: {a: {use: t.do}}}}}").run().machine
    inner = machine.steps["s/a"].activation

    assert [here.address for here in inner.chain()] == ["s", ""]
    assert isinstance(inner, Activation)
    assert isinstance(inner.owner, Step)
    assert (inner.prefix, inner.live, inner.values) == ("s/", 1, {})
