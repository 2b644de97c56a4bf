"""A journal folded into steps, and addresses read back into nodes."""

import pytest

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.expressions import standard_functions
from automata._core.history import error_json, node_at, plain, run_json, steps_of, use_of
from automata._core.plan import compile_plan
from automata.model import (
    ErrorInfo,
    Resolved,
    Run,
    RunStarted,
    RunStatus,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepParked,
    StepSkipped,
    StepStarted,
    StepStatus,
)

CATALOG = Catalog(
    types={t.name: t for t in controls.automata_node_types()},
    functions=standard_functions(),
    credential_kinds={},
    rules=(),
    guard=lambda _, call: call(),
)
PLAN = compile_plan(
    load("""
automata: 1
name: t
nodes:
  a: {use: set, compensate: {use: fail}}
  e:
    use: foreach
    with: {items: [1]}
    body:
      nodes:
        s:
          use: scope
          body: {nodes: {x: {use: wait, with: {for: 1s}}}}
          finally: {nodes: {f: {use: set, compensate: {use: fail}}}}
""").workflow,
    CATALOG,
)
ODD = ErrorInfo("odd", "No", "a", 1, {"n": 1})


def only(*events):
    [step] = steps_of(PLAN, events)
    return step


def test_a_step_is_what_its_events_add_up_to():
    step = only(
        RunStarted(1),
        StepStarted("a", 1, {"v": 1}, "t1"),
        StepFailed("a", 1, ODD, 0.5, "t2"),
        StepStarted("a", 2, {"v": 2}, "t3"),
        StepFinished("a", 2, 7, "out", "t4"),
    )

    assert (step.node, step.use, step.status, step.attempt) == ("a", "set", StepStatus.SUCCEEDED, 2)
    assert (step.input, step.output, step.port, step.error) == ({"v": 2}, 7, "out", None)
    assert (step.started, step.finished) == ("t1", "t4")


@pytest.mark.parametrize(
    ("events", "status", "attempt", "error", "finished"),
    [
        ([StepStarted("a", 1, None, "t")], StepStatus.RUNNING, 1, None, None),
        ([StepStarted("a", 1), StepFailed("a", 1, ODD, 0.5, "t2")], StepStatus.FAILED, 1, ODD, "t2"),
        ([StepStarted("a", 1), StepCancelled("a", "t2")], StepStatus.CANCELLED, 1, None, "t2"),
        ([StepCancelled("a")], StepStatus.CANCELLED, 1, None, None),
        ([StepSkipped("a")], StepStatus.SKIPPED, 0, None, None),
        ([StepFailed("a", 3, ODD)], StepStatus.FAILED, 3, ODD, ""),
        ([StepFinished("a", 2, 1)], StepStatus.SUCCEEDED, 2, None, ""),
    ],
)
def test_every_prefix_of_a_journal_can_be_folded(events, status, attempt, error, finished):
    step = only(*events)

    assert (step.status, step.attempt, step.error, step.finished) == (status, attempt, error, finished)


def test_steps_stand_in_the_order_they_started():
    events = [StepStarted("e[1]/s", 1), StepStarted("a", 1), StepFinished("e[1]/s", 1, None), StepStarted("e[0]/s", 1)]

    assert [s.node for s in steps_of(PLAN, events)] == ["e[1]/s", "a", "e[0]/s"]


@pytest.mark.parametrize(
    ("address", "id_", "use", "short"),
    [
        ("a", "a", "set", "a"),
        ("a~undo", "a", "fail", "a~undo"),
        ("e", "e", "foreach", "e"),
        ("e[3]/s", "s", "scope", "e/s"),
        ("e@2[13]/s/x", "x", "wait", "e/s/x"),
        ("e[0]/s@3/x", "x", "wait", "e/s/x"),
        ("e[0]/s~finally/f", "f", "set", "e/s~finally/f"),
        ("e[0]/s@2~finally/f~undo", "f", "fail", "e/s~finally/f~undo"),
        ("e[0]/s~undo", "s", "scope", "e/s~undo"),
    ],
)
def test_an_address_leads_to_its_node_whatever_the_round(address, id_, use, short):
    assert (node_at(PLAN, address).id, use_of(PLAN, address), plain(address)) == (id_, use, short)


@pytest.mark.parametrize("address", ["", "b", "a/b", "e[0]/nobody", "e~finally/s"])
def test_an_address_of_nothing_is_a_key_error(address):
    with pytest.raises(KeyError):
        node_at(PLAN, address)


def test_a_run_and_its_steps_as_json():
    run = Run(id="r", workflow="t", version="v", status=RunStatus.FAILED, error=ODD)
    given = run_json(run, steps_of(PLAN, [StepStarted("a", 1, {"v": 1}, "t1"), StepFailed("a", 1, ODD, 0.5, "t2")]))
    error = {"class": "odd", "message": "No", "node": "a", "attempt": 1, "details": {"n": 1}}

    assert given == {
        "run": "r",
        "workflow": "t",
        "version": "v",
        "status": "failed",
        "output": None,
        "error": error,
        "steps": [
            {
                "node": "a",
                "use": "set",
                "status": "failed",
                "attempt": 1,
                "input": {"v": 1},
                "output": None,
                "port": None,
                "error": error,
                "started": "t1",
                "finished": "t2",
            }
        ],
    }
    assert error_json(None) is None


@pytest.mark.parametrize(
    ("choice", "status", "output", "error"),
    [
        (Resolved("a", "retry"), StepStatus.RUNNING, None, None),
        (Resolved("a", "done", {"paid": True}), StepStatus.SUCCEEDED, {"paid": True}, None),
        (Resolved("a", "fail"), StepStatus.FAILED, None, ODD),
    ],
    ids=lambda value: value.choice if isinstance(value, Resolved) else None,
)
def test_a_parked_step_goes_on_as_a_person_chose(choice, status, output, error):
    step = only(StepStarted("a", 1), StepParked("a", 1, ODD), choice)

    assert (step.status, step.output, step.error) == (status, output, error)
