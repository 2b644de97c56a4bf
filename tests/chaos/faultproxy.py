"""A TCP proxy on loopback that breaks connections on demand: cut, reset, blackhole, latency, and a cut at COMMIT.

It has a thread and a loop of its own, so that what it breaks cannot stop it::

    with FaultProxy("127.0.0.1", 5432) as proxy:
        connect(port=proxy.port)
        proxy.cut()
"""

import asyncio
import contextlib
import re
import socket
import struct
import threading
from typing import Self

_COMMIT = re.compile(rb"[\x00\x0b]COMMIT\x00")
"""A query of PostgreSQL's protocol, simple or parsed; one that was prepared under a name is not recognised."""
_COMMITTED = re.compile(rb"C\x00\x00\x00\x0bCOMMIT\x00")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class FaultProxy:
    """Forwards to one address; every knob may be turned from any thread while connections are open."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="faultproxy", daemon=True)
        self._ready = threading.Event()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.latency_s = 0.0
        self.blackhole = False
        """Takes everything and passes nothing on, in both directions; connections stay open."""
        self.refuse = False
        """Closes new connections at once."""
        self.lose_commits: str | None = None
        """``before``: a COMMIT cuts the connection and never arrives; ``after``: it arrives and its answer does not."""
        self.commits_left = 1
        """How many COMMITs `lose_commits` is for."""
        self.lost = 0
        """Connections cut at a COMMIT."""
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self) -> None:
        """Close every open connection in an orderly way (FIN)."""
        self._call(self._end(reset=False))

    def reset(self) -> None:
        """Abort every open connection (RST)."""
        self._call(self._end(reset=True))

    def _call(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _close(self) -> None:
        self._server.close()
        await self._end(reset=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self, *, reset: bool) -> None:
        for pair in list(self._pairs):
            self._drop(pair, reset=reset)
        await asyncio.sleep(0)

    def _drop(self, pair, *, reset: bool) -> None:
        self._pairs.discard(pair)
        for writer in pair:
            if reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuse:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        for work in (
            self._forward(reader, far_writer, pair, up=True),
            self._forward(far_reader, writer, pair, up=False),
        ):
            task = self._loop.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forward(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pair, *, up: bool) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await source.read(65536):
                if self.latency_s:
                    await asyncio.sleep(self.latency_s)
                if self._loses(data, up=up):
                    self._drop(pair, reset=True)
                    return
                if not self.blackhole and pair in self._pairs:
                    sink.write(data)
                    await sink.drain()
        if pair in self._pairs:
            self._drop(pair, reset=False)

    def _loses(self, data: bytes, *, up: bool) -> bool:
        """Whether *data* is the COMMIT, or the answer to one, that is to be lost."""
        wanted = _COMMIT if up else _COMMITTED
        if self.lose_commits != ("before" if up else "after") or self.commits_left < 1 or not wanted.search(data):
            return False
        self.commits_left -= 1
        self.lost += 1
        return True
