"""Brings databases to the schema this program knows, one migration a transaction, and says which schema one has.

A database that is current is recognised by one query, without importing Alembic: start-up matters. Every distribution
with tables brings a `Series` of its own: a script directory and a version table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

import sqlalchemy as sa
from attrs import frozen

from automata.errors import Conflict, FixInput, KernelBug, NotFound
from automata.sql.tables import PROPERTIES
from automata.sql.trouble import busy, worded

if TYPE_CHECKING:
    from alembic.script import Script


@frozen
class Series:
    """The migrations of one distribution: a line without branches, whose revisions sort as text."""

    name: str
    """The distribution."""
    folder: Path
    """An Alembic script directory: the migrations stand below ``versions``; an ``env.py`` is not needed."""
    table: str
    """Where the database remembers its revision; one table a distribution."""
    head: str
    """The newest revision, said here so that nobody has to read the folder."""


KERNEL = Series("automata-kernel", Path(__file__).parent / "migrations", "automata_schema", "0003")
"""The kernel's own tables."""

Kind: TypeAlias = Literal["empty", "current", "behind", "ahead"]


@frozen(kw_only=True)
class State:
    """Which schema a database has, for one series."""

    series: Series
    kind: Kind
    revision: str | None = None
    """What the database has; None when it is empty."""
    behind: int = 0
    """Migrations to go."""
    usable: bool = False
    """Whether this program can work with it: it is current, or ahead only by what older programs can ignore."""


@frozen(kw_only=True)
class Step:
    """One migration."""

    series: str
    revision: str
    title: str
    up: bool = True


_ATTEMPTS = 20
_PAUSE_S = 0.25
_PATIENCE = "60s"
"""How long a migration waits for another program that migrates."""
_LOCK = "2s"
"""How long a migration may wait for a lock on a table, since those who want the table wait behind it."""
_ALEMBIC = Lock()  # Alembic keeps the migration under way in a global of its own.


def check(engine: sa.Engine, series: Series = KERNEL) -> State:
    """Say which schema the database has; one query, and no import of Alembic, when it is current.

    Raises:
        FixInput: The file is not a database.
        StoreUnavailable: The database does not answer.
    """
    with worded(engine), engine.connect() as connection:
        if _is_current(connection, series):
            return State(series=series, kind="current", revision=series.head, usable=True)
        return _state(connection, series)


def history(series: Series = KERNEL) -> tuple[Step, ...]:
    """Every migration there is, oldest first."""
    return tuple(_step(series, script) for script in _scripts(series))


def migrate(
    engine: sa.Engine,
    target: str = "head",
    *,
    series: Sequence[Series] = (KERNEL,),
    progress: Callable[[Step], None] = lambda _step: None,
) -> tuple[Step, ...]:
    """Bring every series to its newest revision, or a single one to *target*; what is there already is left alone.

    Each migration is one transaction together with the note that it ran: killed at any statement, it has not begun,
    and the next call does it again. Programs that migrate at the same time wait for each other.

    Args:
        engine: A synchronous engine.
        target: ``head``, ``base`` (nothing left), a revision, or ``+1``, ``-1`` and so on. Only ``head`` goes with
            several series.
        series: In the order they depend on each other.
        progress: Called with each migration before it runs.

    Returns:
        What was done, in order.

    Raises:
        Conflict: The database is newer than this program.
        NotFound: There is no such revision.
        StoreUnavailable: It does not answer, or somebody holds its tables.
    """
    if target != "head" and len(series) != 1:
        raise FixInput(f"Target {target!r} can only be meant for one series of migrations")
    done: list[Step] = []
    with worded(engine), engine.connect() as connection:
        _prepare(connection)
        for each in series:
            done += _walk(connection, each, target, progress)
    return tuple(done)


def path(series: Series, revision: str | None, target: str) -> tuple[Step, ...]:
    """Name the migrations between a revision (None for an empty database) and a target, in the order they run.

    Raises:
        Conflict: *revision* is newer than this program.
        NotFound: There is no such target.
    """
    steps = history(series)
    known = [step.revision for step in steps]
    if revision is not None and revision not in known:
        raise Conflict(f"The database has schema {revision!r} of {series.name}, which is newer than this program's")
    here = 0 if revision is None else known.index(revision) + 1
    goal = _goal(target, here, known)
    if goal >= here:
        return steps[here:goal]
    return tuple(Step(series=s.series, revision=s.revision, title=s.title, up=False) for s in steps[goal:here][::-1])


def _goal(target: str, here: int, known: list[str]) -> int:
    """How many migrations have run once *target* is reached."""
    if target in {"head", "base"}:
        return len(known) if target == "head" else 0
    if target in known:
        return known.index(target) + 1
    if target[:1] in {"+", "-"} and target[1:].isdecimal() and 0 <= (goal := here + int(target)) <= len(known):
        return goal
    raise NotFound(f"No migration {target!r}; there are {', '.join(known)}")


def _walk(connection: sa.Connection, series: Series, target: str, progress: Callable[[Step], None]) -> Iterator[Step]:
    """Run one migration after the other; the first look costs one query when there is nothing to do."""
    if target == "head" and _is_current(connection, series):
        return
    while True:
        revision = _revision(connection, series)
        left = path(series, revision, target)
        if not left:
            return
        if target[:1] in {"+", "-"}:
            target = _landing(series, left[-1])
        progress(left[0])
        if _patiently(connection, series, left[0], revision):
            yield left[0]


def _landing(series: Series, last: Step) -> str:
    """Turn a relative target into the revision it means, for it must not move while its steps run."""
    if last.up:
        return last.revision
    known = [step.revision for step in history(series)]
    at = known.index(last.revision)
    return known[at - 1] if at else "base"


def _patiently(connection: sa.Connection, series: Series, step: Step, expected: str | None) -> bool:
    """Run one migration, again while somebody holds what it needs."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _run(connection, series, step, expected)
        except sa.exc.DBAPIError as error:
            if not busy(error):
                raise
        time.sleep(_PAUSE_S)
    return _run(connection, series, step, expected)


def _run(connection: sa.Connection, series: Series, step: Step, expected: str | None) -> bool:
    """Run one migration in its transaction; False when another program was faster."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    script = next(each for each in _scripts(series) if each.revision == step.revision)
    with _ALEMBIC, _transaction(connection):
        if _revision(connection, series) != expected:
            return False
        with Operations.context(MigrationContext.configure(connection)):
            (script.module.upgrade if step.up else script.module.downgrade)()
        before = None if script.down_revision is None else str(script.down_revision)
        _note(connection, series, step.revision if step.up else before)
    return True


@contextmanager
def _transaction(connection: sa.Connection) -> Iterator[None]:
    """Hold the database alone among those who migrate; workers on PostgreSQL go on meanwhile."""
    connection.rollback()  # A look has begun one.
    with connection.begin():
        if connection.dialect.name == "sqlite":
            if not _in_transaction(connection):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('automata migrations'))")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK}'")
        yield


def _prepare(connection: sa.Connection) -> None:
    """Let a new SQLite file give space back when rows go; that cannot be had cheaply once it has tables."""
    if connection.dialect.name != "sqlite":
        return
    mode = connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one()
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    connection.rollback()
    if not mode and not tables and not _in_transaction(connection):
        file = connection.connection.cursor()
        file.execute("PRAGMA auto_vacuum = INCREMENTAL")
        file.execute("VACUUM")  # A file that has its header already changes its mode only by this.
        file.close()


def _in_transaction(connection: sa.Connection) -> bool:
    return bool(getattr(connection.connection.driver_connection, "in_transaction", False))


def _is_current(connection: sa.Connection, series: Series) -> bool:
    """Look with one query; an error may mean that the table is missing, and is looked into by the caller."""
    try:
        return _read(connection, series) == series.head
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return False
    finally:
        connection.rollback()


def _state(connection: sa.Connection, series: Series) -> State:
    revision = _revision(connection, series)
    known = [step.revision for step in history(series)]
    if revision is None:
        return State(series=series, kind="empty", behind=len(known))
    if revision in known:
        left = len(known) - 1 - known.index(revision)
        return State(
            series=series, kind="behind" if left else "current", revision=revision, behind=left, usable=not left
        )
    oldest = connection.execute(
        sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == f"{series.table}_oldest")
    ).scalar_one_or_none()
    return State(series=series, kind="ahead", revision=revision, usable=oldest is not None and oldest <= series.head)


def _revision(connection: sa.Connection, series: Series) -> str | None:
    return _read(connection, series) if sa.inspect(connection).has_table(series.table) else None


def _read(connection: sa.Connection, series: Series) -> str | None:
    query = sa.select(sa.column("version_num", sa.Text)).select_from(sa.table(series.table))
    return connection.execute(query).scalar_one_or_none()


def _note(connection: sa.Connection, series: Series, revision: str | None) -> None:
    """Remember the revision, and which programs can go on with it, within the migration's transaction."""
    table = series.table
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {table} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {table}_pkc PRIMARY KEY (version_num))"
    )
    version = sa.table(table, sa.column("version_num", sa.Text))
    connection.execute(version.delete())
    has_properties = sa.inspect(connection).has_table(PROPERTIES.name)
    if has_properties:
        connection.execute(PROPERTIES.delete().where(PROPERTIES.c.name == f"{table}_oldest"))
    if revision is None:
        return
    connection.execute(version.insert().values(version_num=revision))
    module = next(each.module for each in _scripts(series) if each.revision == revision)
    if has_properties:
        row = {"name": f"{table}_oldest", "value": getattr(module, "oldest", revision)}
        connection.execute(PROPERTIES.insert().values(row))


def _step(series: Series, script: Script) -> Step:
    return Step(series=series.name, revision=script.revision, title=(script.doc or "").partition("\n")[0].rstrip("."))


@lru_cache(maxsize=32)
def _scripts(series: Series) -> tuple[Script, ...]:
    from alembic.script import ScriptDirectory

    found = tuple(ScriptDirectory(str(series.folder)).walk_revisions())[::-1]
    if not found or found[-1].revision != series.head:
        raise KernelBug(f"The newest migration of {series.name} below {series.folder} is not {series.head!r}")
    return found
