"""The engine of one store: connections for the writer and for readers, tuned, and errors worded for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from automata.errors import AutomataError, FixInput
from automata.ports import Clock
from automata.sql.dialect import Dialect, Link, Postgres
from automata.sql.rows import milliseconds
from automata.sql.trouble import place, word

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

T = TypeVar("T")

_FROZEN = "15s"
"""After so long without a statement PostgreSQL ends a transaction: its process was stopped, or its host is gone, and
the rows it has locked cannot be freed for others. Longer than a tx action may take."""
_SQLITE = ("busy_timeout = 5000", "cache_size = -16000", "temp_store = MEMORY")
_POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "automata",
}
"""A server that vanished is noticed within seconds."""


class Database:
    """Connections to one database.

    Args:
        engine: Whose pool is used.
        clock: The time of a SQLite store; PostgreSQL has its own.
        full: Whether a SQLite commit waits until the disk has it.
        owned: Whether the engine ends with the store.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, *, full: bool = True, owned: bool = True) -> None:
        self.engine = engine
        self.dialect = Dialect() if engine.dialect.name == "sqlite" else Postgres()
        self._clock = clock
        self._full = full
        self._owned = owned

    @property
    def lite(self) -> bool:
        """Whether it is SQLite."""
        return self.dialect.name == "sqlite"

    def now_ms(self) -> int:
        """The time of the process: what a SQLite store goes by."""
        return milliseconds(self._clock.now())

    def link(self, connection: sa.Connection) -> Link:
        """Speak to a connection."""
        return Link(self.dialect, connection, self.now_ms)

    def open_writer(self) -> Link:
        """A connection whose transactions are spelled out, durable when a commit returns."""
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        link = self.link(connection)
        if self.lite:
            link.run("PRAGMA busy_timeout = 0")  # The writer waits by itself, where it may.
            link.run(f"PRAGMA synchronous = {'FULL' if self._full else 'NORMAL'}")
        else:
            link.run("SET synchronous_commit = on")
            link.run(f"SET idle_in_transaction_session_timeout = '{_FROZEN}'")
        return link

    @contextmanager
    def reading(self) -> Iterator[Link]:
        """A connection that sees what is committed, and never waits for the writer."""
        with self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            link = self.link(connection)
            try:
                yield link
            except self.failures:
                if link.is_lost:
                    connection.invalidate()
                raise

    def read(self, query: Callable[[Link], T]) -> T:
        """Execute a query; once more when the connection turns out to be dead.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        try:
            try:
                with self.reading() as link:
                    return query(link)
            except self.failures:
                if self.lite:
                    raise
                with self.reading() as link:
                    return query(link)
        except self.failures as error:
            raise self.worded(error) from error

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What the driver and SQLAlchemy raise."""
        driver: Any = self.engine.dialect.dbapi
        return (driver.Error, sa.exc.SQLAlchemyError)

    def worded(self, error: Exception) -> AutomataError:
        """The kernel's error of one of theirs."""
        wrapped = error if isinstance(error, sa.exc.DBAPIError) else sa.exc.DBAPIError(None, None, error)
        return word(wrapped, place(self.engine.url))

    def close(self) -> None:
        """End the pool, unless it is somebody else's."""
        if self._owned:
            self.engine.dispose()


def make_engine(url: URL) -> sa.Engine:
    """The engine of a URL, with the store's tuning.

    Raises:
        FixInput: Runs cannot live there.
    """
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(
            url,
            pool_size=5,
            pool_pre_ping=True,
            connect_args={k: v for k, v in _POSTGRES.items() if k not in url.query},
        )
    if url.get_backend_name() != "sqlite":
        raise FixInput(f"Runs live in SQLite or PostgreSQL, not in {url.get_backend_name()!r}")
    if url.database in {None, "", ":memory:"}:
        raise FixInput("A SQLite database in memory keeps nothing; name a file, or use MemoryStore")
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 5.0})

    @sa.event.listens_for(engine, "connect")
    def tune(raw: Any, _record: object) -> None:
        for pragma in _SQLITE:
            raw.execute(f"PRAGMA {pragma}")

    return engine
