"""The store in memory, virtual time, and chance from a seed."""

import asyncio
import functools
import threading
from datetime import timedelta

import pytest

from automata.memory import EPOCH, MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import Graph, Node, Run, RunStarted, Workflow
from automata.testing.http import HttpServer

RUN = Run(id="r", workflow="w", version="v1", key="k", org="o")
STARTED = [RunStarted({"n": 1})]


def workflow(note):
    return Workflow(name="w", graph=Graph(nodes={"a": Node(id="a", use="set", note=note)}))


def awaited(test):
    @functools.wraps(test)
    def run(**given):
        asyncio.run(test(**given))

    return run


@pytest.fixture
def store():
    return MemoryStore()


@awaited
async def test_the_version_published_last_is_the_current_one(store):
    await store.publish(workflow("1"), "aa1")
    await store.publish(workflow("2"), "ab2")

    assert await store.workflow("w") == ("ab2", workflow("2"))
    assert await store.workflow("w", "aa") == ("aa1", workflow("1"))
    assert await store.workflow("w", "zz") is None
    assert await store.workflow("x") is None
    await store.publish(workflow("1"), "aa1")
    assert (await store.workflow("w"))[0] == "aa1"


@awaited
async def test_a_prefix_that_fits_two_versions_names_none(store):
    await store.publish(workflow("1"), "aa1")
    await store.publish(workflow("2"), "aa2")

    assert await store.workflow("w", "aa") is None


def test_a_seed_gives_the_same_draws():
    one, two, other = SeededRandom(1), SeededRandom(1), SeededRandom(2)

    assert [one.random(), one.identifier()] == [two.random(), two.identifier()]
    assert one.identifier() != other.identifier()
    assert len(one.identifier()) == 32


@pytest.mark.parametrize("days", [0, 1, 200, 365, 36_500])
def test_virtual_time_passes_at_once_and_never_short(days):
    async def main():
        clock = VirtualClock()
        await clock.sleep_until(EPOCH + timedelta(days=days))
        return clock.now()

    assert run_virtual(main()) == EPOCH + timedelta(days=days)


def test_a_call_comes_at_its_time_unless_it_is_forgotten():
    async def main():
        clock, called = VirtualClock(), []
        clock.call_at(EPOCH + timedelta(days=300), lambda: called.append(clock.now()))
        clock.call_at(EPOCH + timedelta(days=299), lambda: called.append("forgotten"))()
        await asyncio.sleep(86_400 * 301)
        return called

    assert run_virtual(main()) == [EPOCH + timedelta(days=300)]


def test_real_sockets_work_in_virtual_time():
    async def main(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    with HttpServer() as server:
        server.answer("/x")
        assert b" 200 " in run_virtual(main(server.port))


def test_a_thread_is_waited_for_before_time_jumps():
    async def main():
        done = threading.Event()
        async with asyncio.timeout(60):
            await asyncio.to_thread(done.wait, 0.2)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) < 60
