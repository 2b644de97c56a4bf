"""Edges as texts, chains and objects, each with its own pointer."""

import pytest

from automata._core.codec import limits
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


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (3, [("DOC-020", "/edges/0")]),
        ({"from": "a", "to": "b", "When": 1}, [("DOC-021", "/edges/0/When")]),
        ({"from": "a"}, [("DOC-022", "/edges/0")]),
        ({}, [("DOC-022", "/edges/0"), ("DOC-022", "/edges/0")]),
        ({"from": "a", "to": 3}, [("DOC-020", "/edges/0/to")]),
        ({"from": "A b", "to": "b"}, [("DOC-028", "/edges/0/from")]),
        ({"from": "a", "port": "a.b", "to": "b"}, [("DOC-028", "/edges/0/port")]),
        ({"from": "a", "class": "x", "to": "b"}, [("DOC-028", "/edges/0/class")]),
    ],
)
def test_an_object_that_is_no_edge_is_refused_at_the_wrong_member(item, found):
    edges, problems = read([item])

    assert edges == ()
    assert [(problem.code, problem.pointer) for problem in problems] == found


def test_edges_are_a_list():
    assert [(problem.code, problem.pointer) for problem in read({"a": "b"})[1]] == [("DOC-020", "/edges")]


def test_an_edge_repeated_alone_can_be_removed_and_in_a_chain_not():
    alone, chained = read(["a -> b", "a -> b"])[1], read(["a -> b", "a -> b -> c"])[1]

    assert alone[0].fixes[0].patch == ({"op": "remove", "path": "/edges/1"},)
    assert chained[0].fixes == ()


def test_too_many_edges_are_told_once_for_the_whole_workflow():
    report = Report()
    full = [f"a -> b{place}" for place in range(limits.EDGES)]

    assert len(Edges().read(full, "/edges", report)) == limits.EDGES
    Edges().read(["x -> y"], "/nodes/a/body/edges", report)
    Edges().read(["x -> y"], "/nodes/b/body/edges", report)

    assert [(problem.code, problem.pointer) for problem in report.problems] == [("DOC-032", "/nodes/a/body/edges")]


def test_a_chain_of_too_many_edges_is_told_before_it_is_read():
    assert [problem.code for problem in read(["->".join(["a"] * (limits.EDGES + 2))])[1]] == ["DOC-032"]


def test_the_object_form_leaves_out_the_port_out():
    edges = [Edge(source="a", target="b"), Edge(source="a", port="error", error_class="x", target="b")]

    assert Edges().write(tuple(edges)) == [
        {"from": "a", "to": "b"},
        {"from": "a", "port": "error", "class": "x", "to": "b"},
    ]


def test_chains_are_broken_where_lines_grow_too_long():
    names = [f"node_with_a_long_name_{place}" for place in range(9)]
    edges = read(["->".join(names)])[0]

    chains = write_chains(edges)

    assert len(chains) > 1
    assert max(map(len, chains)) <= 100
    assert read(chains)[0] == edges
