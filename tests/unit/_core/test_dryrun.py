"""Mocks, and what a rehearsal would have done."""

import asyncio

import pytest

from automata._core.codec import load
from automata._core.dryrun import mocked
from automata._core.kernel import Kernel
from automata.errors import InvalidInput, StepError


def test_a_mock_answers_for_its_address_before_that_of_its_node():
    mocks = {"e/x": {"output": "all"}, "e[1]/x": {"output": "one", "port": "left"}}

    assert mocked(mocks, "e[0]/x", 1).output == "all"
    assert (mocked(mocks, "e[1]/x", 1).output, mocked(mocks, "e[1]/x", 1).port) == ("one", "left")
    assert mocked(mocks, "y", 1) is None


def test_a_list_of_mocks_answers_one_an_attempt_and_its_last_ever_after():
    mocks = {"a": [{"error": {"class": "transient", "details": {"n": 1}}}, {"output": 2}]}
    first = mocked(mocks, "a", 1)

    assert isinstance(first, StepError)
    assert (first.kind, first.details, first.sent) == ("transient", {"n": 1}, False)
    assert [mocked(mocks, "a", n).output for n in (2, 3)] == [2, 2]


@pytest.mark.parametrize("given", [7, "text", None, [], [7]])
def test_a_mock_that_is_none_fails_its_step(given):
    assert isinstance(mocked({"a": given}, "a", 1), InvalidInput)


def test_a_port_that_is_no_text_fails_nothing_else():
    assert mocked({"a": {"output": 1, "port": 7}}, "a", 1).port == "7"


def rehearse(text, **options):
    loaded = load(f"automata: 1\nname: t\n{text}")
    assert loaded.problems == ()
    return asyncio.run(Kernel().dry_run(loaded.workflow, **options))


WRITE = "files.write_text, with: {path: x, text: y}"


@pytest.mark.usefixtures("connectors")
def test_no_effect_is_named_for_a_step_whose_parameters_could_not_be_evaluated():
    seen = rehearse("nodes: {a: {use: files.write_text, with: {path: x, text: '${string(1 / int(input))}'}}}", input_=0)

    assert [(f.step.node, f.step.error.kind) for f in seen.frames] == [("a", "expression")]
    assert seen.effects == ()


@pytest.mark.usefixtures("connectors")
@pytest.mark.parametrize("mock", [{"output": 1}, {"error": {"class": "transient"}}])
def test_an_effect_that_was_mocked_is_named_all_the_same(mock):
    seen = rehearse(f"nodes: {{a: {{use: {WRITE}}}}}", mocks={"a": mock})

    [frame] = seen.effects
    assert (frame.step.node, frame.simulated) == ("a", True)
    assert frame.would.startswith("idempotent files.write_text: ")
    assert frame.to_json()["would"] == frame.would
    assert seen.to_json()["effects"] == [{"node": "a", "would": frame.would}]


@pytest.mark.usefixtures("connectors")
def test_a_compensation_is_an_effect_of_its_own():
    nodes = f"a: {{use: {WRITE}, compensate: {{use: {WRITE}}}}}, b: {{use: fail, with: {{class: odd}}}}"
    seen = rehearse(f"nodes: {{{nodes}}}\nedges: [a -> b]")

    assert [f.step.node for f in seen.effects] == ["a", "a~undo"]
    assert seen.to_json()["error"]["class"] == "odd"


@pytest.mark.parametrize(
    ("node", "output"),
    [
        ("approval, with: {message: x}", {"approved": True, "by": None, "comment": None, "form": {}}),
        (
            "approval, with: {message: x, form: {type: object, properties: {n: {type: integer}}, required: [n]}}",
            {"approved": True, "by": None, "comment": None, "form": {"n": 1}},
        ),
        ("signal, with: {name: go}", None),
    ],
)
def test_what_nobody_sends_in_a_rehearsal_is_made_up(node, output):
    seen = rehearse(f"nodes: {{a: {{use: {node}}}}}\noutput: ${{a}}")

    assert (seen.run.output, seen.frames[0].simulated) == (output, True)


@pytest.mark.usefixtures("connectors")
def test_a_rehearsal_that_reads_does_not_wait_and_computes_what_is_pure(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOMATA_FILES_ROOT", str(tmp_path))
    (tmp_path / "x").write_text("there", encoding="utf-8")
    nodes = "w: {use: wait, with: {for: 300d}}, r: {use: files.read_text, with: {path: x}}, s: {use: set, with: {v: 1}}"
    seen = rehearse(f"nodes: {{{nodes}}}\nedges: [w -> r -> s]", allow_reads=True)

    assert [(f.step.node, f.simulated) for f in seen.frames] == [("w", True), ("r", False), ("s", False)]


def test_a_finally_may_be_mocked_by_the_address_of_its_scope():
    assert mocked({"s/f": {"output": 1}}, "s@2~finally/f", 1).output == 1
