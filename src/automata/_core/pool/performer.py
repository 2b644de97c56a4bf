"""`Pooled`: a performer that sends plain functions to child processes, and leaves everything else to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from automata._core.pool.pool import ChildPool
from automata._core.pool.reference import name_of
from automata._core.pool.thread import perform_inproc
from automata.errors import StepError
from automata.model import Blocking, Json, JsonObject, NodeType, Outcome
from automata.ports import Context

if TYPE_CHECKING:
    from automata._core.machine import Step

DEFAULT_S = 60.0
"""Time limit of an attempt whose context knows none."""


class Inner(Protocol):
    """The `automata._core.engine.Performer` behind: it performs what is async."""

    def answer(self, step: Step, parameters: Json) -> Outcome | StepError | None:
        """A result known beforehand."""

    async def perform(self, step: Step, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Run the node type's action once."""


class Pooled:
    """Performs `Blocking` actions where they say, everything else directly."""

    def __init__(self, pool: ChildPool, inner: Inner) -> None:
        self._pool = pool
        self._inner = inner

    def answer(self, step: Step, parameters: Json) -> Outcome | StepError | None:
        """Whatever the performer behind knows."""
        return self._inner.answer(step, parameters)

    def carries(self, step: Step) -> bool:
        """Whether the parameters of *step* may hold references to large values: a child process gets those itself."""
        run = step.work.type.run
        return isinstance(run, Blocking) and run.isolation != "inproc"

    async def perform(self, step: Step, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Run the node type's action once.

        Raises:
            StepError: It failed.
        """
        type_ = step.work.type
        if not isinstance(type_.run, Blocking):
            return await self._inner.perform(step, context, parameters)
        return await self.deliver(type_, context, parameters)

    async def deliver(self, type_: NodeType, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Have the action of a node type performed without a step: what a relay sends.

        Raises:
            StepError: It failed, or there is none.
        """
        run = type_.run
        if run is None:
            raise StepError(f"Node type {type_.name!r} has no action", error_class="bug")
        if not isinstance(run, Blocking):
            return await run(context, parameters)
        if run.isolation == "inproc":
            return await perform_inproc(run, context, parameters)
        return await self._pool.call(
            name_of(run.function), parameters, context, timeout_s=_left(context), scope=type_.plugin
        )


def _left(context: Context) -> float:
    if context.deadline is None:
        return DEFAULT_S
    return max(0.0, (context.deadline - context.now()).total_seconds())
