"""What a child process prints: cut into lines, bounded, handed to whoever is its cause."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

LINES = 1_000
"""Lines passed on of one call."""
LINE = 4 * 1024
"""Bytes passed on of one line."""
TAIL = 20
"""Lines kept to be shown with a death."""
CHUNK = 64 * 1024


class Output:
    """Reads a pipe without blocking.

    Attributes:
        sink: Told every line; None drops them.
        tail: The last lines of the call.
    """

    def __init__(self, descriptor: int) -> None:
        """Read from *descriptor* on the running loop, and own it."""
        os.set_blocking(descriptor, False)
        self.sink: Callable[[str], None] | None = None
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._descriptor = descriptor
        self._open = True
        self._partial = bytearray()
        self._left = LINES
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._read)

    def begin(self, sink: Callable[[str], None]) -> None:
        """Start a call: from now on lines are its own."""
        self.sink, self._left = sink, LINES
        self.tail.clear()

    def finish(self) -> None:
        """End a call: what it printed and nobody has read yet still belongs to it, an unfinished line included."""
        self.drain()
        self._flush()
        if self._left < 0:
            self._say(f"{-self._left} more lines were left out")
        self.sink = None

    def drain(self) -> None:
        """Read what is there now; of a flood, a part."""
        for _ in range(16):
            if not self._read():
                break

    def close(self) -> None:
        """Read what is left, and let the pipe go."""
        if self._open:
            self.finish()
            self._shut()

    def _read(self) -> bool:
        if not self._open:
            return False
        try:
            data = os.read(self._descriptor, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._shut()
            return False
        self._take(data)
        return True

    def _take(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._extend(line)
            self._flush(empty=True)
        self._extend(rest)

    def _extend(self, data: bytes) -> None:
        self._partial += data[: max(0, LINE - len(self._partial))]

    def _flush(self, *, empty: bool = False) -> None:
        if not self._partial and not empty:
            return
        text = self._partial.decode("utf-8", "replace").rstrip("\r")
        self._partial.clear()
        self._left -= 1
        self.tail.append(text)
        if self._left >= 0:
            self._say(text)

    def _say(self, line: str) -> None:
        if self.sink is not None:
            self.sink(line)

    def _shut(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
