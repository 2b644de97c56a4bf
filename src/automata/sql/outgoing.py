"""What is too large for the journal goes out before whatever refers to it is handed to the writer.

Only what was too large when it was written comes here. It is put out by a thread; what the same run hands in meanwhile
waits, so that the order of its calls stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from attrs import evolve

from automata._core.blobs import relieve, relieved
from automata._core.journal import encode_events
from automata.errors import StoreUnavailable
from automata.model import Event, Message, RunFinished
from automata.ports import Blobs
from automata.sql.operations import Append, Create, Grouped

Submit = Callable[[Grouped, bool], "asyncio.Future[object]"]


class Outgoing:
    """Puts values out, run by run in order.

    Args:
        blobs: Where they go.
        threads: Who does it.
        submit: Hands an operation to the writer; the second argument is whether it is urgent.
    """

    def __init__(self, blobs: Blobs, threads: Executor, submit: Submit) -> None:
        self._blobs = blobs
        self._threads = threads
        self._submit = submit
        self._last: dict[str, asyncio.Future[None]] = {}
        """Run to the newest of its operations that has not been handed in."""

    def delays(self, run: str) -> bool:
        """Whether something of *run* is on its way out, which what comes next has to wait for."""
        return bool(self._last) and run in self._last

    def hand_in(
        self, run: str, operation: Append | Create, events: Sequence[Event], *, urgent: bool = True
    ) -> asyncio.Future[object]:
        """Have an operation's events relieved, and hand it in after those of the run that came before."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[object] = loop.create_future()
        handed_in: asyncio.Future[None] = loop.create_future()
        before, self._last[run] = self._last.get(run), handed_in

        def begin(_: object = None) -> None:
            work = loop.run_in_executor(self._threads, self.relieve, operation, events)
            work.add_done_callback(submit)

        def submit(work: asyncio.Future[None]) -> None:
            handed_in.set_result(None)
            if self._last.get(run) is handed_in:
                del self._last[run]
            error = _error(work)
            if error is None:
                self._submit(operation, urgent).add_done_callback(lambda done: _pass_on(done, result))
            elif not result.done():
                result.set_exception(error)

        if before is None:
            begin()
        else:
            before.add_done_callback(begin)
        return result

    def relieve(self, operation: Append | Create, events: Sequence[Event]) -> None:
        """Put out what is too large in the *events* of an operation. Blocks.

        Raises:
            TooLarge: A value is larger than any may be.
            StoreUnavailable: It cannot be kept.
        """
        left = relieved(events, self._blobs.keep)
        operation.data = encode_events(left)
        last = left[-1] if left else None
        operation.last = last if type(last) is RunFinished else None

    def relieve_message(self, message: Message) -> Message:
        """The same for a message. Blocks."""
        return evolve(message, body=relieve(message.body, self._blobs.keep))


def _error(work: asyncio.Future[None]) -> BaseException | None:
    return StoreUnavailable("The store is closed") if work.cancelled() else work.exception()


def _pass_on(done: asyncio.Future[object], result: asyncio.Future[object]) -> None:
    if result.done():
        return
    if done.cancelled():
        result.cancel()
    elif (error := done.exception()) is not None:
        result.set_exception(error)
    else:
        result.set_result(done.result())
