"""Violations and the steps that lead to them."""

from __future__ import annotations

import pytest

from automata._core.soundness import Flow, Timing, analyse
from automata.model import Edge, Graph, Node, Port

PORTS = {"if": (Port("true"), Port("false"))}


def ports(node):
    return PORTS.get(node.use, (Port("out"),))


def edge(text):
    source, target = text.split(" -> ")
    name, _, port = source.partition(".")
    return Edge(source=name, port=port or "out", target=target)


def graph(nodes, *edges):
    return Graph(nodes={n.id: n for n in nodes}, edges=tuple(map(edge, edges)))


def node(id_, use="set", **facts):
    return Node(id=id_, use=use, **facts)


def test_a_join_after_a_choice_starves_and_the_choice_is_told():
    drawn = graph(
        [node("s"), node("big", "if"), node("approve"), node("ship", join="all")],
        "s -> big", "s -> ship", "big.true -> approve", "approve -> ship",
    )  # fmt: skip

    (violation,) = analyse(drawn, ports)

    assert (violation.code, violation.node, violation.others) == ("SND-001", "ship", ("approve",))
    assert violation.path == ("'big' leaves by 'false'", "'ship' waits for 'approve', which cannot come")


def test_an_effect_that_comes_late_is_told():
    drawn = graph(
        [node("s"), node("a"), node("pay", "pay"), node("j", join="any")],
        "s -> a", "s -> pay", "a -> j", "pay -> j",
    )  # fmt: skip

    (violation,) = analyse(drawn, ports, writes=lambda n: n.use == "pay")

    assert (violation.code, violation.others) == ("SND-004", ("pay",))


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        Flow(graph([node("a"), node("b")], "a -> b", "b -> a"), ports)


def test_parallel_branches_have_finished_when_their_merge_starts():
    drawn = graph([node("s"), node("a"), node("b"), node("m")], "s -> a", "s -> b", "a -> m", "b -> m")

    assert Timing(Flow(drawn, ports)).has_output("b", "m") is True


def test_a_branch_may_still_run_when_any_starts():
    drawn = graph([node("s"), node("a"), node("b"), node("m", join="any")], "s -> a", "s -> b", "a -> m", "b -> m")

    assert Timing(Flow(drawn, ports)).has_output("b", "m") is False
