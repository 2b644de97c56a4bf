"""One child process: how it is started, what ties it to the kernel, and how it is made to go."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import Self

from attrs import field, frozen

from automata._core.pool.channel import Channel, Gate, Hung
from automata._core.pool.output import Output
from automata._core.pool.spool import Spool
from automata._core.pool.wire import Garbled
from automata.errors import StepError
from automata.model import Json

BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from automata._core.pool.child import main; main()"
"""What a child executes: the kernel's own search path, so that it finds the same plugins, and no working directory."""
REAP_S = 5.0
"""How long a killed process may take to be gone; one stuck in the kernel of the system takes longer, and is left."""
LAST_S = 1.0
"""How long after its end what a child has written may still arrive; then it is held up by a process that escaped."""
STACK = signal.SIGUSR2
"""Has a child print where it is, even from within C code."""
OWN = re.compile(r'File "<string>"|/_core/pool/child\.py"')
"""Lines of a printed stack that are not the action's."""
PREFIX = "AUTOMATA_"
"""Environment variables that children do not get: they hold the kernel's settings, secrets among them."""


@frozen(kw_only=True)
class Bounds:
    """What the children of a pool may use."""

    size: int = 4
    """Children alive at once."""
    memory_bytes: int = 1024**3
    """Address space of one child."""
    resident_bytes: int = 512 * 1024**2
    """Memory in use after a call from which a child is replaced."""
    calls: int = 1_000
    """Calls after which a child is replaced."""
    idle_s: float = 60.0
    """Seconds after which a child without work ends."""
    grace_s: float = field(default=9.5)
    """Seconds a cancelled action has to stop; below the engine's ten, so that it is gone when the engine gives up."""
    start_s: float = 30.0
    """Seconds a child may take to start."""


class Child(asyncio.SubprocessProtocol):
    """A warm process that performs one call at a time."""

    def __init__(self, channel: Channel, output: Output, life: int, spool: Spool, scope: str, born: set[Child]) -> None:
        self.channel = channel
        self.spool = spool
        """Where large values lie that go to it and come from it."""
        self.output = output
        self.scope = scope
        """Whose code it has seen; it serves nobody else."""
        self.calls = 0
        self.resident_bytes = 0
        self.worn = False
        """Whether it asked to be replaced."""
        self.laden = False
        """Whether the shared file holds something."""
        self.healthy = True
        """Whether it may be given another call."""
        self.pid = 0
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._life = life
        self._born = born
        self._transport: asyncio.SubprocessTransport | None = None

    @classmethod
    async def start(cls, bounds: Bounds, gate: Gate, scope: str, born: set[Child]) -> Self:
        """Start a child and wait until it is ready.

        Args:
            bounds: What it may use.
            gate: Lets its large frames in.
            scope: Whose code it is to see.
            born: Holds it from its first moment until its process is gone.

        Raises:
            StepError: ``worker_died``: it cannot be started, or not in time.
        """
        try:
            child = await cls._spawn(bounds, gate, scope, born)
        except OSError as error:
            raise StepError(f"No child process can be started: {error}", error_class="worker_died") from error
        ready = False
        try:
            async with asyncio.timeout(bounds.start_s):
                ready = (await child.channel.receive()).get("type") == "ready"
        except (TimeoutError, Hung, Garbled):
            child.kill()
            await child.gone()
            hint = f": {child.output.tail[-1]}" if child.output.tail else ""
            raise StepError(f"A child process did not start{hint}", error_class="worker_died", sent=False) from None
        finally:
            if not ready:
                child.kill()
        return child

    @classmethod
    async def _spawn(cls, bounds: Bounds, gate: Gate, scope: str, born: set[Child]) -> Self:
        loop = asyncio.get_running_loop()
        with ExitStack() as theirs:
            ours, line = socket.socketpair()
            theirs.callback(line.close)
            ours.setblocking(False)
            _, channel = await loop.create_connection(lambda: Channel(gate), sock=ours)
            with ExitStack() as undo:
                undo.callback(channel.close)
                life, tie = _pipe(theirs, undo)
                printed, out = _pipe(undo, theirs)
                spool = Spool.make()
                undo.callback(spool.close)
                child = cls(channel, Output(printed), tie, spool, scope, born)
                undo.pop_all()
                undo.callback(child.abandon)
                await loop.subprocess_exec(
                    lambda: child,
                    *(sys.executable, "-P", "-c", BOOT),
                    *(json.dumps(sys.path), str(line.fileno()), str(life), str(spool.fileno())),
                    str(bounds.memory_bytes),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    pass_fds=(line.fileno(), life, spool.fileno()),
                    start_new_session=True,
                    env=_environment(),
                )
                undo.pop_all()
        return child

    # ---------------------------------------------------------------- its end

    def kill(self) -> None:
        """Kill it and every process of its group at once; returns before they are gone."""
        self.healthy = False
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        self.spool.close()
        if self.pid and not self.exited.done():
            _kill_group(self.pid)
        self.channel.close()

    def rest(self) -> None:
        """A call is over: give back the space its large values took."""
        if self.laden:
            self.laden = False
            self.spool.clear()

    def abandon(self) -> None:
        """Kill it, and do not read what it has printed."""
        self.kill()
        self.output.close()

    async def gone(self) -> None:
        """Wait until the process is gone, for a few seconds at most."""
        if self.pid:
            await asyncio.wait([self.exited], timeout=REAP_S)

    async def stack(self, wait_s: float) -> str:
        """Where the action is at this moment, the innermost call first; empty when that cannot be told in time."""
        said: list[str] = []
        self.output.drain()
        sink, self.output.sink = self.output.sink, said.append
        if self.pid and not self.exited.done():
            os.kill(self.pid, STACK)
        await asyncio.wait([self.exited], timeout=wait_s)
        self.output.drain()
        self.output.sink = sink
        return "\n".join(line.strip() for line in said if line.startswith("  File") and not OWN.search(line))

    async def died(self) -> StepError:
        """Tell how it died, once it has hung up by itself."""
        await asyncio.wait([self.exited], timeout=LAST_S)
        code = self.exited.result() if self.exited.done() else None
        self.output.drain()
        details: dict[str, Json] = {"output": "\n".join(self.output.tail)} if self.output.tail else {}
        if code is None:
            return StepError("The child process hung up", error_class="worker_died", details=details)
        if code >= 0:
            text, details = f"ended with the exit code {code}", {"exit_code": code, **details}
        else:
            name = _signal_name(-code)
            text, details = f"was killed by {name}", {"signal": name, **details}
        if code == -signal.SIGKILL:
            text += "; the system may have run out of memory"
        return StepError(f"The child process {text}", error_class="worker_died", details=details)

    # ---------------------------------------------------------------- called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101 - for the type checker
        self._transport = transport
        self.pid = transport.get_pid()
        self._born.add(self)

    def process_exited(self) -> None:
        """Take what else ran in its group with it; what it has said may still be read for a moment."""
        self.healthy = False
        transport = self._transport
        code = transport.get_returncode() if transport is not None else None
        _kill_group(self.pid)
        self._born.discard(self)
        if not self.exited.done():
            self.exited.set_result(code or 0)
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        self.spool.close()
        self.output.close()
        if transport is not None:
            transport.close()
        asyncio.get_running_loop().call_later(LAST_S, self.channel.close)


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed by the two stacks."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}  # noqa: TID251 - handed on


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
