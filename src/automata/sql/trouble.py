"""What a database answers when something is wrong, worded for the person who has to act; never with a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from automata.errors import AutomataError, Damaged, FixInput, StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "40P01", "40001"}
_FULL = {"SQLITE_FULL", "53100"}


@contextmanager
def worded(engine: sa.Engine) -> Iterator[None]:
    """Raise what the database refuses inside as an error of the kernel.

    Raises:
        FixInput: The file is no SQLite database.
        Damaged: The file is one, and broken.
        StoreUnavailable: No answer, no place left, or somebody else holds what is needed.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise word(error, place(engine.url)) from error


def word(error: sa.exc.DBAPIError, where: str) -> AutomataError:
    """Make the kernel's error of one of the driver's; *where* names the database."""
    name, said = code(error), str(error.orig).partition("\n")[0].strip()
    if name == "SQLITE_NOTADB":
        return FixInput(f"{where} is not a SQLite database")
    if name.startswith("SQLITE_CORRUPT"):
        return Damaged(f"{where} is damaged ({said}); restore a backup: automata db restore FILE")
    if name in _FULL:
        return StoreUnavailable(f"No place is left on the disk of {where}; make room and try again")
    if name.startswith("SQLITE_IOERR"):
        return StoreUnavailable(f"The disk of {where} does not work as it should: {said}")
    if name.startswith("SQLITE_READONLY"):
        return StoreUnavailable(f"{where} may only be read; give this user the right to write it")
    if name in BUSY:
        return StoreUnavailable(f"{where} is in use by somebody who does not let go; try again later")
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreUnavailable(f"Cannot open {where}: its folder is missing, or may not be used")
    return StoreUnavailable(f"Cannot use {where}: {said}")


def code(error: sa.exc.DBAPIError) -> str:
    """Name an error: SQLite's symbol like ``SQLITE_BUSY``, or PostgreSQL's five characters; empty without one."""
    return getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""


def busy(error: sa.exc.DBAPIError) -> bool:
    """Whether trying again soon may help: somebody holds a lock."""
    return code(error) in BUSY


def place(url: URL) -> str:
    """Name a database without its password: the file, or server and database."""
    if url.get_backend_name() == "sqlite":
        return url.database or "the database in memory"
    host = url.host or str(url.query.get("host", "")) or "this machine"
    port = f":{url.port}" if url.port else ""
    return f"database {url.database or url.username or ''!r} on {host}{port}"
