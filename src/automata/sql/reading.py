"""Queries about runs. They see what is committed, and wait for nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from automata._core.journal import chain, decode_events, decode_message
from automata.errors import Damaged, NotFound
from automata.model import Event, Message, Run
from automata.ports import RunQuery
from automata.sql.dialect import Link, Row
from automata.sql.rows import COLUMNS, milliseconds, run_of

_JOURNAL = """
    SELECT position, events, chain FROM automata_journal WHERE run = ? AND position >= coalesce(
        (SELECT max(position) FROM automata_journal WHERE run = ? AND position <
            (SELECT max(position) FROM automata_journal WHERE run = ? AND position <= ?)), 0)
    ORDER BY position"""
"""From the row before the one that holds the first event asked for: its digest is where the chain goes on."""
_MAIL = """
    SELECT id FROM automata_run WHERE owner = ?
    AND EXISTS (SELECT 1 FROM automata_inbox i WHERE i.run = automata_run.id AND NOT i.taken)"""


_HEXADECIMAL = re.compile("[0-9a-f]+")
_NARROW = 8
"""Characters of an id that leave few runs: those accepted within a minute."""


def journal(link: Link, run: str, after: int) -> Sequence[Event]:
    """Events of a run, checked against their digests."""
    rows = link.query(_JOURNAL, run, run, run, after)
    if not rows:
        if not link.query("SELECT 1 FROM automata_run WHERE id = ?", run):
            raise NotFound(f"No run {run!r}")
        return ()
    events: list[Event] = []
    position, previous = int(rows[0][0]), b""
    if position:  # Its own chain lies before what is read.
        previous, (first, *rows) = bytes(rows[0][2]), rows
        position += len(decode_events(first[1]))
    start = position
    for row in rows:
        previous = _check(run, position, previous, row)
        read = decode_events(row[1])
        events += read
        position += len(read)
    return events[max(0, after - start) :]


def _check(run: str, position: int, previous: bytes, row: Row) -> bytes:
    digest = bytes(row[2])
    if row[0] != position or chain(previous, bytes(row[1])) != digest:
        raise Damaged(
            f"The journal of run {run!r} is damaged at event {position}: restore a backup "
            f"(automata db restore), or save what can be read (automata runs export {run})"
        )
    return digest


def run(link: Link, id_: str) -> Run | None:
    """The row of a run."""
    rows = link.query(f"SELECT {COLUMNS} FROM automata_run WHERE id = ?", id_)  # noqa: S608 - constants
    return run_of(rows[0]) if rows else None


def runs(link: Link, query: RunQuery) -> Sequence[Run]:
    """A page of runs, newest first."""
    conditions, values = ["org = ?"], [query.org]
    _only(conditions, values, query)
    text = (
        f"SELECT {COLUMNS} FROM automata_run WHERE {' AND '.join(conditions)} ORDER BY created_ms DESC, id DESC LIMIT ?"  # noqa: S608 - constants
    )
    return [run_of(row) for row in link.query(text, *values, query.limit)]


def _only(conditions: list[str], values: list[Any], query: RunQuery) -> None:
    for column, value in (("workflow", query.workflow), ("parent", query.parent)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if query.statuses:
        conditions.append("status = ANY(?)")
        values.append([status.value for status in query.statuses])
    if query.prefix:
        _begin(conditions, values, query.prefix)
    if query.before is not None:
        created = milliseconds(query.before[0])
        conditions.append("(created_ms, id) < (?, ?)")
        values += [created, query.before[1]]


def _begin(conditions: list[str], values: list[Any], prefix: str) -> None:
    """Runs whose ids begin with *prefix*: ids are hexadecimal, so that those between it and its end in ``g`` do."""
    conditions.append("substr(id, 1, ?) = ?")
    values += [len(prefix), prefix]
    if _HEXADECIMAL.fullmatch(prefix):
        conditions.append("id >= ? AND id < ?")
        values += [prefix, f"{prefix}g"]
        if len(prefix) >= _NARROW:
            conditions[0] = "org || '' = ?"  # Else SQLite walks through all runs of the org, in the order asked for.


def inbox(link: Link, run_: str) -> Sequence[Message]:
    """Messages that wait."""
    rows = link.query("SELECT id, body FROM automata_inbox WHERE run = ? AND NOT taken ORDER BY number", run_)
    return [decode_message(row[0], row[1]) for row in rows]


def mail(link: Link, worker: str) -> Sequence[str]:
    """Runs of a worker with messages."""
    return [row[0] for row in link.query(_MAIL, worker)]
