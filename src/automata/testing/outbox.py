"""Laws of stores about the outbox; part of `automata.testing.stores.StoreSuite`."""

# ruff: noqa: D102, S101, PLR2004 - these are tests, and their names say what they are about

from __future__ import annotations

import pytest

from automata.errors import Fenced, NotFound
from automata.model import Dispatch, ErrorInfo
from automata.ports import Store
from automata.testing.laws import LEASE_S, WORKER, begin, law, step, turn

ERROR = ErrorInfo("transient", "Not yet", "p", 1)


def dispatch(id_: str, text: str = "") -> Dispatch:
    """A message of the run ``r``."""
    return Dispatch(id=id_, run="r", step="p", body={"use": "mail.send", "with": {"text": text}})


async def accept(store: Store, *ids: str) -> None:
    """Have a run hand over messages, one a turn."""
    await begin(store, "r")
    for number, id_ in enumerate(ids):
        await store.append(turn("r", 1 + 2 * number, *step(number), dispatches=[dispatch(id_)]))


class OutboxLaws:
    """About messages that are to be sent."""

    @law
    async def test_messages_wait_as_they_were_handed_over_oldest_first(self, store: Store) -> None:
        await accept(store, "m1", "m2")

        taken = await store.outbox.take(WORKER, 10)
        assert [(one.id, one.run, one.step, one.attempts) for one in taken] == [
            ("m1", "r", "p", 1),
            ("m2", "r", "p", 1),
        ]
        assert taken[0].body == dispatch("m1").body

    @law
    async def test_a_turn_that_is_refused_hands_nothing_over(self, store: Store) -> None:
        await begin(store, "r")
        with pytest.raises(Fenced):
            await store.append(turn("r", 1, *step(1), epoch=7, dispatches=[dispatch("m")]))

        assert await store.outbox.waiting() == []
        assert await store.outbox.upcoming() is None

    @law
    async def test_a_message_of_an_id_that_waits_is_that_message(self, store: Store) -> None:
        await begin(store, "r")
        await store.append(turn("r", 1, *step(1), dispatches=[dispatch("m", "first")]))
        await store.append(turn("r", 3, *step(2), dispatches=[dispatch("m", "second")]))

        [waiting] = await store.outbox.waiting()
        assert waiting.body == dispatch("m", "first").body

    @law
    async def test_a_message_is_taken_by_one_worker_and_by_none_without_a_lease(self, store: Store) -> None:
        await accept(store, "m1", "m2")
        await store.register("other", LEASE_S)

        assert [one.id for one in await store.outbox.take(WORKER, 1)] == ["m1"]
        assert [one.id for one in await store.outbox.take("other", 10)] == ["m2"]
        assert await store.outbox.upcoming() is None
        with pytest.raises(Fenced):
            await store.outbox.take("nobody", 1)

    @law
    async def test_what_a_leaving_worker_was_sending_is_for_others(self, store: Store) -> None:
        await accept(store, "m")
        await store.outbox.take(WORKER, 1)
        await store.leave(WORKER)
        await store.register("other", LEASE_S)

        [taken] = await store.outbox.take("other", 1)
        assert taken.attempts == 2
        assert not await store.outbox.sent(WORKER, "m")

    @law
    async def test_a_message_that_was_sent_is_forgotten(self, store: Store) -> None:
        await accept(store, "m")
        await store.outbox.take(WORKER, 1)

        assert await store.outbox.sent(WORKER, "m")
        assert not await store.outbox.sent(WORKER, "m")
        assert await store.outbox.waiting() == []

    @law
    async def test_a_postponed_message_waits_with_the_reason(self, store: Store) -> None:
        await accept(store, "m")
        await store.outbox.take(WORKER, 1)

        assert await store.outbox.postpone(WORKER, "m", 3600, ERROR)
        assert await store.outbox.take(WORKER, 1) == []
        [waiting] = await store.outbox.waiting()
        assert (waiting.attempts, waiting.error, waiting.dead) == (1, ERROR, False)
        due = await store.outbox.upcoming()
        assert due is not None
        assert 3590 < (due - await store.now()).total_seconds() <= 3600

    @law
    async def test_a_message_given_up_waits_for_a_person(self, store: Store) -> None:
        await accept(store, "m", "n")
        await store.outbox.take(WORKER, 2)
        assert await store.outbox.postpone(WORKER, "m", 0, ERROR)
        assert await store.outbox.give_up(WORKER, "n", ERROR)

        assert [(one.id, one.dead) for one in await store.outbox.waiting()] == [("n", True), ("m", False)]
        assert [one.id for one in await store.outbox.take(WORKER, 9)] == ["m"]

    @law
    async def test_a_person_has_a_message_sent_after_all_or_forgotten(self, store: Store) -> None:
        await accept(store, "m", "n")
        for one in await store.outbox.take(WORKER, 2):
            await store.outbox.give_up(WORKER, one.id, ERROR)
        await store.outbox.again("m")
        await store.outbox.discard("n")

        assert [(one.id, one.attempts) for one in await store.outbox.take(WORKER, 9)] == [("m", 1)]
        for act in (store.outbox.again, store.outbox.discard):
            with pytest.raises(NotFound, match="No message 'm' that was given up"):
                await act("m")
