"""The oracle finds every broken promise that is planted, and nothing where nothing is broken."""

import actions
import pytest
from attrs import evolve
from oracle import Entry, Expected, Row, Seen, check, last_events, told

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.expressions import standard_functions
from automata._core.plan import compile_plan
from automata.model import (
    BodyFinished,
    CancelRequested,
    ChildEnded,
    Message,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepFinished,
    StepLost,
    StepStarted,
    TimerFired,
    TimerSet,
)

TEXT = "automata: 1\nname: t\nnodes: {a: {use: chaos.do_put}, b: {use: chaos.do_keyed}}\nedges: [a -> b]\noutput: 1\n"
TYPES = {t.name: t for t in (*controls.automata_node_types(), *actions.automata_node_types())}
PLAN = compile_plan(
    load(TEXT).workflow,
    Catalog(types=TYPES, functions=standard_functions(), credential_kinds={}, rules=(), guard=lambda _, call: call()),
)
START = [RunStarted(None), StepStarted("a", 1)]
END = [StepFinished("b", 1, "b"), BodyFinished("", 1), RunFinished(RunStatus.SUCCEEDED, 1)]
WELL = [*START, StepFinished("a", 1, "a"), StepStarted("b", 1), *END]
AGAIN = [*START, StepLost("a", 1), StepStarted("a", 2), StepFinished("a", 2, "a"), StepStarted("b", 1), *END]
ROW = Row(id="r", status=RunStatus.SUCCEEDED, output=1)
EFFECTS = {"a": "idempotent", "b": "keyed"}


def entry(step, attempt=1, key=None, run="r"):
    return Entry(run, step, key or f"key of {step}", attempt, EFFECTS.get(step, "pure"), 1)


def seen(events, ledger, *, row=ROW, inbox=(), **more):
    rows = {"r": row} if row is not None else {}
    journals = {"r": events} if row is not None else {}
    facts = {"broken": (), "outbox": 0, "accepted": (), **more}
    return Seen(rows=rows, journals=journals, inboxes={"r": inbox}, ledger=ledger, **facts)


def timed(*events):
    return seen([*WELL[:2], *events, *WELL[2:]], DONE)


def found(final, *kills, effects=EFFECTS):
    expected = Expected(run="r", effects=effects, plan=PLAN, reference=ROW, finished=last_events(WELL))
    return check(expected, kills, final)


DONE = (entry("a"), entry("b"))
CUT_BEFORE = seen(START, (), row=evolve(ROW, status="running", output=None))
CUT_AFTER = seen(START, (entry("a"),), row=evolve(ROW, status="running", output=None))


def test_a_run_without_kills_is_right():
    assert found(seen(WELL, DONE, accepted=["start r", told("r", WELL[2])])) == []


def test_an_attempt_cut_off_before_its_effect_is_one_effect():
    assert found(seen(AGAIN, (entry("a", 2), entry("b"))), CUT_BEFORE) == []


def test_an_attempt_cut_off_after_its_effect_is_two_effects():
    assert found(seen(AGAIN, (entry("a"), entry("a", 2), entry("b"))), CUT_AFTER) == []


def test_the_end_of_a_child_may_stay_unread_once_its_step_is_over_and_not_before():
    told_again = Message(id="child", body=ChildEnded("a", "c"))
    assert found(seen(WELL, DONE, inbox=[(told_again, False)])) == []
    never_told = Message(id="child", body=ChildEnded("k", "c"))
    assert found(seen(WELL, DONE, inbox=[(never_told, False)])) == ["I6: messages ['child'] were never taken"]


SIGNAL = Message(id="go", body=SignalReceived("go", "go", None))
PLANTED = {
    "an accepted run is gone": (seen((), (), row=None), "I2"),
    "an accepted signal is gone": (seen(WELL, DONE, accepted=["send r go"]), "I1"),
    "a committed event is gone": (seen(WELL, DONE, accepted=["event r z 1 StepFinished"]), "I1"),
    "the journal has no end": (seen(WELL[:-1], DONE), "I2"),
    "the journal has two ends": (seen([*WELL, WELL[-1]], DONE), "I2"),
    "the run ended otherwise": (seen([*WELL[:-1], RunFinished(RunStatus.FAILED)], DONE), "I2"),
    "a step ended otherwise": (seen([*WELL[:-1], StepLost("b", 1), WELL[-1]], DONE), "I2"),
    "a completed step began again": (seen([*WELL[:-1], StepStarted("a", 2), WELL[-1]], DONE), "I3"),
    "a step was completed twice": (seen([*WELL[:3], *WELL[2:]], DONE), "I3"),
    "a chain is broken": (seen(WELL, DONE, broken=["row 3"]), "I4"),
    "an effect is missing": (seen(WELL, (entry("a"),)), "I5"),
    "an effect happened twice": (seen(WELL, (*DONE, entry("b"))), "G3"),
    "an effect happened without intent": (seen(WELL, (*DONE, entry("b", 2))), "W3"),
    "a step that must not have an effect had one": (seen(WELL, (*DONE, entry("z"))), "I5"),
    "two steps share a key": (seen(WELL, (entry("a", key="k"), entry("b", key="k"))), "I5"),
    "a message is left in the outbox": (seen(WELL, DONE, outbox=1), "I6"),
    "a message was never taken": (seen(WELL, DONE, inbox=[(SIGNAL, False)]), "I6"),
    "a run that is over is held": (seen(WELL, DONE, row=evolve(ROW, owner="w")), "I7"),
    "a run that is over is due": (seen(WELL, DONE, row=evolve(ROW, wake_ms=1)), "I7"),
    "the row says something else": (seen(WELL, DONE, row=evolve(ROW, output=2)), "I8"),
    "the journal does not lead to the end": (seen([*WELL[:-2], WELL[-1]], DONE), "I8"),
    "a timer fired early": (timed(TimerSet("t", "2026-02"), TimerFired("t", "2026-01")), "G8"),
    "a timer fired without being set": (timed(TimerFired("t", "2026-01")), "G8"),
}


@pytest.mark.parametrize(("final", "name"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(final, name):
    assert any(fault.startswith(name) for fault in found(final))


def test_an_effect_that_happens_again_without_need_is_found():
    faults = found(seen(AGAIN, (entry("a"), entry("a", 2), entry("b"))), CUT_BEFORE)
    assert any("I5: idempotent effect of a in attempts [1, 2], predicted [2]" in fault for fault in faults)


def test_a_repeat_that_was_needed_and_did_not_happen_is_found():
    faults = found(seen(AGAIN, (entry("a"), entry("b"))), CUT_AFTER)
    assert any("predicted [1, 2]" in fault for fault in faults)


def test_a_step_that_was_completed_without_its_effect_is_found():
    faults = found(seen(WELL, (entry("b"),)), seen(WELL[:4], (), row=CUT_AFTER.rows["r"]))
    assert "I5: idempotent effect of a in attempts [], predicted [1]" in faults


def test_a_message_that_was_marked_and_not_sent_is_found():
    effects = {"a": "outbox", "b": "keyed"}
    faults = found(seen(WELL, (entry("b"),)), seen(WELL[:4], (), row=CUT_AFTER.rows["r"]), effects=effects)
    assert "I5: outbox effect of a in attempts [], predicted [1]" in faults


def test_a_message_that_was_sent_before_its_step_was_complete_is_found():
    faults = found(seen(WELL, DONE), CUT_AFTER, effects={"a": "outbox", "b": "keyed"})
    assert any(fault.startswith("W9: a was sent before") for fault in faults)


def test_a_journal_that_was_rewritten_is_found():
    faults = found(seen(WELL, DONE), seen([*START, StepLost("a", 1)], ()))
    assert any("no beginning" in fault for fault in faults)


def test_a_repeat_with_another_key_is_found():
    faults = found(seen(AGAIN, (entry("a"), entry("a", 2, "other"), entry("b"))), CUT_AFTER)
    assert "I5: a used 2 keys" in faults


def test_nothing_starts_again_once_a_cancel_was_accepted():
    stop = (Message(id="stop", body=CancelRequested()), True)
    cut = seen(START, (entry("a"),), inbox=[stop])
    faults = found(seen(AGAIN, (entry("a"), entry("a", 2), entry("b")), inbox=[stop]), cut)
    assert any("attempts [1, 2], predicted [1]" in fault for fault in faults)


@pytest.mark.parametrize(
    ("cut", "point"),
    [
        (CUT_BEFORE, "effect.after"),
        (CUT_AFTER, "effect.before"),
        (CUT_AFTER, "completion.after_commit"),
        (CUT_AFTER, "start.before_commit"),
        (CUT_AFTER, "terminal.after_commit"),
        (CUT_AFTER, "cancel.apply"),
    ],
)
def test_a_kill_that_leaves_something_else_than_its_point_says_is_found(cut, point):
    expected = Expected(run="r", effects=EFFECTS, plan=PLAN, reference=ROW, finished=last_events(WELL), sequential=True)
    ledger = (*cut.ledger, entry("a", 2), entry("b"))
    faults = check(expected, [evolve(cut, point=point)], seen(AGAIN, ledger))
    assert [fault[:2] for fault in faults] == ["W:"]
