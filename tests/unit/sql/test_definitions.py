from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata.errors import Damaged
from automata.sql import open_store
from automata.sql.tables import WORKFLOWS
from automata.testing.laws import workflow


def test_a_document_survives_the_process(play):
    play(lambda store: store.publish(workflow("kept"), "v1"))

    async def later(store):
        assert await store.workflow("orders") == ("v1", workflow("kept"))
        assert await store.workflow("orders", "v") == ("v1", workflow("kept"))

    play(later)


def test_a_document_that_cannot_be_read_is_damage(play):
    async def spoil(store):
        await store.publish(workflow(), "v1")
        with store.database.engine.begin() as connection:
            connection.execute(sa.update(WORKFLOWS).values(document=b'{"automata": 1}'))

    async def later(store):
        with pytest.raises(Damaged, match="'v1'"):
            await store.workflow("orders")

    play(spoil)
    play(later)


def test_the_secret_is_made_once_for_all_processes(where, play):
    async def scenario(store):
        other = open_store(where)
        first, second = await asyncio.gather(store.instance_key(), other.instance_key())
        assert first == second
        await other.close()
        third = open_store(where)
        assert await third.instance_key() == first
        await third.close()

    play(scenario)


def test_two_processes_publish_the_same_version_at_once(where, play):
    async def scenario(store):
        other = open_store(where)
        await asyncio.gather(*(each.publish(workflow(), "v1") for each in (store, other) * 5))
        assert [v.version for v in await store.versions("orders")] == ["v1"]
        await other.close()

    play(scenario)
