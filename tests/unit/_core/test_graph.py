"""Pure questions about the shape of a graph."""

from __future__ import annotations

import pytest

from automata._core.graph import ancestors, exclusive, find_cycle, link, reachable, topological_order, upstream_of
from automata.model import Edge, Graph, Node


def graph(*edges, nodes=()):
    ids = dict.fromkeys([*nodes, *(id_ for edge in edges for id_ in edge.split())])
    pairs = tuple(Edge(source=e.split()[0], target=e.split()[1]) for e in edges)
    return Graph(nodes={id_: Node(id=id_, use="set") for id_ in ids}, edges=pairs)


def test_every_edge_points_forward_and_branches_stay_together():
    assert topological_order(graph("a b", "a c", "b d", "c e", "d j", "e j")) == ("a", "b", "d", "c", "e", "j")


def test_an_order_of_nothing_is_empty():
    assert topological_order(graph()) == ()


@pytest.mark.parametrize(
    ("edges", "ring"),
    [
        (("a b", "b a"), ("a", "b")),
        (("s a", "a b", "b c", "c a"), ("a", "b", "c")),
        (("z z", "c d", "d c"), ("c", "d")),
        (("a a", "a b", "b a"), ("a", "b")),
        (("b b",), ("b",)),
        (("a b", "b c"), None),
    ],
)
def test_a_cycle_is_found_by_its_first_node(edges, ring):
    assert find_cycle(graph(*edges)) == ring


def test_edges_to_unknown_nodes_are_left_out():
    broken = Graph(nodes={"a": Node(id="a", use="set")}, edges=(Edge(source="a", target="b"),))

    assert link(broken).outgoing == {"a": ()}


def test_roots_and_joins_are_told_in_document_order():
    links = link(graph("b j", "a j"))

    assert links.roots == ("b", "a")
    assert links.joins == ("j",)


def test_ancestors_are_those_from_which_a_way_leads():
    drawn = graph("a b", "b c", "x c")
    upstream = ancestors(drawn, topological_order(drawn))

    assert upstream.has("c", "a")
    assert not upstream.has("a", "c")
    assert not upstream.has("c", "c")
    assert not upstream.has("c", "unknown")
    assert set(upstream.of("c")) == {"a", "b", "x"}


def test_ways_lead_forward_and_back():
    links = link(graph("a b", "b c", "x c"))

    assert reachable(links, ["b"]) == {"b", "c"}
    assert upstream_of(links, ["b"]) == {"a", "b"}


def test_only_nodes_without_another_way_are_exclusive_to_a_join():
    links = link(graph("s a", "s b", "a j", "b j", "b other"))

    assert exclusive(links, "j") == {"a"}
