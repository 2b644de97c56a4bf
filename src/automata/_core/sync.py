"""The kernel for programs without an event loop: the same calls, which block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from automata._core.embedding import Embedding
from automata._core.kernel import Kernel
from automata._core.results import RunResult
from automata.model import Json, Run, Workflow

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class SyncKernel:
    """A `Kernel` whose calls block; made of the same arguments.

    It keeps one thread with an event loop. Calls may come from any thread, but not from within an event loop.

    Example::

        with SyncKernel(database="sqlite:///runs.db") as kernel:
            run = kernel.start("orders", {"total": 12}, key="order-7")
    """

    def __init__(self, **given: Any) -> None:
        """Put a kernel together.

        Args:
            given: What `Kernel` takes.
        """
        self.kernel = Kernel(**given)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="automata-kernel", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store and end the thread."""
        self.close()

    def close(self) -> None:
        """Commit what was handed in, and end the thread."""
        if self._loop.is_closed():
            return
        self._await(self.kernel.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(
        self, workflow: Workflow | str, input_: Json = None, *, connection: Connection | None = None, **options: Any
    ) -> Run:
        """Accept a run durably and leave it to whichever worker is free.

        Args:
            workflow: A document, or the name of a published workflow.
            input_: The start input, or the trigger's event.
            connection: The caller's connection, to take part in its transaction.
            options: ``trigger``, ``key``, ``org``, ``priority``, as `Kernel.start` takes them.

        Raises:
            AutomataError: As `Kernel.start`.
        """
        if connection is None:
            return self._await(self.kernel.start(workflow, input_, **options))
        request = self.kernel.request(workflow, input_, **options)
        return self._embedding().start_in(connection, request)

    def emit(
        self,
        run: str,
        name: str,
        payload: Json = None,
        *,
        signal_id: str | None = None,
        connection: Connection | None = None,
    ) -> bool:
        """Send a signal to a run; arguments, result and errors as for `Kernel.emit`."""
        if connection is None:
            return self._await(self.kernel.emit(run, name, payload, signal_id=signal_id))
        return self._embedding().emit_in(connection, run, name, payload, signal_id)

    def run(self, workflow: Workflow, input_: Json = None, **options: Any) -> RunResult:
        """Run a workflow here, to its end; arguments, result and errors as for `Kernel.run`."""
        return self._await(self.kernel.run(workflow, input_, **options))

    def _embedding(self) -> Embedding:
        return Embedding(self.kernel.store, self.kernel.random)

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
