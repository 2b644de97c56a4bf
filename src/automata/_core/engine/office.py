"""What a run asks of the engine around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Protocol

from automata._core.machine import Step
from automata.model import JsonObject, Run, RunFinished

if TYPE_CHECKING:
    from automata._core.engine.driver import Driver


class Office(Protocol):
    """What a run asks of the engine around it."""

    lets_go: bool
    """Whether runs that wait are given back to the store, for any worker to take up when their time has come."""

    def spawn(self, work: Callable[..., Coroutine[None, None, None]], *arguments: object) -> asyncio.Task[None]:
        """Have something done that needs awaiting."""

    def hint(self, run: str) -> None:
        """*run* has mail."""

    def over(self, driver: Driver, error: Exception | None = None) -> None:
        """The run is not driven here any more: it is final, was let go, or could not be driven on."""

    def sending(self) -> None:
        """There is something in the outbox."""

    async def call(self, parent: Run, step: Step, parameters: JsonObject) -> Run:
        """Start the run a ``call`` asks for, or find the one that was started already."""

    async def report(self, run: Run, end: RunFinished, workflow: str) -> None:
        """Start the workflow that handles the failure of *run*, once."""
