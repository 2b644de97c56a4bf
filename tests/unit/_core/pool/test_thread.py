"""Plain functions in a thread of this process get the same context as those in a child process."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from automata._core.pool.thread import perform_here, perform_inproc
from automata.errors import RateLimited, StepError
from automata.memory import run_virtual
from automata.model import Blocking, Outcome


def inproc(function, context, **parameters):
    async def main():
        return await perform_inproc(Blocking(function, "inproc"), context, parameters)

    return asyncio.run(main())


def test_a_function_runs_beside_the_loop(context):
    def where(inside, parameters):
        return threading.current_thread().name, parameters["a"]

    assert inproc(where, context, a=1) == ("automata-action", 1)


def test_a_function_may_leave_by_a_port(context):
    assert inproc(lambda inside, parameters: Outcome(1, "big"), context) == Outcome(1, "big")


def test_it_asks_and_tells(context):
    context.settings = {"AUTOMATA_TEST_COLOUR": "red"}
    context.credential = {"token": "abc"}

    def work(inside, parameters):
        inside.log("Begun", n=1)
        inside.progress(1, 2)
        inside.sleep(5)
        kept.append(inside.credential)
        token = inside.credential["token"]
        return inside.setting("AUTOMATA_TEST_COLOUR"), inside.evaluate("when"), inside.idempotency_key, token

    kept = []
    assert inproc(work, context) == ("red", "when evaluated", "key-of-node", "abc")
    assert context.logs == [("Begun", {"n": 1})]
    assert context.steps == [(1, 2, "")]
    assert kept == [{}]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), StopIteration()], ids=repr)
def test_what_would_stop_the_worker_is_the_steps_failure(context, error):
    def fail(inside, parameters):
        raise error

    with pytest.raises(StepError) as caught:
        inproc(fail, context)

    assert caught.value.kind == "bug"
    assert "in fail" in caught.value.details["traceback"]


def test_an_error_is_raised_as_it_is(context):
    def fail(inside, parameters):
        raise RateLimited("Slow down", retry_after_s=3)

    with pytest.raises(RateLimited, match="Slow down"):
        inproc(fail, context)


def test_a_question_fails_where_it_was_asked(context):
    def work(inside, parameters):
        with pytest.raises(KeyError):
            inside.evaluate("missing")
        return "went on"

    assert inproc(work, context) == "went on"


def test_a_cancelled_function_is_left_to_itself_and_told_so(context):
    begun, ended = threading.Event(), threading.Event()

    def work(inside, parameters):
        begun.set()
        while not inside.cancelled:
            time.sleep(0.005)
        with pytest.raises(StepError, match="is to stop"):
            inside.setting("AUTOMATA_TEST_COLOUR")
        ended.set()

    async def main():
        task = asyncio.get_running_loop().create_task(perform_inproc(Blocking(work, "inproc"), context, {}))
        await asyncio.to_thread(begun.wait, 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(ended.wait, 20)

    assert asyncio.run(main())


def test_a_cancelled_function_does_not_wait_for_its_answer(context):
    ended = threading.Event()

    async def sleep(seconds):
        asked.set()
        await asyncio.sleep(60)

    def work(inside, parameters):
        try:
            inside.sleep(60)
        finally:
            ended.set()

    context = type("Sleeper", (type(context),), {"sleep": lambda self, seconds: sleep(seconds)})()
    asked = threading.Event()

    async def main():
        task = asyncio.get_running_loop().create_task(perform_inproc(Blocking(work, "inproc"), context, {}))
        await asyncio.to_thread(asked.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(ended.wait, 20)

    assert asyncio.run(main())


def test_a_function_that_outlives_the_loop_harms_nobody(context):
    go, threads = threading.Event(), []

    def work(inside, parameters):
        threads.append(threading.current_thread())
        go.wait(5)

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await perform_inproc(Blocking(work, "inproc"), context, {})

    asyncio.run(main())
    go.set()
    threads[0].join(2)

    assert not threads[0].is_alive()


def test_virtual_time_waits_for_a_function(context):
    def work(inside, parameters):
        time.sleep(0.05)
        return "done"

    async def main():
        async with asyncio.timeout(0.01):
            return await perform_here(Blocking(work), context, {})

    assert run_virtual(main()) == "done"


def test_a_rehearsal_awaits_async_actions(context):
    async def work(inside, parameters):
        return inside.run_id

    assert asyncio.run(perform_here(work, context, {})) == "run"
