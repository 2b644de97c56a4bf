"""Rows of ``automata_run`` as `Run` records, and instants as milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

from automata._core.journal import decode_error, read_value
from automata.model import Run, RunStatus
from automata.sql.dialect import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

COLUMNS = (
    "id, org, workflow, version, status, key, parent, priority, epoch, owner, wake_ms, created_ms, finished_ms, "
    "output, error"
)
"""What `run_of` reads, in its order."""

FINAL = "('succeeded', 'failed', 'cancelled', 'timed_out')"
"""Statuses after which nothing can happen."""


@overload
def milliseconds(instant: datetime) -> int: ...
@overload
def milliseconds(instant: None) -> None: ...
def milliseconds(instant: datetime | None) -> int | None:
    """Whole milliseconds since 1970; what is left over goes up, so that nothing is early."""
    return None if instant is None else -((EPOCH - instant) // _MILLISECOND)


@overload
def instant(value: int) -> datetime: ...
@overload
def instant(value: None) -> None: ...
def instant(value: int | None) -> datetime | None:
    """The instant *value* milliseconds after 1970."""
    return None if value is None else EPOCH + timedelta(milliseconds=value)


def run_of(row: Row) -> Run:
    """The record of a row that has `COLUMNS` first."""
    return Run(
        id=row[0],
        org=row[1],
        workflow=row[2],
        version=row[3],
        status=RunStatus(row[4]),
        key=row[5],
        parent=row[6],
        priority=row[7],
        epoch=row[8],
        owner=row[9],
        wake=instant(row[10]),
        created=instant(row[11]),
        finished=instant(row[12]),
        output=None if row[13] is None else read_value(row[13]),
        error=None if row[14] is None else decode_error(row[14]),
    )
