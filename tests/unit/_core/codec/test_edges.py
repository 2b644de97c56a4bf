"""Edges as texts, chains and objects, each with its own pointer."""

import pytest

from automata._core.codec.edges import Edges, edge_pointers, write_chains
from automata._core.codec.report import Report
from automata.model import Edge


def read(value):
    report = Report()
    return Edges().read(value, "/edges", report), report.problems


@pytest.mark.parametrize(
    ("item", "edges"),
    [
        ("a -> b", [Edge(source="a", target="b")]),
        ("a.true->b", [Edge(source="a", port="true", target="b")]),
        ("a.error/rate_limited -> b", [Edge(source="a", port="error", error_class="rate_limited", target="b")]),
        ("a -> b.x -> c", [Edge(source="a", target="b"), Edge(source="b", port="x", target="c")]),
        ({"from": "a", "port": "error", "class": "x", "to": "b"}, None),
    ],
)
def test_every_form_of_an_edge_is_read(item, edges):
    found, problems = read([item])

    assert problems == ()
    assert edges is None or list(found) == edges


@pytest.mark.parametrize("item", ["a", "a => b", "a -> b.out", "-> b", "a -> ", "a..b -> c", "a.out/x -> b", ""])
def test_a_text_that_is_no_edge_is_refused_where_it_stands(item):
    assert [(problem.code, problem.pointer) for problem in read(["x -> y", item])[1]] == [("DOC-028", "/edges/1")]


def test_an_edge_given_twice_is_refused():
    assert [(p.code, p.pointer) for p in read(["a -> b", {"from": "a", "to": "b"}])[1]] == [("DOC-029", "/edges/1")]


def test_every_link_of_a_chain_points_at_the_chain():
    assert edge_pointers(["a -> b -> c", {"from": "a", "to": "c"}]) == ("/edges/0", "/edges/0", "/edges/1")


def test_chains_read_back_as_the_edges_they_were_made_of():
    edges = read(["a -> b -> c", "b.error/x -> d", "a.true -> d"])[0]

    assert sorted(map(str, read(write_chains(edges))[0])) == sorted(map(str, edges))
