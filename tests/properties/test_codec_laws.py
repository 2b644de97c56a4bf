"""Laws of the document format: nothing is lost, everything agrees with the schema, one workflow has one version."""

import random

import attrs
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automata._core import codec
from automata._core.canonical import canonical
from automata.testing.strategies import json_objects, json_values, workflows

bounded = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


_LEAVES = st.none() | st.integers() | st.floats() | st.text() | st.binary()


def _containers(inner):
    return st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)


@pytest.fixture(scope="module")
def schema():
    return jsonschema.Draft202012Validator(codec.document_schema())


@given(workflows())
@bounded
def test_encoding_and_decoding_gives_the_same_workflow(workflow):
    assert codec.decode(codec.encode(workflow)) == (workflow, ())
    assert codec.decode(codec.encode_shorthand(workflow)) == (workflow, ())


@given(workflows())
@bounded
def test_json_and_yaml_texts_load_to_the_same_workflow(workflow):
    from_json = codec.load(codec.dump_json(workflow), file="a.json")
    from_yaml = codec.load(codec.dump_yaml(workflow), file="a.yaml")

    assert from_json.problems == from_yaml.problems == ()
    assert from_json.workflow == from_yaml.workflow == workflow


@given(workflow=workflows())
@bounded
def test_what_is_encoded_satisfies_the_published_schema(schema, workflow):
    schema.validate(codec.encode(workflow))
    schema.validate(codec.encode_shorthand(workflow))


@given(workflows(), st.randoms(use_true_random=False))
@bounded
def test_the_version_ignores_layout_and_every_order(workflow, chance):
    shuffled = attrs.evolve(workflow, layout={"a": [1, 2]}, graph=_shuffle(workflow.graph, chance))

    assert codec.version(shuffled) == codec.version(workflow)


@given(workflows())
@bounded
def test_the_canonical_form_reads_back_to_the_same_version(workflow):
    again = codec.load(codec.canonical_form(workflow), file="a.json").workflow

    assert codec.version(again) == codec.version(workflow)


@given(workflows(), st.text(max_size=5))
@bounded
def test_another_note_is_another_version(workflow, note):
    changed = attrs.evolve(workflow, description=(workflow.description or "") + "x" + note.replace("\x00", ""))

    assert codec.version(changed) != codec.version(workflow)


@given(st.text() | st.binary())
@settings(max_examples=100, derandomize=True, deadline=None)
def test_no_text_makes_the_reader_raise(text):
    loaded = codec.load(text)

    assert (loaded.workflow is None) == bool(loaded.problems)


@given(st.recursive(_LEAVES, _containers, max_leaves=6))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_no_python_value_makes_the_decoder_raise(value):
    workflow, problems = codec.decode(value)

    assert workflow is None
    assert problems


@given(json_values())
@settings(max_examples=60, derandomize=True, deadline=None)
def test_canonical_bytes_are_a_fixed_point(value):
    source, problems = codec.read_text(canonical(value), format="json")

    if not problems:
        assert canonical(source.raw) == canonical(value)


@given(workflow=workflows(), extra=json_objects(), data=st.data())
@bounded
def test_the_schema_takes_what_the_decoder_takes(schema, workflow, extra, data):
    document = codec.encode(workflow)
    key = data.draw(st.sampled_from([*document, "nodse", "Edges"]))
    document[key] = data.draw(st.sampled_from([extra, 1, True, "x", [], ["a -> b"], {"x": {"use": "if"}}, None]))
    decoded, _ = codec.decode(document)

    if decoded is not None:
        schema.validate(document)
    elif key not in {"edges", "tests"}:
        assert not schema.is_valid(document)


@given(workflow=workflows(), data=st.data())
@bounded
def test_an_offered_fix_removes_its_problem_and_adds_none(workflow, data):
    from automata._core.patch import apply_patch

    document = codec.encode_shorthand(workflow)
    _misspell(document, data)
    _, problems = codec.decode(document)
    for problem in problems:
        for fix in problem.fixes:
            _, left = codec.decode(apply_patch(document, fix.patch))

            assert len(left) < len(problems)
            assert {(p.code, p.pointer) for p in left} <= {(p.code, p.pointer) for p in problems}


def _misspell(document, data):
    key = data.draw(st.sampled_from(sorted(document)))
    document[f"{key}s"] = document.pop(key)
    for node in document.get("nodes", {}).values():
        if data.draw(st.booleans()):
            node["join"] = "al"
            node["not"] = "x"


def _shuffle(graph, chance: random.Random):
    nodes = list(graph.nodes.items())
    edges = list(graph.edges)
    chance.shuffle(nodes)
    chance.shuffle(edges)
    return attrs.evolve(graph, nodes=dict(nodes), edges=tuple(edges))
