"""Which documents a document calls."""

from automata.cli.calls import called
from automata.model import Graph, Node, Workflow


def test_calls_in_bodies_count():
    inner = Graph(nodes={"c": Node(id="c", use="call", parameters={"workflow": "Other"})})
    outer = Graph(nodes={"s": Node(id="s", use="scope", body=inner)})

    assert called([Workflow(name="W", graph=outer)]) == {"Other"}
