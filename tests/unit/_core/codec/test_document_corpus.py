"""Every broken document is refused with the right codes and places, cheaply; every good one is taken."""

import json
import time
import tracemalloc
from pathlib import Path

import jsonschema
import pytest

from automata._core import codec

CASES = Path(__file__).parents[3] / "cases" / "documents"
EXPECTED = json.loads((CASES / "broken" / "expected.json").read_text("utf-8"))
STRUCTURE = {name: problems for name, problems in EXPECTED.items() if problems is None or problems[0][0][:3] == "DOC"}
BEYOND_SCHEMA = {"edge-twice.json", "bodies-17-deep.json"}
MIB = 1_048_576
HEAD = '"automata":1,"name":"Case"'


def test_every_broken_document_is_expected_and_there_are_sixty():
    files = {path.name for path in (CASES / "broken").iterdir()} - {"expected.json"}

    assert files == set(EXPECTED)
    assert len(files) >= 60


@pytest.mark.parametrize("name", sorted(name for name, problems in STRUCTURE.items() if problems))
def test_broken_document_is_refused_with_codes_and_pointers(name):
    loaded = codec.load((CASES / "broken" / name).read_bytes(), file=name)

    assert [[problem.code, problem.pointer] for problem in loaded.problems] == EXPECTED[name]
    assert loaded.workflow is None
    assert all(problem.file == name for problem in loaded.problems)
    assert all(problem.position or problem.code == "DOC-001" for problem in loaded.problems)
    assert all(problem.code in codec.CODES for problem in loaded.problems)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {name for name, problems in STRUCTURE.items() if problems}))
def test_document_that_is_only_wrong_in_meaning_decodes(name):
    assert codec.load((CASES / "broken" / name).read_bytes(), file=name).problems == ()


@pytest.mark.parametrize("name", sorted(path.name for path in (CASES / "good").iterdir()))
def test_good_document_is_taken_by_decoder_and_schema(name):
    loaded = codec.load((CASES / "good" / name).read_bytes(), file=name)

    assert loaded.problems == ()
    jsonschema.Draft202012Validator(codec.document_schema()).validate(loaded.source.raw)
    assert codec.load(codec.dump_yaml(loaded.workflow)).workflow == loaded.workflow


def _json_values():
    """The broken documents whose text is a JSON value: only those can be held against the schema."""
    for name in sorted(name for name, problems in STRUCTURE.items() if problems):
        source, problems = codec.read_text((CASES / "broken" / name).read_bytes(), file=name)
        if source is not None and not problems:
            yield pytest.param(name, source.raw, id=name)


@pytest.mark.parametrize(("name", "raw"), list(_json_values()))
def test_schema_refuses_what_the_decoder_refuses(name, raw):
    valid = jsonschema.Draft202012Validator(codec.document_schema()).is_valid(raw)

    assert valid == (name in BEYOND_SCHEMA)


def test_json_and_yaml_clothes_of_one_workflow_are_equal():
    texts = [(CASES / "good" / f"everything.{ending}").read_bytes() for ending in ("json", "yaml")]
    first, second = (codec.load(text).workflow for text in texts)

    assert first == second
    assert codec.version(first) == codec.version(second)


def test_plain_words_of_older_yaml_stay_texts():
    workflow = codec.load((CASES / "good" / "everything.yaml").read_bytes()).workflow

    assert workflow.vars == {
        "limit": 1000,
        "ratio": 0.5,
        "big": 1e21,
        "zero": 0,
        "word": "yes",
        "day": "2026-01-31",
        "zip": "00123",
        "time": "12:30",
        "nothing": None,
        "truth": True,
    }


LARGE = {
    "name of a MiB": (lambda: f'{{"automata":1,"nodes":{{}},"name":"{"n" * (MIB - 50)}"}}', "DOC-024"),
    "id of a MiB": (lambda: f'{{{HEAD},"nodes":{{"{"n" * (MIB - 60)}":{{"use":"if"}}}}}}', "DOC-025"),
    "2,001 nodes": (lambda: _nodes(2001), "DOC-031"),
    "10,001 edges": (lambda: _list("edges", (f'"a -> b{i}"' for i in range(10_001))), "DOC-032"),
    "10,001 edges in a chain": (lambda: _list("edges", ['"' + "->".join(["a"] * 10_002) + '"']), "DOC-032"),
    "too large": (lambda: " " * (MIB + 1), "DOC-002"),
    "open brackets": (lambda: "[" * 90_000, "DOC-004"),
    "brackets": (lambda: "[" * 45_000 + "]" * 45_000, "DOC-004"),
    "only commas": (lambda: "[" + "1," * 500_000 + "1]", "DOC-010"),
    "commas in YAML": (lambda: "a: [" + "a," * 500_000 + "a]", "DOC-010"),
    "unknown keys": (lambda: "{" + ",".join(f'"k{i}":0' for i in range(90_000)) + "}", "DOC-021"),
    "unknown keys in YAML": (lambda: "".join(f"k{i}: 1\n" for i in range(70_000)), "DOC-021"),
    "one key again and again": (lambda: "a: 1\n" * 60_000, "DOC-005"),
    "escapes": (lambda: '["' + "\\n" * 500_000 + '"]', "DOC-020"),
    "digits": (lambda: "[" + "9" * 1_000_000 + "]", "DOC-006"),
    "quotes": (lambda: '"' * MIB, "DOC-003"),
    "dashes": (lambda: "- " * 500_000, "DOC-004"),
    "question marks": (lambda: "? " * 500_000, "DOC-009"),
    "braces in YAML": (lambda: "a: " + "{" * 500_000, "DOC-009"),
    "aliases": (lambda: "- *a\n" * 200_000, "DOC-008"),
    "newlines": (lambda: "\n" * MIB, "DOC-003"),
    "edges without arrow": (lambda: _list("edges", ['"a"'] * 90_000), "DOC-028"),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_document_is_refused_within_half_a_second_and_64_mib(name, slowness):
    make, code = LARGE[name]
    text = make()

    start = time.process_time()
    loaded = codec.load(text)
    used = time.process_time() - start

    assert code in {problem.code for problem in loaded.problems}
    assert len(loaded.problems) <= 201
    assert used <= 0.5 * slowness or _again(text) <= 0.5 * slowness
    assert _peak(text) <= 64 * MIB


def test_full_document_loads_within_half_a_second(slowness):
    text = _nodes(2000)
    start = time.process_time()

    loaded = codec.load(text)

    assert time.process_time() - start <= 0.5 * slowness
    assert len(loaded.workflow.graph.nodes) == 2000


def _nodes(count):
    return f'{{{HEAD},"nodes":{{' + ",".join(f'"n{i}":{{"use":"set"}}' for i in range(count)) + "}}"


def _list(key, items):
    return f'{{{HEAD},"nodes":{{}},"{key}":[{",".join(items)}]}}'


def _again(text):
    start = time.process_time()
    codec.load(text)
    return time.process_time() - start


def _peak(text):
    tracemalloc.start()
    try:
        codec.load(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
