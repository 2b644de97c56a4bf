"""What the strategies draw keeps what they promise: it is well formed as a document."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core.codec import RESERVED, decode, encode
from automata._core.durations import parse_duration
from automata.testing import strategies


@settings(max_examples=40)
@given(strategies.workflows())
def test_every_workflow_is_a_document(workflow):
    read, problems = decode(encode(workflow))

    assert problems == ()
    assert read == workflow


@settings(max_examples=40)
@given(strategies.graphs(depth=2))
def test_graphs_have_no_circles(graph):
    order = list(graph.nodes)

    assert all(order.index(edge.source) < order.index(edge.target) for edge in graph.edges)


@settings(max_examples=60)
@given(st.fixed_dictionaries({"value": strategies.json_values(), "more": strategies.json_objects()}))
def test_values_can_stand_in_a_document(value):
    workflow, problems = decode({"automata": 1, "name": "Case", "nodes": {}, "vars": value})

    assert problems == ()
    assert workflow.vars == value


@settings(max_examples=60)
@given(strategies.node_ids(), strategies.durations(), strategies.texts(max_size=3))
def test_ids_durations_and_texts_are_such(name, duration, text):
    assert name not in RESERVED
    assert parse_duration(duration) >= timedelta(0)
    assert len(text) <= 3
    assert "\x00" not in text
    text.encode()
