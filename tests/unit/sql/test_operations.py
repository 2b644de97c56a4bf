from __future__ import annotations

from automata.model import Run, RunFinished, RunStatus
from automata.ports import Turn
from automata.sql.operations import Append, Call, Create, Segment, Send, segments

END = RunFinished(RunStatus.SUCCEEDED)


def create(run, key=None):
    return Create(Run(id=run, workflow="w", version="v", key=key), b"", 0, "")


def append(run, *, release=False, last=None):
    return Append(Turn(run=run, epoch=1, after=0, release=release), b"", "w", last)


def sizes(*operations):
    return [len(part) if isinstance(part, list) else type(part).__name__ for part in segments(operations)]


def test_operations_of_different_runs_stay_together():
    assert sizes(create("a"), append("a"), append("b", last=END), Send("c", "m", b""), append("a")) == [5]


def test_nothing_of_a_run_comes_in_one_segment_with_its_end():
    assert sizes(append("a", last=END), append("a")) == [1, 1]
    assert sizes(append("a", release=True), Send("a", "m", b"")) == [1, 1]
    assert sizes(append("a"), append("a", release=True), append("b")) == [3]


def test_a_run_and_a_key_are_created_once_in_a_segment():
    assert sizes(create("a"), create("a")) == [1, 1]
    assert sizes(create("a", "k"), create("b", "k"), create("c", "other")) == [1, 2]


def test_a_call_stands_by_itself():
    call = Call(lambda link: None)

    assert sizes(append("a"), call, call, append("a")) == [1, "Call", "Call", 1]


def test_a_segment_sorts_by_kind():
    segment = Segment()
    for operation in (Send("c", "m", b""), append("a"), create("b"), append("c")):
        segment.add(operation)

    assert (len(segment.creates), len(segment.appends), len(segment.sends)) == (1, 2, 1)
