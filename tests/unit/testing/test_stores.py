"""Every store we ship passes the suite others are measured by."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata.memory import MemoryStore
from automata.ports import Store
from automata.sql import open_store
from automata.sql.tables import METADATA
from automata.testing.stores import StoreSuite


class Hand:
    """A clock that is moved by hand, and a little by each look."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, when: datetime) -> None:
        self.instant = max(self.instant, when)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        raise NotImplementedError


class Moved(StoreSuite):
    clock: Hand

    async def elapse(self, seconds: float) -> None:
        self.clock.instant += timedelta(seconds=seconds)


class TestMemoryStore(Moved):
    leases_end = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        self.clock = Hand()
        yield MemoryStore(self.clock)


class TestSqliteStore(Moved):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "automata.db"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        self.clock = Hand()
        store = open_store(f"sqlite:///{self.path}", clock=self.clock)
        yield store
        await store.close()


class TestPostgresStore(StoreSuite):
    @pytest.fixture(autouse=True)
    def server(self, postgres_url: str) -> None:
        self.url = postgres_url

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        store = open_store(self.url, create=True)
        names = ", ".join(table.name for table in METADATA.sorted_tables if table.name != "automata_property")
        with store.database.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names}"))
        yield store
        await store.close()
