"""Messages into inboxes, and the wake-up of whoever they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from automata._core.journal import encode_message
from automata.errors import Conflict, NotFound, Overloaded
from automata.model import CancelRequested, Message, RunStatus
from automata.sql.dialect import Bulk, Link, Row
from automata.sql.operations import Append, Send
from automata.sql.rows import FINAL

LIMIT = 1_000
"""Messages that may wait in one inbox."""

_PUT = Bulk(
    (("n", "int"), ("run", "text"), ("id", "text"), ("body", "bytea")),
    f"""INSERT INTO automata_inbox (run, id, body, taken)
    SELECT x.run, x.id, x.body, FALSE FROM {{rows}} JOIN automata_run ON automata_run.id = x.run
    WHERE automata_run.status NOT IN {FINAL} ORDER BY x.n ON CONFLICT DO NOTHING RETURNING run, id""",  # noqa: S608 - constants
)
_RUNS = "SELECT id, status FROM automata_run WHERE id = ANY(?) ORDER BY id {locked}"
_WAITING = "SELECT run, count(*) FROM automata_inbox WHERE run = ANY(?) AND NOT taken GROUP BY run"
_WAKE = f"""UPDATE automata_run SET wake_ms = ? WHERE id = ANY(?) AND owner IS NULL
    AND place IS NULL AND (wake_ms IS NULL OR wake_ms > ?) AND status NOT IN {FINAL}"""  # noqa: S608 - constants

"""A run that waits for a place is not to be taken up for a message: it has not begun."""
_CANCELS = encode_message(Message(id="", body=CancelRequested())).rstrip(b"]")
_WITHDRAW = """
    UPDATE automata_run SET slot = NULL, place = NULL, wake_ms = ?
    WHERE id = ANY(?) AND place IS NOT NULL RETURNING id"""


def lock(link: Link, appends: Sequence[Append], sends: Sequence[Send]) -> dict[str, str]:
    """Lock the rows that are going to change in one order, and give the statuses of those that are there.

    Without it a run could be let go by one process while another sends to it, each seeing the state before the other:
    the message would lie there and wake nobody. SQLite's writer is alone, and only asks when there are messages.
    """
    runs = {send.run for send in sends}
    if link.dialect.name != "sqlite":
        for append in appends:
            runs.update(target for target, _ in append.turn.sent)
            if append.ends or append.turn.status is not None:
                runs.add(append.turn.run)
    return {row[0]: row[1] for row in link.query(_RUNS, sorted(runs))} if runs else {}


def put(link: Link, appends: Sequence[Append], sends: Sequence[Send], statuses: dict[str, str]) -> None:
    """Accept the messages turns send, and those that come from outside; each of these gets its result or error."""
    rows: list[Row] = [
        (n, target, message.id, encode_message(message))
        for n, (target, message) in enumerate(sent for append in appends for sent in append.turn.sent)
    ]
    known = [send for send in sends if _is_there(send, statuses)]
    waiting = Counter[str]()
    if known:
        waiting.update({row[0]: row[1] for row in link.query(_WAITING, list({s.run for s in known}))})
    admitted: list[Send] = []
    for send in known:
        if waiting[send.run] >= LIMIT and not _has(link, send):
            send.error = Overloaded(f"More than {LIMIT:,} messages wait for run {send.run!r}")
        else:
            waiting[send.run] += 1
            admitted.append(send)
    rows += [(len(rows) + n, send.run, send.id, send.body) for n, send in enumerate(admitted)]
    accepted = _insert(link, rows)
    for send in admitted:
        _settle(link, send, statuses, accepted)


def withdraw(link: Link, runs: Sequence[str]) -> list[str]:
    """Take runs that wait for a place out of their queues, to be claimed at once and cancelled; those that waited."""
    return [str(row[0]) for row in link.query(_WITHDRAW, link.now, sorted(runs))] if runs else []


def _insert(link: Link, rows: list[Row]) -> set[Row]:
    if not rows:
        return set()
    accepted = {tuple(row) for row in link.returning(_PUT, rows)}
    if accepted:
        withdraw(link, sorted({row[1] for row in rows if row[3].startswith(_CANCELS) and row[1:3] in accepted}))
        link.change(_WAKE, link.now, sorted({run for run, _ in accepted}), link.now)
    return accepted


def _is_there(send: Send, statuses: dict[str, str]) -> bool:
    if send.run in statuses:
        return True
    send.error = NotFound(f"No run {send.run!r}")
    return False


def _has(link: Link, send: Send) -> bool:
    return bool(link.query("SELECT 1 FROM automata_inbox WHERE run = ? AND id = ?", send.run, send.id))


def _settle(link: Link, send: Send, statuses: dict[str, str], accepted: set[Row]) -> None:
    key = (send.run, send.id)
    send.result = key in accepted
    if send.result:
        accepted.discard(key)
        return
    if RunStatus(statuses[send.run]).final and not _has(link, send):
        send.error = Conflict(f"Run {send.run!r} is over: {statuses[send.run]}")
