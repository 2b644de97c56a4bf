"""The laws of the outbox fail where an outbox breaks them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from automata.memory import MemoryOutbox, MemoryStore
from automata.model import Dispatch
from automata.ports import Store
from automata.testing.outbox import OutboxLaws


class Generous(MemoryOutbox):
    """Gives a message to everybody who asks."""

    async def take(self, worker: str, limit: int) -> Sequence[Dispatch]:
        return (await self.waiting())[:limit]


class Forgetful(MemoryOutbox):
    """Keeps nothing it is handed."""

    def put(self, dispatches: object) -> None:
        del dispatches


class Laws(OutboxLaws):
    def __init__(self, kind: type[MemoryOutbox]) -> None:
        self.kind = kind

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        store = MemoryStore()
        store.outbox = store._dispatches = self.kind(store._now, store._leased)
        yield store


def test_an_outbox_that_gives_a_message_twice_fails():
    with pytest.raises(AssertionError):
        Laws(Generous).test_a_message_is_taken_by_one_worker_and_by_none_without_a_lease()


def test_an_outbox_that_forgets_fails():
    with pytest.raises(AssertionError):
        Laws(Forgetful).test_messages_wait_as_they_were_handed_over_oldest_first()


def test_an_outbox_that_keeps_a_law_passes():
    Laws(MemoryOutbox).test_a_message_that_was_sent_is_forgotten()
