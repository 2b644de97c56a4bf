"""A pool performs plain functions in real child processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys
import time

import pytest

from automata._core.pool.pool import ChildPool
from automata._core.pool.process import Bounds
from automata.errors import ProviderBroke, RateLimited, StepError, TimedOut
from automata.model import Outcome


async def until(fact, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - a process is watched from outside
            await asyncio.sleep(0.005)


async def fails(call, action, **parameters):
    with pytest.raises(StepError) as caught:
        await call(action, **parameters)
    return caught.value


def run(main):
    return asyncio.run(main())


# ------------------------------------------------------------------ results


def test_an_action_gets_its_parameters_and_gives_its_result(pool, call):
    async def main():
        async with pool:
            return await call("echo", rows=[1, 2.5, "ü", None, True], deep={"a": [{}]})

    assert run(main) == {"rows": [1, 2.5, "ü", None, True], "deep": {"a": [{}]}}


def test_an_action_may_leave_by_a_port(pool, call):
    async def main():
        async with pool:
            return await call("leave", port="empty")

    assert run(main) == Outcome({"left": True}, "empty")


def test_a_function_is_found_behind_its_wrappers(pool, call):
    async def main():
        async with pool:
            return await call("node_type", a=1), await call("wrapped")

    assert run(main) == ({"a": 1}, "wrapped")


def test_nothing_is_started_before_the_first_call(pool):
    async def main():
        async with pool:
            return pool.pids

    assert run(main) == ()
    assert "blocking_actions" not in sys.modules


def test_a_child_stays_warm_and_is_not_this_process(pool, call):
    async def main():
        async with pool:
            first, second = await call("whoami"), await call("whoami")
            return first, second, pool.pids

    first, second, pids = run(main)

    assert first["pid"] == second["pid"] == pids[0] != os.getpid()
    assert (first["calls"], second["calls"]) == (1, 2)
    assert first["group"] == first["pid"]


def test_200_calls_share_two_children(pool, call):
    async def main():
        async with pool, asyncio.TaskGroup() as group:
            tasks = [group.create_task(call("whoami", n=n)) for n in range(200)]
        return [task.result()["pid"] for task in tasks]

    pids = run(main)

    assert len(pids) == 200
    assert len(set(pids)) == 2


def test_code_of_two_scopes_never_shares_a_child(context):
    async def main():
        async with ChildPool(Bounds(size=1)) as pool:
            one = await pool.call("blocking_actions:whoami", {}, context, timeout_s=10, scope="acme-one")
            two = await pool.call("blocking_actions:whoami", {}, context, timeout_s=10, scope="acme-two")
            return one, two, pool.pids

    one, two, pids = run(main)

    assert one["pid"] != two["pid"]
    assert pids == (two["pid"],)


def test_a_large_result_arrives_whole(pool, call):
    async def main():
        async with pool:
            return len(await call("large", bytes=20 * 1024 * 1024))

    assert run(main) == 20 * 1024 * 1024


def test_large_results_at_once_do_not_pile_up_in_the_kernel(context):
    async def main():
        async with ChildPool(Bounds(size=3)) as pool, asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(measure(pool))

    async def measure(pool):
        sizes.append(len(await pool.call("blocking_actions:large", {"bytes": size}, context, timeout_s=20)))

    size, sizes = 24 * 1024 * 1024, []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(main)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024

    assert sizes == [size] * 6
    assert grown < 5 * size, f"grew by {grown / 1024 / 1024:.0f} MiB"


def test_a_call_costs_little_more_than_its_work(pool, call, slowness):
    async def main():
        async with pool:
            await call("echo")
            took = []
            for _ in range(200):
                begun = time.perf_counter()
                await call("echo", a=1)
                took.append(time.perf_counter() - begun)
            return sorted(took)[20]

    assert run(main) < 0.01 * slowness  # about 0.4 ms on a quiet machine


# ------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("exit", "SystemExit: 3"),
        ("interrupt", "KeyboardInterrupt: "),
        ("generator", "GeneratorExit: "),
        ("memory", "MemoryError: "),
        ("key", "KeyError: 'a'"),
        ("odd", "StepError: Odd"),
        ("stop", "StopIteration: "),
    ],
)
def test_whatever_is_raised_is_the_steps_failure(pool, call, how, text):
    async def main():
        async with pool:
            return await fails(call, "fail", how=how), await call("echo", still="there")

    error, after = run(main)

    assert (error.kind, error.message) == ("bug", text)
    assert 'in fail\n    raise RAISED[parameters["how"]]' in error.details["traceback"]
    assert "child.py" not in error.details["traceback"]
    assert after == {"still": "there"}


def test_a_step_error_arrives_as_it_was_raised(pool, call):
    async def main():
        async with pool:
            return await fails(call, "fail", how="limited"), await fails(call, "fail", how="own")

    limited, own = run(main)

    assert type(limited) is RateLimited
    assert (limited.message, limited.retry_after_s, limited.details) == ("Slow down", 7, {"quota": 3})
    assert (type(own), own.kind, own.message) == (StepError, "out_of_stock", "No stock")


def test_too_deep_a_recursion_is_the_steps_failure(pool, call):
    async def main():
        async with pool:
            return await fails(call, "recurse")

    assert run(main).message.startswith("RecursionError: ")


def test_an_exception_that_cannot_be_read_is_told_all_the_same(pool, call):
    async def main():
        async with pool:
            return await fails(call, "fail_unreadably")

    assert run(main).message == "Unreadable: its text cannot be read"


def test_a_failure_is_cut_to_8_kib(pool, call):
    async def main():
        async with pool:
            return await fails(call, "long_trace")

    error = run(main)

    assert len(error.message) <= 8 * 1024
    assert len(error.details["traceback"]) <= 8 * 1024


@pytest.mark.parametrize(
    ("action", "text", "details"),
    [
        ("be_killed", "killed by SIGKILL; the system may have run out of memory", {"signal": "SIGKILL"}),
        ("leave_process", "exit code 7", {"exit_code": 7, "output": "last words"}),
    ],
)
def test_a_death_is_the_steps_failure_and_not_the_kernels(pool, call, action, text, details):
    async def main():
        async with pool:
            error = await fails(call, action, code=7)
            return error, await call("echo", still="there")

    error, after = run(main)

    assert error.kind == "worker_died"
    assert text in error.message
    assert error.details == details
    assert after == {"still": "there"}


def test_a_crash_in_c_code_tells_where_it_was(pool, call):
    async def main():
        async with pool:
            return await fails(call, "crash")

    error = run(main)

    assert (error.kind, error.message) == ("worker_died", "The child process was killed by SIGSEGV")
    assert "in crash" in error.details["output"]


@pytest.mark.parametrize(
    ("what", "kind", "text"),
    [
        ("object", ProviderBroke, "type 'object'"),
        ("key", ProviderBroke, "a key of the type 'int'"),
        ("nan", ProviderBroke, "not a finite number"),
        ("coroutine", StepError, "declare it with 'async def'"),
        ("port", StepError, "The port is of the type 'int'"),
        ("huge", StepError, "larger than the 128 MiB"),
    ],
)
def test_what_is_no_output_is_refused(pool, call, what, kind, text):
    async def main():
        async with pool:
            return await fails(call, "give", what=what)

    error = run(main)

    assert type(error) is kind
    assert text in error.message


def test_a_child_has_its_own_memory_limit(context):
    async def main():
        async with ChildPool(Bounds(size=1, memory_bytes=512 * 1024**2)) as pool:
            with pytest.raises(StepError) as caught:
                await pool.call("blocking_actions:take_memory", {"bytes": 1024**3}, context, timeout_s=10)
            return caught.value, await pool.call("blocking_actions:take_memory", {"bytes": 1024}, context, timeout_s=10)

    error, after = run(main)

    assert (error.kind, error.message) == ("bug", "MemoryError: ")
    assert after == 1024


@pytest.mark.parametrize("name", ["blocking_actions:nothing", "no_such_module:echo"])
def test_a_function_that_is_not_there_is_the_steps_failure(pool, context, name):
    async def main():
        async with pool:
            with pytest.raises(StepError) as caught:
                await pool.call(name, {}, context, timeout_s=10)
            return caught.value

    assert run(main).kind == "bug"


def test_a_copy_forked_by_an_action_says_nothing(pool, call):
    async def main():
        async with pool:
            return await call("fork"), await call("echo", a=1)

    assert run(main) == ("from the child", {"a": 1})


# ------------------------------------------------------------------ time


@pytest.mark.parametrize("action", ["hang", "hang_in_c"])
def test_a_hang_is_killed_at_the_time_limit(pool, call, action, alive):
    async def main():
        async with pool:
            before = await call("whoami")
            begun = time.monotonic()
            with pytest.raises(TimedOut, match=r"within 0\.3 s") as caught:
                await call(action, timeout_s=0.3)
            took = time.monotonic() - begun
            return before["pid"], took, await call("whoami"), caught.value.details["stack"]

    pid, took, after, stack = run(main)

    assert took < 1.5
    assert not alive(pid)
    assert after["pid"] != pid
    assert stack.endswith(f" in {action}")


def test_processes_that_an_action_started_die_with_it(pool, call, context, alive):
    async def main():
        async with pool:
            with pytest.raises(TimedOut):
                await call("start_process_and_hang", timeout_s=0.6)
            (grandchild,) = [facts["pid"] for message, facts in context.logs if message == "Started"]
            await until(lambda: not alive(grandchild))

    run(main)


def test_waiting_for_a_child_counts(context):
    async def main():
        async with ChildPool(Bounds(size=1)) as pool, asyncio.TaskGroup() as group:
            long = group.create_task(pool.call("blocking_actions:stop_when_asked", {}, context, timeout_s=5))
            await until(lambda: context.logs)
            with pytest.raises(TimedOut, match="No child process was free") as caught:
                await pool.call("blocking_actions:echo", {}, context, timeout_s=0.05)
            long.cancel()
        return caught.value.sent

    assert run(main) is False


def test_a_cancelled_action_may_stop_by_itself(pool, call, context):
    async def main():
        async with pool:
            pid = (await call("whoami"))["pid"]
            await cancelled(call, "stop_when_asked")
            return pid, await call("whoami")

    pid, after = run(main)

    assert ("Stopped", {}) in context.logs
    assert after["pid"] == pid


async def cancelled(call, action, **parameters):
    """Cancel an action once it has begun."""
    task = asyncio.get_running_loop().create_task(call(action, **parameters))
    await until(lambda: ("Begun", {}) in call.context.logs)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_cancelled_action_that_does_not_stop_is_killed_after_its_grace(context, alive):
    async def main():
        async with ChildPool(Bounds(size=1, grace_s=0.15)) as pool:
            task = asyncio.get_running_loop().create_task(
                pool.call("blocking_actions:ignore", {}, context, timeout_s=20)
            )
            await until(lambda: context.logs)
            (pid,) = pool.pids
            begun = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return pid, time.monotonic() - begun

    pid, took = run(main)

    assert 0.14 < took < 1.5
    assert not alive(pid)


def test_cancelling_twice_does_not_wait_for_the_grace(pool, call, context, alive):
    async def main():
        async with pool:
            task = asyncio.get_running_loop().create_task(call("ignore"))
            await until(lambda: context.logs)
            (pid,) = pool.pids
            task.cancel()
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: not alive(pid))
            return await call("echo", still="there")

    assert run(main) == {"still": "there"}


def test_a_cancellation_at_the_time_limit_is_the_time_limit(pool, call, context):
    async def main():
        async with pool:
            begun = time.monotonic()
            with contextlib.suppress(TimeoutError, TimedOut):
                async with asyncio.timeout(0.5):
                    await call("ignore", timeout_s=0.5)
            return time.monotonic() - begun

    assert run(main) < 3


def test_cancelling_while_a_child_starts_leaves_nothing_behind(pool, call):
    async def main():
        async with pool:
            task = asyncio.get_running_loop().create_task(call("echo"))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert pool.pids == ()
            return await call("echo", still="there")

    assert run(main) == {"still": "there"}


# ------------------------------------------------------------------ children come and go


def test_a_child_is_replaced_after_its_calls(context):
    async def main():
        async with ChildPool(Bounds(size=1, calls=2)) as pool:
            return [(await pool.call("blocking_actions:whoami", {}, context, timeout_s=10))["calls"] for _ in range(4)]

    assert run(main) == [1, 2, 1, 2]


def test_a_child_that_has_grown_is_replaced(context):
    async def main():
        async with ChildPool(Bounds(size=1, resident_bytes=100 * 1024**2)) as pool:
            pids = [
                await pool.call("blocking_actions:grow", {"kib": 40 * 1024}, context, timeout_s=10) for _ in range(4)
            ]
        return len(set(pids))

    assert run(main) == 2


def test_a_child_without_work_ends(context, alive):
    async def main():
        async with ChildPool(Bounds(size=1, idle_s=0.05)) as pool:
            pid = (await pool.call("blocking_actions:whoami", {}, context, timeout_s=10))["pid"]
            await until(lambda: pool.pids == () and not alive(pid))
            return await pool.call("blocking_actions:echo", {"a": 1}, context, timeout_s=10)

    assert run(main) == {"a": 1}


def test_leaving_waits_for_a_child_that_was_still_starting(context):
    async def main():
        async with ChildPool(Bounds(size=1)) as pool:
            with pytest.raises(TimedOut, match="No child process was free"):
                await pool.call("blocking_actions:echo", {}, context, timeout_s=0.02)
        return pool.pids, len(pool._born)

    assert run(main) == ((), 0)


def test_an_idle_child_that_dies_is_replaced(pool, call):
    async def main():
        async with pool:
            pid = (await call("whoami"))["pid"]
            os.kill(pid, 9)
            await until(lambda: pool.pids == ())
            return await call("echo", a=1)

    assert run(main) == {"a": 1}


def test_leaving_the_pool_ends_the_children(pool, call, alive):
    async def main():
        async with pool:
            return (await call("whoami"))["pid"]

    assert not alive(run(main))


# ------------------------------------------------------------------ what it prints and says


def test_what_is_printed_is_logged_and_disturbs_nothing(pool, call, context):
    async def main():
        async with pool:
            return await call("talk")

    assert run(main) == "spoken"
    assert [message for message, _ in context.logs] == [
        "to stdout",
        "to stderr",
        "\0\0\0\x05junk",
        "from a process",
        "unfinished",
    ]
    assert all(facts == {"source": "output"} for _, facts in context.logs)


def test_a_flood_of_output_is_bounded(pool, call, context):
    async def main():
        async with pool:
            await call("flood")

    run(main)

    assert len(context.logs) == 1001
    assert context.logs[-1][0] == "4001 more lines were left out"


@pytest.mark.parametrize("written", ["\xff\xff\xff\xff", "\0\0\0\0", "\0\0\0\x05hello", "\0\0\0\x02[]", "\0\0\0\x02{}"])
def test_garbage_on_the_line_ends_the_child(pool, call, written):
    async def main():
        async with pool:
            error = await fails(call, "babble", bytes=written, timeout_s=5)
            return error, await call("echo", a=1)

    error, after = run(main)

    assert error.kind == "worker_died"
    assert "broke off" in error.message
    assert after == {"a": 1}


def test_children_get_no_settings_of_the_kernel(pool, call, monkeypatch):
    async def main():
        async with pool:
            return (await call("environment"))["secrets"]

    monkeypatch.setenv("AUTOMATA_DATABASE", "postgresql://u:secret@db/x")

    assert run(main) == []


def test_a_child_that_cannot_start_says_why(pool, call, monkeypatch):
    async def main():
        async with pool:
            return await fails(call, "echo")

    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    error = run(main)

    assert error.kind == "worker_died"
    assert "/nowhere/python" in error.message
