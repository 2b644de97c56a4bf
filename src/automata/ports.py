"""What the kernel needs from outside, as Protocols; the contract of each method stands in its docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from automata.model import Event, Json, Run, Workflow


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


class Store(Protocol):
    """Where runs live. A call that returns has happened durably; one that raises `StoreUnavailable` may have or not."""

    async def publish(self, workflow: Workflow, version: str) -> None:
        """Keep *workflow* under its *version*, and make it the current one of its name. Idempotent."""

    async def workflow(self, name: str, version: str | None = None) -> tuple[str, Workflow] | None:
        """The version and document of *name*; the current one unless *version* (or a unique prefix of it) is given."""

    async def create(self, run: Run, events: Sequence[Event]) -> Run:
        """Accept a run with its first events, or return the one that was accepted under the same ``key`` before.

        Raises:
            Conflict: The key was used for another workflow, version or input.
        """

    async def append(self, run: str, epoch: int, events: Sequence[Event]) -> None:
        """Add *events* to the journal, all or none, in order.

        Raises:
            Conflict: *epoch* is not the run's any more: another worker has claimed it.
        """

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events of *run* in order, without the first *after*."""

    async def run(self, run: str) -> Run | None:
        """The run's current row."""

    async def runs(self, workflow: str | None = None, limit: int = 100) -> Sequence[Run]:
        """Newest first."""
