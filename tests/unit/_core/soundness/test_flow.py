import pytest

from automata._core.soundness import Flow
from automata._core.soundness.diagram import FALSE
from automata.model import Edge, Graph, Node, Port


def ports(node):
    return {"if": (Port("true"), Port("false")), "fail": ()}.get(node.use, (Port("out"),))


def flow(*nodes, edges=(), **options):
    parts = (text.partition(" -> ") for text in edges)
    drawn = tuple(Edge(source=a.partition(".")[0], port=a.partition(".")[2] or "out", target=b) for a, _, b in parts)
    return Flow(Graph(nodes={n.id: n for n in nodes}, edges=drawn), ports, **options)


CHOICE = (Node(id="a", use="if"), Node(id="b", use="set"), Node(id="c", use="set", join="all"))


def test_a_node_runs_under_the_choices_that_lead_to_it():
    found = flow(*CHOICE, edges=["a.true -> b", "a.false -> c", "b -> c"])

    assert found.runs["b"] != FALSE
    assert found.runs["c"] == FALSE
    assert found.left("a", found.runs["a"], lambda way: way.port == "nope") == FALSE


def test_a_play_shows_each_function_in_a_lane_of_its_own():
    found = flow(*CHOICE, edges=["a.true -> b", "a.false -> c"])
    shown = found.shown([found.runs["b"], found.runs["c"], found.runs["b"], FALSE])

    assert len(shown.lanes) == 2
    for id_ in ("b", "c"):
        assert shown.played.ran[id_] >> shown.lanes[found.runs[id_]] & 1


def test_a_disabled_or_ending_node_gives_no_output():
    found = flow(Node(id="a", use="set", disabled=True), Node(id="b", use="fail"))

    assert found.finished("a") == found.finished("b") == FALSE
    assert found.left("b", found.runs["b"], lambda _: True) == FALSE


def test_without_a_budget_a_join_is_a_guess():
    nodes = [Node(id=id_, use="if") for id_ in "abcd"] + [Node(id="j", use="set", join=2)]
    found = flow(*nodes, edges=["a.true -> b", "a.false -> c", "b.true -> j", "c.true -> j", "d.true -> j"], budget=0)

    assert not found.is_exact(found.runs["j"])


def test_a_cycle_has_no_flow():
    with pytest.raises(ValueError, match="cycle"):
        flow(Node(id="a", use="set"), Node(id="b", use="set"), edges=["a -> b", "b -> a"])
