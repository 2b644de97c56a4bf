"""Where runs live: what they commit at once, and what a store promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from automata.model import Dispatch, ErrorInfo, Event, Message, Run, RunStatus, Version, Workflow
    from automata.ports.blobs import Blobs
    from automata.ports.outbox import Outbox


@frozen(kw_only=True)
class Turn:
    """What one run commits at once: all of it or nothing."""

    run: str
    epoch: int
    after: int
    """How many events the journal holds before these."""
    events: Sequence[Event] = ()
    status: RunStatus | None = None
    """Where the run stands from now on; None when that has not changed. A `RunFinished` among *events* decides it."""
    error: ErrorInfo | None = None
    """Why, when *status* is parked."""
    taken: Sequence[str] = ()
    """Ids of the messages of its inbox that *events* stand for; they leave the inbox."""
    sent: Sequence[tuple[str, Message]] = ()
    """Messages to other runs, accepted with this turn. One to a run that is over or gone is dropped."""
    dispatches: Sequence[Dispatch] = ()
    """Messages for the outbox, accepted with this turn. One whose id waits there already is that message."""
    release: bool = False
    """Whether the worker lets the run go. One with messages left in its inbox is due at once."""
    wake: datetime | None = None
    """With *release*: when a worker is to take the run up again; None when only a message can wake it."""


@frozen(kw_only=True)
class RunQuery:
    """Which runs to list."""

    org: str = ""
    workflow: str | None = None
    statuses: Sequence[RunStatus] = ()
    """Empty means any."""
    parent: str | None = None
    prefix: str = ""
    """What the ids begin with."""
    before: tuple[datetime, str] | None = None
    """``created`` and id of the last row of the page before; the page goes on below it."""
    limit: int = 100


@runtime_checkable
class Transactor(Protocol):
    """A `Store` in a database, which commits what others write there together with a turn."""

    def transact(self, run: str, epoch: int, turn_of: Callable[[Connection], Turn], limit_s: float) -> Future[Turn]:
        """Execute a function within the store's transaction, and commit the turn it returns together with it.

        The function may be called more than once, with all but the last call undone; it must not end the transaction.
        Other runs' commits wait for it.

        Args:
            run: Whose turn it is.
            epoch: At which that run is held.
            turn_of: Called in another thread, with a connection that is its own until it returns.
            limit_s: How long it may take. Statements are ended by the database then; code between them is not, but
                what it did is undone.

        Raises:
            Undone: The function raised, or took too long; it carries the error.
            Fenced: As for ``append``.
            StoreUnavailable: Unknown whether it happened.
        """


class Store(Protocol):
    """Where runs live.

    A call that returns, or whose future has a result, has happened durably; one that raises `StoreUnavailable` may
    have happened or not. ``append`` and ``create`` return futures of the running loop, so that a run need not have a
    task: what all runs of a process hand in meanwhile is committed together. Writes of one run take effect in the order
    of the calls; after one of them has failed, later ones of the same epoch fail too.

    Time is the store's own: no worker's clock decides about leases, wake-ups or timers.
    """

    shared: bool
    """Whether other processes may write to it."""
    outbox: Outbox
    """Messages that are to be sent."""

    blobs: Blobs | None
    """Where it keeps values above 256 KiB; None when they stay with the events that hold them."""

    # ---------------------------------------------------------------- definitions

    async def publish(self, workflow: Workflow, version: str, *, org: str = "") -> None:
        """Keep *workflow* under its *version*, and make it the current one of its name. Idempotent."""

    async def workflow(self, name: str, version: str | None = None, *, org: str = "") -> tuple[str, Workflow] | None:
        """The version and document of *name*; the current one unless *version* (or a unique prefix of it) is given."""

    async def versions(self, name: str | None = None, *, org: str = "") -> Sequence[Version]:
        """The versions of *name*, newest first; the current version of every workflow, by name, when None."""

    async def set_current(self, name: str, version: str, *, org: str = "") -> None:
        """Make a published version the current one again.

        Raises:
            NotFound: There is no such version.
        """

    async def set_enabled(self, name: str, *, enabled: bool, org: str = "") -> None:
        """Let the triggers of a workflow start runs, or not.

        Raises:
            NotFound: There is no such workflow.
        """

    # ---------------------------------------------------------------- a run's life

    def create(self, run: Run, events: Sequence[Event], digest: str = "") -> Future[Run]:
        """Accept a run with its first events, or return the one that was accepted under the same org and ``key``.

        With ``owner`` the run is held by that worker from the start (its epoch must be 1); without, it waits to be
        claimed at ``wake`` (now when None). A run that ends within *events* is final at once. An id that exists with
        the same digest gives the run that has it, so that whoever chooses ids may repeat the call.

        Args:
            run: The row.
            events: From `RunStarted` on.
            digest: Of everything the starter said; the same key with another digest is another start.

        Raises:
            Conflict: The key, or the id, was used with another digest.
            Overloaded: Too many runs of the org wait to be claimed.
            Fenced: The owner's lease is over.
            StoreUnavailable: Unknown whether it happened.
        """

    def append(self, turn: Turn, *, urgent: bool = True) -> Future[None]:
        """Commit a turn. One that is not *urgent* may wait for the next urgent one, for a tenth of a second at most.

        Raises:
            Fenced: *epoch* is not the run's any more, the run is over, or the lease of its owner is.
            StoreUnavailable: Unknown whether it happened; the caller reads the journal before it does anything else.
        """

    async def send(self, run: str, message: Message) -> bool:
        """Put a message into a run's inbox, and wake the run; False when one of that id is or was there.

        Raises:
            NotFound: There is no such run.
            Conflict: The run is over.
            Overloaded: More than 1,000 messages wait in its inbox.
        """

    async def inbox(self, run: str) -> Sequence[Message]:
        """Messages that no turn has taken, in the order they were accepted."""

    # ---------------------------------------------------------------- workers

    async def register(self, worker: str, lease_s: float) -> None:
        """Begin a lease: for *lease_s* seconds *worker* may hold runs."""

    async def renew(self, worker: str, lease_s: float) -> datetime:
        """Prolong a lease; answers with the store's time.

        Raises:
            Fenced: The lease is over; what the worker held belongs to others.
        """

    async def leave(self, worker: str) -> None:
        """End a lease; runs the worker still holds are due at once for others."""

    async def claim(self, worker: str, limit: int, among: Sequence[str] | None = None) -> Sequence[Run]:
        """Take up runs that are due and held by nobody: fairly between orgs, then by priority, then by age.

        Each gets the epoch after its last one, and is running now unless it is paused or parked.

        Args:
            worker: Who takes them up.
            limit: How many at most.
            among: Only these runs; any when None.

        Raises:
            Fenced: The worker's lease is over.
        """

    async def sweep(self) -> int:
        """End leases whose time is over and make their runs due; the number of runs."""

    async def mail(self, worker: str) -> Sequence[str]:
        """Runs held by *worker* whose inbox has messages."""

    # ---------------------------------------------------------------- reading; never waits for writers

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events of *run* in order, without the first *after*.

        Raises:
            NotFound: There is no such run.
            Damaged: A part of it does not match its checksum.
        """

    async def run(self, run: str) -> Run | None:
        """The run's current row."""

    async def runs(self, query: RunQuery) -> Sequence[Run]:
        """Newest first."""

    async def now(self) -> datetime:
        """The store's time."""

    async def close(self) -> None:
        """Commit what was handed in, and let go of whatever is held."""

    async def instance_key(self) -> bytes:
        """The installation's secret of 32 bytes, made once and kept; idempotency keys are derived from it."""
