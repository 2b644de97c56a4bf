"""The one writer of a process: gathers what all runs hand in, and commits it together.

Operations are put into a buffer on the loop. The buffer is swapped on the loop too, so that the next batch gathers
while a thread commits this one. While nobody else waits the loop's own thread commits: a hop to another one costs more.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from attrs import define

from automata.errors import AutomataError, Fenced, StoreUnavailable
from automata.ports import Turn
from automata.sql.batch import Batch
from automata.sql.database import Database
from automata.sql.dialect import Link
from automata.sql.operations import Append, Call, Operation, Transact
from automata.sql.starts import Admission
from automata.sql.tails import Tails

LAZY_S = 0.1
"""How long a turn that is not urgent may wait."""
FAST_S = 0.005
"""A commit that takes less may happen on the loop's thread."""
ALONE = 3
"""So many batches of one operation in a row say that nobody else waits."""
TRIES = 5
"""Attempts at a transaction that comes to nothing because of another."""
REMEMBERED = 10_000


@define
class Counters:
    """What the writer did."""

    commits: int = 0
    rows: int = 0
    inline: int = 0
    seconds: float = 0.0
    last_s: float = 0.0


class Writer:
    """Executes operations in the order they are handed in; a future of each has its result once that is durable."""

    def __init__(self, database: Database, admission: Admission, *, patience_s: float = 5.0) -> None:
        self.counters = Counters()
        self._database = database
        self._admission = admission
        self._patience_s = patience_s
        self._tails = Tails()
        self._thread = ThreadPoolExecutor(1, "automata-writer")
        self._closing = threading.Event()
        self._batch: Batch | None = None
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._buffer: list[Operation] = []
        self._busy = False
        self._kicked = False
        self._wanted = False
        self._timer: asyncio.TimerHandle | None = None
        self._alone = 0
        self._pace_s = FAST_S
        self._broken: OrderedDict[tuple[str, int], bool] = OrderedDict()
        self._idle: asyncio.Future[None] | None = None

    # ------------------------------------------------------------ on the loop

    def submit(self, operation: Operation, *, urgent: bool = True) -> asyncio.Future[object]:
        """Hand in an operation."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._adopt(loop)
        future = operation.future = loop.create_future()
        if self._closing.is_set():
            future.set_exception(StoreUnavailable("The store is closed"))
            return future
        self._buffer.append(operation)
        if urgent:
            self._urge()
        elif self._timer is None and not self._kicked:
            self._timer = loop.call_later(LAZY_S, self._urge)
        return future

    def forgive(self, run: str) -> None:
        """Somebody has read the journal of *run*: what was unknown of it is not any more."""
        for key in [key for key, unknown in self._broken.items() if unknown and key[0] == run]:
            del self._broken[key]

    async def close(self) -> None:
        """Commit what was handed in, and end."""
        if self._buffer and self._loop is asyncio.get_running_loop():
            self._urge()
        while self._busy or self._kicked or (self._buffer and self._loop is asyncio.get_running_loop()):
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._closing.set()
        self._thread.shutdown(wait=True)
        self._drop()

    def _adopt(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve another loop: the one before is over."""
        self._loop, self._buffer = loop, []
        self._busy = self._kicked = self._wanted = False
        self._timer = self._idle = None

    def _urge(self) -> None:
        self._wanted = True
        if not self._busy and not self._kicked and self._loop is not None:
            self._kicked = True
            self._loop.call_soon(self._kick)  # Whoever is ready to run hands in first.

    def _kick(self) -> None:
        self._kicked = self._wanted = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        operations, self._buffer = self._passable(self._buffer), []
        if not operations:
            self._rest()
            return
        now = self._database.now_ms() if self._database.lite else None
        self._alone = self._alone + 1 if len(operations) == 1 else 0
        if self._alone > ALONE and self._pace_s < FAST_S and _is_brief(operations[0]) and self._inline(operations, now):
            self._settle(operations)
            self._rest()
            return
        self._busy = True
        assert self._loop is not None  # noqa: S101 - somebody handed in on it
        waiter = self._loop.run_in_executor(self._thread, self._perform, operations, now)
        waiter.add_done_callback(lambda _: self._done(operations))

    def _done(self, operations: Sequence[Operation]) -> None:
        self._busy = False
        self._settle(operations)
        if self._wanted:
            self._urge()
        elif self._buffer and self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(LAZY_S, self._urge)
        self._rest()

    def _rest(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _passable(self, operations: list[Operation]) -> list[Operation]:
        """Those that do not follow a turn that failed."""
        if not self._broken:
            return operations
        passed = []
        for operation in operations:
            turn = operation.turn if type(operation) is Append else operation
            if isinstance(turn, Turn | Transact) and (turn.run, turn.epoch) in self._broken:
                operation.error = Fenced(f"An earlier turn of run {turn.run!r} did not happen")
                self._settle([operation])
            else:
                passed.append(operation)
        return passed

    def _settle(self, operations: Sequence[Operation]) -> None:
        """Tell everybody who waits."""
        for operation in operations:
            error, future = operation.error, operation.future
            if error is not None and type(operation) is Append:
                self._broken[operation.turn.run, operation.turn.epoch] = isinstance(error, StoreUnavailable)
                if len(self._broken) > REMEMBERED:
                    self._broken.popitem(last=False)
            if future is None or future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(operation.result)

    def _inline(self, operations: Sequence[Operation], now: int | None) -> bool:
        """Commit on the loop's thread; False when somebody else holds the database."""
        if self._link is None or self._link.is_lost:
            return False
        done = self._perform(operations, now, patient=False)
        self.counters.inline += done
        return done

    # ------------------------------------------------------------ on the writer's thread, or instead of it

    def _perform(self, operations: Sequence[Operation], now: int | None, *, patient: bool = True) -> bool:
        """Execute a batch. False when it was not begun, which only happens to the impatient."""
        started = perf_counter()
        try:
            self._connect()
            assert self._link is not None  # noqa: S101 - just connected
            if not self._try(self._link, operations, now, patient=patient):
                return False
        except Exception as error:  # noqa: BLE001 - whoever waits has to be told, whatever it is
            self._drop()
            self._tails.clear()
            for operation in operations:
                operation.error = self._worded(error)
            return True
        took = perf_counter() - started
        counters = self.counters
        counters.commits += 1
        counters.rows += len(operations)
        counters.seconds += took
        counters.last_s = took
        self._pace_s += (took - self._pace_s) / 8
        return True

    def _try(self, link: Link, operations: Sequence[Operation], now: int | None, *, patient: bool) -> bool:
        assert self._batch is not None  # noqa: S101 - comes with the link
        deadline = perf_counter() + self._patience_s
        tries, pause = 0, 0.001
        while True:
            link.at(now)
            try:
                self._batch.execute(operations)
            except self._database.failures as error:
                self._tails.drop()
                begun = self._undo(link)
                if not link.is_busy(error):
                    raise
                if not patient and not begun:
                    return False
                tries += begun
                if tries >= TRIES or perf_counter() > deadline or self._closing.wait(pause):
                    raise
                pause = min(pause * 2, 0.02)
                for operation in operations:
                    operation.result = operation.error = None
            else:
                return True

    def _undo(self, link: Link) -> bool:
        """Roll back; whether there was anything to roll back."""
        if link.dialect.name == "sqlite" and not link.raw.in_transaction:
            return False
        link.run("ROLLBACK")
        return True

    def _connect(self) -> None:
        """Have a connection, trying again with growing pauses for as long as the store is patient."""
        if self._link is not None and not self._link.is_lost:
            return
        self._drop()
        deadline, pause = perf_counter() + self._patience_s, 0.05
        while True:
            try:
                self._link = self._database.open_writer()
            except self._database.failures:
                if perf_counter() + pause > deadline or self._closing.wait(pause):
                    raise
                pause = min(pause * 2, 1.0)
            else:
                self._batch = Batch(self._link, self._tails, self._admission)
                return

    def _drop(self) -> None:
        link, self._link, self._batch = self._link, None, None
        if link is None:
            return
        try:
            link.connection.invalidate()
            link.connection.close()
        except Exception:  # noqa: BLE001, S110 - it is thrown away
            pass

    def _worded(self, error: Exception) -> BaseException:
        if isinstance(error, AutomataError) or not isinstance(error, self._database.failures):
            return error
        return self._database.worded(error)


def _is_brief(operation: Operation) -> bool:
    return not (type(operation) is Transact or (type(operation) is Call and operation.patient))


Submit = Callable[[Operation], "asyncio.Future[object]"]
