"""What every `Store` must do, as a class of tests: subclass `StoreSuite`, say how a store is opened, and run pytest.

::

    class TestMyStore(StoreSuite):
        @asynccontextmanager
        async def opened(self):
            store = MyStore(...)
            yield store
            await store.close()
"""

# ruff: noqa: D102, S101, PLR2004 - these are tests, and their names say what they are about

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from automata.errors import Conflict, Fenced, KernelBug, NotFound, Overloaded
from automata.model import CancelRequested, ErrorInfo, Message, RunFinished, RunStatus
from automata.ports import RunQuery, Store
from automata.testing.laws import (
    LEASE_S,
    STARTED,
    WORKER,
    DefinitionLaws,
    ReadingLaws,
    begin,
    held,
    ids_of,
    law,
    queued,
    signal,
    step,
    turn,
)
from automata.testing.outbox import OutboxLaws


class StoreSuite(DefinitionLaws, ReadingLaws, OutboxLaws):
    """Tests any store passes; each gets a store of its own, empty, from `opened`."""

    leases_end = True
    """Whether a lease ends by itself when its time is over."""

    def opened(self) -> AbstractAsyncContextManager[Store]:
        """Open an empty store for one test, and close it after."""
        raise NotImplementedError

    @law
    async def test_a_run_without_owner_waits_from_now_on(self, store: Store) -> None:
        accepted = await store.create(queued("r", priority=3, parent="p#s"), [STARTED])

        row = await store.run("r")
        assert row == accepted
        assert row is not None
        assert (row.status, row.owner, row.priority, row.parent) == (RunStatus.QUEUED, None, 3, "p#s")
        assert row.created is not None
        assert row.wake == row.created
        assert abs(row.created - await store.now()) < timedelta(seconds=5)
        assert list(await store.journal("r")) == [STARTED]

    @law
    async def test_the_same_key_gives_the_same_run(self, store: Store) -> None:
        first = await store.create(queued("r1", key="k"), [STARTED], "digest")
        again = await store.create(queued("r2", key="k"), [STARTED], "digest")

        assert again == first
        assert await store.run("r2") is None

    @law
    async def test_a_key_used_for_another_start_is_a_conflict(self, store: Store) -> None:
        await store.create(queued("r1", key="k"), [STARTED], "one")

        with pytest.raises(Conflict, match="'k'"):
            await store.create(queued("r2", key="k"), [STARTED], "two")
        assert (await store.create(queued("r3", key="k", org="other"), [STARTED], "two")).id == "r3"

    @law
    async def test_an_id_can_be_used_twice_for_the_same_start_only(self, store: Store) -> None:
        first = await store.create(queued("r"), [STARTED], "one")

        assert await store.create(queued("r"), [STARTED], "one") == first
        with pytest.raises(Conflict, match="'r'"):
            await store.create(queued("r"), [STARTED], "two")

    @law
    async def test_many_starts_with_one_key_at_once_make_one_run(self, store: Store) -> None:
        futures = [store.create(queued(f"r{n}", key="k"), [STARTED]) for n in range(20)]

        accepted = await asyncio.gather(*futures)

        assert {run.id for run in accepted} == {"r0"}
        assert await ids_of(store.runs(RunQuery())) == ["r0"]

    @law
    async def test_a_run_that_ends_with_its_first_events_is_final(self, store: Store) -> None:
        end = RunFinished(RunStatus.SUCCEEDED, {"sum": 5})
        await begin(store)

        row = await store.create(held("r"), [STARTED, end])

        assert row == await store.run("r")
        assert (row.status, row.output, row.owner, row.wake) == (RunStatus.SUCCEEDED, {"sum": 5}, None, None)
        assert row.finished is not None
        assert list(await store.journal("r")) == [STARTED, end]
        assert not await store.claim(WORKER, 10)

    @law
    async def test_a_run_is_not_accepted_for_a_worker_without_lease(self, store: Store) -> None:
        with pytest.raises(Fenced):
            await store.create(held("r"), [STARTED])
        assert await store.run("r") is None

    # ------------------------------------------------------------ turns

    @law
    async def test_events_are_read_in_the_order_they_were_appended(self, store: Store) -> None:
        await begin(store, "r")

        for n in range(5):
            await store.append(turn("r", 1 + 2 * n, *step(n, {"n": n})))

        journal = await store.journal("r")
        assert list(journal) == [STARTED, *(event for n in range(5) for event in step(n, {"n": n}))]
        for after in range(12):
            assert list(await store.journal("r", after)) == list(journal[after:])

    @law
    async def test_turns_handed_in_together_keep_their_order(self, store: Store) -> None:
        await begin(store, *(f"r{n}" for n in range(10)))

        futures = [store.append(turn(f"r{r}", 1 + 2 * n, *step(n))) for n in range(10) for r in range(10)]
        await asyncio.gather(*futures)

        for r in range(10):
            assert list(await store.journal(f"r{r}")) == [STARTED, *(event for n in range(10) for event in step(n))]

    @law
    async def test_a_turn_that_may_wait_does_not_wait_long(self, store: Store) -> None:
        await begin(store, "r")

        async with asyncio.timeout(2):
            await store.append(turn("r", 1, *step(1)), urgent=False)

        assert len(await store.journal("r")) == 3

    @law
    async def test_a_turn_that_may_wait_comes_before_a_later_one(self, store: Store) -> None:
        await begin(store, "r")

        first = store.append(turn("r", 1, *step(1)), urgent=False)
        await store.append(turn("r", 3, *step(2)))

        assert first.done()
        assert len(await store.journal("r")) == 5

    @law
    async def test_the_end_of_a_run_is_on_its_row(self, store: Store) -> None:
        error = ErrorInfo("transient", "no answer", "a", 2, {"code": 503}, 1.5, sent=False)
        await begin(store, "r", "s")

        await store.append(turn("r", 1, RunFinished(RunStatus.SUCCEEDED, [1, 2])))
        await store.append(turn("s", 1, RunFinished(RunStatus.FAILED, None, error)))

        done, failed = await store.run("r"), await store.run("s")
        assert done is not None
        assert failed is not None
        assert (done.status, done.output, done.error, done.owner) == (RunStatus.SUCCEEDED, [1, 2], None, None)
        assert (failed.status, failed.output, failed.error) == (RunStatus.FAILED, None, error)
        assert done.finished is not None

    @law
    async def test_nothing_is_written_after_the_end(self, store: Store) -> None:
        await begin(store, "r")
        end = turn("r", 1, RunFinished(RunStatus.SUCCEEDED))

        first, late = store.append(end), store.append(turn("r", 2, *step(1)))
        await first

        with pytest.raises(Fenced):
            await late
        with pytest.raises(Fenced):
            await store.append(turn("r", 2, RunFinished(RunStatus.FAILED)))
        assert len(await store.journal("r")) == 2

    @law
    async def test_a_turn_of_another_epoch_is_refused(self, store: Store) -> None:
        await begin(store, "r")

        for epoch in (0, 2):
            with pytest.raises(Fenced):
                await store.append(turn("r", 1, *step(1), epoch=epoch))
        assert list(await store.journal("r")) == [STARTED]

    @law
    async def test_a_turn_of_no_run_is_refused(self, store: Store) -> None:
        await begin(store)

        with pytest.raises((Fenced, NotFound)):
            await store.append(turn("r", 1, *step(1)))

    @law
    async def test_a_refused_turn_leaves_nothing_and_the_others_of_its_batch_happen(self, store: Store) -> None:
        await begin(store, "r", "good", "other")
        await store.send("r", signal("m"))

        bad = store.append(turn("r", 7, *step(1), taken=["m"], sent=[("other", signal("x"))], status=RunStatus.WAITING))
        good = [store.append(turn("good", 1 + 2 * n, *step(n))) for n in range(3)]

        with pytest.raises((KernelBug, Conflict)):
            await bad
        await asyncio.gather(*good)
        row = await store.run("r")
        assert row is not None
        assert row.status is RunStatus.RUNNING
        assert list(await store.journal("r")) == [STARTED]
        assert [m.id for m in await store.inbox("r")] == ["m"]
        assert not await store.inbox("other")
        assert len(await store.journal("good")) == 7

    @law
    async def test_a_turn_says_where_the_run_stands(self, store: Store) -> None:
        error = ErrorInfo("poison", "it killed three workers")
        await begin(store, "r")

        await store.append(turn("r", 1, status=RunStatus.PARKED, error=error))
        parked = await store.run("r")
        await store.append(turn("r", 1, *step(1), status=RunStatus.RUNNING))
        running = await store.run("r")

        assert parked is not None
        assert running is not None
        assert (parked.status, parked.error) == (RunStatus.PARKED, error)
        assert (running.status, running.error) == (RunStatus.RUNNING, None)

    # ------------------------------------------------------------ letting go

    @law
    async def test_a_run_let_go_is_taken_up_when_it_is_due(self, store: Store) -> None:
        await begin(store, "now", "later", "never")
        now = await store.now()

        await store.append(turn("now", 1, status=RunStatus.WAITING, release=True, wake=now))
        await store.append(turn("later", 1, release=True, wake=now + timedelta(hours=1)))
        await store.append(turn("never", 1, release=True))
        await self.elapse(0.002)

        claimed = await store.claim(WORKER, 10)
        assert [(run.id, run.epoch, run.owner) for run in claimed] == [("now", 2, WORKER)]
        assert claimed[0].status is RunStatus.RUNNING
        later, never = await store.run("later"), await store.run("never")
        assert later is not None
        assert never is not None
        assert later.wake is not None
        assert timedelta(0) <= later.wake - (now + timedelta(hours=1)) <= timedelta(milliseconds=1)
        assert never.wake is None
        assert never.status is RunStatus.RUNNING

    @law
    async def test_a_run_is_running_from_its_claim_unless_a_person_stopped_it(self, store: Store) -> None:
        begun, stopped = [RunStatus.QUEUED, RunStatus.WAITING], [RunStatus.PAUSED, RunStatus.PARKED]
        await begin(store, *begun, *stopped)
        for status in (*begun, *stopped):
            await store.append(turn(status, 1, status=status, release=True, wake=await store.now()))
        await self.elapse(0.002)

        claimed = {run.id: run.status for run in await store.claim(WORKER, 10)}
        assert claimed == {**dict.fromkeys(begun, RunStatus.RUNNING), **{status: status for status in stopped}}
        assert {run.id: run.status for run in await store.runs(RunQuery())} == claimed

    @law
    async def test_a_claim_may_be_for_certain_runs_only(self, store: Store) -> None:
        await begin(store, "a", "b", "held")
        for id_ in ("a", "b"):
            await store.append(turn(id_, 1, release=True, wake=await store.now()))
        await self.elapse(0.002)

        assert await ids_of(store.claim(WORKER, 10, ["b", "held", "unknown"])) == ["b"]
        assert await ids_of(store.claim(WORKER, 10)) == ["a"]

    @law
    async def test_a_run_let_go_with_mail_is_due_at_once(self, store: Store) -> None:
        await begin(store, "r")
        await store.send("r", signal("m1"))
        await store.send("r", signal("m2"))

        await store.append(turn("r", 1, *step(1), taken=["m1"], release=True))

        assert await ids_of(store.claim(WORKER, 10)) == ["r"]

    @law
    async def test_a_run_let_go_with_all_mail_taken_sleeps(self, store: Store) -> None:
        await begin(store, "r")
        await store.send("r", signal("m1"))

        await store.append(turn("r", 1, *step(1), taken=["m1"], release=True))

        assert not await store.claim(WORKER, 10)

    @law
    async def test_the_holder_before_cannot_write_once_another_has_claimed(self, store: Store) -> None:
        await begin(store, "r")
        await store.append(turn("r", 1, release=True, wake=await store.now()))
        await self.elapse(0.002)
        await store.register("worker-2", LEASE_S)

        claimed = await store.claim("worker-2", 1)

        assert [run.epoch for run in claimed] == [2]
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1)))
        await store.append(turn("r", 1, *step(2), epoch=2))
        assert list(await store.journal("r")) == [STARTED, *step(2)]

    # ------------------------------------------------------------ messages

    @law
    async def test_messages_wait_in_the_order_of_their_acceptance(self, store: Store) -> None:
        await begin(store, "r")

        results = await asyncio.gather(*(store.send("r", signal(f"m{n}")) for n in (3, 1, 2)))

        assert results == [True, True, True]
        assert list(await store.inbox("r")) == [signal("m3"), signal("m1"), signal("m2")]

    @law
    async def test_a_message_is_accepted_once_even_after_it_was_taken(self, store: Store) -> None:
        await begin(store, "r")

        assert await store.send("r", signal("m"))
        assert not await store.send("r", signal("m"))
        await store.append(turn("r", 1, *step(1), taken=["m"]))
        assert not await store.send("r", signal("m"))
        assert not await store.inbox("r")

    @law
    async def test_the_same_message_sent_twice_at_once_is_accepted_once(self, store: Store) -> None:
        await begin(store, "r")

        results = await asyncio.gather(*(store.send("r", signal("m")) for _ in range(5)))

        assert sorted(results) == [False, False, False, False, True]
        assert len(await store.inbox("r")) == 1

    @law
    async def test_messages_to_nobody_and_to_the_dead_are_refused(self, store: Store) -> None:
        await begin(store, "r")
        await store.append(turn("r", 1, RunFinished(RunStatus.CANCELLED)))

        with pytest.raises(NotFound):
            await store.send("nobody", signal("m"))
        with pytest.raises(Conflict):
            await store.send("r", Message(id="c", body=CancelRequested("late")))

    @law
    async def test_an_inbox_holds_a_thousand_messages(self, store: Store) -> None:
        await begin(store, "r")
        await asyncio.gather(*(store.send("r", signal(f"m{n}")) for n in range(1_000)))

        with pytest.raises(Overloaded):
            await store.send("r", signal("one more"))

        assert not await store.send("r", signal("m7"))
        await store.append(turn("r", 1, *step(1), taken=["m0"]))
        assert await store.send("r", signal("one more"))

    @law
    async def test_a_message_wakes_a_run_nobody_holds(self, store: Store) -> None:
        await begin(store, "sleeps", "waits")
        await store.append(turn("sleeps", 1, release=True))
        await store.append(turn("waits", 1, release=True, wake=await store.now() + timedelta(hours=1)))

        for run in ("sleeps", "waits"):
            await store.send(run, signal("m"))

        assert sorted(await ids_of(store.claim(WORKER, 10))) == ["sleeps", "waits"]

    @law
    async def test_runs_with_mail_are_told_to_their_holder(self, store: Store) -> None:
        await begin(store, "a", "b")
        await store.send("b", signal("m"))

        assert list(await store.mail(WORKER)) == ["b"]
        assert not await store.mail("worker-2")
        await store.append(turn("b", 1, *step(1), taken=["m"]))
        assert not await store.mail(WORKER)

    @law
    async def test_a_turn_sends_messages_to_other_runs(self, store: Store) -> None:
        await begin(store, "child", "parent", "over")
        await store.append(turn("parent", 1, release=True))
        await store.append(turn("over", 1, RunFinished(RunStatus.SUCCEEDED)))
        sent = [("parent", signal("m")), ("over", signal("m")), ("gone", signal("m"))]

        await store.append(turn("child", 1, RunFinished(RunStatus.SUCCEEDED), sent=sent))

        assert list(await store.inbox("parent")) == [signal("m")]
        assert await ids_of(store.claim(WORKER, 10)) == ["parent"]
        assert not await store.inbox("over")

    # ------------------------------------------------------------ workers

    @law
    async def test_due_runs_are_claimed_once(self, store: Store) -> None:
        await begin(store)
        await store.register("worker-2", LEASE_S)
        for n in range(4):
            await store.create(queued(f"r{n}"), [STARTED])

        first, second = await asyncio.gather(store.claim(WORKER, 3), store.claim("worker-2", 3))

        assert sorted(run.id for run in (*first, *second)) == ["r0", "r1", "r2", "r3"]
        assert {(run.epoch, run.wake) for run in (*first, *second)} == {(1, None)}
        row = await store.run(first[0].id)
        assert row == first[0]

    @law
    async def test_higher_priority_is_claimed_first_and_then_the_older(self, store: Store) -> None:
        await begin(store)
        now = await store.now()
        for id_, priority, age in (("low", 0, 9), ("old", 5, 3), ("new", 5, 2), ("asleep", 9, -3600)):
            await store.create(queued(id_, priority=priority, wake=now - timedelta(seconds=age)), [STARTED])

        order = [await ids_of(store.claim(WORKER, 1)) for _ in range(4)]

        assert order == [["old"], ["new"], ["low"], []]

    @law
    async def test_a_worker_without_lease_claims_nothing(self, store: Store) -> None:
        await store.create(queued("r"), [STARTED])

        with pytest.raises(Fenced):
            await store.claim(WORKER, 1)

    @law
    async def test_a_claimed_run_goes_on_where_its_journal_ends(self, store: Store) -> None:
        await begin(store)
        await store.create(queued("r"), [STARTED])

        (run,) = await store.claim(WORKER, 1)
        await store.append(turn("r", 1, *step(1), epoch=run.epoch))

        assert list(await store.journal("r")) == [STARTED, *step(1)]

    @law
    async def test_what_a_leaving_worker_holds_is_due_for_others(self, store: Store) -> None:
        await begin(store, "r")
        await store.register("worker-2", LEASE_S)

        await store.leave(WORKER)

        assert [(run.id, run.epoch) for run in await store.claim("worker-2", 10)] == [("r", 2)]
        with pytest.raises(Fenced):
            await store.renew(WORKER, LEASE_S)
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1)))

    @law
    async def test_a_lease_is_prolonged_and_answers_with_the_time(self, store: Store) -> None:
        await store.register(WORKER, LEASE_S)

        now = await store.renew(WORKER, LEASE_S)

        assert now.tzinfo is not None
        assert abs(now - await store.now()) < timedelta(seconds=5)

    @law
    async def test_a_lease_that_is_over_fences_its_worker(self, store: Store) -> None:
        if not self.leases_end:
            pytest.skip("leases of this store do not end by themselves")
        await store.register("worker-2", LEASE_S)
        await store.register(WORKER, 0.05)
        await store.create(held("r"), [STARTED])
        await self.elapse(0.06)

        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1)))
        with pytest.raises(Fenced):
            await store.renew(WORKER, LEASE_S)
        with pytest.raises(Fenced):
            await store.claim(WORKER, 1)
        assert not await store.claim("worker-2", 1)
        assert await store.sweep() == 1
        assert await store.sweep() == 0
        assert [(run.id, run.epoch) for run in await store.claim("worker-2", 1)] == [("r", 2)]

    @law
    async def test_a_prolonged_lease_is_not_swept(self, store: Store) -> None:
        await store.register(WORKER, 0.05)
        await store.create(held("r"), [STARTED])
        await store.renew(WORKER, LEASE_S)
        await self.elapse(0.06)

        assert await store.sweep() == 0
        await store.append(turn("r", 1, *step(1)))
