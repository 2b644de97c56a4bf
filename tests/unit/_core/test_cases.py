"""Tests that live in a document: mocks, signals and answers in virtual time, and what a case expects."""

import asyncio

import pytest

from automata._core.cases import STUCK
from automata._core.codec import load
from automata._core.kernel import Kernel
from automata.model import RunStatus

WRITE = "files.write_text, with: {path: x, text: y}"
EACH = f"""
nodes:
  e:
    use: foreach
    with: {{items: [1, 2]}}
    body: {{nodes: {{a: {{use: {WRITE}}}}}, output: '${{a}}'}}
"""
SCOPE = f"""
nodes:
  s:
    use: scope
    body: {{nodes: {{x: {{use: set}}}}}}
    finally: {{nodes: {{f: {{use: {WRITE}}}}}}}
"""
SAGA = f"""
nodes:
  a: {{use: {WRITE}, compensate: {{use: {WRITE}}}}}
  b: {{use: fail, with: {{class: odd, message: No}}}}
edges: [a -> b]
"""
ASK = "nodes: {a: {use: approval, with: {message: x}}}\noutput: ${a}"
HEAR = "nodes: {s: {use: signal, with: {name: go}}}\noutput: ${s}"


def document(text, *cases):
    tests = "".join(f"  - {{name: c{i}, {case}}}\n" for i, case in enumerate(cases))
    loaded = load(f"automata: 1\nname: t\n{text}\ntests:\n{tests}")
    assert loaded.problems == ()
    return loaded.workflow


def play(text, *cases):
    results = asyncio.run(Kernel().test(document(text, *cases)))
    return results[0] if len(cases) == 1 else results


@pytest.mark.usefixtures("connectors")
@pytest.mark.parametrize(
    ("text", "mocks", "output"),
    [
        (f"nodes: {{a: {{use: {WRITE}}}}}\noutput: ${{a}}", "{a: {output: 1}}", 1),
        (f"{EACH}\noutput: ${{e}}", "{e/a: {output: 1}}", [1, 1]),
        (f"{EACH}\noutput: ${{e}}", "{e/a: {output: 1}, 'e[1]/a': {output: 2}}", [1, 2]),
        (f"{SCOPE}\noutput: 1", "{s~finally/f: {output: 2}}", 1),
        (f"{SCOPE}\noutput: 1", "{s/f: {output: 2}}", 1),
        (
            f"nodes: {{a: {{use: {WRITE}, retry: {{attempts: 3}}}}}}\noutput: ${{a}}",
            "{a: [{error: {class: transient}}, {output: 2}]}",
            2,
        ),
    ],
)
def test_a_mock_answers_for_an_address_for_every_round_of_it_and_attempt_by_attempt(text, mocks, output):
    assert play(text, f"mocks: {mocks}, expect: {{output: {output}}}").failures == ()


@pytest.mark.usefixtures("connectors")
def test_a_step_without_a_mock_is_named_and_where_to_add_it():
    result = play(EACH.replace("items: [1, 2]", "items: [1, 2], tolerate: 2"), "expect: {}")

    assert result.failures == (
        "Step 'e[0]/a' has no mock; add mocks.e/a",
        "Step 'e[1]/a' has no mock; add mocks.e/a",
    )
    assert not result.passed


@pytest.mark.usefixtures("connectors")
def test_a_compensation_works_unless_the_case_says_otherwise():
    good, bad = play(
        SAGA,
        "mocks: {a: {output: 1}}, expect: {error: {class: odd, message: 'No', node: b, attempt: 1}, path: [a, b]}",
        "mocks: {a: {output: 1}, a~undo: {error: {class: permission_denied}}}, expect: {status: failed}",
    )

    assert good.passed
    assert bad.run.error.details["compensation_errors"][0]["class"] == "permission_denied"


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ("{approved: true}", {"approved": True, "by": None, "comment": None, "form": {}}),
        (
            "{approved: true, by: ann, comment: so, form: {n: 1}, after: 3d}",
            {"approved": True, "by": "ann", "comment": "so", "form": {"n": 1}},
        ),
        ("{approved: false, by: ann}", {"approved": False, "by": "ann", "comment": None, "form": {}}),
    ],
)
def test_an_approval_is_answered_as_the_case_says(answer, output):
    result = play(ASK, f"approvals: {{a: {answer}}}, expect: {{path: [a]}}")

    assert (result.failures, result.run.output) == ((), output)


def test_an_answer_that_comes_too_late_changes_nothing():
    text = ASK.replace("with:", "timeout: 1h, with:")
    case = "approvals: {a: {approved: true, after: 2h}}, expect: {error: {class: timed_out}}"
    nodes = "w: {use: wait, with: {for: 3h}}, a: {use: approval, timeout: 1h, with: {message: x}}, x: {use: set}"
    stay = f"nodes: {{{nodes}}}"

    assert play(text, case).passed
    assert play(f"{stay}\nedges: [a.error -> x]", case.replace("error: {class: timed_out}", "status: succeeded")).passed


def test_every_round_of_an_approval_is_answered():
    text = "nodes: {e: {use: foreach, with: {items: [1, 2]}, body: {nodes: {a: {use: approval, with: {message: x}}}}}}"

    assert play(text, "approvals: {e/a: {approved: true}}, expect: {path: [e]}").passed


def test_signals_come_when_virtual_time_has_got_there():
    text = "nodes: {w: {use: wait, with: {for: 2d}}, s: {use: signal, with: {name: go, early: ignore}}}"
    signals = "signals: [{name: go, payload: 1, after: 1d}, {name: go, payload: 2, after: 3d}, {name: go, after: 9d}]"

    assert play(f"{text}\nedges: [w -> s]\noutput: ${{s}}", f"{signals}, expect: {{output: 2}}").passed


def test_a_signal_without_a_time_is_sent_at_once():
    assert play(HEAR, "signals: [{name: go, payload: 7}], expect: {output: 7}").passed


@pytest.mark.parametrize(
    ("expect", "failures"),
    [
        ("{path: [n, a], output: 4, status: succeeded}", []),
        ("{path: [a, n]}", ["Expected path ['a', 'n'], got ['n', 'a']"]),
        ("{output: 5}", ["Expected output 5, got 4"]),
        ("{output: null}", ["Expected output None, got 4"]),
        ("{status: failed}", ["Expected status 'failed', got 'succeeded'"]),
        (
            "{error: {class: odd}}",
            ["Expected status 'failed', got 'succeeded'", "Expected error class 'odd', got None"],
        ),
    ],
)
def test_each_difference_is_one_sentence_and_the_trigger_is_the_first_step(expect, failures):
    nodes = "nodes: {m: {use: manual}, n: {use: manual}, a: {use: set, with: {v: 4}}}"
    text = f"{nodes}\nedges: [m -> a, n -> a]\noutput: ${{a.v}}"

    assert list(play(text, f"trigger: n, expect: {expect}").failures) == failures


def test_the_status_of_a_run_that_failed_comes_with_its_reason():
    [failure] = play("nodes: {f: {use: fail, with: {class: odd, message: No luck}}}", "expect: {}").failures

    assert failure == "Expected status 'succeeded', got 'failed': No luck"


@pytest.mark.parametrize("text", [ASK, HEAR])
def test_a_case_that_waits_for_ever_is_ended_and_says_so(text):
    result = play(text, "expect: {status: cancelled}")

    assert result.failures == (STUCK,)
    assert result.run.status is RunStatus.CANCELLED


def test_cases_are_chosen_by_name_and_an_unknown_name_chooses_none():
    workflow = document(HEAR, "signals: [{name: go}], expect: {}", "expect: {status: cancelled}")

    assert [r.name for r in asyncio.run(Kernel().test(workflow, case="c1"))] == ["c1"]
    assert asyncio.run(Kernel().test(workflow, case="nobody")) == ()
