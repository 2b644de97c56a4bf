from automata._core.soundness import Flow, Timing
from automata.model import Edge, Graph, Node, Port


def timing(nodes, *edges):
    drawn = tuple(Edge(source=a, target=b) for a, b in edges)
    return Timing(Flow(Graph(nodes={n.id: n for n in nodes}, edges=drawn), lambda _: (Port("out"),)))


def node(id_, **facts):
    return Node(id=id_, use="set", **facts)


def test_a_join_with_cancel_stops_what_leads_to_it_alone():
    found = timing(
        [node("a"), node("b"), node("c"), node("j", join="any", cancel=True)], ("a", "j"), ("b", "c"), ("c", "j")
    )

    assert found.stoppers == {"a": ("j",), "b": ("j",), "c": ("j",)}
    assert found.has_output("c", "j") is False
    assert found.has_output_at_end("c") is False
    assert found.has_output_at_end("j") is True


def test_along_a_chain_everything_before_has_finished():
    found = timing([node("a"), node("b"), node("c")], ("a", "b"), ("b", "c"))

    assert found.has_output("a", "c") is True
    assert found.has_output_at_end("c") is True
