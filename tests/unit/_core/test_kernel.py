"""The façade: validate, run, rehearse, test."""

import asyncio

import pytest

from automata._core.codec import load
from automata._core.kernel import Kernel
from automata._core.settings import load_settings
from automata.errors import AuthExpired, Conflict, InvalidDocument, NotFound
from automata.model import RunStarted, RunStatus


def document(text, name="t"):
    loaded = load(f"automata: 1\nname: {name}\n{text}")
    assert loaded.problems == ()
    return loaded.workflow


DOUBLE = "input: {type: integer}\nnodes: {a: {use: set, with: {n: '${input * 2}'}}}\noutput: ${a.n}"


@pytest.fixture
def kernel():
    return Kernel()


def test_a_document_runs_to_its_end(kernel):
    result = asyncio.run(kernel.run(document(DOUBLE), 4))

    assert (result.run.status, result.run.output) == (RunStatus.SUCCEEDED, 8)
    assert [s.node for s in result.steps] == ["a"]
    assert isinstance(result.journal[0], RunStarted)
    assert result.to_json()["output"] == 8


def test_the_same_key_gives_the_same_run_and_another_start_is_a_conflict(kernel):
    one = asyncio.run(kernel.run(document(DOUBLE), 4, key="k"))
    two = asyncio.run(kernel.run(document(DOUBLE), 4, key="k"))

    assert one.run == two.run
    with pytest.raises(Conflict):
        asyncio.run(kernel.run(document(DOUBLE), 5, key="k"))


def test_a_trigger_that_is_not_there_is_not_found(kernel):
    with pytest.raises(NotFound):
        asyncio.run(kernel.run(document(DOUBLE), 4, trigger="nobody"))


def test_a_document_with_errors_is_refused(kernel):
    bad = document("nodes: {a: {use: nothing.at_all}}")
    for work in (kernel.run(bad), kernel.dry_run(bad), kernel.test(bad), kernel.run(document(DOUBLE), workflows=[bad])):
        with pytest.raises(InvalidDocument):
            asyncio.run(work)


def test_a_text_is_validated_with_places(kernel):
    assert kernel.validate_text("automata: 1\nname: t\n" + DOUBLE).valid
    broken = kernel.validate_text("automata: 1\nname: t\nnodes: {a: {use: nothing.at_all}}")
    assert not broken.valid
    assert broken.problems[0].position is not None
    assert kernel.validate_text("[").workflow is None


def test_texts_that_call_each_other_are_validated_together_and_each_problem_names_its_file(kernel):
    text = "automata: 1\nname: {}\nnodes: {{go: {{use: call, with: {{workflow: {}}}}}}}"

    both = kernel.validate_texts({"a.yaml": text.format("a", "b"), "b.yaml": text.format("b", "a").encode()})
    alone = kernel.validate_texts({"a.yaml": text.format("a", "b")})

    assert [(p.code, p.file, p.position.line) for report in both.values() for p in report.problems] == [
        ("CALL-001", "a.yaml", 3),
        ("CALL-001", "b.yaml", 3),
    ]
    assert alone["a.yaml"].problems == ()
    assert kernel.validate_texts({}) == {}


def test_whoever_watches_may_answer_signal_and_cancel(kernel):
    ask = document(
        "nodes: {a: {use: approval, with: {message: x}}, s: {use: signal, with: {name: go}}}\noutput: '${[a.by, s]}'"
    )

    def watch(handle, event):
        if not isinstance(event, RunStarted) and handle.waiting():
            handle.approve("a", approved=True, by="ann")
            handle.signal("go", 7)

    assert asyncio.run(kernel.run(ask, on_event=watch)).run.output == ["ann", 7]
    stopped = asyncio.run(kernel.run(ask, on_event=lambda handle, _: handle.cancel("no")))
    assert stopped.run.status is RunStatus.CANCELLED


def test_a_watcher_that_breaks_does_not_break_the_run(kernel):
    def watch(handle, event):
        raise RuntimeError("broken")

    assert asyncio.run(kernel.run(document(DOUBLE), 1, on_event=watch)).run.status is RunStatus.SUCCEEDED


EFFECTS = """
nodes: {w: {use: wait, with: {for: 300d}}, a: {use: files.write_text, with: {path: x, text: y}}, b: {use: set}}
edges: [w -> a -> b]
"""


@pytest.mark.usefixtures("connectors")
def test_a_rehearsal_takes_no_time_and_names_the_effects(kernel):
    seen = asyncio.run(kernel.dry_run(document(EFFECTS)))

    assert [f.step.node for f in seen.effects] == ["a"]
    assert seen.to_json()["status"] == "succeeded"


@pytest.mark.usefixtures("connectors")
def test_a_rehearsal_stops_after_a_step_and_names_no_effect_beyond(kernel):
    seen = asyncio.run(kernel.dry_run(document(EFFECTS), until="w"))

    assert [f.step.node for f in seen.frames] == ["w"]
    assert seen.effects == ()


TESTED = (
    DOUBLE
    + """
tests:
  - {name: right, event: 2, expect: {output: 4, path: [a]}}
  - {name: wrong, event: 2, expect: {output: 5, path: [], status: failed, error: {class: odd}}}
"""
)


def test_the_tests_of_a_document_say_what_differs(kernel):
    right, wrong = asyncio.run(kernel.test(document(TESTED)))

    assert right.passed
    assert len(wrong.failures) == 4
    assert [r.name for r in asyncio.run(kernel.test(document(TESTED), case="wrong"))] == ["wrong"]


def connections(text):
    settings = load_settings(environ={"AUTOMATA_CONNECTIONS": text} if text is not None else {})
    return Kernel(settings=settings)._credential


def test_a_connection_is_its_fields_as_texts():
    assert connections('{"shop": {"token": "x", "port": 7}}')("shop") == {"token": "x", "port": "7"}


@pytest.mark.parametrize("text", [None, "", "{}", '{"other": {}}', '{"shop": "token"}', '{"shop": null}'])
def test_a_connection_that_is_not_there_is_named_with_the_way_out(text):
    with pytest.raises(AuthExpired, match="No connection 'shop'; add it to the setting AUTOMATA_CONNECTIONS"):
        connections(text)("shop")


@pytest.mark.parametrize("text", ["[]", "7", "null", "secret", '{"shop": {"token": "secret"', "[" * 100_000])
def test_connections_that_are_not_an_object_fail_without_telling_secrets(text):
    with pytest.raises(AuthExpired, match="is not a JSON object") as caught:
        connections(text)("shop")

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_documents_that_call_each_other_are_rehearsed_and_tested_together(kernel):
    child = document(DOUBLE, "child")
    parent = document(
        "nodes: {c: {use: call, with: {workflow: child, input: 4}}}\noutput: ${c}\n"
        "tests: [{name: one, mocks: {c: {output: 9}}, expect: {output: 9}}]"
    )

    assert asyncio.run(kernel.run(parent, workflows=[child])).run.output == 8
    assert asyncio.run(kernel.dry_run(parent, workflows=[child])).run.status is RunStatus.SUCCEEDED
    assert [r.passed for r in asyncio.run(kernel.test(parent, workflows=[child]))] == [True]


def test_a_watcher_that_breaks_at_the_very_start_is_contained_and_others_hear_on(kernel):
    seen = []

    def watch(handle, event):
        seen.append(type(event).__name__)
        if isinstance(event, RunStarted):
            raise RuntimeError("broken")  # noqa: TRY004 - the test breaks on purpose

    assert asyncio.run(kernel.run(document(DOUBLE), 1, on_event=watch)).run.output == 2
    assert seen[0] == "RunStarted"
    assert seen[-1] == "RunFinished"


def test_a_rehearsal_waits_for_nothing_nobody_will_send(kernel):
    text = "nodes: {e: {use: foreach, with: {items: [], more: found}, body: {nodes: {x: {use: set}}}}}"

    assert asyncio.run(kernel.dry_run(document(text))).run.status is RunStatus.SUCCEEDED
