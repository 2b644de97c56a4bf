"""Copies a database while it is worked on, and puts a copy back so that nothing happens twice on its own.

SQLite is copied through its online backup interface, PostgreSQL by its own programs (`automata.sql.dump`). Either way
the runs of a copy that is put back are parked (`automata.sql.parking`): what they did since the copy is not known.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from attrs import frozen

from automata.errors import AutomataError, Conflict, Damaged, FixInput, NotFound, StoreUnavailable
from automata.sql import dump
from automata.sql.keepsake import take_in
from automata.sql.parking import Parked, park_all
from automata.sql.tables import RUNS, WORKERS
from automata.sql.trouble import place, word, worded
from automata.sql.upgrade import KERNEL, migrate

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Progress = Callable[[int, int], None]
"""Told how many of how many parts are done."""

_PAGES = 2048
"""Pages copied between two calls of progress."""
_SQLITE, _DUMP = b"SQLite format 3\0", b"PGDMP"


@frozen(kw_only=True)
class Copy:
    """What `backup` made."""

    file: Path
    size_bytes: int
    revision: str
    """Schema of the copy."""
    runs: int


def backup(
    url: URL,
    file: Path,
    *,
    replace: bool = False,
    progress: Progress = lambda _done, _total: None,
    blobs: Path | None = None,
) -> Copy:
    """Copy the database to a file while others work on it; the file has the state of one moment, and is durable.

    The copy is written aside, checked, and renamed, so *file* is a whole backup or is not there.

    Args:
        url: The database.
        file: Where the copy goes; its folder must be there.
        replace: Whether a file there is replaced.
        progress: Called with pages done and pages to do (SQLite only).
        blobs: The folder of a SQLite database's large values, which the copy has in its table.

    Raises:
        Conflict: The file is there already.
        NotFound: There is no such folder, or no database.
        StoreUnavailable: The database does not answer, ``pg_dump`` is missing or fails, or the disk is full.
        Damaged: The database is damaged.
    """
    if file.exists() and not replace:
        raise Conflict(f"{file} is there already")
    with _beside(file) as aside:
        if url.get_backend_name() == "sqlite":
            _copy(_file(url), aside, progress)
            if blobs is not None:
                take_in(aside, blobs)
            revision, runs = _checked(aside)
        else:
            revision, runs = _facts(url)
            dump.save(url, aside)
        _durable(aside)
        aside.replace(file)
        _durable(file.parent)
    return Copy(file=file, size_bytes=file.stat().st_size, revision=revision, runs=runs)


def restore(url: URL, file: Path, *, replace: bool = False, progress: Progress = lambda _done, _total: None) -> Parked:
    """Put a backup in the place of the database, on the newest schema, with every run that was not over parked.

    A SQLite file appears whole or not at all. On PostgreSQL the tables are replaced in one transaction and the runs
    parked in the next, so no worker may be started before this returns.

    Args:
        url: The database; a SQLite file need not be there.
        file: What `backup` made.
        replace: Whether runs that are there are replaced.
        progress: Called with pages done and pages to do (SQLite only).

    Raises:
        Conflict: The database has runs, or the backup is newer than this program.
        NotFound: There is no such file.
        FixInput: It is no backup of this kind of database.
        Damaged: It is one, and is damaged.
        StoreUnavailable: Somebody works on the database, it does not answer, or the disk is full.
    """
    _matches(url, file)
    if not replace:
        _empty(url)
    if url.get_backend_name() == "sqlite":
        return _put_back(_file(url), file, progress)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with worded(engine):
        _alone(engine)
        dump.load(url, file, engine)
        migrate(engine)
        return park_all(engine)


def runs_in(url: URL) -> int:
    """How many runs a database has; 0 when it has no tables, or is not there."""
    if url.get_backend_name() == "sqlite" and not _file(url).exists():
        return 0
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with worded(engine), engine.connect() as connection:
        if not sa.inspect(connection).has_table(RUNS.name):
            return 0
        return int(connection.execute(sa.select(sa.func.count()).select_from(RUNS)).scalar_one())


def _empty(url: URL) -> None:
    try:
        runs = runs_in(url)
    except (Damaged, FixInput) as error:
        raise Conflict(f"{error.message}; the backup would replace it") from error
    if runs:
        raise Conflict(f"{place(url)} has {runs} runs, which the backup would replace")


def _copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy the state of one moment: an open read keeps it in sight, so that writers do not make it start again."""
    if not source.is_file():
        raise NotFound(f"There is no database {str(source)!r}")
    with _refusals(source), closing(sqlite3.connect(source, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target)) as writer:
            reader.backup(
                writer, pages=_PAGES, progress=lambda _status, left, total: progress(total - left, total), sleep=0.01
            )
            writer.execute("PRAGMA journal_mode = DELETE")  # One file, without a log beside it.


def _checked(file: Path) -> tuple[str, int]:
    """Revision and number of runs of a SQLite backup.

    Raises:
        Damaged: It does not pass SQLite's own check.
        FixInput: It is not one of ours.
    """
    with _refusals(file), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reader:
        said = reader.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise Damaged(f"{file} is damaged: {said}")
        tables = {row[0] for row in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if KERNEL.table not in tables:
            raise FixInput(f"{file} has no tables of Automata")
        revision = reader.execute(f"SELECT version_num FROM {KERNEL.table}").fetchone()  # noqa: S608 - a constant
        if revision is None or RUNS.name not in tables:
            raise FixInput(f"{file} has no tables of Automata")
        return str(revision[0]), int(reader.execute(f"SELECT count(*) FROM {RUNS.name}").fetchone()[0])  # noqa: S608 - a constant


def _put_back(target: Path, file: Path, progress: Progress) -> Parked:
    _checked(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _beside(target) as aside:
        _copy(file, aside, progress)
        engine = sa.create_engine(f"sqlite:///{aside}", poolclass=sa.NullPool)
        with worded(engine):
            migrate(engine)
            parked = park_all(engine)
        _durable(aside)
        if target.exists():
            _let_go(target)
        aside.replace(target)
        _durable(target.parent)
    return parked


def _let_go(target: Path) -> None:
    """Fold the log of a database into it, which SQLite refuses while anybody else has it open.

    Raises:
        StoreUnavailable: Somebody has.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"{target} is in use; stop every program that works on it") from error
    except sqlite3.DatabaseError:  # Damaged, or no database at all: what a backup is there for.
        for log in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + log).unlink(missing_ok=True)


def _alone(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(WORKERS.name):
            return
        living = sa.text(
            "SELECT count(*) FROM automata_worker WHERE expires_ms > extract(epoch FROM clock_timestamp()) * 1000"
        )
        count = connection.execute(living).scalar_one()
    if count:
        raise StoreUnavailable(f"{place(engine.url)} is in use by {count} workers; stop them first")


def _facts(url: URL) -> tuple[str, int]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with worded(engine), engine.connect() as connection:
        if not sa.inspect(connection).has_table(KERNEL.table):
            raise NotFound(f"{place(url)} has no tables of Automata; run: automata db upgrade")
        revision = connection.exec_driver_sql(f"SELECT version_num FROM {KERNEL.table}").scalar_one()  # noqa: S608 - a constant
        return str(revision), int(connection.execute(sa.select(sa.func.count()).select_from(RUNS)).scalar_one())


def _matches(url: URL, file: Path) -> None:
    """See whether the file is a backup of this kind of database."""
    try:
        with file.open("rb") as source:
            head = source.read(len(_SQLITE))
    except FileNotFoundError:
        raise NotFound(f"There is no file {str(file)!r}") from None
    kinds = {"sqlite": head == _SQLITE, "postgresql": head.startswith(_DUMP)}
    if not any(kinds.values()):
        raise FixInput(f"{file} is no backup of a database")
    if not kinds.get(url.get_backend_name()):
        raise FixInput(f"{file} is a backup of another kind of database than {place(url)}")


def _file(url: URL) -> Path:
    if url.database in {None, "", ":memory:"}:
        raise FixInput("A database in memory has no file")
    return Path(str(url.database))


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Name a file that is written in the place of *file* until it is whole; gone afterwards if it was not renamed."""
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except FileNotFoundError:
        raise NotFound(f"There is no folder {str(file.parent)!r}") from None
    os.close(number)
    aside = Path(name)
    try:
        yield aside
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                aside.with_name(aside.name + suffix).unlink()


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Word what SQLite refuses."""
    try:
        yield
    except sqlite3.Error as error:
        raise _word(error, file) from error


def _word(error: sqlite3.Error, file: Path) -> AutomataError:
    return word(sa.exc.DBAPIError(None, None, error), str(file))


def _durable(entry: Path) -> None:
    """Have the disk keep a file's content, or a folder's entries."""
    if entry.is_dir() and os.name == "nt":
        return
    number = os.open(entry, os.O_RDWR if entry.is_file() else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
