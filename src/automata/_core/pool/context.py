"""The `automata.ports.BlockingContext` of an attempt: what it does not know it asks the kernel."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from attrs import frozen

from automata._core.payload import cleaned, settle
from automata.model import Json, JsonObject
from automata.ports import Context, HttpResponse

Ask: TypeAlias = Callable[[str, JsonObject], Any]
"""Puts a question to the kernel and waits for the answer; raises what the kernel raised."""
Tell: TypeAlias = Callable[[str, JsonObject], None]
"""Tells the kernel something, without an answer."""


@frozen(kw_only=True)
class Facts:
    """What an attempt knows without asking."""

    run_id: str
    node: str
    attempt: int
    dry_run: bool
    deadline: str | None
    now: str

    @classmethod
    def of(cls, context: Context) -> Facts:
        """The facts of an attempt."""
        return cls(
            run_id=context.run_id,
            node=context.node,
            attempt=context.attempt,
            dry_run=context.dry_run,
            deadline=None if context.deadline is None else context.deadline.isoformat(),
            now=context.now().isoformat(),
        )


class AskingContext:
    """Made for one attempt and closed after it."""

    def __init__(self, facts: Facts, ask: Ask, tell: Tell, cancelled: Callable[[], bool]) -> None:
        self.run_id = facts.run_id
        self.node = facts.node
        self.attempt = facts.attempt
        self.dry_run = facts.dry_run
        self.deadline = None if facts.deadline is None else datetime.fromisoformat(facts.deadline)
        self.http = AskingHttp(ask)
        self._begun = datetime.fromisoformat(facts.now)
        self._ticks = time.perf_counter()
        self._ask = ask
        self._tell = tell
        self._cancelled = cancelled
        self._answers: dict[str, Any] = {}

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt."""
        return str(self._once("idempotency_key"))

    @property
    def credential(self) -> Mapping[str, str] | None:
        """Fields of the node's connection."""
        found: dict[str, str] | None = self._once("credential")
        return found

    @property
    def cancelled(self) -> bool:
        """Whether the attempt is to stop."""
        return self._cancelled()

    def now(self) -> datetime:
        """The run's clock when the attempt began, and the time since."""
        return self._begun + timedelta(seconds=time.perf_counter() - self._ticks)

    def sleep(self, seconds: float) -> None:
        """Wait on the run's clock."""
        self._ask("sleep", {"seconds": float(seconds)})

    def evaluate(self, parameter: str) -> Json:
        """Evaluate a lazy parameter."""
        value: Json = self._ask("evaluate", {"parameter": parameter})
        return value

    def setting(self, name: str) -> str | None:
        """Value of a declared setting."""
        value: str | None = self._ask("setting", {"name": name})
        return value

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""
        self._tell("log", {"message": cleaned(str(message)), "facts": settle(facts)})

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the action is."""
        self._tell("progress", {"done": settle(done), "total": settle(total), "message": cleaned(str(message))})

    def close(self) -> None:
        """Forget everything, the credential first: the process, and whoever kept this context, outlive the attempt."""
        credential = self._answers.get("credential")
        if isinstance(credential, dict):
            credential.clear()
        self._answers.clear()

    def _once(self, question: str) -> Any:
        if question not in self._answers:
            self._answers[question] = self._ask(question, {})
        return self._answers[question]


class AskingHttp:
    """The `automata.ports.BlockingHttp` of an attempt: the kernel's own guarded client sends the request."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def request(  # noqa: PLR0913 - the port's signature
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
        """Send one request and read the whole answer."""
        given: JsonObject = {
            "method": method,
            "url": url,
            "headers": dict(headers or {}),
            "body": base64.b64encode(body).decode(),
            "timeout_s": timeout_s,
            "max_bytes": max_bytes,
            "redirects": redirects,
        }
        answer = self._ask("http", given)
        return HttpResponse(
            status=answer["status"],
            headers=answer["headers"],
            body=base64.b64decode(answer["body"]),
            url=answer["url"],
        )
