"""What SQLite and PostgreSQL spell differently, and `Link`: one connection of a driver, spoken to in the store's SQL.

The store's statements are written once: ``?`` for a parameter, ``ANY(?)`` for a list of texts, ``{rows}`` for the rows
of a bulk statement, ``{locked}`` and ``{held}`` where PostgreSQL has to lock what SQLite's one writer holds anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen
from sqlalchemy import exc as sa_exc

from automata._core import fault

if TYPE_CHECKING:
    import sqlalchemy as sa

Row: TypeAlias = "tuple[Any, ...]"


@frozen
class Bulk:
    """A statement for any number of rows."""

    columns: tuple[tuple[str, str], ...]
    """Name and PostgreSQL type of what each row gives; the statement sees them as ``x``."""
    text: str


CHUNKS = (64, 16, 4, 1)
"""How many rows one statement takes on SQLite: few sizes, so that prepared statements are used again."""


class Dialect:
    """SQLite: one writer, so that nothing needs a lock of its own."""

    name = "sqlite"
    begin = "BEGIN IMMEDIATE"
    tokens: tuple[tuple[str, str], ...] = (
        ("= ANY(?)", "IN (SELECT value FROM json_each(?))"),
        ("{each}", "json_each(?) AS x"),
        ("{locked}", ""),
        ("{held}", ""),
        ("{skipping}", ""),
        ("{clock}", "0"),
    )

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._bulks: dict[Bulk, str] = {}
        self._sized: dict[tuple[Bulk, int], str] = {}

    def text(self, statement: str) -> str:
        """The statement as this database's driver takes it."""
        found = self._texts.get(statement)
        if found is None:
            found = statement
            for token, spelling in self.tokens:
                found = found.replace(token, spelling)
            self._texts[statement] = found
        return found

    def bulk_of(self, bulk: Bulk, count: int) -> str:
        """The bulk statement for *count* rows at once."""
        found = self._sized.get((bulk, count))
        if found is None:
            names = ", ".join(f"column{n} AS {name}" for n, (name, _) in enumerate(bulk.columns, 1))
            row = f"({', '.join('?' * len(bulk.columns))})"
            rows = f"(SELECT {names} FROM (VALUES {', '.join([row] * count)})) AS x"  # noqa: S608 - names of ours
            found = self._sized[bulk, count] = self.text(_unguarded(bulk.text.strip()).replace("{rows}", rows))
        return found

    def parameters(self, given: Sequence[Any]) -> Sequence[Any]:
        """Lists as the driver takes them."""
        return [json.dumps(value) if type(value) is list else value for value in given]

    def many(self, raw: Any, bulk: Bulk, rows: Sequence[Row]) -> int:
        """Execute a bulk statement; the number of rows it touched.

        Many rows at once: each statement the driver executes gives the interpreter's lock away and has to get it back.
        """
        touched = done = 0
        while done < len(rows):
            count = next(size for size in CHUNKS if size <= len(rows) - done)
            values = rows[done] if count == 1 else tuple(chain.from_iterable(rows[done : done + count]))
            touched += raw.execute(self.bulk_of(bulk, count), values).rowcount
            done += count
        return touched

    def returning(self, raw: Any, bulk: Bulk, rows: Sequence[Row]) -> list[Row]:
        """Execute a bulk statement; what it returns."""
        text = self.bulk_of(bulk, 1)
        return [found for row in rows for found in raw.execute(text, row).fetchall()]


def _unguarded(text: str) -> str:
    """Let a statement that fails leave what it did: whoever executes it rolls back.

    To undo a statement by itself SQLite copies every page before it touches it, which costs as much as the rest.
    """
    for verb in ("INSERT", "UPDATE"):
        if text.startswith(verb) and "ON CONFLICT" not in text:
            return f"{verb} OR FAIL{text.removeprefix(verb)}"
    return text


class Postgres(Dialect):
    """PostgreSQL, through psycopg 3."""

    name = "postgresql"
    begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
    tokens = (
        ("?", "%s"),
        ("{each}", "unnest(%s::text[]) AS x(value)"),
        ("{locked}", "FOR NO KEY UPDATE"),
        ("{held}", "FOR SHARE"),
        ("{skipping}", "FOR NO KEY UPDATE SKIP LOCKED"),
        ("{clock}", "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"),
    )

    def bulk(self, bulk: Bulk) -> str:
        """The bulk statement as this database's driver takes it."""
        found = self._bulks.get(bulk)
        if found is None:
            found = self._bulks[bulk] = self.text(bulk.text.replace("{rows}", self.rows(bulk)))
        return found

    def rows(self, bulk: Bulk) -> str:
        """All rows as arrays, one a column: one round trip, whatever their number."""
        arrays = ", ".join(f"%b::{kind}[]" for _, kind in bulk.columns)
        return f"unnest({arrays}) AS x({', '.join(name for name, _ in bulk.columns)})"

    def parameters(self, given: Sequence[Any]) -> Sequence[Any]:
        """As they are."""
        return given

    def many(self, raw: Any, bulk: Bulk, rows: Sequence[Row]) -> int:
        """Execute a bulk statement; the number of rows it touched."""
        return int(raw.execute(self.bulk(bulk), [list(column) for column in zip(*rows, strict=True)]).rowcount)

    def returning(self, raw: Any, bulk: Bulk, rows: Sequence[Row]) -> list[Row]:
        """Execute a bulk statement; what it returns."""
        found = raw.execute(self.bulk(bulk), [list(column) for column in zip(*rows, strict=True)])
        return list(found.fetchall())


class _Adapted:
    """An asynchronous driver's connection, as SQLAlchemy lets synchronous code use it."""

    def __init__(self, connection: Any, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    def execute(self, text: str, parameters: Sequence[Any] = ()) -> Any:
        """Execute a statement; the cursor has its rows."""
        cursor = self._connection.cursor()
        cursor.execute(text, parameters)
        return cursor

    @property
    def in_transaction(self) -> bool:
        """Whether SQLite has one open."""
        return bool(self._driver.in_transaction)


def _raw(connection: sa.Connection) -> Any:
    lent = connection.connection
    return (
        _Adapted(lent.dbapi_connection, lent.driver_connection)
        if connection.dialect.is_async
        else lent.driver_connection
    )


class Link:
    """A connection and its time; knows statements, not what they mean.

    Statements go to the driver itself: what SQLAlchemy adds to each costs more than a statement on SQLite.
    """

    def __init__(self, dialect: Dialect, connection: sa.Connection, clock: Callable[[], int]) -> None:
        self.dialect = dialect
        self.connection = connection
        self.raw: Any = fault.watched(_raw(connection))
        self.due = 0.0
        """When a caller's function that uses the connection is to have ended, as `time.perf_counter` counts."""
        self._driver: Any = connection.dialect.dbapi
        self._clock = clock
        self._now: int | None = None

    @property
    def now(self) -> int:
        """Milliseconds since 1970, the same for the whole transaction."""
        if self._now is None:
            self._now = self.clock()
        return self._now

    def clock(self) -> int:
        """Milliseconds since 1970: the server's, or of the clock SQLite's store was given."""
        if self.dialect.name == "sqlite":
            return self._clock()
        return int(self.query("SELECT {clock}")[0][0])

    def at(self, now: int | None) -> None:
        """Take up the time of another transaction; None to ask the clock when it is needed."""
        self._now = now

    def query(self, statement: str, *parameters: Any) -> list[Row]:
        """Rows of a statement."""
        dialect = self.dialect
        return list(self.raw.execute(dialect.text(statement), dialect.parameters(parameters)).fetchall())

    def change(self, statement: str, *parameters: Any) -> int:
        """Execute a statement; the number of rows it touched."""
        dialect = self.dialect
        return int(self.raw.execute(dialect.text(statement), dialect.parameters(parameters)).rowcount)

    def many(self, bulk: Bulk, rows: Sequence[Row]) -> int:
        """Execute a bulk statement; the number of rows it touched."""
        return self.dialect.many(self.raw, bulk, rows)

    def returning(self, bulk: Bulk, rows: Sequence[Row]) -> list[Row]:
        """Execute a bulk statement; what it returns."""
        return self.dialect.returning(self.raw, bulk, rows)

    def join(self) -> None:
        """Be part of the caller's transaction: SQLite's driver begins one of its own accord only before it writes.

        It begins for writing: one that has read what another process then changes is refused its first write at once.
        """
        if self.dialect.name == "sqlite" and not self.raw.in_transaction:
            self.raw.execute("BEGIN IMMEDIATE")

    def run(self, command: str) -> None:
        """Execute a command as it stands: BEGIN, SAVEPOINT and their like."""
        self.raw.execute(command)

    # ------------------------------------------------------------ what an error means

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return self.connection.invalidated or self.connection.closed or bool(getattr(self.raw, "closed", False))

    @property
    def is_rolled_back(self) -> bool:
        """Whether SQLite has ended the transaction by itself; PostgreSQL never does."""
        return self.dialect.name == "sqlite" and not self.raw.in_transaction

    def is_guilt(self, error: BaseException) -> bool:
        """Whether an operation is to blame for *error*, not the database."""
        return not isinstance(error, (self._driver.Error, sa_exc.SQLAlchemyError)) or self.refuses(error)

    def refuses(self, error: BaseException | None) -> bool:
        """Whether the database refuses what it was given."""
        driver = self._driver
        given = (driver.IntegrityError, driver.DataError, sa_exc.IntegrityError, sa_exc.DataError)
        odd = (driver.ProgrammingError, driver.InterfaceError)  # A parameter it cannot bind.
        return isinstance(error, given) or (self.dialect.name == "sqlite" and isinstance(error, odd))

    def is_repeated(self, error: BaseException | None) -> bool:
        """Whether there is a row of that key already."""
        return isinstance(error, self._driver.IntegrityError)

    def is_busy(self, error: BaseException) -> bool:
        """Whether the transaction came to nothing because of another one, and may be tried again."""
        return (getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)) in _BUSY


_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "40P01", "40001", "55P03"}
