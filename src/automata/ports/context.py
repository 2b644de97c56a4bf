"""What an action may use, each kind of action its own: one context is made for each attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from automata.model import Json


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
