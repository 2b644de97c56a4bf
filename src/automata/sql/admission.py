"""Limits on how many runs there may be, kept under the lock of the slot, rate or debounce they are counted for.

A run that has to wait has a ``place``; it is not claimed, and no message but one that cancels it wakes it. Whoever
changes what holds a slot locks the slot's row first, and rows of runs after it: counts are exact under any interleaving
of processes, and two transactions cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve, frozen

from automata._core.admission import MOST_QUEUED, Decision, Facts, decide
from automata._core.journal import encode_message
from automata.errors import Overloaded
from automata.model import CancelRequested, Message, Run, RunStatus
from automata.model.admission import Quota, Rules, Slot
from automata.sql import inbox
from automata.sql.dialect import Link
from automata.sql.operations import Send
from automata.sql.rows import instant, milliseconds

AT_ONCE = 100
"""Delayed runs that are looked at in one transaction, and runs one start stops."""
SUPERSEDED = "superseded"
"""Id of the message that cancels a run for another's sake."""

_LOCK = """
    INSERT INTO automata_slot (id, capacity, turns, lane, ticket) VALUES (?, 0, FALSE, '', 0)
    ON CONFLICT (id) DO UPDATE SET ticket = automata_slot.ticket
    RETURNING capacity, turns, lane, ticket, run, first_ms"""
"""An insert locks a row that is there as well as one that is not, or is being deleted by another process."""
_LIMIT = "UPDATE automata_slot SET capacity = ?, turns = ? WHERE id = ?"
_TICKET = "UPDATE automata_slot SET ticket = ticket + 1 WHERE id = ? RETURNING ticket"
_HELD_BY = "slot = ? AND place IS NULL AND finished_ms IS NULL"
_HELD = f"SELECT count(*) FROM automata_run WHERE {_HELD_BY} AND id <> ?"  # noqa: S608 - constants
_QUEUED = """
    SELECT count(*), count(*) - count(wake_ms) FROM
    (SELECT wake_ms FROM automata_run WHERE slot = ? AND place IS NOT NULL LIMIT ?) AS queue"""
_NEWEST = "SELECT id FROM automata_run WHERE slot = ? AND place IS NOT NULL ORDER BY place DESC LIMIT ?"
_SURVIVES = """
    NOT EXISTS (SELECT 1 FROM automata_inbox i WHERE i.run = automata_run.id AND i.id = 'superseded')"""
_SURVIVORS = f"""
    SELECT id FROM automata_run WHERE {_HELD_BY} AND id <> ? AND {_SURVIVES} ORDER BY created_ms, id"""  # noqa: S608 - constants
_WAITERS = "SELECT id FROM automata_run WHERE slot = ? AND place IS NOT NULL ORDER BY place"
_NTH = "SELECT at_ms FROM automata_rate WHERE slot = ? ORDER BY at_ms DESC LIMIT 1 OFFSET ?"
_RESERVE = "INSERT INTO automata_rate (slot, at_ms, run) VALUES (?, ?, ?)"
_FORGET = "DELETE FROM automata_rate WHERE slot = ? AND (at_ms <= ? OR run = ?)"
_PENDING = "SELECT 1 FROM automata_run WHERE id = ? AND place IS NOT NULL"
_SERIES = "UPDATE automata_slot SET run = ?, first_ms = ? WHERE id = ?"
_SEAT = """
    UPDATE automata_run SET slot = ?, lane = ?, place = ?, owner = ?, epoch = ?, status = ?, wake_ms = ?,
    finished_ms = NULL, output = NULL, error = NULL WHERE id = ?"""
_SLOTS_OF = "SELECT DISTINCT slot FROM automata_run WHERE id = ANY(?) AND slot IS NOT NULL"
_FIRST = """
    SELECT id FROM automata_run WHERE slot = ? AND lane = ? AND place IS NOT NULL AND wake_ms IS NULL
    ORDER BY priority DESC, place LIMIT ?"""
_NEXT_LANE = """
    SELECT min(lane) FROM automata_run
    WHERE slot = ? AND lane > ? AND place IS NOT NULL AND wake_ms IS NULL"""
_FIRST_LANE = "SELECT min(lane) FROM automata_run WHERE slot = ? AND place IS NOT NULL AND wake_ms IS NULL"
_PROMOTE = "UPDATE automata_run SET place = NULL, wake_ms = ? WHERE id = ANY(?) AND place IS NOT NULL"
_SERVED = "UPDATE automata_slot SET lane = ? WHERE id = ?"
_UNUSED = """
    DELETE FROM automata_slot WHERE id = ? AND NOT EXISTS
    (SELECT 1 FROM automata_run r WHERE r.slot = automata_slot.id AND r.place IS NULL AND r.finished_ms IS NULL)
    AND NOT EXISTS (SELECT 1 FROM automata_run q WHERE q.slot = automata_slot.id AND q.place IS NOT NULL)"""
_DELAYED = """
    SELECT id, slot FROM automata_run WHERE place IS NOT NULL AND wake_ms <= ? ORDER BY wake_ms LIMIT ?"""
_READY = "UPDATE automata_run SET wake_ms = NULL WHERE id = ANY(?) AND place IS NOT NULL AND wake_ms <= ?"
_FREE = "UPDATE automata_run SET place = NULL WHERE id = ANY(?) AND place IS NOT NULL AND slot IS NULL"
_BEHIND = "SELECT DISTINCT slot FROM automata_run WHERE slot IS NOT NULL AND place IS NOT NULL AND wake_ms IS NULL"


class Refused(Overloaded):
    """A start does not fit its workflow's limits."""


@frozen
class _State:
    """The row of a slot, a rate or a debounce, locked."""

    capacity: int
    turns: bool
    lane: str
    ticket: int
    run: str | None
    first_ms: int | None


def lock(link: Link, rules: Iterable[Rules | None], ending: Sequence[str] = ()) -> list[str]:
    """Lock everything that starts under *rules* and the ends of runs will change, in one order.

    Returns:
        The slots the *ending* runs hold, for `promote` once they have ended.
    """
    held = [str(row[0]) for row in link.query(_SLOTS_OF, list(ending))] if ending else []
    for name in sorted({*held, *(name for one in rules if one is not None for name in _names(one))}):
        link.query(_LOCK, name)
    return sorted(held)


def admit(link: Link, run: Run, rules: Rules) -> Run:
    """Seat a run whose row was just inserted: with a place of its slot, or waiting.

    Returns:
        The run as it stands there then: one that has to wait has no owner.

    Raises:
        Refused: There is no place for it, and it may not wait; the caller takes its rows back.
    """
    states = {name: _locked(link, name) for name in sorted(_names(rules))}
    facts = _facts(link, run, rules, states)
    decision = decide(rules, facts)
    if decision.refused is not None:
        limit = "" if rules.slot is None else f" ({rules.slot.limit} at once)"
        raise Refused(
            f"Too many runs of workflow {run.workflow!r} are under way or wait{limit}; try again later",
            retry_after_s=decision.refused.total_seconds(),
        )
    _stop(link, run, decision)
    seated = _seat(link, run, rules, decision)
    _remember(link, run, rules, (decision, facts))
    return seated


def release(link: Link, slots: Iterable[str]) -> None:
    """Give the places of runs that have ended to those that wait; *slots* are locked."""
    for name in slots:
        promote(link, name)
        link.change(_UNUSED, name)


def promote(link: Link, slot: str) -> int:
    """Let as many runs begin as *slot* has places for; the number of these."""
    state = _locked(link, slot)
    free = state.capacity - int(link.query(_HELD, slot, "")[0][0])
    if free <= 0:
        return 0
    if state.turns:
        return _in_turn(link, slot, state.lane, free)
    chosen = [str(row[0]) for row in link.query(_FIRST, slot, "", free)]
    return link.change(_PROMOTE, link.now, chosen) if chosen else 0


def eligible(link: Link) -> int:
    """Look at runs whose time has come: those that get a place may be claimed; the number of all that were looked at.

    To be called in the transaction of a claim, before it locks any run.
    """
    rows = link.query(_DELAYED, link.now, AT_ONCE)
    if not rows:
        return 0
    slots = sorted({row[1] for row in rows if row[1] is not None})
    for slot in slots:
        _locked(link, slot)
    free = sorted(row[0] for row in rows if row[1] is None)
    if free:
        link.change(_FREE, free)
    if slots:
        link.change(_READY, sorted(row[0] for row in rows if row[1] is not None), link.now)
    for slot in slots:
        promote(link, slot)
    return len(rows)


def settle(link: Link) -> int:
    """Fill places nobody gave on, after a restored backup or rows deleted by hand; the number of runs let go on."""
    return sum(promote(link, slot) for slot in sorted(str(row[0]) for row in link.query(_BEHIND)))


# ---------------------------------------------------------------- facts


def _names(rules: Rules) -> list[str]:
    return [one.id for one in (rules.slot, rules.quota, rules.quiet) if one is not None]


def _locked(link: Link, name: str) -> _State:
    row = link.query(_LOCK, name)[0]
    return _State(int(row[0]), bool(row[1]), row[2], int(row[3]), row[4], row[5])


def _facts(link: Link, run: Run, rules: Rules, states: dict[str, _State]) -> Facts:
    facts = Facts(now=instant(link.now))
    if rules.slot is not None:
        facts = _slot_facts(link, run, rules.slot, facts)
    if rules.quiet is not None:
        state = states[rules.quiet.id]
        if state.run is not None and link.query(_PENDING, state.run):
            facts = evolve(facts, pending=state.run, first=instant(state.first_ms))
    if rules.quota is not None:
        link.change(_FORGET, rules.quota.id, link.now - _ms(rules.quota), facts.pending or "")
        nth = link.query(_NTH, rules.quota.id, rules.quota.limit - 1)
        facts = evolve(facts, nth=instant(int(nth[0][0])) if nth else None)
    return facts


def _slot_facts(link: Link, run: Run, slot: Slot, facts: Facts) -> Facts:
    held = int(link.query(_HELD, slot.id, run.id)[0][0])
    queued, ready = (int(value) for value in link.query(_QUEUED, slot.id, MOST_QUEUED + 1)[0])
    facts = evolve(facts, held=held, queued=queued, ready=ready)
    if slot.policy == "replace" and queued:
        facts = evolve(facts, newest=tuple(row[0] for row in link.query(_NEWEST, slot.id, AT_ONCE)))
    if slot.policy == "cancel_oldest" and held + queued >= slot.limit:
        oldest = [row[0] for row in link.query(_SURVIVORS, slot.id, run.id)]
        oldest += [row[0] for row in link.query(_WAITERS, slot.id)]
        facts = evolve(facts, survivors=len(oldest), oldest=tuple(oldest[:AT_ONCE]))
    return facts


def _ms(quota: Quota) -> int:
    return int(quota.period.total_seconds() * 1000)


# ---------------------------------------------------------------- what a decision does


def _stop(link: Link, run: Run, decision: Decision) -> None:
    """Cancel the runs that give way to *run*; one that was to be replaced but has just begun goes on."""
    withdrawn = inbox.withdraw(link, [*decision.stopped, *decision.replaced])
    chosen = sorted({*decision.stopped, *withdrawn})
    if not chosen:
        return
    reason = f"Run {run.id!r} takes its place"
    body = CancelRequested(reason, f"{instant(link.now):%Y-%m-%dT%H:%M:%S.%f}Z")
    message = encode_message(Message(id=SUPERSEDED, body=body))
    sends = [Send(one, SUPERSEDED, message) for one in chosen]
    inbox.put(link, [], sends, inbox.lock(link, [], sends))


def _seat(link: Link, run: Run, rules: Rules, decision: Decision) -> Run:
    place = None
    seated = run
    if not decision.begins:
        wake = decision.not_before
        place = int(link.query(_TICKET, (rules.slot or rules.quota or rules.quiet).id)[0][0])  # type: ignore[union-attr]  # one is there
        seated = evolve(
            run, owner=None, epoch=0, status=RunStatus.QUEUED, wake=wake, finished=None, output=None, error=None
        )
    elif run.status.final:
        return run
    slot, lane = (None, "") if rules.slot is None else (rules.slot.id, rules.slot.lane)
    link.change(
        _SEAT,
        slot,
        lane,
        place,
        seated.owner,
        seated.epoch,
        seated.status.value,
        milliseconds(seated.wake),
        run.id,
    )
    return seated


def _remember(link: Link, run: Run, rules: Rules, known: tuple[Decision, Facts]) -> None:
    """Write down what later starts are judged by."""
    decision, facts = known
    begins: datetime = decision.not_before or facts.now
    if rules.slot is not None:
        link.change(_LIMIT, rules.slot.limit, rules.slot.policy == "round_robin", rules.slot.id)
    if rules.quota is not None:
        link.change(_RESERVE, rules.quota.id, milliseconds(begins), run.id)
    if rules.quiet is not None:
        first = facts.first if facts.pending is not None and facts.first is not None else facts.now
        link.change(_SERIES, run.id, milliseconds(first), rules.quiet.id)


def _in_turn(link: Link, slot: str, served: str, free: int) -> int:
    """Let the first run of each lane begin in turn, starting with the lane behind *served*."""
    begun = 0
    while begun < free:
        found = link.query(_NEXT_LANE, slot, served)[0][0]
        if found is None:
            found = link.query(_FIRST_LANE, slot)[0][0]
        if found is None:
            break
        served = str(found)
        first = str(link.query(_FIRST, slot, served, 1)[0][0])
        begun += link.change(_PROMOTE, link.now, [first])
    if begun:
        link.change(_SERVED, served, slot)
    return begun
