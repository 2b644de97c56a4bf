"""What runs leave behind: ticks of schedules, large values nothing refers to, and empty pages of the file."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from automata.sql.pace import Work
from automata.sql.tables import INBOX, JOURNAL, OCCURRENCES, OUTBOX, RUNS

_MARK = b'"$blob":"'
_REFERENCE = re.compile(re.escape(_MARK) + rb'([0-9a-f]{64})"')
_PART = 50
"""Rows with references that are read at a time; each may have a quarter of a MiB."""
_FOLDS = 50
"""How often the log is tried to be brought into the file while others use it."""
_INCREMENTAL = 2
"""SQLite's number for that mode of ``auto_vacuum``."""


class Forgetful(Protocol):
    """A place for large values that can forget: `FileBlobs` and `TableBlobs`."""

    def stale(self, before_ms: int) -> Iterator[str]:
        """Names of values not put since *before_ms*."""

    def discard(self, name: str, before_ms: int) -> bool:
        """Remove a value, unless it was put again since *before_ms*."""


def drop_occurrences(work: Work, before_ms: int) -> None:
    """Remove old ticks, but the newest of each schedule: it says how far the schedule is."""
    newest = sa.select(OCCURRENCES.c.schedule, sa.func.max(OCCURRENCES.c.at_ms)).group_by(OCCURRENCES.c.schedule)
    for schedule, last in work.read(newest):
        old = sa.and_(OCCURRENCES.c.schedule == schedule, OCCURRENCES.c.at_ms < min(before_ms, last))
        count = work.count(OCCURRENCES, old)
        while not work.dry_run:
            query = sa.select(OCCURRENCES.c.at_ms).where(old).order_by(OCCURRENCES.c.at_ms).limit(work.weight)
            found = work.read(query)
            if not found:
                break
            work.delete(OCCURRENCES.delete().where(old, OCCURRENCES.c.at_ms <= found[-1].at_ms))
        work.tell(occurrences=work.done.occurrences + count)


def drop_blobs(work: Work, places: Sequence[Forgetful], before_ms: int) -> None:
    """Remove large values nothing refers to; what is kept is searched only if some were not put lately."""
    for place in places:
        names = frozenset(place.stale(before_ms))
        names -= _referred(work) if names else frozenset()
        gone = len(names) if work.dry_run else sum(_discarded(work, place, name, before_ms) for name in sorted(names))
        work.tell(blobs=work.done.blobs + gone)


def _discarded(work: Work, place: Forgetful, name: str, before_ms: int) -> bool:
    began = time.perf_counter()
    gone = place.discard(name, before_ms)
    work.took(time.perf_counter() - began)
    return gone


def _referred(work: Work) -> frozenset[str]:
    """Names of every large value something refers to; the database looks through all it keeps."""
    found: set[str] = set()
    for key, column in (
        ((JOURNAL.c.run, JOURNAL.c.position), JOURNAL.c.events),
        ((RUNS.c.id,), RUNS.c.output),
        ((INBOX.c.number,), INBOX.c.body),
        ((OUTBOX.c.number,), OUTBOX.c.body),
    ):
        for row in _holding(work, key, column):
            found.update(name.decode() for name in _REFERENCE.findall(bytes(row.data)))
    return frozenset(found)


def _holding(work: Work, key: tuple[sa.Column[Any], ...], column: sa.Column[bytes]) -> Iterator[Any]:
    """Rows whose bytes have a reference in them."""
    lite = work.engine.dialect.name == "sqlite"
    needle = sa.literal(_MARK, sa.LargeBinary)
    place = sa.func.instr(column, needle) if lite else sa.func.position(needle.op("IN")(column))
    query = sa.select(*key, column.label("data")).where(place > 0).order_by(*key).limit(_PART)
    rows = work.read(query)
    while rows:
        yield from rows
        rows = work.read(query.where(sa.tuple_(*key) > sa.tuple_(*tuple(rows[-1])[:-1])))


def shrink(work: Work) -> None:
    """Give empty pages back, a few at a time; a file that was made without that stays as large as it is."""
    if work.engine.dialect.name != "sqlite":
        return
    size, first = _pragma(work, "page_size"), _pragma(work, "page_count")
    if _pragma(work, "auto_vacuum") == _INCREMENTAL:
        left, rest = 0, _pragma(work, "freelist_count")
        while rest and rest != left:  # It does not fall while others take the pages.
            left = rest
            _give_back(work)
            rest = _pragma(work, "freelist_count")
        _fold_log(work)
    work.tell(freed_bytes=max(0, first - _pragma(work, "page_count")) * size)


def _give_back(work: Work) -> None:
    began = time.perf_counter()
    with work.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        try:
            raw.executescript(f"PRAGMA incremental_vacuum({work.pages})")  # By `execute` it gives back one page only.
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError(None, None, error) from error
    work.took(time.perf_counter() - began)


def _fold_log(work: Work) -> None:
    """Bring the log into the file, which becomes shorter only if nobody writes at the moment all of it is there.

    Writers go on while most of it is brought in; the little they wrote meanwhile is brought in while they wait.
    """
    for _ in range(_FOLDS):
        with work.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            busy, log, folded = connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)").one()
        if not busy and log == folded:
            return
        work.pace.pause(0.01)


def _pragma(work: Work, name: str) -> int:
    with work.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
