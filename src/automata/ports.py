"""What the kernel needs from outside, as Protocols; the contract of each method stands in its docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from automata.model import Dispatch, ErrorInfo, Event, Json, Message, Run, RunStatus, Version, Workflow


class Clock(Protocol):
    """Where time comes from. No code of the kernel reads the system's clock itself."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC; never goes backwards within a process."""

    async def sleep_until(self, when: datetime) -> None:
        """Return once `now` is at or past *when*; cancellable."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* once on the running loop when `now` is at or past *when*.

        Returns:
            A function that forgets the call.
        """


class Random(Protocol):
    """Where chance comes from, so that a run can be repeated from a seed."""

    def random(self) -> float:
        """A float in [0, 1)."""

    def identifier(self) -> str:
        """A fresh identifier: 32 lower-case hexadecimal digits, unique, not guessable in production."""


@frozen(kw_only=True)
class HttpResponse:
    """The answer to one HTTP request, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated ones joined by a comma and a space."""
    body: bytes
    url: str


class Http(Protocol):
    """The only way out of the process for a connector: resolves, checks and pins addresses, limits size and time."""

    async def request(  # noqa: PLR0913 - keywords, each with a default
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
        max_bytes: int = 10 * 1024 * 1024,
        redirects: int = 0,
    ) -> HttpResponse:
        """Send one request and read the whole answer; at most *redirects* (0 to 3) are followed, each checked anew.

        Raises:
            PermissionDenied: The address is not allowed (not public and not opened by ``AUTOMATA_EGRESS_ALLOW``).
            InvalidInput: The URL is not http or https, or not a URL.
            TimedOut: No whole answer within *timeout_s*; its ``sent`` says whether the request may have arrived.
            Transient: The connection failed.
            ProviderBroke: The answer is larger than *max_bytes* (after decompression) or not HTTP.
        """


class Context(Protocol):
    """What an action may use besides its parameters; one is made for each attempt."""

    @property
    def run_id(self) -> str:
        """The run this attempt belongs to."""

    @property
    def node(self) -> str:
        """Address of the node: ids and iteration numbers joined by ``/``, like ``each[3]/fetch``."""

    @property
    def attempt(self) -> int:
        """Number of this try, from 1."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this node in this run; send it where the far side takes one."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing outside may be changed."""

    @property
    def deadline(self) -> datetime | None:
        """When this attempt is given up, or None."""

    @property
    def credential(self) -> Mapping[str, str] | None:
        """Fields of the node's connection, or None when it has none."""

    @property
    def http(self) -> Http:
        """The guarded HTTP client."""

    def now(self) -> datetime:
        """The present instant, from the run's clock."""

    async def sleep(self, seconds: float) -> None:
        """Wait on the run's clock."""

    def evaluate(self, parameter: str) -> Json:
        """Evaluate a lazy parameter: its name, or its path down to an item's ``when``, like ``cases/0/when``.

        Raises:
            ExpressionFailed: It fails.
            KeyError: The node has no lazy parameter there.
        """

    def setting(self, name: str) -> str | None:
        """Value of a setting the plugin declared through ``automata_settings``, or its default."""

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far a long action is; shown to whoever watches the run."""


class BlockingHttp(Protocol):
    """`Http` for an action that is a plain function: the kernel sends the request, the function waits."""

    def request(  # noqa: PLR0913 - keywords, each with a default
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
        max_bytes: int = 10 * 1024 * 1024,
        redirects: int = 0,
    ) -> HttpResponse:
        """Send one request and read the whole answer, as `Http.request` does; blocks."""


class BlockingContext(Protocol):
    """What an action that is a plain function may use besides its parameters; one is made for each attempt.

    As `Context`, but nothing is awaited: what the kernel has to do for it blocks.
    """

    @property
    def run_id(self) -> str:
        """The run this attempt belongs to."""

    @property
    def node(self) -> str:
        """Address of the node."""

    @property
    def attempt(self) -> int:
        """Number of this try, from 1."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this node in this run; blocks for a moment when it is first asked for."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing outside may be changed."""

    @property
    def deadline(self) -> datetime | None:
        """When this attempt is given up, or None."""

    @property
    def cancelled(self) -> bool:
        """Whether the attempt is to stop; it has ten seconds to do so. Ask now and then in a long loop."""

    @property
    def credential(self) -> Mapping[str, str] | None:
        """Fields of the node's connection, or None when it has none; emptied when the attempt is over."""

    @property
    def http(self) -> BlockingHttp:
        """The guarded HTTP client."""

    def now(self) -> datetime:
        """The present instant, from the run's clock."""

    def sleep(self, seconds: float) -> None:
        """Wait on the run's clock; blocks.

        Raises:
            StepError: ``cancelled``: the attempt is to stop.
        """

    def evaluate(self, parameter: str) -> Json:
        """Evaluate a lazy parameter, as `Context.evaluate` does; blocks.

        Raises:
            ExpressionFailed: It fails.
            KeyError: The node has no lazy parameter there.
        """

    def setting(self, name: str) -> str | None:
        """Value of a setting the plugin declared through ``automata_settings``, or its default; blocks for a moment."""

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far a long action is; shown to whoever watches the run."""


class TxContext(Protocol):
    """What an action whose effect is `tx` may use besides its parameters; one is made for each call.

    The action is a plain function, called within the transaction that completes its step: what it writes through
    `connection` is committed with the completion, or not at all. Everybody who writes to the store waits meanwhile.
    """

    @property
    def connection(self) -> Connection:
        """A SQLAlchemy connection in that transaction; savepoints are its own, the transaction is not."""

    @property
    def run_id(self) -> str:
        """The run this attempt belongs to."""

    @property
    def node(self) -> str:
        """Address of the node."""

    @property
    def attempt(self) -> int:
        """Number of this try, from 1."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this node in this run."""

    def now(self) -> datetime:
        """The instant the attempt began, from the run's clock."""

    def setting(self, name: str) -> str | None:
        """Value of a setting the plugin declared through ``automata_settings``, or its default."""

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log, whether or not the transaction commits."""


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


class Outbox(Protocol):
    """The part of a `Store` where messages wait that steps have handed over; relays send them.

    Whoever takes a message sends it alone, for as long as the lease of that worker lasts.
    """

    async def upcoming(self) -> datetime | None:
        """When the next message that nobody is sending is due; None when there is none."""

    async def take(self, worker: str, limit: int) -> Sequence[Dispatch]:
        """Take messages that are due, oldest first; each counts one attempt more.

        Raises:
            Fenced: The worker's lease is over.
        """

    async def sent(self, worker: str, id_: str) -> bool:
        """Forget a message *worker* has taken and sent; False when it is not its own any more."""

    async def postpone(self, worker: str, id_: str, delay_s: float, error: ErrorInfo) -> bool:
        """Let a message *worker* has taken be due again in *delay_s* seconds; False as for `sent`."""

    async def give_up(self, worker: str, id_: str, error: ErrorInfo) -> bool:
        """Let a message *worker* has taken wait for a person; False as for `sent`."""

    async def waiting(self, limit: int = 100) -> Sequence[Dispatch]:
        """What was not sent, given-up messages first."""

    async def again(self, id_: str) -> None:
        """Have a message that was given up sent after all, as if for the first time.

        Raises:
            NotFound: There is none of that id.
        """

    async def discard(self, id_: str) -> None:
        """Forget a message that was given up.

        Raises:
            NotFound: There is none of that id.
        """


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

    async def claim(self, worker: str, limit: int) -> Sequence[Run]:
        """Take up runs that are due and held by nobody: fairly between orgs, then by priority, then by age.

        Each gets the epoch after its last one.

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


class Blobs(Protocol):
    """Where values live that are too large for the journal: bytes, named by their SHA-256 in hexadecimal.

    Every method may be called by many at a time, from any process, and is safe to be killed in: a name leads to all of
    its bytes or to none.
    """

    async def put(self, data: bytes) -> str:
        """Keep *data* and give its name; durable once this returns. The same bytes again are kept once.

        Putting them again also says that they are used: what was put lately is not pruned, so a reference may be
        committed after it.

        Raises:
            FixInput: It is larger than 128 MiB.
            StoreUnavailable: It could not be kept.
        """

    async def get(self, name: str) -> bytes:
        """The bytes of that name.

        Raises:
            NotFound: There are none.
            Damaged: They do not match the name.
            StoreUnavailable: They cannot be read now.
        """

    async def exists(self, name: str) -> bool:
        """Whether `get` would find them; they are not read."""

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Do what `put` does with bytes that come in parts, which are never held as a whole. Blocks: for threads.

        Returns:
            The name, and how many bytes there were.

        Raises:
            FixInput: They are more than 128 MiB.
            StoreUnavailable: They could not be kept.
        """

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of that name in parts of a few MiB. Blocks: for threads.

        Raises:
            NotFound: There are none.
            Damaged: They do not match the name; after the last part, so nothing may be believed before.
            StoreUnavailable: They cannot be read now.
        """
