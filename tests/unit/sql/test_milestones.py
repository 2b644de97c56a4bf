"""Fault points round a commit say what the batch holds."""

import pytest

from automata._core import fault
from automata.model import Run, RunFinished, RunStatus, StepFinished, StepStarted
from automata.ports import Turn
from automata.sql.milestones import after_commit, before_commit, written
from automata.sql.operations import Append, Create

CREATE = Create(Run(id="r", workflow="w", version="v"), b"[]", 0, "")
NEXT = Append(Turn(run="r", epoch=1, after=0, events=[StepFinished("a", 1, 1), StepStarted("b", 1)]), b"[]", "w")
END = RunFinished(RunStatus.SUCCEEDED)
LAST = Append(Turn(run="r", epoch=1, after=0, events=[StepFinished("b", 1, 1), END]), b"[]", "w", END)
WAIT = Append(Turn(run="r", epoch=1, after=0, release=True), b"", "w")


@pytest.fixture
def hits():
    yield fault.install("error:join:1").hits
    fault.remove()


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        (CREATE, {"start"}),
        (NEXT, {"attempt_started", "completion"}),
        (LAST, {"completion", "terminal"}),
        (WAIT, set()),
    ],
)
def test_every_commit_has_its_names_before_and_after(hits, operation, names):
    before_commit([operation])
    assert set(hits) == {f"{name}.before_commit" for name in names}
    hits.clear()
    after_commit([operation])
    assert set(hits) == {f"{name}.after_commit" for name in names}


def test_completions_are_marked_while_their_transaction_is_open(hits):
    written([CREATE, NEXT, LAST, WAIT])
    assert hits == {"completion.in_tx": 2}


def test_nothing_is_marked_where_no_faults_are_installed():
    for mark in (written, before_commit, after_commit):
        mark([CREATE, NEXT, LAST])
    assert not fault.installed()
