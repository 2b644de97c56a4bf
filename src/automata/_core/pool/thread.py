"""Plain functions in a thread of this process: what ``isolation="inproc"`` asks for. Nobody can kill one that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeAlias

from automata._core.pool.answers import answer, take
from automata._core.pool.context import AskingContext, Facts
from automata._core.pool.failure import pack_failure, unpack_failure
from automata.errors import StepError
from automata.model import Blocking, Json, JsonObject, Outcome
from automata.model.nodetype import Run
from automata.ports import Context

Result: TypeAlias = "Json | Outcome"


async def perform_inproc(run: Blocking, context: Context, parameters: JsonObject) -> Result:
    """Call a function in a thread of its own, which ends with the process if it does not end before.

    Raises:
        Exception: Whatever it raises; what is no `Exception` as a `StepError` of the class ``bug``.
        asyncio.CancelledError: At once; the thread goes on until it asks something or looks at ``cancelled``.
    """
    desk = _Desk(context)
    try:
        return await _started(desk.work(run, parameters))
    finally:
        desk.close()


async def perform_here(run: Run, context: Context, parameters: JsonObject) -> Result:
    """Perform any action in this process, for a rehearsal: a plain function in a thread its virtual time waits for.

    Raises:
        BaseException: Whatever an async action raises; of a plain function, as `perform_inproc`.
    """
    if not isinstance(run, Blocking):
        return await run(context, parameters)
    desk = _Desk(context)
    try:
        return await asyncio.to_thread(desk.work(run, parameters))
    finally:
        desk.close()


async def _started(work: Callable[[], Result]) -> Result:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def finish(result: Result, error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result: Result = None
        failure: Exception | None = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            failure = error
        with suppress(RuntimeError):  # the loop may be gone by now
            loop.call_soon_threadsafe(finish, result, failure)

    threading.Thread(target=run, name="automata-action", daemon=True).start()
    return await done


class _Desk:
    """Takes what a thread asks and tells to the loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._question: Future[Json] | None = None
        self._inside = AskingContext(Facts.of(context), self.ask, self.tell, self._stop.is_set)

    def work(self, run: Blocking, parameters: JsonObject) -> Callable[[], Result]:
        def call() -> Result:
            try:
                return run.function(self._inside, parameters)
            except BaseException as error:
                if isinstance(error, Exception) and not isinstance(error, StopIteration):
                    raise
                raise unpack_failure(pack_failure(error, skip=1)) from None

        return call

    def ask(self, question: str, given: JsonObject) -> Any:
        if not self._stop.is_set():
            answering = answer(self._context, question, given)
            asked = self._question = asyncio.run_coroutine_threadsafe(answering, self._loop)
            if self._stop.is_set():  # since it was looked at: `close` may have missed this question
                asked.cancel()
            with suppress(CancelledError):
                return asked.result()
        raise StepError("The attempt is to stop", error_class="cancelled")

    def tell(self, kind: str, given: JsonObject) -> None:
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(take, self._context, kind, given)

    def close(self) -> None:
        self._stop.set()
        if self._question is not None:
            self._question.cancel()
        self._inside.close()
