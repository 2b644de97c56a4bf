"""Accepting a run without waiting for it."""

import json

import pytest

from automata.ports import RunQuery

CALLER = 'automata: 1\nname: C\nnodes: {c: {use: call, with: {workflow: First}}}\noutput: "${c}"\n'


def accepted(stored):
    return stored(lambda store: store.runs(RunQuery()))


def test_a_document_is_published_and_its_run_left_to_the_workers(automata, database, stored):
    done = automata("run", "first.yaml", "--detach")

    (run,) = accepted(stored)
    assert (done.code, run.status, run.owner) == (0, "queued", None)
    assert f"Run {run.id[:16]} of First was accepted (queued)" in done.out
    assert f"automata runs tail {run.id[:16]}" in done.err


def test_a_published_workflow_is_started_by_its_name(automata, database, stored):
    automata("workflows", "publish", "first.yaml")

    told = json.loads(automata("run", "First", "--detach", "--key", "k", "--json").out)

    assert told == json.loads(automata("run", "First", "--detach", "--key", "k", "--json").out)
    assert [(run.id, run.key) for run in accepted(stored)] == [(told["run"], "k")]


def test_what_a_document_calls_is_published_with_it(automata, database, folder, stored):
    (folder / "c.yaml").write_text(CALLER)

    assert automata("run", "c.yaml", "--detach").code == 0

    assert stored(lambda store: store.workflow("First")) is not None


@pytest.mark.parametrize("given", [("--timeout", "5s"), ("--approve", "a=yes"), ("--signal", "a=1")])
def test_what_needs_somebody_who_stands_by_is_refused(automata, database, stored, given):
    done = automata("run", "first.yaml", "--detach", *given)

    assert done.code == 2
    assert given[0] in done.err
    assert not accepted(stored)


def test_a_trigger_that_is_none_is_refused(automata, database, stored):
    assert automata("run", "first.yaml", "--detach", "--trigger", "a").code == 4
    assert not accepted(stored)
