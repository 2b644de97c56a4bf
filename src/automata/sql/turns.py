"""Turns as statements: journal rows, messages taken, the run's row. All are conditional on who holds the run."""

from __future__ import annotations

from collections.abc import Sequence

from automata._core.journal import chain, encode_error, write_value
from automata.errors import Fenced, KernelBug
from automata.model import RunFinished
from automata.sql.dialect import Bulk, Link, Row
from automata.sql.operations import Append
from automata.sql.rows import milliseconds
from automata.sql.tails import Tails

_HELD = (("id", "text"), ("epoch", "int"), ("owner", "text"))
_MATCH = "automata_run.id = x.id AND automata_run.epoch = x.epoch AND automata_run.owner = x.owner"
"""A run that is final has no owner, so this says too that it is not over."""
_STANDS = """status = coalesce(x.status, automata_run.status),
    error = CASE WHEN x.status IS NULL THEN automata_run.error ELSE x.error END"""

JOURNAL = Bulk(
    (*_HELD, ("position", "int"), ("events", "bytea"), ("chain", "bytea")),
    f"""INSERT INTO automata_journal (run, position, events, chain)
    SELECT x.id, x.position, x.events, x.chain FROM {{rows}} JOIN automata_run ON {_MATCH}""",  # noqa: S608 - constants
)
TAKEN = Bulk(
    (("run", "text"), ("id", "text")),
    """UPDATE automata_inbox SET taken = TRUE FROM {rows}
    WHERE automata_inbox.run = x.run AND automata_inbox.id = x.id AND NOT automata_inbox.taken""",
)
STATUS = Bulk(
    (*_HELD, ("status", "text"), ("error", "bytea")),
    f"UPDATE automata_run SET {_STANDS} FROM {{rows}} WHERE {_MATCH}",  # noqa: S608 - constants
)
RELEASE = Bulk(
    (*_HELD, ("status", "text"), ("error", "bytea"), ("wake", "bigint"), ("now", "bigint")),
    f"""UPDATE automata_run SET owner = NULL, {_STANDS},
    wake_ms = CASE WHEN EXISTS (SELECT 1 FROM automata_inbox i WHERE i.run = x.id AND NOT i.taken)
        THEN x.now ELSE x.wake END
    FROM {{rows}} WHERE {_MATCH}""",  # noqa: S608 - constants
)
FINISH = Bulk(
    (*_HELD, ("status", "text"), ("output", "bytea"), ("error", "bytea"), ("now", "bigint")),
    f"""UPDATE automata_run SET owner = NULL, wake_ms = NULL, status = x.status, output = x.output, error = x.error,
    finished_ms = x.now FROM {{rows}} WHERE {_MATCH}""",  # noqa: S608 - constants
)


class Short(Exception):
    """Fewer rows were touched than there should be; some operation of the segment may not happen."""


def write_journal(link: Link, tails: Tails, appends: Sequence[Append]) -> None:
    """Add the events of turns to their journals, and take their messages.

    Raises:
        Short: One of the runs is not held any more, or a message was taken before.
        KernelBug: A turn does not go on where the journal ends.
    """
    with_events = [a for a in appends if a.data]
    if with_events:
        rows = journal_rows(link, tails, with_events)
        _count(link.many(JOURNAL, rows), rows)
    taken = [(a.turn.run, id_) for a in appends for id_ in a.turn.taken]
    if taken:
        _count(link.many(TAKEN, taken), taken)


def journal_rows(link: Link, tails: Tails, appends: Sequence[Append]) -> list[Row]:
    """Rows for `JOURNAL`; the digests are chained here."""
    tails.load(link, (a.turn.run for a in appends))
    rows: list[Row] = []
    for append in appends:
        turn = append.turn
        run = turn.run
        length, previous = tails.get(run)
        if turn.after != length:
            raise KernelBug(f"The journal of run {run!r} has {length} events, not {turn.after}")
        digest = chain(previous, append.data)
        tails.set(run, (length + len(turn.events), digest))
        rows.append((run, turn.epoch, append.worker, length, append.data, digest))
    return rows


def write_runs(link: Link, appends: Sequence[Append]) -> None:
    """Bring the rows of runs to where turns leave them.

    Raises:
        Short: One of them is not held any more.
    """
    statuses: list[Row] = []
    releases: list[Row] = []
    ends: list[Row] = []
    for append in appends:
        turn = append.turn
        held = (turn.run, turn.epoch, append.worker)
        if append.last is not None:
            ends.append((*held, *end_of(append.last), link.now))
        elif turn.release:
            releases.append((*held, *_status(append), milliseconds(turn.wake), link.now))
        elif turn.status is not None or not append.data:  # One without either is checked all the same.
            statuses.append((*held, *_status(append)))
    for bulk, rows in ((STATUS, statuses), (RELEASE, releases), (FINISH, ends)):
        if rows:
            _count(link.many(bulk, rows), rows)


def end_of(last: RunFinished) -> tuple[str, bytes | None, bytes | None]:
    """Status, output and error of a run that is over."""
    return (
        last.status.value,
        None if last.output is None else write_value(last.output),
        None if last.error is None else encode_error(last.error),
    )


def _status(append: Append) -> tuple[str | None, bytes | None]:
    turn = append.turn
    return (
        None if turn.status is None else turn.status.value,
        None if turn.error is None else encode_error(turn.error),
    )


def _count(touched: int, rows: Sequence[Row]) -> None:
    if touched != len(rows):
        raise Short


def why(link: Link, append: Append) -> Exception:
    """Why a turn by itself touched too few rows."""
    turn = append.turn
    found = link.query("SELECT epoch, owner, status FROM automata_run WHERE id = ?", turn.run)
    if not found:
        return Fenced(f"Run {turn.run!r} is gone")
    epoch, owner, status = found[0]
    if epoch == turn.epoch and owner == append.worker:
        return KernelBug(f"A message of run {turn.run!r} was taken before: {list(turn.taken)}")
    return Fenced(f"Run {turn.run!r} is not held any more: it is {status}, at epoch {epoch}, not {turn.epoch}")
