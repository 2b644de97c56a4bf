import pytest

from automata._core.soundness.ways import EVERY, Way, required, ways_of
from automata.model import Edge, Node, Port

CASES = (Port("big"), Port("otherwise"))


def test_a_way_is_a_port_or_an_error_some_edge_catches():
    edges = [
        Edge(source="a", port="error", error_class="timed_out", target="b"),
        Edge(source="a", port="error", target="c"),
    ]
    found = ways_of(Node(id="a", use="set"), [Port("out")], edges)

    assert [way.tell("a") for way in found] == ["'a' leaves by 'out'", "'a' fails with 'timed_out'", "'a' fails"]
    assert [way.takes(edges[0]) for way in found] == [False, True, False]


def test_otherwise_is_a_way_only_when_an_edge_leaves_by_it():
    node = Node(id="a", use="switch")

    assert ways_of(node, CASES, []) == (Way("big"),)
    assert len(ways_of(node, CASES, [Edge(source="a", port="otherwise", target="b")])) == 2


def test_a_disabled_node_passes_by_every_edge_but_errors():
    (way,) = ways_of(Node(id="a", use="set", disabled=True), CASES, [])

    assert way.port == EVERY
    assert way.takes(Edge(source="a", port="big", target="b"))
    assert not way.takes(Edge(source="a", port="error", target="b"))


@pytest.mark.parametrize(("join", "need"), [("merge", 1), ("any", 1), ("all", 3), (2, 2)])
def test_a_join_says_how_many_edges_it_needs(join, need):
    assert required(Node(id="a", use="set", join=join), 3) == need
