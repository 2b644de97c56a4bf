"""The databases of a matrix: made once, given fresh to each cycle, and looked at without the code under test."""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
from attrs import frozen
from oracle import Row, Seen, brief
from processes import Files
from sqlalchemy.engine import make_url

from automata._core.journal import decode_error, decode_events, decode_message, read_json
from automata.errors import Damaged
from automata.sql import open_store

TABLES = tuple(f"automata_{name}" for name in ("run", "journal", "inbox", "outbox", "worker", "schedule", "occurrence"))


class Database(Protocol):
    """One kind of database."""

    @property
    def url(self) -> str:
        """As `open_store` takes it."""

    def begin(self) -> None:
        """Begin a cycle."""

    def fresh(self) -> None:
        """Forget everything, after a cycle that went wrong."""

    def connect(self) -> Any:
        """A fresh connection of the plain driver."""


@frozen
class SQLite:
    """A file, copied from a template for each cycle."""

    path: Path
    template: Path

    @property
    def url(self) -> str:
        """As `open_store` takes it."""
        return f"sqlite:///{self.path}"

    def begin(self) -> None:
        """Copy the template."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)

    def fresh(self) -> None:
        """Every cycle is fresh."""

    def connect(self) -> Any:
        """A connection of its own."""
        return sqlite3.connect(self.path)


@frozen
class PostgreSQL:
    """A database on a server; the runs of earlier cycles are over, and stay."""

    url: str

    def begin(self) -> None:
        """Go on beside what is there."""

    def fresh(self) -> None:
        """Empty the tables."""
        with self.connect() as connection:
            connection.execute(f"TRUNCATE {', '.join(TABLES)}")

    def connect(self) -> Any:
        """A connection of its own."""
        return psycopg.connect(make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False))


@contextlib.contextmanager
def open_database(kind: str, folder: Path) -> Iterator[Database]:
    """A database of one's own: ``sqlite``, or ``postgresql`` on the server tests use."""
    if kind == "sqlite":
        yield make_database(kind, folder)
        return
    server = os.environ.get("AUTOMATA_TEST_POSTGRES") or "postgresql://postgres@127.0.0.1:5432/postgres"
    server = server.replace("+psycopg", "")
    name = f"automata_test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    try:
        yield make_database(f"{server.replace('postgresql:', 'postgresql+psycopg:').rpartition('/')[0]}/{name}", folder)
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def make_database(url: str, folder: Path) -> Database:
    """The newest tables in an empty database; ``sqlite`` makes a file in *folder*."""
    if url != "sqlite":
        asyncio.run(_make(url))
        return PostgreSQL(url)
    template, path = folder / "template.db", folder / "runs.db"
    asyncio.run(_make(f"sqlite:///{template}"))
    made = SQLite(path, template)
    made.begin()
    return made


async def _make(url: str) -> None:
    store = open_store(url, create=True)
    await store.close()


def age_leases(database: Database) -> None:
    """Let the time of every lease pass."""
    with contextlib.closing(database.connect()) as connection:
        connection.execute("UPDATE automata_worker SET expires_ms = 0")
        connection.commit()


def look(database: Database, run: str, files: Files) -> Seen:
    """Everything about one run, those it called, and those of the org of that name, over a fresh connection."""
    with contextlib.closing(database.connect()) as connection:
        return _look(connection, files, f"WHERE id = '{run}' OR parent LIKE '{run}#%' OR org = '{run}'")


def look_at_all(database: Database, files: Files) -> Seen:
    """Everything about every run, over a fresh connection."""
    with contextlib.closing(database.connect()) as connection:
        return _look(connection, files, "")


def _look(connection: Any, files: Files, where: str) -> Seen:
    broken: list[str] = []
    columns = "id, status, output, error, parent, owner, wake_ms"
    rows = {row[0]: _row(row) for row in connection.execute(f"SELECT {columns} FROM automata_run {where}").fetchall()}
    chosen = f"run IN (SELECT id FROM automata_run {where})"
    journals: dict[str, list[Any]] = {run: [] for run in rows}
    query = f"SELECT run, position, events, chain FROM automata_journal WHERE {chosen} ORDER BY run, position"
    _read_journals(connection.execute(query).fetchall(), journals, broken)
    inboxes: dict[str, list[Any]] = {run: [] for run in rows}
    query = f"SELECT run, id, body, taken FROM automata_inbox WHERE {chosen} ORDER BY number"
    for run, id_, body, taken in connection.execute(query).fetchall():
        inboxes[run].append((decode_message(id_, bytes(body)), bool(taken)))
    outbox = connection.execute(f"SELECT count(*) FROM automata_outbox WHERE {chosen}").fetchone()[0]
    schedules = {row[0] for row in connection.execute("SELECT org FROM automata_schedule").fetchall()}
    return Seen(
        rows=rows,
        journals=journals,
        inboxes=inboxes,
        broken=broken,
        outbox=outbox,
        schedules=schedules,
        ledger=files.entries(),
        accepted=files.said(),
    )


def _row(row: tuple[Any, ...]) -> Row:
    id_, status, output, error, parent, owner, wake_ms = row
    return Row(
        id=id_,
        status=status,
        output=None if output is None else read_json(bytes(output)),
        error=None if error is None else brief(decode_error(bytes(error))),
        parent=parent,
        owner=owner,
        wake_ms=wake_ms,
    )


def _read_journals(rows: Iterable[tuple[Any, ...]], journals: dict[str, list[Any]], broken: list[str]) -> None:
    """Decode turns, and hold positions and chains to what they must be."""
    chains: dict[str, bytes] = {}
    for run, position, data, chain in rows:
        events, chains[run] = journals[run], _chained(chains.get(run, b""), bytes(data))
        if position != len(events):
            broken.append(f"{run}: a turn stands at {position}, after {len(events)} events")
        if chains[run] != bytes(chain):
            broken.append(f"{run}: the chain is broken at {position}")
        try:
            events += decode_events(bytes(data))
        except Damaged as error:
            broken.append(f"{run}: {error}")


def _chained(previous: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(previous + data, digest_size=16).digest()
