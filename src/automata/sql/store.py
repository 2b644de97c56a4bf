"""`SqlStore`: the durable store's face. Writes go to the writer, reads to a few threads of their own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import frozen

from automata._core import fault
from automata._core.journal import encode_events, encode_message
from automata._core.large import INLINE_BYTES
from automata._core.scheduler import Firing, Schedule
from automata.model import CancelRequested, Event, Message, Run, RunFinished, SignalReceived, Version, Workflow
from automata.model.admission import Rules
from automata.ports import Blobs, Outbox, RunQuery, Turn
from automata.sql import claims, definitions, reading, schedules
from automata.sql.batch import Batch
from automata.sql.database import Database
from automata.sql.dialect import Link
from automata.sql.operations import Append, Call, Create, Grouped, Send, Transact
from automata.sql.outbox import SqlOutbox
from automata.sql.outgoing import Outgoing
from automata.sql.rows import instant
from automata.sql.starts import LIMIT, Admission
from automata.sql.tails import Tails
from automata.sql.writer import Writer

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")

READERS = 3
"""Threads that read."""
DOCUMENTS_KEPT = 256
HOLDERS_KEPT = 100_000
"""Runs of which a process remembers that its worker holds them."""


@frozen(kw_only=True)
class Stats:
    """What the writer of this process did so far."""

    commits: int
    """Transactions; each costs a wait for the disk."""
    rows: int
    """Operations in them."""
    inline: int
    """Transactions on the loop's thread."""
    last_commit_ms: float
    seconds: float
    """Spent in all of them."""


class SqlStore:
    """A `Store` in SQLite or PostgreSQL; made by `automata.sql.open_store`.

    Args:
        database: Where the tables are.
        pending: Runs of one org that may wait to be claimed.
        patience_s: How long a write waits for a database that is locked or gone.
        blobs: Where values above 256 KiB are.
    """

    shared = True

    def __init__(self, database: Database, blobs: Blobs, *, pending: int = LIMIT, patience_s: float = 5.0) -> None:
        self.database = database
        self.blobs: Blobs | None = blobs
        self._admission = Admission(pending)
        self._admission.limits.blobs = blobs
        self._writer = Writer(database, self._admission, patience_s=patience_s)
        self._readers = ThreadPoolExecutor(READERS, "automata-reader")
        self._outgoing = Outgoing(blobs, self._readers, self._submit)
        self.outbox: Outbox = SqlOutbox(self._call, self._read)
        self._holders: dict[str, str] = {}
        self._documents: OrderedDict[tuple[str, str, str], Workflow] = OrderedDict()
        self._served = ""
        self._secret: bytes | None = None

    async def close(self) -> None:
        """Commit what was handed in, and let go of the database."""
        await self._writer.close()
        self._readers.shutdown(wait=True)
        self.database.close()

    def stats(self) -> Stats:
        """Counters of the writer."""
        counters = self._writer.counters
        return Stats(
            commits=counters.commits,
            rows=counters.rows,
            inline=counters.inline,
            last_commit_ms=counters.last_s * 1000,
            seconds=counters.seconds,
        )

    # ------------------------------------------------------------ definitions

    async def publish(self, workflow: Workflow, version: str, *, org: str = "") -> None:
        """Keep a version and make it the current one."""
        await self._call(lambda link: definitions.publish(link, workflow, version, org))
        self._remember((org, workflow.name, version), workflow)

    async def workflow(self, name: str, version: str | None = None, *, org: str = "") -> tuple[str, Workflow] | None:
        """The current version, or the only one whose hash begins with *version*."""
        if version is not None and (known := self._documents.get((org, name, version))) is not None:
            return version, known
        found = await self._read(lambda link: definitions.find(link, name, version, org))
        if found is None:
            return None
        known = self._documents.get((org, name, found[0])) or definitions.read(found[1], found[0])
        self._remember((org, name, found[0]), known)
        return found[0], known

    async def versions(self, name: str | None = None, *, org: str = "") -> Sequence[Version]:
        """The versions of one workflow, or the current one of each."""
        return await self._read(lambda link: definitions.versions(link, name, org))

    async def set_current(self, name: str, version: str, *, org: str = "") -> None:
        """Go back, or forward, to a published version."""
        await self._call(lambda link: definitions.set_current(link, name, version, org))

    async def set_enabled(self, name: str, *, enabled: bool, org: str = "") -> None:
        """Switch a workflow's triggers on or off."""
        await self._call(lambda link: definitions.set_enabled(link, name, enabled=enabled, org=org))

    def _remember(self, key: tuple[str, str, str], workflow: Workflow) -> None:
        self._documents[key] = workflow
        if len(self._documents) > DOCUMENTS_KEPT:
            self._documents.popitem(last=False)

    # ------------------------------------------------------------ a run's life

    def create(
        self, run: Run, events: Sequence[Event], digest: str = "", rules: Rules | None = None
    ) -> asyncio.Future[Run]:
        """Accept a run, or return the one that was accepted before; with *rules* it may have to wait, or be refused."""
        operation = _creation(run, events, digest, rules)
        if run.owner is not None and operation.last is None:
            if len(self._holders) >= HOLDERS_KEPT:
                self._holders.clear()  # The database knows.
            self._holders[run.id] = run.owner
        if len(operation.data) > INLINE_BYTES:
            return cast("asyncio.Future[Run]", self._outgoing.hand_in(run.id, operation, events))
        return cast("asyncio.Future[Run]", self._writer.submit(operation))

    def append(self, turn: Turn, *, urgent: bool = True) -> asyncio.Future[None]:
        """Commit a turn."""
        operation = self._appending(turn)
        if len(operation.data) > INLINE_BYTES or self._outgoing.delays(turn.run):
            return cast("asyncio.Future[None]", self._outgoing.hand_in(turn.run, operation, turn.events, urgent=urgent))
        return cast("asyncio.Future[None]", self._writer.submit(operation, urgent=urgent))

    def transact(
        self, run: str, epoch: int, turn_of: Callable[[sa.Connection], Turn], limit_s: float
    ) -> asyncio.Future[Turn]:
        """Execute a function within the writer's transaction, and commit the turn it returns together with it."""
        operation = Transact(run, epoch, turn_of, self._relieved, limit_s)
        return cast("asyncio.Future[Turn]", self._writer.submit(operation))

    def _relieved(self, turn: Turn) -> Append:
        operation = self._appending(turn)
        if len(operation.data) > INLINE_BYTES:
            self._outgoing.relieve(operation, turn.events)
        return operation

    def _appending(self, turn: Turn) -> Append:
        events = turn.events
        data = encode_events(events) if events else b""
        last = events[-1] if events else None
        append = Append(turn, data, self._holders.get(turn.run), last if type(last) is RunFinished else None)
        if append.ends:
            self._holders.pop(turn.run, None)
        return append

    async def send(self, run: str, message: Message) -> bool:
        """Put a message into an inbox, once for each id."""
        if isinstance(message.body, SignalReceived):
            fault.point("signal.store")
        elif isinstance(message.body, CancelRequested):
            fault.point("cancel.request")
        body = encode_message(message)
        if len(body) > INLINE_BYTES:
            loop = asyncio.get_running_loop()
            less = await loop.run_in_executor(self._readers, self._outgoing.relieve_message, message)
            body = encode_message(less)
        return bool(await self._writer.submit(Send(run, message.id, body)))

    async def inbox(self, run: str) -> Sequence[Message]:
        """What no turn has taken."""
        return await self._read(lambda link: reading.inbox(link, run))

    # ------------------------------------------------------------ within a host's own transaction

    def create_in(self, connection: sa.Connection, run: Run, events: Sequence[Event], digest: str = "") -> Run:
        """Accept a run within the caller's transaction: it is there once that commits. Blocks.

        Args:
            connection: A synchronous one, to the store's database.
            run: As for `create`; without an owner, for nobody drives it before the commit.
            events: As for `create`.
            digest: As for `create`.
        """
        operation = _creation(run, events, digest)
        if len(operation.data) > INLINE_BYTES:
            self._outgoing.relieve(operation, events)
        return cast("Run", self._within(connection, operation))

    def publish_in(self, connection: sa.Connection, workflow: Workflow, version: str, org: str = "") -> None:
        """Keep a version within the caller's transaction, and make it the current one. Blocks."""
        self._linked(connection, lambda link: definitions.publish(link, workflow, version, org))

    def find_in(self, connection: sa.Connection, name: str, org: str = "") -> tuple[str, Workflow] | None:
        """The current version and document of *name*, as the caller's transaction sees it. Blocks."""
        found = self._linked(connection, lambda link: definitions.find(link, name, None, org))
        return None if found is None else (found[0], definitions.read(found[1], found[0]))

    def now_in(self, connection: sa.Connection) -> datetime:
        """The store's time. Blocks."""
        return instant(self._linked(connection, lambda link: link.clock()))

    def send_in(self, connection: sa.Connection, run: str, message: Message) -> bool:
        """Send a message within the caller's transaction: it is there once that commits. Blocks."""
        body = encode_message(message)
        if len(body) > INLINE_BYTES:
            body = encode_message(self._outgoing.relieve_message(message))
        return bool(self._within(connection, Send(run, message.id, body)))

    def _within(self, connection: sa.Connection, operation: Grouped) -> object:
        self._linked(connection, lambda link: Batch(link, Tails(), self._admission).within(operation))
        if operation.error is not None:
            raise operation.error
        return operation.result

    def _linked(self, connection: sa.Connection, act: Callable[[Link], T]) -> T:
        if not connection.in_transaction():
            connection.begin()
        try:
            link = self.database.link(connection)
            link.join()
            return act(link)
        except self.database.failures as error:
            raise self.database.worded(error) from error

    # ------------------------------------------------------------ workers

    async def register(self, worker: str, lease_s: float) -> None:
        """Begin a lease."""
        await self._call(lambda link: claims.register(link, worker, lease_s))

    async def renew(self, worker: str, lease_s: float) -> datetime:
        """Prolong a lease."""
        return await self._call(lambda link: claims.renew(link, worker, lease_s), patient=False)

    async def leave(self, worker: str) -> None:
        """End a lease."""
        while await self._call(lambda link: claims.leave(link, worker)) >= claims.AT_ONCE:
            pass
        self._holders = {run: holder for run, holder in self._holders.items() if holder != worker}

    async def claim(self, worker: str, limit: int, among: Sequence[str] | None = None) -> Sequence[Run]:
        """Take up runs that are due."""
        if among is None:
            runs = await self._call(lambda link: claims.claim(link, worker, limit, self._served))
        else:
            runs = await self._call(lambda link: claims.claim_among(link, worker, limit, among))
        if runs:
            fault.point("claim.after_commit")
            self._served = self._served if among is not None else runs[-1].org
        self._holders.update((run.id, worker) for run in runs)
        return runs

    async def sweep(self) -> int:
        """End leases whose time is over."""
        freed = last = await self._call(claims.sweep)
        while last >= claims.AT_ONCE:
            last = await self._call(claims.sweep)
            freed += last
        return freed

    async def mail(self, worker: str) -> Sequence[str]:
        """Runs of *worker* that have messages."""
        return await self._read(lambda link: reading.mail(link, worker))

    # ------------------------------------------------------------ schedules

    async def upcoming(self) -> datetime | None:
        """When the next schedule is due; maybe in the past."""
        return await self._read(schedules.upcoming)

    async def due(self, now: datetime, limit: int, after: Schedule | None = None) -> Sequence[Schedule]:
        """Schedules whose next time is not after *now*, behind *after*."""
        return await self._read(lambda link: schedules.due(link, now, limit, after))

    async def fire(self, firing: Firing) -> Sequence[Run]:
        """Record ticks, make their runs and move the schedule on, unless another process was first."""
        return await self._call(lambda link: schedules.fire(link, self._admission, firing))

    # ------------------------------------------------------------ reading

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events in order."""
        events = await self._read(lambda link: reading.journal(link, run, after))
        self._writer.forgive(run)
        return events

    async def run(self, run: str) -> Run | None:
        """The current row."""
        return await self._read(lambda link: reading.run(link, run))

    async def runs(self, query: RunQuery) -> Sequence[Run]:
        """Newest first."""
        return await self._read(lambda link: reading.runs(link, query))

    async def now(self) -> datetime:
        """The database's time; for SQLite that of the process."""
        if self.database.lite:
            return instant(self.database.now_ms())
        return instant(await self._read(lambda link: link.clock()))

    async def instance_key(self) -> bytes:
        """The installation's secret."""
        if self._secret is None:
            known = await self._read(definitions.secret)
            self._secret = known if known is not None else await self._call(definitions.make_secret)
        return self._secret

    # ------------------------------------------------------------ ways to the database

    def _submit(self, operation: Grouped, urgent: bool) -> asyncio.Future[object]:  # noqa: FBT001 - what `Outgoing` calls
        return self._writer.submit(operation, urgent=urgent)

    async def _call(self, act: Callable[[Link], T], *, patient: bool = True) -> T:
        return cast("T", await self._writer.submit(Call(act, patient)))

    async def _read(self, query: Callable[[Link], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.database.read, query)


def _creation(run: Run, events: Sequence[Event], digest: str, rules: Rules | None = None) -> Create:
    last = events[-1] if events else None
    data = encode_events(events) if events else b""
    return Create(run, data, len(events), digest, last if type(last) is RunFinished else None, rules)
