"""Accepting runs: once for each id and each key, and not more than may wait."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from attrs import evolve

from automata._core.journal import chain, decode_events, encode_events
from automata.errors import AutomataError, Conflict, Overloaded
from automata.model import Run, RunStatus
from automata.sql import admission as seats
from automata.sql.dialect import Bulk, Link, Row
from automata.sql.limits import Limits
from automata.sql.operations import Create
from automata.sql.rows import COLUMNS, instant, milliseconds, run_of
from automata.sql.tails import Tails
from automata.sql.turns import end_of

LIMIT = 10_000
"""Runs of one org that may wait to be claimed, unless the store is told otherwise."""

_INSERT = Bulk(
    (
        ("id", "text"),
        ("org", "text"),
        ("workflow", "text"),
        ("version", "text"),
        ("status", "text"),
        ("key", "text"),
        ("digest", "text"),
        ("parent", "text"),
        ("priority", "int"),
        ("epoch", "int"),
        ("owner", "text"),
        ("wake_ms", "bigint"),
        ("created_ms", "bigint"),
        ("finished_ms", "bigint"),
        ("output", "bytea"),
        ("error", "bytea"),
    ),
    """INSERT INTO automata_run (id, org, workflow, version, status, key, digest, parent, priority, epoch, owner,
    wake_ms, created_ms, finished_ms, output, error) SELECT * FROM {rows}""",
)
_FIRST = Bulk(
    (("run", "text"), ("events", "bytea"), ("chain", "bytea")),
    "INSERT INTO automata_journal (run, position, events, chain) SELECT x.run, 0, x.events, x.chain FROM {rows}",
)
_REWRITE = "UPDATE automata_journal SET events = ?, chain = ? WHERE run = ? AND position = 0"
_BY_ID = f"SELECT {COLUMNS}, digest FROM automata_run WHERE id = ANY(?)"  # noqa: S608 - constants
_BY_KEY = f"SELECT {COLUMNS}, digest FROM automata_run WHERE org = ? AND key = ANY(?) AND key IS NOT NULL"  # noqa: S608 - constants
_PRIORITIES = """
    WITH RECURSIVE lanes(priority) AS (
        SELECT max(priority) FROM automata_run WHERE org = ? AND owner IS NULL AND wake_ms IS NOT NULL
        UNION ALL
        SELECT (SELECT max(r.priority) FROM automata_run r
            WHERE r.org = ? AND r.priority < lanes.priority AND r.owner IS NULL AND r.wake_ms IS NOT NULL)
        FROM lanes WHERE lanes.priority IS NOT NULL
    ) SELECT priority FROM lanes WHERE priority IS NOT NULL"""
_DUE = """
    SELECT count(*) FROM (SELECT 1 FROM automata_run
    WHERE org = ? AND priority = ? AND owner IS NULL AND wake_ms <= ? LIMIT ?) AS due"""


class Admission:
    """Counts the runs that wait to be claimed, seldom: what this process adds meanwhile it knows."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.limits = Limits()
        self._known: dict[str, tuple[int, int]] = {}
        """Runs of each org, and when they were counted."""

    def admit(self, link: Link, org: str, coming: int) -> None:
        """Let one more run of an org wait, beside *coming* ones that are admitted and not in the database yet.

        Raises:
            Overloaded: Too many do.
        """
        waiting, counted = self._known.get(org, (self._limit, 0))
        if waiting >= self._limit or abs(link.now - counted) > RECOUNT_MS:
            waiting, counted = self._count(link, org) + coming, link.now
        if waiting >= self._limit:
            raise Overloaded(f"{self._limit:,} runs wait to be taken up; try again later")
        if len(self._known) >= ORGS_KEPT:
            self._known.clear()
        self._known[org] = (waiting + 1, counted)

    def _count(self, link: Link, org: str) -> int:
        lanes = [row[0] for row in link.query(_PRIORITIES, org, org)]
        return sum(int(link.query(_DUE, org, lane, link.now, self._limit)[0][0]) for lane in lanes)


RECOUNT_MS = 1_000
ORGS_KEPT = 10_000


def create(link: Link, tails: Tails, admission: Admission, creates: Sequence[Create]) -> None:
    """Insert runs with their first events; each operation gets its result or error.

    Raises an integrity error when somebody else accepts one of them at the same moment.
    """
    known = _known(link, creates)
    fresh: list[tuple[Create, Run]] = []
    coming = Counter[str]()
    for operation in creates:
        found = known.get(operation.run.id) or known.get((operation.run.org, operation.run.key))
        if found is not None:
            _repeat(operation, *found)
        elif _admitted(link, admission, operation, coming):
            fresh.append((operation, _row(operation, link.now)))
    if not fresh:
        return
    link.many(_INSERT, [_values(operation, run) for operation, run in fresh])
    firsts: list[Row] = [(run.id, o.data, chain(b"", o.data)) for o, run in fresh if o.data]
    if firsts:
        link.many(_FIRST, firsts)
    for operation, run in fresh:
        count, data = _seat(link, operation, run)
        tails.set(run.id, (count, chain(b"", data) if data else b""))


def _seat(link: Link, operation: Create, run: Run) -> tuple[int, bytes]:
    """Let the run begin, wait, or not be there: as its workflow limits starts. What its journal holds then."""
    operation.result = run
    if operation.rules is not None:
        try:
            operation.result = seated = seats.admit(link, run, operation.rules)
            if operation.run.owner is not None and seated.status is RunStatus.QUEUED:
                return _unbegin(link, operation)
        except seats.Refused as error:
            operation.result, operation.error = None, error
            link.change("DELETE FROM automata_journal WHERE run = ?", run.id)
            link.change("DELETE FROM automata_run WHERE id = ?", run.id)
    return operation.count, operation.data


def _unbegin(link: Link, operation: Create) -> tuple[int, bytes]:
    """Keep nothing but the first event of a run that has to wait: whoever takes it up begins it."""
    data = encode_events(decode_events(operation.data)[:1])
    link.change(_REWRITE, data, chain(b"", data), operation.run.id)
    return 1, data


def _known(link: Link, creates: Sequence[Create]) -> dict[object, tuple[Run, str]]:
    """Runs that are there already, by id and by org and key."""
    rows = link.query(_BY_ID, [operation.run.id for operation in creates])
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for operation in creates:
        if operation.run.key is not None:
            keys[operation.run.org].append(operation.run.key)
    for org, wanted in keys.items():
        rows += link.query(_BY_KEY, org, wanted)
    return {name: found for row in rows for name, found in _names(row)}


def _names(row: Row) -> Iterable[tuple[object, tuple[Run, str]]]:
    run, digest = run_of(row), row[15]
    yield run.id, (run, digest)
    if run.key is not None:
        yield (run.org, run.key), (run, digest)


def _repeat(operation: Create, known: Run, digest: str) -> None:
    if digest == operation.digest:
        operation.result = known
    elif known.id == operation.run.id:
        operation.error = Conflict(f"There is a run {known.id!r} already")
    else:
        operation.error = Conflict(f"The key {known.key!r} was used for another start; choose a new key")


def _admitted(link: Link, admission: Admission, operation: Create, coming: Counter[str]) -> bool:
    org = operation.run.org
    if operation.run.owner is None and operation.last is None:
        try:
            admission.admit(link, org, coming[org])
        except AutomataError as error:
            operation.error = error
            return False
        coming[org] += 1
    return True


def _row(operation: Create, now: int) -> Run:
    """The run as it will stand there."""
    run, last = operation.run, operation.last
    created = instant(now)
    if last is not None:
        return evolve(
            run,
            created=created,
            finished=created,
            status=last.status,
            output=last.output,
            error=last.error,
            owner=None,
            wake=None,
        )
    return evolve(run, created=created, wake=None if run.owner is not None else run.wake or created)


def _values(operation: Create, run: Run) -> Row:
    end = (None, None) if operation.last is None else end_of(operation.last)[1:]
    return (
        run.id,
        run.org,
        run.workflow,
        run.version,
        run.status.value,
        run.key,
        operation.digest,
        run.parent,
        run.priority,
        run.epoch,
        run.owner,
        milliseconds(run.wake),
        milliseconds(run.created),
        milliseconds(run.finished),
        *end,
    )
