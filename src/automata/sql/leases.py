"""Whether the workers whose runs are written still have their leases; looked at first in every transaction."""

from __future__ import annotations

from collections.abc import Sequence

from automata.errors import AutomataError, Fenced, NotFound
from automata.sql.dialect import Link
from automata.sql.operations import Append, Create, Segment

_LEASES = "SELECT id, expires_ms, {clock} FROM automata_worker WHERE id = ANY(?) {held}"
"""PostgreSQL holds the rows until the commit: nobody can end a lease between this look and what depends on it."""

_LEASE = "SELECT id, expires_ms, {clock} FROM automata_worker WHERE id = ? {held}"
"""The same for one worker, as a batch mostly has: SQLite takes three times as long to open a list for it."""

_HOLDERS = "SELECT id, owner FROM automata_run WHERE id = ANY(?)"


def leased(link: Link, segment: Segment) -> Segment:
    """The operations whose workers hold what they write; the others get their error."""
    _find_holders(link, segment.appends)
    workers = {w for w in (*_owners(segment.creates), *(a.worker for a in segment.appends)) if w is not None}
    if not workers and not segment.appends:
        return segment
    valid = live(link, workers)
    return Segment(
        [c for c in segment.creates if c.run.owner is None or c.last is not None or _has(c, c.run.owner, valid)],
        [a for a in segment.appends if a.error is None and _has(a, a.worker, valid)],
        segment.sends,
    )


def live(link: Link, workers: set[str]) -> set[str]:
    """Those of *workers* whose leases are not over."""
    if not workers:
        return set()
    rows = link.query(_LEASE, *workers) if len(workers) == 1 else link.query(_LEASES, sorted(workers))
    if rows and rows[0][2]:
        link.at(rows[0][2])
    return {row[0] for row in rows if row[1] > link.now}


def _owners(creates: Sequence[Create]) -> list[str | None]:
    return [c.run.owner for c in creates if c.last is None]


def _find_holders(link: Link, appends: Sequence[Append]) -> None:
    """Ask for the holders of runs this process has not taken up itself."""
    unknown = [a for a in appends if a.worker is None]
    if not unknown:
        return
    owners = {row[0]: row[1] for row in link.query(_HOLDERS, list({a.turn.run for a in unknown}))}
    for append in unknown:
        append.worker = owners.get(append.turn.run)
        if append.worker is None:
            append.error = _nobody(append.turn.run, known=append.turn.run in owners)


def _nobody(run: str, *, known: bool) -> AutomataError:
    return Fenced(f"Run {run!r} is held by nobody") if known else NotFound(f"No run {run!r}")


def _has(operation: Create | Append, worker: str | None, valid: set[str]) -> bool:
    if worker in valid:
        return True
    operation.error = Fenced(f"The lease of worker {worker!r} is over")
    return False
