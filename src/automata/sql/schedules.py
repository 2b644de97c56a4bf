"""Schedules beside the runs they start: kept in step with workflows, and fired once whoever fires them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from automata._core.journal import encode_events, read_json, write_json
from automata._core.schedule import Spec, following, schedules_of, spec_json, spec_of
from automata._core.scheduler import Firing, Schedule, Start
from automata.errors import FixInput, StepError
from automata.model import JsonObject, Run, Workflow
from automata.sql.admission import Refused, lock
from automata.sql.dialect import Link, Row
from automata.sql.operations import Create
from automata.sql.rows import instant, milliseconds
from automata.sql.starts import Admission, create
from automata.sql.tails import Tails

_log = logging.getLogger(__name__)

_OF_WORKFLOW = "SELECT node, spec, next_ms FROM automata_schedule WHERE org = ? AND workflow = ?"
_REMOVE = "DELETE FROM automata_schedule WHERE org = ? AND workflow = ? AND NOT node = ANY(?)"
_PUT = """
    INSERT INTO automata_schedule (id, org, workflow, node, version, spec, next_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, spec = excluded.spec, next_ms = excluded.next_ms"""
_UPCOMING = "SELECT min(next_ms) FROM automata_schedule WHERE next_ms IS NOT NULL"
_DUE = """
    SELECT id, org, workflow, node, version, spec, next_ms FROM automata_schedule
    WHERE next_ms <= ? AND (next_ms > ? OR (next_ms = ? AND id > ?)) ORDER BY next_ms, id LIMIT ?"""
_ADVANCE = """
    UPDATE automata_schedule SET next_ms = ? WHERE id IN
    (SELECT id FROM automata_schedule WHERE id = ? AND next_ms = ? AND version = ? {skipping})"""
"""One that another process is firing is left to it: waiting would hold up everybody who writes here."""
_TICK = """
    INSERT INTO automata_occurrence (schedule, at_ms, run) VALUES (?, ?, ?)
    ON CONFLICT DO NOTHING RETURNING at_ms"""
_UNRUN = "UPDATE automata_occurrence SET run = NULL WHERE schedule = ? AND at_ms = ?"
_PRUNE = """
    DELETE FROM automata_occurrence WHERE (schedule, at_ms) IN
    (SELECT schedule, at_ms FROM automata_occurrence WHERE at_ms < ? LIMIT ?)"""


def schedule_id(org: str, workflow: str, node: str) -> str:
    """The id of a schedule; the same over all versions of its workflow."""
    return "/".join(quote(part, safe="") for part in (([org] if org else []) + [workflow, node]))


def sync(link: Link, org: str, workflow: Workflow, version: str, *, enabled: bool) -> None:
    """Bring the schedules of a workflow in step with its current version.

    One that is as before goes on as before: no time is lost, and an interval keeps its beginning. One that is new,
    changed or switched on again begins now: what came before is not made up for.
    """
    now = instant(link.now)
    known = {row[0]: (_json(row[1]), row[2]) for row in link.query(_OF_WORKFLOW, org, workflow.name)}
    wanted = schedules_of(workflow, now)
    if known:
        link.change(_REMOVE, org, workflow.name, sorted(wanted))
    for node, spec in wanted.items():
        kept, next_ms = _continued(spec, *known.get(node, (None, None)))
        if not enabled:
            next_ms = None
        elif next_ms is None:
            next_ms = milliseconds(following(kept, now))
        id_ = schedule_id(org, workflow.name, node)
        link.change(_PUT, id_, org, workflow.name, node, version, write_json(spec_json(kept)), next_ms)


def upcoming(link: Link) -> datetime | None:
    """When the next schedule is due."""
    return instant(link.query(_UPCOMING)[0][0])


def due(link: Link, now: datetime, limit: int, after: Schedule | None = None) -> Sequence[Schedule]:
    """Schedules whose next time has come, the longest overdue first; those behind *after* in that order."""
    last, id_ = (0, "") if after is None else (milliseconds(after.next), after.id)
    return [_schedule(row) for row in link.query(_DUE, milliseconds(now), last, last, id_, limit)]


def fire(link: Link, admission: Admission, firing: Firing) -> Sequence[Run]:
    """Record the ticks of one schedule, make their runs and move it on; nothing when another process was first.

    Raises:
        Overloaded: Too many runs of the org wait; nothing of the transaction's savepoint may stay.
    """
    schedule = firing.schedule
    moved = link.change(_ADVANCE, milliseconds(firing.next), schedule.id, milliseconds(schedule.next), schedule.version)
    if not moved:
        return []
    for at in firing.skipped:
        link.query(_TICK, schedule.id, milliseconds(at), None)
    starts = [(start, _creation(start)) for start in firing.starts]
    possible = admission.limits.apply(link, [operation for _, operation in starts])
    lock(link, [operation.rules for operation in possible])
    made = [_begin(link, admission, schedule, start, operation) for start, operation in starts]
    return [run for run in made if run is not None]


def prune(link: Link, before: datetime, limit: int) -> int:
    """Forget at most *limit* ticks from before an instant; the number of these."""
    return link.change(_PRUNE, milliseconds(before), limit)


def _creation(start: Start) -> Create:
    return Create(start.run, encode_events(start.events), len(start.events), "")


def _begin(link: Link, admission: Admission, schedule: Schedule, start: Start, operation: Create) -> Run | None:
    if not link.query(_TICK, schedule.id, milliseconds(start.at), start.run.id):
        return None
    if operation.error is None:
        create(link, Tails(), admission, [operation])
    if isinstance(operation.error, Refused | StepError):
        _log.warning("A tick began no run: %s", operation.error, extra={"schedule": schedule.id})
        link.change(_UNRUN, schedule.id, milliseconds(start.at))
        return None
    if operation.error is not None:
        raise operation.error
    return operation.result if isinstance(operation.result, Run) else None


def _continued(spec: Spec, known: JsonObject | None, next_ms: int | None) -> tuple[Spec, int | None]:
    """The schedule as it goes on, and when it is due next, if it was on."""
    if known is None:
        return spec, None
    fresh = spec_json(spec)
    if {**fresh, "anchor": None} != {**known, "anchor": None}:
        return spec, None
    return spec_of(known), next_ms


def _schedule(row: Row) -> Schedule:
    id_, org, workflow, node, version, spec, next_ms = row
    return Schedule(
        id=id_, org=org, workflow=workflow, node=node, version=version, spec=spec_of(_json(spec)), next=instant(next_ms)
    )


def _json(data: bytes) -> JsonObject:
    value = read_json(data)
    if not isinstance(value, dict):
        raise FixInput("A stored schedule is not an object")
    return value
