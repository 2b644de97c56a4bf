"""Opens stores: finds out whether the tables are there, and brings a new file to the newest schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from automata._core.system import SystemClock
from automata.errors import StoreUnavailable
from automata.ports import Clock
from automata.sql.database import Database, make_engine
from automata.sql.places import folder_of, place_blobs
from automata.sql.store import SqlStore
from automata.sql.trouble import place, worded
from automata.sql.upgrade import check, migrate


def open_sql(  # noqa: PLR0913 - those of `open_store`
    where: str | sa.Engine,
    *,
    create: bool,
    clock: Clock | None,
    full: bool,
    pending: int,
    patience_s: float,
    blobs: str | None,
) -> SqlStore:
    """Open a store; see `automata.sql.open_store`."""
    given = where if isinstance(where, sa.Engine) else None
    url = where.url if isinstance(where, sa.Engine) else sa.make_url(where)
    # SQLite's connections carry settings of ours; the host's stay as they are.
    engine = make_engine(url) if given is None or url.get_backend_name() == "sqlite" else given
    try:
        folder_of(url, blobs)
        _prepare(engine, create=create)
    except BaseException:
        if engine is not given:
            engine.dispose()
        raise
    database = Database(engine, clock or SystemClock(), full=full, owned=engine is not given)
    return SqlStore(database, place_blobs(database, blobs), pending=pending, patience_s=patience_s)


def _prepare(engine: sa.Engine, *, create: bool) -> None:
    name = place(engine.url)
    lite = engine.dialect.name == "sqlite"
    if lite and not create and engine.url.database is not None and not Path(engine.url.database).exists():
        create = True
    state = check(engine)
    if create or (lite and state.kind == "empty"):
        migrate(engine)
    elif state.kind == "ahead" and not state.usable:
        raise StoreUnavailable(f"{name} has schema {state.revision!r}, which is newer than this program: upgrade it")
    elif not state.usable:
        raise StoreUnavailable(f"{name} has tables older than this program; run: automata db upgrade")
    if lite:
        with worded(engine), engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
        if mode != "wal":
            raise StoreUnavailable(f"{name} cannot keep a write-ahead log (is it on a network disk?); use a local disk")
