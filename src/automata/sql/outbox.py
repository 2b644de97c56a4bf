"""The outbox: messages accepted with the turn of their step, and taken by one relay at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from automata._core import fault
from automata._core.journal import decode_error, encode_error, read_value, write_value
from automata.errors import NotFound
from automata.model import Dispatch, ErrorInfo
from automata.sql.claims import over
from automata.sql.dialect import Bulk, Link, Row
from automata.sql.leases import live
from automata.sql.operations import Append
from automata.sql.rows import instant

T = TypeVar("T")

_PUT = Bulk(
    (("id", "text"), ("run", "text"), ("step", "text"), ("body", "bytea"), ("due", "bigint")),
    """INSERT INTO automata_outbox (id, run, step, body, due_ms, attempts, dead)
    SELECT x.id, x.run, x.step, x.body, x.due, 0, FALSE FROM {rows} WHERE TRUE ON CONFLICT DO NOTHING""",
)
_COLUMNS = "id, run, step, body, attempts, due_ms, error, dead"
_FREE = """(owner IS NULL OR NOT EXISTS
    (SELECT 1 FROM automata_worker w WHERE w.id = automata_outbox.owner AND w.expires_ms > ?))"""
_UPCOMING = f"SELECT min(due_ms) FROM automata_outbox WHERE NOT dead AND {_FREE}"  # noqa: S608 - constants
_TAKE = f"""
    UPDATE automata_outbox SET owner = ?, attempts = attempts + 1 WHERE number IN
    (SELECT number FROM automata_outbox WHERE NOT dead AND due_ms <= ? AND {_FREE}
    ORDER BY due_ms, number LIMIT ? {{skipping}}) RETURNING {_COLUMNS}"""  # noqa: S608 - constants
_SENT = "DELETE FROM automata_outbox WHERE id = ? AND owner = ?"
_POSTPONE = "UPDATE automata_outbox SET owner = NULL, due_ms = ?, error = ? WHERE id = ? AND owner = ?"
_GIVE_UP = "UPDATE automata_outbox SET owner = NULL, dead = TRUE, error = ? WHERE id = ? AND owner = ?"
_LIST = f"SELECT {_COLUMNS} FROM automata_outbox ORDER BY dead DESC, due_ms, number LIMIT ?"  # noqa: S608 - constants
_AGAIN = "UPDATE automata_outbox SET dead = FALSE, attempts = 0, due_ms = ? WHERE id = ? AND dead"
_DISCARD = "DELETE FROM automata_outbox WHERE id = ? AND dead"


def put(link: Link, appends: Sequence[Append]) -> None:
    """Accept the messages of turns. One whose id waits there already is that message."""
    rows: list[Row] = [
        (one.id, one.run, one.step, write_value(one.body), link.now)
        for append in appends
        for one in append.turn.dispatches
    ]
    if rows:
        link.many(_PUT, rows)
        fault.point("outbox.insert")


class Caller(Protocol):
    """Has the store's writer execute a function."""

    def __call__(self, act: Callable[[Link], T], *, patient: bool = True) -> Awaitable[T]:
        """Call *act* with the writer's connection."""


class Reader(Protocol):
    """Has one of the store's readers execute a function."""

    def __call__(self, query: Callable[[Link], T]) -> Awaitable[T]:
        """Call *query* with a reader's connection."""


class SqlOutbox:
    """The `automata.ports.Outbox` of a database.

    Args:
        call: Executes what writes.
        read: Executes what reads.
    """

    def __init__(self, call: Caller, read: Reader) -> None:
        self._call = call
        self._read = read

    async def upcoming(self) -> datetime | None:
        """When the next message that nobody is sending is due."""
        return instant(await self._read(_upcoming))

    async def take(self, worker: str, limit: int) -> Sequence[Dispatch]:
        """Take messages that are due."""
        return await self._call(lambda link: _take(link, worker, limit))

    async def sent(self, worker: str, id_: str) -> bool:
        """Forget a message that was sent."""
        return await self._call(lambda link: bool(link.change(_SENT, id_, worker)))

    async def postpone(self, worker: str, id_: str, delay_s: float, error: ErrorInfo) -> bool:
        """Let a message wait for its next attempt."""
        delay, data = round(delay_s * 1000), encode_error(error)
        return await self._call(lambda link: bool(link.change(_POSTPONE, link.now + delay, data, id_, worker)))

    async def give_up(self, worker: str, id_: str, error: ErrorInfo) -> bool:
        """Let a message wait for a person."""
        return await self._call(lambda link: bool(link.change(_GIVE_UP, encode_error(error), id_, worker)))

    async def waiting(self, limit: int = 100) -> Sequence[Dispatch]:
        """What was not sent, given-up messages first."""
        return await self._read(lambda link: [_dispatch(row) for row in link.query(_LIST, limit)])

    async def again(self, id_: str) -> None:
        """Have a message that was given up sent after all."""
        await self._call(lambda link: _found(id_, link.change(_AGAIN, link.now, id_)))

    async def discard(self, id_: str) -> None:
        """Forget a message that was given up."""
        await self._call(lambda link: _found(id_, link.change(_DISCARD, id_)))


def _upcoming(link: Link) -> int | None:
    found: int | None = link.query(_UPCOMING, link.clock())[0][0]
    return found


def _take(link: Link, worker: str, limit: int) -> Sequence[Dispatch]:
    if worker not in live(link, {worker}):
        raise over(worker)
    return [_dispatch(row) for row in link.query(_TAKE, worker, link.now, link.now, limit)]


def _found(id_: str, count: int) -> None:
    if not count:
        raise NotFound(f"No message {id_!r} that was given up")


def _dispatch(row: tuple[Any, ...]) -> Dispatch:
    id_, run, step, body, attempts, due_ms, error, dead = row
    content = read_value(bytes(body))
    return Dispatch(
        id=id_,
        run=run,
        step=step,
        body=content if isinstance(content, dict) else {},
        attempts=attempts,
        due=instant(due_ms),
        error=None if error is None else decode_error(bytes(error)),
        dead=bool(dead),
    )
