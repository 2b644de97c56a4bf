from __future__ import annotations

import pytest

from automata.errors import Fenced, KernelBug
from automata.model import RunFinished, RunStatus
from automata.sql import open_store
from automata.testing.laws import begin, signal, step, turn


def test_a_run_that_was_let_go_is_not_written_by_whom_held_it(play):
    async def scenario(store):
        await begin(store, "r")
        await store.append(turn("r", 1, release=True))
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1)))
        assert len(await store.journal("r")) == 1

    play(scenario)


def test_after_a_turn_that_did_not_happen_nothing_of_that_epoch_happens(play):
    async def scenario(store):
        await begin(store, "r")
        wrong = store.append(turn("r", 5, *step(1)))
        right = store.append(turn("r", 1, *step(1)))
        with pytest.raises(KernelBug):
            await wrong
        with pytest.raises(Fenced):
            await right
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1)))

    play(scenario)


def test_a_turn_without_events_is_checked_all_the_same(play):
    async def scenario(store):
        await begin(store, "r")
        await store.send("r", signal("m"))
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, epoch=2, taken=["m"]))
        assert len(await store.inbox("r")) == 1

    play(scenario)


def test_a_message_cannot_be_taken_twice(play):
    async def scenario(store):
        await begin(store, "r")
        await store.send("r", signal("m"))
        await store.append(turn("r", 1, *step(1), taken=["m"]))
        with pytest.raises(KernelBug, match="taken before"):
            await store.append(turn("r", 3, *step(2), taken=["m"]))
        assert len(await store.journal("r")) == 3

    play(scenario)


def test_somebody_elses_row_in_the_journal_fences(where, play):
    async def scenario(store):
        await begin(store, "r")
        other = open_store(where)
        await other.append(turn("r", 1, *step(1)))
        await other.close()
        with pytest.raises((Fenced, KernelBug)):
            await store.append(turn("r", 1, *step(2)))
        assert list(await store.journal("r", 1)) == [*step(1)]

    play(scenario)


def test_a_run_let_go_and_over_in_one_batch_ends_once(play):
    async def scenario(store):
        await begin(store, "r")
        go = store.append(turn("r", 1, *step(1), release=True))
        end = store.append(turn("r", 3, RunFinished(RunStatus.FAILED)))
        await go
        with pytest.raises(Fenced):
            await end
        row = await store.run("r")
        assert row.status is RunStatus.RUNNING

    play(scenario)
