"""The durable store: SQLAlchemy Core on SQLite and PostgreSQL, with group commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

    from automata.ports import Clock
    from automata.sql.store import SqlStore

__all__ = ["open_store"]


def open_store(  # noqa: PLR0913 - keywords, each with a default
    where: str | sa.Engine,
    *,
    create: bool = False,
    clock: Clock | None = None,
    full: bool = True,
    pending: int = 10_000,
    patience_s: float = 5.0,
    blobs: str | None = None,
) -> SqlStore:
    """Open the store of a database; a SQLite file that is not there yet is made. Blocks.

    Example::

        store = open_store("sqlite:///automata.db")
        ...
        await store.close()

    Args:
        where: ``sqlite:///PATH``, ``postgresql+psycopg://USER@HOST/NAME``, or the engine of the host. A PostgreSQL
            engine lends its pool; of a SQLite engine only the file is used.
        create: Bring the tables to the newest schema, rather than refuse an older one.
        clock: The time of a SQLite store; the system's when None. PostgreSQL has its own.
        full: Whether a commit waits until the disk has it (``synchronous=FULL``). Without, a power cut may take the
            last acknowledged commits; killing the process may not.
        pending: Runs of one org that may wait to be taken up; the next start gets `Overloaded`.
        patience_s: How long a write waits for a database that is locked or gone before it fails.
        blobs: Where values above 256 KiB are put: ``files`` beside the SQLite file, ``table`` in the database, or the
            path of a folder of this database alone. Unless it is given, files for SQLite and the table for PostgreSQL.

    Raises:
        StoreUnavailable: The database does not answer, or its schema is not this program's.
        FixInput: Runs cannot live there.
    """
    from automata.sql.opening import open_sql

    return open_sql(where, create=create, clock=clock, full=full, pending=pending, patience_s=patience_s, blobs=blobs)
