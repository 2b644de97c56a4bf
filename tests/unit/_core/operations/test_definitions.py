"""Publishing, going back, switching off, starting."""

import asyncio

import pytest
from attrs import evolve

from automata.errors import Conflict, InvalidValue, NotFound
from automata.model import RunStarted, RunStatus

go = asyncio.run


@pytest.fixture
def second(orders):
    return evolve(orders, description="Newer")


def test_publishing_says_what_was_current_before(definitions, orders, second):
    first = go(definitions.publish(orders))
    again = go(definitions.publish(orders))
    newer = go(definitions.publish(second))

    assert (first.before, first.changed, again.changed) == (None, True, False)
    assert (newer.before, newer.version.current) == (first.version.version, True)


def test_going_back_takes_the_version_before_or_the_one_named(definitions, orders, second):
    first = go(definitions.publish(orders)).version.version
    newer = go(definitions.publish(second)).version.version

    assert go(definitions.rollback("Orders")).version.version == first
    assert go(definitions.rollback("Orders", newer[:8])).version.version == newer
    assert go(definitions.document("Orders"))[1] == second


def test_before_the_first_version_there_is_none(definitions, orders):
    go(definitions.publish(orders))

    with pytest.raises(NotFound, match="before the current one"):
        go(definitions.rollback("Orders"))
    with pytest.raises(NotFound, match="No version 'zz'"):
        go(definitions.rollback("Orders", "zz"))


def test_triggers_are_switched_off_and_on(definitions, orders):
    go(definitions.publish(orders))

    assert go(definitions.enable("Orders", enabled=False)).enabled is False
    assert go(definitions.enable("Orders", enabled=True)).enabled is True
    with pytest.raises(NotFound, match="No workflow 'Nothing' is published"):
        go(definitions.enable("Nothing", enabled=True))


def test_versions_are_those_of_one_workflow_or_the_current_ones(definitions, orders, second):
    go(definitions.publish(orders))
    go(definitions.publish(second))
    go(definitions.publish(evolve(orders, name="Alone")))

    assert len(go(definitions.versions("Orders"))) == 2
    assert [row.workflow for row in go(definitions.versions())] == ["Alone", "Orders"]


def test_a_start_is_accepted_and_left_to_the_workers(definitions, orders, store):
    go(definitions.publish(orders))

    run = go(definitions.start("Orders", {"total": 3}, priority=2))

    [started] = go(store.journal(run.id))
    assert (run.status, run.owner, run.priority, run.wake is not None) == (RunStatus.QUEUED, None, 2, True)
    assert isinstance(started, RunStarted)
    assert (started.input, started.at[-1]) == ({"total": 3}, "Z")


def test_a_document_is_published_by_its_start(definitions, orders):
    run = go(definitions.start(orders, {"total": 3}))

    assert go(definitions.document("Orders"))[0].version == run.version


def test_an_older_version_can_be_started(definitions, orders, second):
    first = go(definitions.publish(orders)).version.version
    go(definitions.publish(second))

    assert go(definitions.start("Orders", {"total": 3}, version=first[:10])).version == first


def test_the_same_key_gives_the_same_run_and_another_input_is_refused(definitions, orders):
    first = go(definitions.start(orders, {"total": 3}, key="k"))

    assert go(definitions.start(orders, {"total": 3}, key="k")).id == first.id
    with pytest.raises(Conflict):
        go(definitions.start(orders, {"total": 4}, key="k"))


def test_an_input_that_does_not_fit_starts_nothing(definitions, orders):
    with pytest.raises(InvalidValue, match="The input does not fit its schema"):
        go(definitions.start(orders, {"total": "x"}))


def test_a_trigger_must_be_a_node(definitions, orders):
    with pytest.raises(NotFound, match="'gone' is not a trigger of 'Orders'"):
        go(definitions.start(orders, {"total": 1}, trigger="gone"))


# -------------------------------------------------------------------- again


def test_a_retry_is_a_new_run_of_the_same_version_with_the_same_input(definitions, second, store, told):
    old = told("abc", status=RunStatus.FAILED, input_={"total": 8})
    go(definitions.publish(second))

    run = go(definitions.retry("abc"))

    [started] = go(store.journal(run.id))
    assert (run.version, run.id != old.id) == (old.version, True)
    assert (started.input, started.origin) == ({"total": 8}, "abc@0")


def test_a_run_is_retried_once_unless_a_key_says_otherwise(definitions, told):
    told("abc", status=RunStatus.FAILED)

    first = go(definitions.retry("abc"))

    assert go(definitions.retry("abc")).id == first.id
    assert go(definitions.retry("abc", key="once more")).id != first.id


@pytest.mark.parametrize("status", [RunStatus.SUCCEEDED, RunStatus.WAITING])
def test_only_what_failed_or_was_cancelled_is_retried(definitions, told, status):
    told("abc", status=status)

    with pytest.raises(Conflict, match="only what failed or was cancelled"):
        go(definitions.retry("abc"))
