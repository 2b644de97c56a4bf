"""Reading, writing and naming whole documents."""

import hashlib

import attrs

from automata._core import codec

TEXT = """automata: 1
name: Prices
nodes:
  a: {use: set, with: {x: 1}}
  b: {use: set}
  c: {use: set}
edges:
- a -> b -> c
layout: {a: [0, 0]}
"""


def test_problems_carry_file_line_and_column():
    loaded = codec.load(TEXT.replace("use: set}", "uze: set}", 1), file="prices.yaml")
    problem = next(each for each in loaded.problems if each.code == "DOC-021")

    assert loaded.workflow is None
    assert (problem.file, problem.position.line, problem.pointer) == ("prices.yaml", 5, "/nodes/b/uze")


def test_the_order_of_nodes_and_edges_and_the_layout_do_not_change_the_version():
    first = codec.load(TEXT).workflow
    nodes = dict(reversed(first.graph.nodes.items()))
    graph = attrs.evolve(first.graph, nodes=nodes, edges=tuple(reversed(first.graph.edges)))

    assert codec.version(attrs.evolve(first, graph=graph, layout={})) == codec.version(first)


def test_a_parameter_changes_the_version():
    assert codec.version(codec.load(TEXT).workflow) != codec.version(codec.load(TEXT.replace("x: 1", "x: 2")).workflow)


def test_shorthand_writes_chains_and_the_full_form_objects():
    workflow = codec.load(TEXT).workflow

    assert codec.encode_shorthand(workflow)["edges"] == ["a -> b -> c"]
    assert codec.encode(workflow)["edges"][0] == {"from": "a", "to": "b"}


def test_both_dumps_read_back_as_the_same_workflow():
    workflow = codec.load(TEXT).workflow

    assert codec.load(codec.dump_json(workflow)).workflow == workflow
    assert codec.load(codec.dump_yaml(workflow)).workflow == workflow


def test_a_value_of_python_that_is_not_json_is_a_problem_and_no_exception():
    workflow, problems = codec.decode({"automata": 1, "name": "A", "nodes": {}, "vars": {"a": {1, 2}}})

    assert workflow is None
    assert [(problem.code, problem.pointer) for problem in problems] == [("DOC-009", "/vars/a")]


def test_the_version_is_the_digest_of_the_canonical_form():
    workflow = codec.load(TEXT).workflow

    assert codec.version(workflow) == hashlib.sha256(codec.canonical_form(workflow)).hexdigest()
    assert b"layout" not in codec.canonical_form(workflow)


def test_order_inside_a_body_does_not_change_the_version_and_shorthand_reaches_it():
    body = {"nodes": {"x": {"use": "set"}, "y": {"use": "set"}, "z": {"use": "set"}}, "edges": ["x -> y -> z"]}
    turned = {"nodes": dict(reversed(body["nodes"].items())), "edges": ["y -> z", "x -> y"]}
    first, second = (
        codec.decode({"automata": 1, "name": "A", "nodes": {"s": {"use": "scope", "body": graph, "finally": graph}}})[0]
        for graph in (body, turned)
    )

    assert codec.version(first) == codec.version(second)
    assert codec.encode_shorthand(first)["nodes"]["s"]["finally"]["edges"] == ["x -> y -> z"]
