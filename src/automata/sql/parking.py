"""Stops every run of a database that was put back from a copy: what happened since the copy is not known.

Each run that is not over gets a `PauseRequested` at the end of its journal, so that no worker starts an attempt of it,
whatever wakes it; its row says PARKED with the error ``restored``. A person lets it go on (``automata runs resume``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from automata._core.journal import chain, count_events, encode_error, encode_events
from automata._core.stamp import text_of
from automata.model import ErrorInfo, PauseRequested, RunStatus
from automata.model.run import FINAL
from automata.sql.rows import instant
from automata.sql.tables import JOURNAL, OUTBOX, PROPERTIES, RUNS, WORKERS

GENERATION = "instance_generation"
"""Property: how often this installation was put back from a copy, from 1."""
REASON = ErrorInfo(
    kind="restored",
    message="The database was restored from a backup; what this run did since then is not known. Look, then resume it",
)

_BATCH = 500


@frozen(kw_only=True)
class Parked:
    """What `park_all` did."""

    runs: int
    """Runs that wait for a person."""
    generation: int
    outgoing: int
    """Messages in the outbox, which are sent once more when they were sent since the copy."""


def park_all(engine: sa.Engine) -> Parked:
    """Park every run that is not over, end every lease, and count the restore; one transaction."""
    with engine.begin() as connection:
        at = _now(connection)
        parked, last = 0, ""
        while batch := _batch(connection, last):
            _park(connection, batch, at)
            parked, last = parked + len(batch), batch[-1]
        connection.execute(WORKERS.delete())
        generation = _count_up(connection)
        outgoing = connection.execute(sa.select(sa.func.count()).select_from(OUTBOX)).scalar_one()
    return Parked(runs=parked, generation=generation, outgoing=outgoing)


def _batch(connection: sa.Connection, after: str) -> Sequence[str]:
    query = (
        sa.select(RUNS.c.id)
        .where(RUNS.c.status.not_in([status.value for status in FINAL]), RUNS.c.id > after)
        .order_by(RUNS.c.id)
        .limit(_BATCH)
    )
    return connection.execute(query).scalars().all()


def _park(connection: sa.Connection, runs: Sequence[str], at: str) -> None:
    rows = [_pause(row, at) for row in _ends(connection, runs)]
    if rows:
        connection.execute(JOURNAL.insert(), rows)
    stands = {
        "status": RunStatus.PARKED.value,
        "error": encode_error(REASON),
        "owner": None,
        "wake_ms": None,
        "epoch": RUNS.c.epoch + 1,
    }
    connection.execute(RUNS.update().where(RUNS.c.id.in_(runs)).values(stands))


def _ends(connection: sa.Connection, runs: Sequence[str]) -> Sequence[Any]:
    """The last row of each journal."""
    last = (
        sa.select(JOURNAL.c.run, sa.func.max(JOURNAL.c.position).label("position"))
        .where(JOURNAL.c.run.in_(runs))
        .group_by(JOURNAL.c.run)
        .subquery()
    )
    same = sa.and_(JOURNAL.c.run == last.c.run, JOURNAL.c.position == last.c.position)
    columns = (JOURNAL.c.run, JOURNAL.c.position, JOURNAL.c.events, JOURNAL.c.chain)
    return connection.execute(sa.select(*columns).join(last, same)).all()


def _pause(end: Any, at: str) -> dict[str, object]:
    data = encode_events([PauseRequested(at)])
    return {
        "run": end.run,
        "position": end.position + count_events(bytes(end.events)),
        "events": data,
        "chain": chain(bytes(end.chain), data),
    }


def _count_up(connection: sa.Connection) -> int:
    found = connection.execute(sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == GENERATION))
    generation = int(found.scalar_one_or_none() or 1) + 1
    connection.execute(PROPERTIES.delete().where(PROPERTIES.c.name == GENERATION))
    connection.execute(PROPERTIES.insert().values(name=GENERATION, value=str(generation)))
    return generation


def _now(connection: sa.Connection) -> str:
    """The database's time as events have it."""
    text = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    if connection.dialect.name != "sqlite":
        text = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
    return text_of(instant(connection.exec_driver_sql(text).scalar_one()))
