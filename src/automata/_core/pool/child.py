"""What runs in a child process: takes calls one after the other, and is gone when the kernel is.

Imports little, because every child pays for it, and nothing of the engine.
"""

from __future__ import annotations

import faulthandler
import fcntl
import gc
import inspect
import os
import resource
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn

from automata._core.large import INLINE_BYTES
from automata._core.payload import measured
from automata._core.pool.context import AskingContext, Facts
from automata._core.pool.failure import pack_failure, unpack_failure
from automata._core.pool.freight import received, sent
from automata._core.pool.reference import function_of
from automata._core.pool.spool import Spool
from automata._core.pool.wire import HEADER, length, pack, unpack
from automata.model import Json, JsonObject, Outcome

OWN_FRAMES = 1
"""Frames of a traceback that are ours: `Service._perform`."""


def main() -> NoReturn:
    """Serve the kernel until it hangs up; started by `automata._core.pool.process` with its own arguments."""
    _, line, life, spool, memory = sys.argv[1:]
    del sys.argv[1:]
    _tie(int(life))
    _limit(int(memory))
    faulthandler.enable(all_threads=False)
    faulthandler.register(signal.SIGUSR2, all_threads=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr] # pipes are text
    service = Service(Line(socket.socket(fileno=int(line))), Spool(int(spool)))
    with suppress(EOFError, ConnectionError):
        service.serve()
    os._exit(0)


def _tie(life: int) -> None:
    """Have the system kill this process group when the kernel's end of *life* closes, even if C code holds the GIL.

    Source: fcntl(2), F_SETSIG and F_SETOWN. Where that does not exist a thread waits for the same.
    """
    try:
        fcntl.fcntl(life, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    except (AttributeError, OSError):
        threading.Thread(target=_watch, args=(life,), daemon=True).start()
        return
    if select.select([life], [], [], 0)[0]:
        os._exit(0)


def _watch(life: int) -> None:
    os.read(life, 1)
    os.killpg(0, signal.SIGKILL)


def _limit(memory: int) -> None:
    """Limit the address space, leave no core dumps, and be the first to go when the system runs out of memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - not a path of anybody's
        file.write("500")


class Line:
    """The child's end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._socket = line
        self._owner = os.getpid()
        self._sending = threading.Lock()

    def waits(self) -> bool:
        """Whether there is something to read."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def receive(self) -> JsonObject:
        """Read a message; blocks.

        Raises:
            EOFError: The kernel hung up.
        """
        return unpack(self._read(length(self._read(HEADER.size))))

    def send(self, frame: bytes) -> None:
        """Write a frame; blocks. A copy of this process, forked by an action, ends here: it has nothing to say."""
        if os.getpid() != self._owner:
            os._exit(70)
        with self._sending:
            self._socket.sendall(frame)

    def _read(self, size: int) -> bytearray:
        buffer = bytearray(size)
        view, filled = memoryview(buffer), 0
        while filled < size:
            count = self._socket.recv_into(view[filled:])
            if not count:
                raise EOFError
            filled += count
        view.release()
        return buffer


class Service:
    """Performs calls."""

    def __init__(self, line: Line, spool: Spool) -> None:
        self._line = line
        self._spool = spool
        self._asking = threading.RLock()
        self._call: Json = None
        self._stop = False
        line.send(pack({"type": "ready"}))

    def serve(self) -> None:
        """Perform one call after the other.

        Raises:
            EOFError: The kernel hung up.
        """
        while True:
            message = self._line.receive()
            if message["type"] == "call":
                frame = self._perform(message)
                del message
                for stream in (sys.stdout, sys.stderr):
                    with suppress(Exception):
                        stream.flush()
                self._line.send(frame)

    def _perform(self, message: Any) -> bytes:
        self._call, self._stop = message["call"], False
        context = AskingContext(Facts(**message["facts"]), self.ask, self.tell, self.cancelled)
        try:
            self._spool.begin()
            parameters = received(message, self._spool)
            return self._result(function_of(message["function"])(context, parameters))
        except BaseException as error:  # noqa: BLE001 - the fence: whatever an action raises is its own failure
            return self._failure(error)
        finally:
            context.close()

    def _result(self, result: Any) -> bytes:
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError("The action returned something to be awaited; declare it with 'async def'")
        if not isinstance(result, Outcome):
            return self._frame("result", self._output(result), worn=False)
        if not isinstance(result.port, str):
            raise TypeError(f"The port is of the type {type(result.port).__name__!r}, not a text")
        return self._frame("result", {**self._output(result.output), "port": result.port}, worn=False)

    def _output(self, output: object) -> dict[str, Json]:
        value, size = measured(output)
        return {"output": value} if size <= INLINE_BYTES else sent(value, self._spool)

    def _failure(self, error: BaseException) -> bytes:
        cramped = isinstance(error, MemoryError)
        try:
            return self._frame("error", pack_failure(error, skip=OWN_FRAMES), worn=cramped)
        except MemoryError:
            error.__traceback__ = None
            gc.collect()
            return self._frame("error", {"class": "bug", "message": "MemoryError: "}, worn=True)

    def _frame(self, type_: str, body: dict[str, Json], *, worn: bool) -> bytes:
        head = {"type": type_, "call": self._call, "worn": worn, "resident_bytes": _resident_bytes()}
        return pack({**head, **body})

    # ---------------------------------------------------------------- for the context

    def ask(self, question: str, given: JsonObject) -> Any:
        """Put a question to the kernel, and wait.

        Raises:
            StepError: What the kernel raised; ``cancelled`` when the attempt is to stop.
            KeyError: What the kernel raised.
        """
        with self._asking:
            self._line.send(pack({"type": "ask", "question": question, "with": given}))
            while (message := self._line.receive())["type"] != "answer":
                self._hear(message)
        error: Any = message.get("error")
        if error is None:
            return message.get("value")
        raise KeyError(error["message"]) if error["class"] == "key" else unpack_failure(error)

    def tell(self, kind: str, given: JsonObject) -> None:
        """Tell the kernel something."""
        self._line.send(pack({"type": kind, "with": given}))

    def cancelled(self) -> bool:
        """Whether the kernel wants the call to stop; looks what it has said meanwhile."""
        if not self._stop and self._asking.acquire(blocking=False):
            try:
                while self._line.waits():
                    self._hear(self._line.receive())
            finally:
                self._asking.release()
        return self._stop

    def _hear(self, message: JsonObject) -> None:
        if message["type"] == "cancel" and message["call"] == self._call:
            self._stop = True


def _resident_bytes() -> int:
    """Memory in use now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:  # noqa: PTH123 - not a path of anybody's
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
