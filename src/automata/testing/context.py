"""A context to run one action with, in a test: virtual time, settings from a mapping, logs kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import define, field

from automata.model import Json
from automata.ports import BlockingHttp, Http, HttpResponse

START = datetime(2026, 1, 1, tzinfo=UTC)
"""When virtual time begins."""


class NoHttp:
    """An HTTP client for actions that must not need one."""

    async def request(  # noqa: PLR0913 - the port's signature
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
        max_bytes: int = 0,
        redirects: int = 0,
    ) -> HttpResponse:
        """Fail the test."""
        del headers, body, timeout_s, max_bytes, redirects
        raise AssertionError(f"Unexpected request: {method} {url}")


class NoBlockingHttp:
    """An HTTP client for actions that are plain functions and must not need one."""

    def request(  # noqa: PLR0913 - the port's signature
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
        max_bytes: int = 0,
        redirects: int = 0,
    ) -> HttpResponse:
        """Fail the test."""
        del headers, body, timeout_s, max_bytes, redirects
        raise AssertionError(f"Unexpected request: {method} {url}")


@define(kw_only=True)
class _Attempt:
    run_id: str = "run"
    node: str = "node"
    attempt: int = 1
    idempotency_key: str = "key-of-node"
    dry_run: bool = False
    deadline: datetime | None = None
    credential: Mapping[str, str] | None = None
    settings: Mapping[str, str] = field(factory=dict)
    time: datetime = START
    logs: list[tuple[str, Mapping[str, Json]]] = field(factory=list)
    steps: list[tuple[float, float | None, str]] = field(factory=list)

    def now(self) -> datetime:
        """Virtual time."""
        return self.time

    def setting(self, name: str) -> str | None:
        """The value given, or None."""
        return self.settings.get(name)

    def log(self, message: str, **facts: Json) -> None:
        """Keep the line."""
        self.logs.append((message, facts))

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Keep the step."""
        self.steps.append((done, total, message))


@define(kw_only=True)
class FakeContext(_Attempt):
    """Implements `automata.ports.Context`.

    Example::

        context = FakeContext(settings={"AUTOMATA_FILES_ROOT": str(tmp_path)})
        output = await action(context, {"path": "orders.json"})

    Attributes:
        logs: Lines the action logged, each a pair of message and facts.
        steps: What it reported as progress: done, total, message.
    """

    http: Http = field(factory=NoHttp)

    async def sleep(self, seconds: float) -> None:
        """Move virtual time, at once."""
        self.time += timedelta(seconds=seconds)


@define(kw_only=True)
class FakeBlockingContext(_Attempt):
    """Implements `automata.ports.BlockingContext`, for actions that are plain functions.

    Example::

        output = shrink(FakeBlockingContext(), {"width": 100})

    Attributes:
        cancelled: Whether the attempt is to stop.
    """

    http: BlockingHttp = field(factory=NoBlockingHttp)
    cancelled: bool = False

    def sleep(self, seconds: float) -> None:
        """Move virtual time, at once."""
        self.time += timedelta(seconds=seconds)
