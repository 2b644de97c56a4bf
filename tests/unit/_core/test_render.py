"""Pictures of documents: everything in them, nothing twice, and safe to show."""

import itertools
import xml.etree.ElementTree as ET

import pytest

from automata._core.codec import decode
from automata._core.render import arrange, drawing_json, to_mermaid, to_svg, to_text
from automata._core.render.layers import levels, order
from automata.model import Edge, Graph, Node, Workflow

DOCUMENT = {
    "automata": 1,
    "name": 'Orders <&> "more"',
    "nodes": {
        "start": {"use": "manual"},
        "big": {"use": "if", "with": {"condition": "${start.total > 5}"}},
        "each": {
            "use": "foreach",
            "with": {"items": "${start.items}"},
            "body": {
                "nodes": {"one": {"use": "set", "with": {}}, "two": {"use": "set", "with": {}}},
                "edges": ["one -> two"],
            },
        },
        "end": {"use": "http.request", "with": {"method": "POST", "url": "https://x.example/"}, "retry": {}},
        "sorry": {"use": "set", "with": {"text": "x"}, "disabled": True},
    },
    "edges": ["start -> big", "big.true -> each -> end", "big.false -> end", "end.error/rate_limited -> sorry"],
}


@pytest.fixture
def workflow():
    made, problems = decode(DOCUMENT)
    assert made is not None, problems
    return made


def chain(size):
    names = [f"n{at}" for at in range(size)]
    nodes = {name: Node(id=name, use="set") for name in names}
    edges = tuple(Edge(source=a, target=b) for a, b in itertools.pairwise(names))
    return Workflow(name="Chain", graph=Graph(nodes=nodes, edges=edges))


@pytest.mark.parametrize("draw", [to_text, to_mermaid, to_svg])
def test_every_node_is_drawn(workflow, draw):
    picture = draw(workflow)

    assert all(name in picture for name in ("start", "big", "each", "end", "sorry", "one", "two"))


def test_text_names_each_node_once_as_a_node(workflow):
    lines = to_text(workflow, ascii_only=True).splitlines()

    assert sum("end  http.request" in line for line in lines) == 1
    assert any("false -> end" in line for line in lines)


def test_text_keeps_a_long_chain_straight():
    assert max(len(line) for line in to_text(chain(2000)).splitlines()) < 40


def test_svg_is_well_formed_and_speaks(workflow):
    root = ET.fromstring(to_svg(workflow))
    space = "{http://www.w3.org/2000/svg}"

    assert root.get("role") == "img"
    assert root.find(f"{space}title").text == DOCUMENT["name"]
    assert "big leads on false to end" in root.find(f"{space}desc").text
    assert not list(root.iter(f"{space}script"))


def test_svg_draws_error_edges_dashed(workflow):
    assert 'class="edge bad"' in to_svg(workflow)


def test_mermaid_never_uses_a_document_id_as_its_own(workflow):
    assert 'n3["end<br/>http.request"]' in to_mermaid(workflow)


def test_boxes_of_a_column_do_not_overlap(workflow):
    boxes = arrange(workflow.graph).boxes
    for one in boxes:
        for other in boxes:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert one is other or apart_x or apart_y


def test_edges_lead_to_the_right(workflow):
    drawing = drawing_json(workflow.graph)

    assert all(edge["points"][0][0] < edge["points"][-1][0] for edge in drawing["edges"])


def test_a_cycle_and_a_dangling_edge_are_drawn_all_the_same():
    nodes = {name: Node(id=name, use="set") for name in "ab"}
    ways = (("a", "b"), ("b", "a"), ("a", "a"), ("a", "nowhere"))
    graph = Graph(nodes=nodes, edges=tuple(Edge(source=s, target=t) for s, t in ways))
    workflow = Workflow(name="Odd", graph=graph)

    assert "a" in to_text(workflow)
    assert ET.fromstring(to_svg(workflow)) is not None
    assert len(drawing_json(graph)["edges"]) == 3


def test_an_empty_graph_is_drawn():
    assert ET.fromstring(to_svg(Workflow(name="Empty", graph=Graph()))) is not None


def crossings(columns, links):
    spots = {place: (at, spot) for at, column in enumerate(columns) for spot, place in enumerate(column)}
    pairs = [(spots[a], spots[b]) for a, b in links]
    return sum((a[1] - c[1]) * (b[1] - d[1]) < 0 for (a, b), (c, d) in itertools.combinations(pairs, 2) if a[0] == c[0])


def test_links_that_need_not_cross_do_not():
    links = (("a", "z"), ("b", "y"), ("c", "x"))

    arranged = order(("a", "b", "c", "x", "y", "z"), links)

    assert crossings(arranged.columns, links) == 0


def test_links_that_must_cross_are_drawn_with_every_place_once():
    links = tuple(itertools.product("abc", "xyz"))

    arranged = order(tuple("abcxyz"), links)

    assert [sorted(column) for column in arranged.columns] == [list("abc"), list("xyz")]


def test_a_long_link_passes_every_column_between():
    arranged = order(("a", "b", "c", "d"), (("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")))

    assert arranged.routes[3] == ("a", (3, 1), (3, 2), "d")
    assert (3, 1) in arranged.columns[1]


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ((("a", "b"), ("b", "c"), ("a", "c")), {"a": 0, "b": 1, "c": 2}),
        ((("a", "b"), ("b", "c"), ("c", "a")), {"a": 0, "b": 1, "c": 2}),
        ((("a", "a"),), {"a": 0, "b": 0, "c": 0}),
        ((("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")), {"a": 0, "b": 1, "c": 2}),
    ],
)
def test_a_node_stands_as_far_from_the_start_as_its_longest_way(links, expected):
    assert levels(("a", "b", "c"), links) == expected
