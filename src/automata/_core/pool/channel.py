"""The kernel's end of the line to a child process: frames as they come, however they are cut up, and never too many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from automata._core.pool.wire import HEADER, Garbled, length, pack, unpack
from automata.model import Json, JsonObject

LARGE = 1024 * 1024
"""Bytes from which a frame has to be let in by the gate."""
WAITING = 64
"""Frames that may wait before the child has to."""


class Hung(Exception):
    """The child hung up."""


class Gate:
    """Lets one large frame in at a time, whatever the number of children: that bounds the kernel's memory."""

    def __init__(self) -> None:
        self._inside: object | None = None
        self._queue: deque[tuple[object, Callable[[], None]]] = deque()

    def enter(self, who: object, admit: Callable[[], None]) -> None:
        """Call *admit* when *who* may come in: now, or when those before have left."""
        self._queue.append((who, admit))
        self._next()

    def leave(self, who: object) -> None:
        """Make room; harmless for one that is not inside."""
        if self._inside is who:
            self._inside = None
            self._next()

    def forget(self, who: object) -> None:
        """Let nobody wait for one that will never come, nor for one that will never leave."""
        self._queue = deque(entry for entry in self._queue if entry[0] is not who)
        self.leave(who)

    def _next(self) -> None:
        if self._inside is None and self._queue:
            self._inside, admit = self._queue.popleft()
            admit()


class Channel(asyncio.BufferedProtocol):
    """Reads frames straight into buffers of their own; waiting for one may be cancelled without losing any."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._transport: asyncio.Transport | None = None
        self._header = bytearray(HEADER.size)
        self._body: bytearray | None = None
        self._filled = 0
        self._frames: deque[bytearray] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: Exception | None = None

    # ---------------------------------------------------------------- for the conversation

    def send(self, message: dict[str, Json]) -> None:
        """Write a message; what the child does not take yet is kept.

        Raises:
            StepError: ``payload_too_large``.
        """
        frame = pack(message)
        if self._transport is not None and self._end is None:
            self._transport.write(frame)

    async def receive(self) -> JsonObject:
        """Wait for the next message.

        Raises:
            Hung: The child hung up, and every frame has been read.
            Garbled: The child wrote something that is no frame.
        """
        while not self._frames:
            if self._end is not None:
                raise self._end
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        frame = self._frames.popleft()
        large = len(frame) >= LARGE
        try:
            return unpack(frame)
        finally:
            if large:
                self._gate.leave(self)
            self._resume()

    def close(self) -> None:
        """Hang up; what has not been read is dropped."""
        self._finish(Hung())
        self._frames.clear()
        if self._transport is not None:
            self._transport.abort()

    # ---------------------------------------------------------------- called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: the rest of the header, or of the frame."""
        del sizehint
        return memoryview(self._header if self._body is None else self._body)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Look whether the header, or the frame, is complete."""
        self._filled += nbytes
        if self._body is None:
            if self._filled == len(self._header):
                self._begin()
        elif self._filled == len(self._body):
            self._complete(self._body)

    def eof_received(self) -> bool:
        """Close: a child that stops writing is gone."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits."""
        del error
        self._finish(Hung())

    # ---------------------------------------------------------------- inside

    def _begin(self) -> None:
        try:
            size = length(self._header)
        except Garbled as error:
            self._finish(error)
            return
        self._filled = 0
        if size >= LARGE and self._transport is not None:
            self._transport.pause_reading()
            self._gate.enter(self, lambda: self._admitted(size))
        elif size:
            self._body = bytearray(size)
        else:
            self._finish(Garbled("An empty frame"))

    def _admitted(self, size: int) -> None:
        self._body = bytearray(size)
        if self._transport is not None:
            self._transport.resume_reading()

    def _complete(self, body: bytearray) -> None:
        self._frames.append(body)
        self._body, self._filled = None, 0
        if len(self._frames) >= WAITING and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def _resume(self) -> None:
        if len(self._frames) == WAITING - 1 and self._transport is not None and self._end is None:
            self._transport.resume_reading()

    def _finish(self, end: Exception) -> None:
        self._end = self._end or end
        self._gate.forget(self)
        if isinstance(end, Garbled) and self._transport is not None:
            self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
