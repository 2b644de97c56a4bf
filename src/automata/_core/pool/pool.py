"""`ChildPool`: child processes that perform plain functions, started when they are needed and never before."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from automata._core.pool.channel import Gate
from automata._core.pool.conversation import Conversation, Request
from automata._core.pool.process import Bounds, Child
from automata.errors import TimedOut
from automata.model import Json, JsonObject, Outcome
from automata.ports import Blobs, Context


class ChildPool:
    """Performs plain functions where they can be killed.

    A child belongs to one scope, which is one plugin: it has imported nobody else's code. Between calls it stays warm.

    Example::

        async with ChildPool() as pool:
            output = await pool.call("acme_images.actions:shrink", {"width": 100}, context, timeout_s=60)
    """

    def __init__(self, bounds: Bounds | None = None, blobs: Blobs | None = None) -> None:
        """Start nothing; *blobs* is where large values are, without which they are held in memory."""
        self._bounds = bounds or Bounds()
        self._blobs = blobs
        self._gate = Gate()
        self._places = asyncio.Semaphore(self._bounds.size)
        self._born: set[Child] = set()
        """Every process that is not gone, those nobody can use any more included."""
        self._alive: set[Child] = set()
        self._idle: list[Child] = []
        self._timers: dict[Child, asyncio.TimerHandle] = {}
        self._closed = False

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill every child and wait until they are gone."""
        self._closed = True
        for child in list(self._born):
            self._drop(child)
        for child in list(self._born):
            await child.gone()

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes that are alive now, for whoever watches the system."""
        return tuple(sorted(child.pid for child in self._alive))

    async def call(
        self, function: str, parameters: JsonObject, context: Context, *, timeout_s: float, scope: str = ""
    ) -> Json | Outcome:
        """Perform a function in a child process.

        Args:
            function: ``module:name``; imported by the child, and by nobody else.
            parameters: Of the action.
            context: Answers what the action asks, and gets what it logs.
            timeout_s: When it is killed, waiting for a child included.
            scope: Whose code it is; the module's package when empty.

        Raises:
            StepError: What the action raised; ``bug`` with type, message and traceback for every other exception;
                ``worker_died`` when the child did not survive; ``timed_out``.
            asyncio.CancelledError: The action has had its grace and is over.
        """
        ends = asyncio.get_running_loop().time() + timeout_s
        child = await self._take(scope or function.partition(":")[0].partition(".")[0], ends, timeout_s)
        try:
            request = Request(
                function=function, parameters=parameters, context=context, timeout_s=timeout_s, blobs=self._blobs
            )
            return await Conversation(child, request).hold(ends, self._bounds.grace_s)
        finally:
            await self._give_back(child)

    # ---------------------------------------------------------------- who is free

    async def _take(self, scope: str, ends: float, timeout_s: float) -> Child:
        held = False
        try:
            async with asyncio.timeout_at(ends):
                held = await self._places.acquire()
                child = self._warm(scope) or await self._start(scope)
                held = False
                return child
        except TimeoutError:
            raise TimedOut(f"No child process was free within {timeout_s:g} s", sent=False) from None
        finally:
            if held:
                self._places.release()

    def _warm(self, scope: str) -> Child | None:
        """The child of that scope that was busy last; the others cool down and end."""
        for child in reversed(self._idle):
            if child.scope == scope and not child.exited.done():
                self._wake(child)
                return child
        return None

    async def _start(self, scope: str) -> Child:
        if len(self._alive) >= self._bounds.size and self._idle:
            self._drop(self._idle[0])
        child = await Child.start(self._bounds, self._gate, scope, self._born)
        self._alive.add(child)
        child.exited.add_done_callback(lambda _: self._forget(child))
        return child

    async def _give_back(self, child: Child) -> None:
        """Keep a child that can be used again, and wait for one that was killed."""
        try:
            if self._usable(child):
                self._idle.append(child)
                loop = asyncio.get_running_loop()
                self._timers[child] = loop.call_later(self._bounds.idle_s, self._drop, child)
            else:
                self._drop(child)
                await child.gone()
        finally:
            self._places.release()

    def _usable(self, child: Child) -> bool:
        bounds = self._bounds
        return (
            child in self._alive
            and child.healthy
            and not self._closed
            and not child.worn
            and child.calls < bounds.calls
            and child.resident_bytes < bounds.resident_bytes
        )

    def _wake(self, child: Child) -> None:
        if child in self._idle:
            self._idle.remove(child)
        timer = self._timers.pop(child, None)
        if timer is not None:
            timer.cancel()

    def _drop(self, child: Child) -> None:
        self._forget(child)
        child.kill()

    def _forget(self, child: Child) -> None:
        self._wake(child)
        self._alive.discard(child)
