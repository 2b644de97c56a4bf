"""The table of the format: ids, joins, versions, expectations and nesting."""

import pytest

from automata._core.codec import RESERVED, decode, document_schema, encode, limits
from automata._core.codec.format import BODY, NODE, WORKFLOW
from automata._core.codec.report import Report


def document(**keys):
    return {"automata": 1, "name": "Case", "nodes": {"a": {"use": "set"}}, **keys}


def problems(raw):
    return [(problem.code, problem.pointer) for problem in decode(raw)[1]]


@pytest.mark.parametrize("name", ["A", "1a", "a-b", "", "a" * 64, "é"])
def test_an_id_that_is_none_is_refused(name):
    assert [code for code, _ in problems(document(nodes={name: {"use": "set"}}))] == ["DOC-025"]


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_words_of_expressions_are_no_ids(name):
    assert problems(document(nodes={name: {"use": "set"}})) == [("DOC-026", f"/nodes/{name}")]


@pytest.mark.parametrize(
    ("version", "code"), [(2, "DOC-030"), (0, "DOC-030"), ("1", "DOC-020"), (True, "DOC-020"), (None, "DOC-020")]
)
def test_only_version_one_is_read(version, code):
    assert problems(document(automata=version)) == [(code, "/automata")]


@pytest.mark.parametrize("join", ["merge", "all", "any", 1, 2])
def test_a_join_is_a_word_or_a_number(join):
    workflow, _ = decode(document(nodes={"a": {"use": "set", "join": join}}))

    assert workflow.graph.nodes["a"].join == join
    assert encode(workflow)["nodes"]["a"].get("join", "merge") == join


@pytest.mark.parametrize(("join", "code"), [("some", "DOC-023"), (0, "DOC-024"), (1.5, "DOC-020"), ([], "DOC-020")])
def test_another_join_is_refused(join, code):
    assert problems(document(nodes={"a": {"use": "set", "join": join}})) == [(code, "/nodes/a/join")]


def test_an_expected_output_of_null_is_told_from_none_expected():
    null, none = (
        decode(document(tests=[{"name": "t", "expect": expect}]))[0] for expect in ({"output": None}, {"path": ["a"]})
    )

    assert (null.tests[0].expect.has_output, none.tests[0].expect.has_output) == (True, False)
    assert encode(null)["tests"][0]["expect"] == {"output": None}
    assert encode(none)["tests"][0]["expect"] == {"path": ["a"]}


def test_an_expectation_that_is_no_object_is_refused():
    assert problems(document(tests=[{"name": "t", "expect": 3}])) == [("DOC-020", "/tests/0/expect")]


def test_nodes_that_are_no_object_are_refused():
    assert problems(document(nodes=[])) == [("DOC-020", "/nodes")]


@pytest.mark.parametrize(("depth", "codes"), [(limits.BODIES - 1, []), (limits.BODIES, ["DOC-033"])])
def test_graphs_nest_as_deep_as_the_limit(depth, codes):
    node = {"use": "set"}
    for _ in range(depth):
        node = {"use": "scope", "body": {"nodes": {"a": node}}}

    assert [code for code, _ in problems(document(nodes={"a": node}))] == codes


def test_too_many_nodes_are_told_once_over_all_graphs():
    body = {"nodes": {f"n{place}": {"use": "set"} for place in range(limits.NODES)}}
    raw = document(nodes={"a": {"use": "scope", "body": body}, "b": {"use": "scope", "body": body}})

    assert problems(raw) == [("DOC-031", "/nodes/a/body/nodes")]


def test_the_table_writes_what_it_reads_and_leaves_out_no_edges():
    workflow, _ = decode(document(edges=[], vars={}))

    assert encode(workflow) == document()


def test_every_graph_and_node_of_the_schema_is_its_record():
    definitions = document_schema()["$defs"]

    assert definitions["node"] == NODE.schema()
    assert definitions["body"] == BODY.schema()
    assert set(document_schema()["properties"]) == {field.key for field in WORKFLOW.fields}


def test_what_a_mock_does_not_know_is_told():
    raw = document(tests=[{"name": "t", "mocks": {"a": {"outputs": 1}, "b": [{"error": 3}]}}])

    assert problems(raw) == [("DOC-021", "/tests/0/mocks/a/outputs"), ("DOC-020", "/tests/0/mocks/b/0/error")]


def test_a_report_starts_at_no_depth_again_after_a_body_was_refused():
    report = Report()
    WORKFLOW.members(document(nodes={"a": {"use": "scope", "body": {"nodes": 3}}}), "", report)

    assert (report.depth, report.count) == (0, 1)
