"""Edges, joins, dead paths."""

import pytest

from automata.model import RunStatus, StepSkipped


def fork(join, extra=""):
    edges = "s -> a, s -> b, s -> c, a -> j, b -> j, c -> j"
    return f"""
nodes: {{s: {{use: t.do}}, a: {{use: t.do}}, b: {{use: t.do}}, c: {{use: t.do}}, j: {{use: t.do, join: {join}{extra}}}}}
edges: [{edges}]
"""


def test_a_chain_runs_in_order_and_ends_with_the_run(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do}}\nedges: [a -> b]").run()

    p.finish("a", 1).finish("b", 2)

    assert p.started == ["a", "b"]
    assert p.end.status is RunStatus.SUCCEEDED
    assert p.end.output == {"a": 1, "b": 2}


def test_a_branch_not_taken_is_skipped_and_death_propagates(play):
    p = play("""
        nodes: {a: {use: if, with: {condition: true}}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do}}
        edges: [a.true -> b, a.false -> c -> d]
    """).run()

    p.finish("a", True, "true")

    assert p.notes == [StepSkipped("c"), StepSkipped("d")]
    assert p.alive == ["b"]


def test_merge_waits_for_every_branch_that_is_alive(play):
    p = play(fork("merge")).run().finish("s").finish("a").finish("b")
    assert "j" not in p.started

    p.finish("c")

    assert "j" in p.started


def test_merge_runs_after_an_exclusive_choice(play):
    p = play("""
        nodes: {a: {use: if, with: {condition: true}}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do}}
        edges: [a.true -> b -> d, a.false -> c -> d]
    """).run()

    p.finish("a", False, "false").finish("c")

    assert p.alive == ["d"]


@pytest.mark.parametrize(("join", "needed"), [("any", 1), ("2", 2), ("all", 3), ("3", 3)])
def test_a_join_runs_when_as_many_edges_as_it_asks_for_are_taken(play, join, needed):
    p = play(fork(join)).run().finish("s")

    for i, node in enumerate(["a", "b", "c"], 1):
        p.finish(node)
        assert ("j" in p.started) is (i >= needed)


def test_a_join_runs_once_however_many_arrive_later(play):
    p = play(fork("any")).run().finish("s").finish("a").finish("b").finish("j").finish("c")

    assert p.started.count("j") == 1
    assert p.end.status is RunStatus.SUCCEEDED


def test_a_join_that_cannot_be_satisfied_any_more_is_skipped(play):
    p = play("""
        nodes: {a: {use: if, with: {condition: true}}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do, join: all}}
        edges: [a.true -> b -> d, a.false -> c -> d]
    """).run()

    p.finish("a", True, "true").finish("b")

    assert StepSkipped("d") in p.notes
    assert p.end.status is RunStatus.SUCCEEDED


def test_a_cancelling_join_stops_what_leads_only_to_it(play):
    p = play(fork("any", ", cancel: true")).run().finish("s")

    p.finish("b")

    assert sorted(p.stopped) == ["a", "c"]
    assert p.alive == ["j"]


def test_a_cancelling_join_leaves_alone_what_leads_elsewhere_too(play):
    p = play("""
        nodes: {a: {use: t.do}, b: {use: t.do}, other: {use: t.do}, j: {use: t.do, join: any, cancel: true}}
        edges: [a -> j, b -> j, b -> other]
    """).run()

    p.finish("a")

    assert p.stopped == []
    assert p.alive == ["b", "j"]


def test_a_cancelling_join_keeps_what_has_not_started_from_starting(play):
    p = play("""
        nodes: {a: {use: t.do}, b: {use: t.do}, c: {use: t.do}, j: {use: t.do, join: any, cancel: true}}
        edges: [a -> j, b -> c -> j]
    """).run()

    p.finish("a").finish("j")

    assert "c" not in p.started
    assert p.end.status is RunStatus.SUCCEEDED


def test_a_disabled_node_passes_on_without_running(play):
    p = play("nodes: {a: {use: t.do}, b: {use: t.do, disabled: true}, c: {use: t.do}}\nedges: [a -> b -> c]").run()

    p.finish("a")

    assert p.started == ["a", "c"]


def test_a_chain_of_two_thousand_skipped_nodes_does_not_recurse(play):
    nodes = "\n".join(f"  n{i}: {{use: t.do}}" for i in range(1998))
    chain = " -> ".join(f"n{i}" for i in range(1998))
    choice = "  c: {use: if, with: {condition: true}}\n  y: {use: t.do}"
    p = play(f"nodes:\n{choice}\n{nodes}\nedges: [c.true -> y, c.false -> {chain}]")

    p.run().finish("c", True, "true")

    assert len(p.notes) == 1998


def test_a_port_a_node_does_not_have_is_a_bug_of_the_node(play):
    p = play("nodes: {a: {use: t.do}}").run().finish("a", 1, "sideways")

    assert p.end.error.kind == "bug"
    assert "sideways" in p.end.error.message


def test_a_switch_without_a_fitting_case_and_without_otherwise_fails_with_no_match(play):
    p = play("""
        nodes: {s: {use: switch, with: {cases: [{name: one, when: "${false}"}]}}, a: {use: t.do}}
        edges: [s.one -> a]
    """).run()

    p.finish("s", "otherwise", "otherwise")

    assert p.end.error.kind == "no_match"
