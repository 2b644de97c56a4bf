"""Removes runs that are over and old, with all they have, in batches small enough that nobody waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from automata.errors import FixInput
from automata.model import RunStatus
from automata.model.run import FINAL
from automata.sql.leftovers import Forgetful, drop_blobs, drop_occurrences, shrink
from automata.sql.pace import Pace, Pruned, Work
from automata.sql.tables import INBOX, JOURNAL, OUTBOX, RUNS
from automata.sql.trouble import worded

DAY_MS = 24 * 60 * 60 * 1000
KEY_MS = 7 * DAY_MS
"""How long the key of a run keeps its effect after the end: the same start gives the same run."""
_PAGE_BYTES = 4096


@frozen(kw_only=True)
class Policy:
    """What may go."""

    age_ms: int = 30 * DAY_MS
    """Runs that ended earlier than this ago."""
    ages_ms: Mapping[RunStatus, int] = field(factory=dict)
    """The same for single statuses; these win."""
    keep_last: int = 0
    """Newest runs of each workflow that stay, however old."""
    occurrences_ms: int = 30 * DAY_MS
    """Ticks of schedules older than this."""
    blobs_ms: int = 7 * DAY_MS
    """Large values not put for this long, and that nothing refers to."""

    def age(self, status: str) -> int:
        """The age from which a run of *status* may go."""
        return self.ages_ms.get(RunStatus(status), self.age_ms)

    def youngest(self) -> int:
        """The shortest age of any status."""
        return min([self.age_ms, *self.ages_ms.values()])


def prune(  # noqa: PLR0913 - keywords, each with a default
    engine: sa.Engine,
    policy: Policy,
    *,
    now_ms: int,
    dry_run: bool = False,
    blobs: Sequence[Forgetful] = (),
    pace: Pace | None = None,
    progress: Callable[[Pruned], None] = lambda _sofar: None,
) -> Pruned:
    """Remove what *policy* lets go; others read and write meanwhile. Killed half way, the next call goes on.

    A run stays while its key has to keep its effect, while the run that started it goes on, and while a message of it
    waits in the outbox.

    Args:
        engine: A synchronous engine.
        policy: What may go.
        now_ms: The present, by the database's clock.
        dry_run: Count only.
        blobs: Where large values are.
        pace: How gently.
        progress: Called after each transaction with what went so far.

    Raises:
        FixInput: An age is negative.
        StoreUnavailable: The database does not answer, or the disk is full.
    """
    if min(policy.youngest(), policy.keep_last, policy.occurrences_ms, policy.blobs_ms) < 0:
        raise FixInput("Ages and numbers to keep cannot be negative")
    work = Work(engine, pace or Pace(), dry_run=dry_run, progress=progress)
    with worded(engine):
        _Runs(work, policy, now_ms).drop()
        drop_occurrences(work, now_ms - policy.occurrences_ms)
        drop_blobs(work, blobs, now_ms - policy.blobs_ms)
        if not dry_run:
            shrink(work)
    return work.done


class _Runs:
    """Walks through the runs from the oldest on, a page at a time, org by org."""

    def __init__(self, work: Work, policy: Policy, now_ms: int) -> None:
        self._work, self._policy, self._now_ms = work, policy, now_ms

    def drop(self) -> None:
        """Remove every run that may go."""
        for org in self._values(RUNS.c.org):
            kept = self._newest(org) if self._policy.keep_last else frozenset()
            after: tuple[int, str] = (-1, "")
            while page := self._page(org, after):
                after = (page[-1].created_ms, page[-1].id)
                chosen = self._allowed([row for row in page if row.id not in kept and self._over(row)])
                while chosen:
                    batch, chosen = chosen[: self._work.runs], chosen[self._work.runs :]
                    self._remove(batch)

    def _values(self, column: sa.Column[str], *where: sa.ColumnElement[bool]) -> Iterator[str]:
        """Every value of a column that an index begins with; each costs one look into it."""
        query = sa.select(sa.func.min(column)).where(*where)
        found = self._work.read(query)[0][0]
        while found is not None:
            yield found
            found = self._work.read(query.where(column > found))[0][0]

    def _page(self, org: str, after: tuple[int, str]) -> Sequence[Any]:
        """Runs of an org that could be old enough, in the order they were accepted."""
        columns = (RUNS.c.id, RUNS.c.created_ms, RUNS.c.finished_ms, RUNS.c.status, RUNS.c.key, RUNS.c.parent)
        query = (
            sa.select(*columns)
            .where(
                RUNS.c.org == org,
                RUNS.c.created_ms <= self._now_ms - self._policy.youngest(),  # No run ends before it was accepted.
                sa.tuple_(RUNS.c.created_ms, RUNS.c.id) > sa.tuple_(*after),
            )
            .order_by(RUNS.c.created_ms, RUNS.c.id)
            .limit(self._work.pace.runs)
        )
        return self._work.read(query)

    def _over(self, row: Any) -> bool:
        """Whether a run by itself is over for long enough."""
        if row.finished_ms is None or row.status not in FINAL:
            return False
        age = self._policy.age(row.status)
        return bool(row.finished_ms <= self._now_ms - (age if row.key is None else max(age, KEY_MS)))

    def _newest(self, org: str) -> frozenset[str]:
        """The newest runs of every workflow of an org."""
        newest = (
            sa.select(RUNS.c.id)
            .where(RUNS.c.org == org, RUNS.c.workflow == sa.bindparam("workflow"))
            .order_by(RUNS.c.created_ms.desc(), RUNS.c.id.desc())
            .limit(self._policy.keep_last)
        )
        names = self._values(RUNS.c.workflow, RUNS.c.org == org)
        return frozenset(row.id for name in names for row in self._work.read(newest, workflow=name))

    def _allowed(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Leave out runs that others still need."""
        if not rows:
            return ()
        parents = {row.id: row.parent.partition("#")[0] for row in rows if row.parent}
        going = sa.select(RUNS.c.id).where(RUNS.c.id.in_(set(parents.values())), RUNS.c.finished_ms.is_(None))
        needed = {row.id for row in self._work.read(going)} if parents else set()
        unsent = sa.select(OUTBOX.c.run).where(OUTBOX.c.run.in_([row.id for row in rows]))
        sending = {row.run for row in self._work.read(unsent)}
        return [row for row in rows if parents.get(row.id) not in needed and row.id not in sending]

    def _remove(self, rows: Sequence[Any]) -> None:
        """Remove runs; journals first, so that what is left when it is killed half way is still a run to remove."""
        work, ids = self._work, [row.id for row in rows]
        statuses = Counter(work.done.by_status) + Counter(row.status for row in rows)
        journal, messages = self._journals(ids), work.count(INBOX, INBOX.c.run.in_(ids))
        if not work.dry_run:
            work.delete(INBOX.delete().where(INBOX.c.run.in_(ids)), RUNS.delete().where(RUNS.c.id.in_(ids)))
        work.tell(
            runs=work.done.runs + len(ids),
            by_status=dict(statuses),
            journal=work.done.journal + journal,
            messages=work.done.messages + messages,
        )

    def _journals(self, ids: Sequence[str]) -> int:
        """Remove the journals of runs, so many at a time as their rows and sizes allow; the number of rows."""
        pages = sa.func.sum(sa.func.length(JOURNAL.c.events) / _PAGE_BYTES)
        sizes = self._work.read(
            sa.select(JOURNAL.c.run, sa.func.count().label("rows"), pages.label("pages"))
            .where(JOURNAL.c.run.in_(ids))
            .group_by(JOURNAL.c.run)
            .order_by(JOURNAL.c.run)
        )
        left = [] if self._work.dry_run else [(row.run, row.rows, row.rows + int(row.pages)) for row in sizes]
        while left:
            fitting = _fitting([weight for _, _, weight in left], self._work.weight)
            if fitting:
                self._work.delete(JOURNAL.delete().where(JOURNAL.c.run.in_([run for run, _, _ in left[:fitting]])))
            else:
                self._shorten(*left[0])
            left = left[max(fitting, 1) :]
        return sum(row.rows for row in sizes)

    def _shorten(self, run: str, rows: int, weight: int) -> None:
        """Remove one long journal from its end, so that what is left of it holds together."""
        own = sa.select(JOURNAL.c.position).where(JOURNAL.c.run == run).order_by(JOURNAL.c.position.desc())
        while True:
            count = max(1, self._work.weight * rows // weight)
            found = self._work.read(own.limit(count))
            if not found:
                return
            self._work.delete(JOURNAL.delete().where(JOURNAL.c.run == run, JOURNAL.c.position >= found[-1].position))


def _fitting(weights: Sequence[int], limit: int) -> int:
    """How many of them stay below the limit together."""
    for at, weight in enumerate(weights):
        limit -= weight
        if limit < 0:
            return at
    return len(weights)
