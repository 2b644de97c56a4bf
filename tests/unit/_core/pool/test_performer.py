"""Who performs what: plain functions in the pool, the rest by the performer behind it."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from automata._core.engine import Direct
from automata._core.pool.performer import Pooled
from automata.errors import StepError, TimedOut
from automata.model import Blocking, NodeType


def step_of(run, **more):
    """What a performer looks at of a step."""
    type_ = NodeType(name="test.do", title="Do", summary="Does.", run=run, **more)
    return SimpleNamespace(work=SimpleNamespace(type=type_), address="do")


@pytest.fixture
def actions(site):
    import blocking_actions

    return blocking_actions


def performed(pool, run, context, **parameters):
    async def main():
        async with pool:
            return await Pooled(pool, Direct()).perform(step_of(run, plugin="acme"), context, parameters)

    return asyncio.run(main())


def test_a_plain_function_is_performed_in_another_process(pool, actions, context):
    assert performed(pool, actions.whoami, context)["pid"] != os.getpid()


def test_a_plain_function_may_ask_to_stay(pool, actions, context):
    assert performed(pool, Blocking(actions.whoami, "inproc"), context)["pid"] == os.getpid()


def test_an_async_action_is_performed_on_the_loop(pool, context):
    async def work(inside, parameters):
        return threading.current_thread() is threading.main_thread(), inside is context

    assert performed(pool, work, context) == (True, True)
    assert pool.pids == ()


def test_a_step_without_an_action_is_left_to_the_performer_behind(pool, context):
    with pytest.raises(StepError, match="has no action"):
        performed(pool, None, context)


def test_the_time_limit_is_the_attempts_own(pool, actions, context):
    context.deadline = context.now() + timedelta(seconds=1)

    with pytest.raises(TimedOut, match=r"No result within 1 s"):
        performed(pool, actions.hang, context)


def test_a_function_that_a_child_cannot_find_is_refused(pool, context):
    with pytest.raises(StepError, match="has no name at the top of a module"):
        performed(pool, lambda inside, parameters: 1, context)


def test_what_is_known_beforehand_spares_the_pool(pool):
    class Knowing(Direct):
        def answer(self, step, parameters):
            return StepError("Known")

    assert Pooled(pool, Knowing()).answer(step_of(None), {}).message == "Known"
    assert Pooled(pool, Direct()).answer(step_of(None), {}) is None
