"""What ties a child process to the kernel holds whatever either of them does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automata._core.pool.channel import Gate
from automata._core.pool.process import Bounds, Child
from automata.errors import StepError

KERNEL = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
from automata._core.pool.pool import ChildPool
from automata.testing.context import FakeContext

class Speaker(FakeContext):
    def log(self, message, **facts):
        print(message, facts.get("pid", ""), flush=True)

async def main():
    async with ChildPool() as pool:
        await pool.call("blocking_actions:whoami", {}, Speaker(), timeout_s=30)
        asyncio.get_running_loop().call_later(0.05, print, *pool.pids)
        asyncio.get_running_loop().call_later(0.06, sys.stdout.flush)
        await pool.call("blocking_actions:" + sys.argv[1], {}, Speaker(), timeout_s=60)

asyncio.run(main())
"""


def proc(pid, name):
    return Path(f"/proc/{pid}/{name}")


def wait_until(fact, seconds=4.0):
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def start_kernel(action, site):
    return subprocess.Popen([sys.executable, "-c", KERNEL, action, str(site)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("action", ["hang", "hang_in_c"])
def test_a_child_does_not_outlive_a_killed_kernel(site, action, alive):
    with start_kernel(action, site) as kernel:
        pid = int(kernel.stdout.readline())
        assert alive(pid)

        kernel.send_signal(signal.SIGKILL)

        wait_until(lambda: not alive(pid))


def test_what_an_action_started_does_not_outlive_a_killed_kernel_either(site, alive):
    with start_kernel("start_process_and_hang", site) as kernel:
        lines = [kernel.stdout.readline().split(), kernel.stdout.readline().split()]
        pids = [int(line[-1]) for line in lines]
        assert all(map(alive, pids))

        kernel.send_signal(signal.SIGKILL)

        wait_until(lambda: not any(map(alive, pids)))


def test_where_the_system_cannot_kill_a_thread_of_the_child_does(site, tmp_path, monkeypatch, alive):
    (tmp_path / "sitecustomize.py").write_text("import fcntl\n\ndel fcntl.F_SETSIG\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with start_kernel("start_process_and_hang", site) as kernel:
        pids = [int(kernel.stdout.readline().split()[-1]) for _ in range(2)]
        kernel.send_signal(signal.SIGKILL)

        wait_until(lambda: not any(map(alive, pids)))


def started(use, **more):
    async def main():
        child = await Child.start(Bounds(**more), Gate(), "acme", set())
        try:
            return await use(child)
        finally:
            child.kill()
            await child.gone()

    return asyncio.run(main())


def test_a_child_has_a_session_no_core_dumps_and_limited_memory():
    async def use(child):
        lines = proc(child.pid, "limits").read_text(encoding="utf-8").splitlines()
        limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
        return os.getsid(child.pid) == child.pid, limits["Max core file size"], limits["Max address space"]

    session, core, space = started(use, memory_bytes=700 * 1024**2)

    assert session
    assert core == ["0", "0"]
    assert space == [str(700 * 1024**2)] * 2


def test_a_child_is_the_first_to_go_when_memory_runs_out():
    async def use(child):
        return int(proc(child.pid, "oom_score_adj").read_text(encoding="utf-8"))

    assert started(use) >= 500


def test_a_child_keeps_no_descriptor_of_the_kernel():
    secret, other = os.pipe()

    async def use(child):
        return {entry.readlink() for entry in proc(child.pid, "fd").iterdir()}

    held = started(use)
    name = proc("self", f"fd/{secret}").readlink()
    os.close(secret)
    os.close(other)

    assert name not in held
    assert len(held) == 5  # /dev/null, what it prints, the line, what ties it to the kernel, the file for large values


def test_killing_leaves_no_descriptor_behind():
    before = len(list(proc("self", "fd").iterdir()))

    async def use(child):
        return child.pid

    started(use)

    assert len(list(proc("self", "fd").iterdir())) == before


def test_a_child_that_does_not_start_in_time_is_killed():
    async def main():
        with pytest.raises(StepError, match="did not start") as caught:
            await Child.start(Bounds(start_s=0.001), Gate(), "acme", set())
        return caught.value

    error = asyncio.run(main())

    assert (error.kind, error.sent) == ("worker_died", False)


def test_a_child_that_cannot_import_the_kernel_says_so(monkeypatch):
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "lib" in entry and "site-packages" not in entry])

    async def main():
        with pytest.raises(StepError, match="No module named") as caught:
            await Child.start(Bounds(), Gate(), "acme", set())
        return caught.value.kind

    assert asyncio.run(main()) == "worker_died"


def test_a_kill_is_told_by_its_name():
    async def use(child):
        os.kill(child.pid, signal.SIGTERM)
        return (await child.died()).message

    assert started(use) == "The child process was killed by SIGTERM"
