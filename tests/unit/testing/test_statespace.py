"""The oracle itself, on graphs small enough to say by hand what can happen."""

import pytest

from automata.model import Edge, Graph, Node, Port
from automata.testing.statespace import explore

PORTS = {"if": ("true", "false"), "switch": ("x", "otherwise"), "return": ()}


def ports(node):
    return tuple(Port(name) for name in PORTS.get(node.use, ("out",)))


def graph(edges, **nodes):
    made = {}
    for edge in edges:
        source, _, target = edge.partition(" -> ")
        start, _, port = source.partition(".")
        port, _, kind = (port or "out").partition("/")
        made[edge] = Edge(source=start, port=port, error_class=kind or None, target=target)
    names = dict.fromkeys([*nodes, *(id_ for edge in made.values() for id_ in (edge.source, edge.target))])
    return Graph(
        nodes={id_: Node(id=id_, **{"use": "set", **nodes.get(id_, {})}) for id_ in names}, edges=tuple(made.values())
    )


DIAMOND = ["a.true -> b", "a.false -> c", "b -> d", "c -> d"]


def test_after_a_choice_one_branch_runs_and_a_merge_waits_for_no_more():
    found = explore(graph(DIAMOND, a={"use": "if"}), ports)

    assert found.ran == {"a", "b", "c", "d"}
    assert {("d", "b"), ("d", "c")} <= found.without
    assert (found.starved, found.stuck) == ({}, False)


def test_joining_all_branches_of_a_choice_starves():
    found = explore(graph(DIAMOND, a={"use": "if"}, d={"join": "all"}), ports)

    assert found.starved == {"d": False}
    assert "d" not in found.ran


def test_what_starves_only_after_a_caught_error_is_told_apart():
    found = explore(graph(["a -> c", "b -> c", "a.error -> d"], c={"join": "all"}), ports)

    assert found.starved == {"c": True}
    assert {"c", "d"} <= found.ran


def test_joining_all_parallel_branches_waits_for_each():
    found = explore(graph(["a -> b", "a -> c", "b -> d", "c -> d"], d={"join": "all"}), ports)

    assert not {("d", "b"), ("d", "c")} & found.without
    assert (found.starved, found.unfinished) == ({}, set())


@pytest.mark.parametrize("need", ["any", 1])
def test_the_first_to_arrive_cancels_the_others(need):
    found = explore(graph(["a -> b", "a -> c", "b -> d", "c -> d"], d={"join": need, "cancel": True}), ports)

    assert {("d", "b"), ("d", "c")} <= found.without
    assert "b" in found.unfinished
    assert "d" not in found.unfinished


def test_a_switch_without_an_edge_for_otherwise_takes_a_case():
    closed = explore(graph(["a.x -> b"], a={"use": "switch"}), ports)
    open_ = explore(graph(["a.x -> b", "a.otherwise -> c"], a={"use": "switch"}), ports)

    assert closed.unfinished == set()
    assert {"b", "c"} <= open_.unfinished


def test_a_disabled_node_is_passed_over():
    found = explore(graph(["a -> b", "b -> c", "b.error -> d"], b={"disabled": True}), ports)

    assert ("c", "b") in found.without
    assert "d" not in found.ran


def test_a_return_ends_the_run():
    found = explore(graph(["a -> b", "a -> c"], b={"use": "return"}), ports)

    assert "b" in found.ran
    assert found.stuck is False


def test_alternatives_of_entry_start_one_at_a_time():
    shape = graph(["a -> c", "b -> c"])

    found = explore(shape, ports, [["a"], ["b"]])

    assert {("c", "a"), ("c", "b")} <= found.without
    assert found.states > 2
