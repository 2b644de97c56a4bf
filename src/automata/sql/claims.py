"""Workers and their leases, and which runs they take up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from automata._core import fault
from automata._core.process import identity, is_gone
from automata.errors import Fenced
from automata.model import Run
from automata.sql import admission
from automata.sql.dialect import Link
from automata.sql.leases import live
from automata.sql.rows import COLUMNS, instant, run_of

AT_ONCE = 1_000
"""Runs freed in one transaction."""

_REGISTER = "INSERT INTO automata_worker (id, started_ms, expires_ms, process) VALUES (?, ?, ?, ?)"
_RENEW = "UPDATE automata_worker SET expires_ms = ? WHERE id = ? AND expires_ms > ?"
_LEAVE = "DELETE FROM automata_worker WHERE id = ?"
_SWEEP = """
    DELETE FROM automata_worker WHERE id IN
    (SELECT id FROM automata_worker WHERE expires_ms <= ? {skipping})"""
_WORKERS = "SELECT id, process FROM automata_worker WHERE process IS NOT NULL"
_BURY = """
    DELETE FROM automata_worker WHERE id IN
    (SELECT id FROM automata_worker WHERE id = ANY(?) {skipping})"""
_ORPHANS = """
    WITH RECURSIVE owners(owner) AS (
        SELECT min(owner) FROM automata_run WHERE owner IS NOT NULL
        UNION ALL
        SELECT (SELECT min(r.owner) FROM automata_run r WHERE r.owner > owners.owner)
        FROM owners WHERE owners.owner IS NOT NULL
    ) SELECT owner FROM owners
    WHERE owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM automata_worker w WHERE w.id = owners.owner)"""
_FREE = """
    UPDATE automata_run SET owner = NULL, wake_ms = ? WHERE id IN
    (SELECT id FROM automata_run WHERE owner = ? LIMIT ? {skipping})"""
LANES = """
    WITH RECURSIVE orgs(org) AS (
        SELECT (SELECT org FROM automata_run WHERE owner IS NULL AND wake_ms IS NOT NULL ORDER BY org LIMIT 1)
        UNION ALL
        SELECT (SELECT r.org FROM automata_run r
            WHERE r.org > orgs.org AND r.owner IS NULL AND r.wake_ms IS NOT NULL ORDER BY r.org LIMIT 1)
        FROM orgs WHERE orgs.org IS NOT NULL
    ), lanes(org, priority) AS (
        SELECT org, (SELECT r.priority FROM automata_run r
            WHERE r.org = orgs.org AND r.owner IS NULL AND r.wake_ms IS NOT NULL ORDER BY r.priority DESC LIMIT 1)
        FROM orgs WHERE org IS NOT NULL
        UNION ALL
        SELECT org, (SELECT r.priority FROM automata_run r
            WHERE r.org = lanes.org AND r.priority < lanes.priority AND r.owner IS NULL AND r.wake_ms IS NOT NULL
            ORDER BY r.priority DESC LIMIT 1)
        FROM lanes WHERE lanes.priority IS NOT NULL
    )
    SELECT org, priority FROM lanes WHERE priority IS NOT NULL AND EXISTS (SELECT 1 FROM automata_run r
        WHERE r.org = lanes.org AND r.priority = lanes.priority AND r.owner IS NULL AND r.wake_ms <= ?)
    ORDER BY org, priority DESC"""
"""Orgs and priorities with runs that are due, jumping along the index: however many runs sleep in between."""
_HOLD = """
    UPDATE automata_run SET owner = ?, epoch = epoch + 1, wake_ms = NULL,
    status = CASE WHEN status IN ('queued', 'waiting') THEN 'running' ELSE status END"""
TAKE = f"""
    {_HOLD} WHERE id IN
    (SELECT id FROM automata_run WHERE org = ? AND priority = ? AND owner IS NULL AND wake_ms <= ?
    AND place IS NULL ORDER BY wake_ms LIMIT ? {{skipping}}) RETURNING {COLUMNS}"""  # noqa: S608 - constants


_TAKE_AMONG = f"""
    {_HOLD} WHERE id IN
    (SELECT id FROM automata_run WHERE id = ANY(?) AND owner IS NULL AND wake_ms <= ?
    AND place IS NULL ORDER BY wake_ms LIMIT ? {{skipping}}) RETURNING {COLUMNS}"""  # noqa: S608 - constants


def register(link: Link, worker: str, lease_s: float) -> None:
    """Begin a lease; what a worker of that name held before is due for others."""
    leave(link, worker, None)
    link.change(_REGISTER, worker, link.now, link.now + _ms(lease_s), identity())


def renew(link: Link, worker: str, lease_s: float) -> datetime:
    """Prolong a lease that is not over."""
    fault.point("lease.renew")
    if not link.change(_RENEW, link.now + _ms(lease_s), worker, link.now):
        raise over(worker)
    return instant(link.now)


def leave(link: Link, worker: str, limit: int | None = AT_ONCE) -> int:
    """End a lease and free at most *limit* of its runs; the number of these."""
    link.change(_LEAVE, worker)
    freed = total = link.change(_FREE, link.now, worker, AT_ONCE)
    while limit is None and freed:
        freed = link.change(_FREE, link.now, worker, AT_ONCE)
        total += freed
    return total


def sweep(link: Link) -> int:
    """End leases whose time is over, and free runs whose holder has none; the number of these, `AT_ONCE` or less.

    The time of a process of this machine is over when it is gone.
    """
    link.change(_SWEEP, link.now)
    dead = [worker for worker, process in link.query(_WORKERS) if is_gone(process)]
    if dead:
        link.change(_BURY, dead)
    freed = 0
    for (owner,) in link.query(_ORPHANS):
        freed += link.change(_FREE, link.now, owner, AT_ONCE - freed)
        if freed >= AT_ONCE:
            break
    admission.settle(link)
    return freed


def claim(link: Link, worker: str, limit: int, after: str) -> Sequence[Run]:
    """Take up to *limit* runs: in turn from every org that has due ones, beginning with the one behind *after*."""
    if worker not in live(link, {worker}):
        raise over(worker)
    admission.eligible(link)
    lanes: dict[str, list[int]] = {}
    for org, priority in link.query(LANES, link.now):
        lanes.setdefault(org, []).append(priority)
    orgs = sorted(lanes, key=lambda org: (org <= after, org))
    claimed: list[Run] = []
    while orgs and len(claimed) < limit:
        share = max(1, (limit - len(claimed)) // len(orgs))
        orgs = [org for org in orgs if _take(link, worker, (org, lanes[org]), share, (claimed, limit))]
    if claimed:
        fault.point("claim.before_commit")
    return claimed


def claim_among(link: Link, worker: str, limit: int, runs: Sequence[str]) -> Sequence[Run]:
    """Take those of *runs* that are due, *limit* at most."""
    if worker not in live(link, {worker}):
        raise over(worker)
    admission.eligible(link)
    return [run_of(row) for row in link.query(_TAKE_AMONG, worker, list(runs), link.now, limit)]


def over(worker: str) -> Fenced:
    """The error of a worker without a lease."""
    return Fenced(f"The lease of worker {worker!r} is over")


def _take(link: Link, worker: str, org: tuple[str, list[int]], share: int, so_far: tuple[list[Run], int]) -> bool:
    """Take an org's share; whether there may be more of it."""
    claimed, limit = so_far
    left = min(share, limit - len(claimed))
    name, priorities = org
    while priorities and left:
        rows = [run_of(row) for row in link.query(TAKE, worker, name, priorities[0], link.now, left)]
        claimed += sorted(rows, key=lambda run: (run.created is None, run.created, run.id))
        if len(rows) < left:
            del priorities[0]
        left -= len(rows)
    return bool(priorities)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
