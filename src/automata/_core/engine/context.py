"""What an action may use: one `StepContext` for each attempt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from automata._core.engine.host import Host
from automata._core.machine import Step
from automata.model import Json, Run
from automata.ports import Http

_log = logging.getLogger("automata.run")


class StepContext:
    """The `automata.ports.Context` of a real attempt."""

    def __init__(
        self,
        host: Host,
        run: Run,
        step: Step,
        *,
        timeout_s: float,
        evaluate: Callable[[str], Json],
    ) -> None:
        self._host = host
        self._run = run
        self._step = step
        self.run_id = run.id
        self.node = step.address
        self.attempt = step.attempt
        self.dry_run = host.dry_run
        self.deadline: datetime | None = host.clock.now() + timedelta(seconds=timeout_s)
        self.evaluate = evaluate

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt; computed when it is asked for."""
        return self._host.idempotency_key(self._run, self._step)

    @property
    def credential(self) -> Mapping[str, str] | None:
        """Fields of the node's connection."""
        name = self._step.work.connection
        return None if name is None else self._host.credential(name)

    @property
    def http(self) -> Http:
        """The guarded client."""
        return self._host.http()

    def now(self) -> datetime:
        """The present instant, from the run's clock."""
        return self._host.clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait on the run's clock."""
        await self._host.clock.sleep_until(self.now() + timedelta(seconds=seconds))

    def setting(self, name: str) -> str | None:
        """Value of a declared setting."""
        return self._host.setting(name)

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""
        _log.info(message, extra={"run": self.run_id, "step": self.node, "facts": facts})

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the action is."""
        _log.debug(
            "Progress", extra={"run": self.run_id, "step": self.node, "done": done, "total": total, "text": message}
        )
