"""Actions whose effect is `outbox`: a message is accepted with its step, and sent at least once, under one id."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

import pytest
import sqlalchemy as sa

from automata import Kernel, load
from automata._core.plugins import discover
from automata.memory import MemoryOutbox, MemoryStore, VirtualClock, run_virtual
from automata.model import RunStatus, StepFinished
from automata.ports import RunQuery
from automata.sql import open_store
from automata.sql.tables import OUTBOX
from automata.testing.plugins import write_distribution

ACTIONS = """
import asyncio, json, os
from automata.sdk import AuthExpired, Effect, NodeType, RateLimited, Transient, hookimpl


def note(ctx, parameters):
    line = {"id": ctx.idempotency_key, "run": ctx.run_id, "step": ctx.node, "attempt": ctx.attempt, **parameters}
    with open(os.environ["POST_BOX"], "a") as box:
        box.write(json.dumps(line) + "\\n")


async def post_note(ctx, parameters):
    note(ctx, parameters)
    if ctx.attempt <= parameters.get("fail", 0):
        raise Transient("Not yet")
    if ctx.attempt <= parameters.get("busy", 0):
        raise RateLimited("Slow down", retry_after_s=parameters["after"])
    if parameters.get("refuse"):
        raise AuthExpired("Who are you?")
    if parameters.get("exit"):
        raise SystemExit(3)
    await asyncio.sleep(parameters.get("sleep", 0))
    return "nobody hears of it"


def post_card(ctx, parameters):
    note(ctx, {**parameters, "pid": os.getpid()})


def action(name, run):
    return NodeType(name=name, title=name, summary=name, effect=Effect.OUTBOX, run=run)


@hookimpl
def automata_node_types():
    return [action("post.send_note", post_note), action("post.send_card", post_card)]
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_distribution(folder, "post-office", ACTIONS)
    sys.path.insert(0, str(folder))
    yield discover(path=[str(folder)])
    sys.path.remove(str(folder))


class Post:
    """A database with workers, and what was delivered."""

    def __init__(self, url, plugins, box):
        self.url, self.plugins, self.box = url, plugins, box

    def kernel(self, **options):
        return Kernel(**{"database": self.url, "plugins": self.plugins, **options})

    def delivered(self):
        return [json.loads(line) for line in self.box.read_text().splitlines()] if self.box.exists() else []

    def play(self, *nodes, until=None, workers=1, output="null"):
        """Run a workflow with workers that claim; the run, and what waits in the outbox once *until* says so."""

        async def main():
            kernels = [self.kernel() for _ in range(workers)]
            async with asyncio.timeout(30), kernels[0].engine(claims=True) as engine:
                run = await engine.wait(await engine.start(document(nodes, output)))
                await met(kernels[0].store.outbox.waiting, until or settled)
                waiting = await kernels[0].store.outbox.waiting()
                journal = await kernels[0].store.journal(run.id)
            for kernel in kernels:
                await kernel.close()
            return run, waiting, journal

        return asyncio.run(main())


def settled(waiting):
    return all(one.dead for one in waiting)


def is_empty(found):
    return not found


async def met(look, condition, pause_s=0.01):
    """What *look* gives once *condition* holds of it."""
    while not condition(found := await look()):  # noqa: ASYNC110 - others bring it about
        await asyncio.sleep(pause_s)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def post(request, tmp_path, plugins, monkeypatch):
    url = f"sqlite:///{tmp_path}/post.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    asyncio.run(_make(url))
    monkeypatch.setenv("POST_BOX", str(tmp_path / "box"))
    return Post(url, plugins, tmp_path / "box")


async def _make(url):
    await open_store(url, create=True).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(OUTBOX.delete())
    engine.dispose()


def document(nodes, output="null"):
    lines = ["automata: 1", "name: post", "nodes:", *(f"  {node}" for node in nodes), "edges: []", f"output: {output}"]
    loaded = load("\n".join(lines))
    assert loaded.workflow is not None, loaded.problems
    return loaded.workflow


def note(*given, node="a", retry="initial: 10ms, attempts: 4"):
    return f"{node}: {{use: post.send_note, with: {{{', '.join(given)}}}, retry: {{{retry}}}}}"


def test_a_step_is_complete_before_its_message_is_sent(post):
    run, waiting, journal = post.play(note("text: Hello"), output="${a.message}")

    [sent] = post.delivered()
    assert (run.status, waiting) == (RunStatus.SUCCEEDED, [])
    assert (sent["text"], sent["step"], sent["run"], sent["attempt"]) == ("Hello", "a", run.id, 1)
    assert [event.output for event in journal if isinstance(event, StepFinished)] == [{"message": sent["id"]}]
    assert run.output == sent["id"]


def test_a_message_is_sent_again_under_the_same_id_until_it_goes(post):
    run, waiting, _ = post.play(note("fail: 2"))

    assert (run.status, waiting) == (RunStatus.SUCCEEDED, [])
    assert [one["attempt"] for one in post.delivered()] == [1, 2, 3]
    assert len({one["id"] for one in post.delivered()}) == 1


@pytest.mark.parametrize(
    ("given", "attempts", "kind"),
    [("fail: 9", 4, "transient"), ("refuse: true", 1, "auth_expired"), ("exit: true", 1, "bug")],
)
def test_a_message_is_given_up_in_sight(post, given, attempts, kind):
    run, [dead], _ = post.play(note(given))

    assert run.status is RunStatus.SUCCEEDED
    assert (dead.dead, dead.attempts, dead.error.kind, dead.run, dead.step) == (True, attempts, kind, run.id, "a")
    assert len(post.delivered()) == attempts


def test_a_message_that_was_given_up_can_be_sent_after_all(post):
    _, [dead], _ = post.play(note("fail: 4"))

    async def main():
        kernel = post.kernel()
        async with asyncio.timeout(30), kernel.engine(claims=True):
            await kernel.store.outbox.again(dead.id)
            left = await met(kernel.store.outbox.waiting, settled)
        await kernel.close()
        return left

    [again] = asyncio.run(main())
    assert (again.dead, again.attempts, len(post.delivered())) == (True, 4, 8)


def test_what_the_far_side_asks_for_is_waited_for(post):
    _, [waiting], _ = post.play(note("busy: 1, after: 3600"), until=lambda found: found and found[0].error)

    assert (waiting.dead, waiting.attempts, waiting.error.kind) == (False, 1, "rate_limited")
    assert waiting.error.retry_after_s == 3600


def test_an_action_that_does_not_end_is_given_up_in_its_time(post):
    node = "a: {use: post.send_note, with: {sleep: 600}, timeout: 50ms, retry: {attempts: 2, initial: 10ms}}"
    _, [dead], _ = post.play(node)

    assert (dead.error.kind, len(post.delivered())) == ("timed_out", 2)


def test_a_message_may_be_larger_than_the_journal_takes(post):
    async def main():
        kernel = post.kernel()
        async with asyncio.timeout(30), kernel.engine(claims=True) as engine:
            text = "x" * 400_000
            await engine.execute(document([note("text: '${input.text}'", "more: '${input}'")]), {"text": text})
            await met(kernel.store.outbox.waiting, is_empty)
        await kernel.close()

    asyncio.run(main())
    [sent] = post.delivered()
    assert (len(sent["text"]), len(sent["more"]["text"])) == (400_000, 400_000)


def test_a_plain_function_is_performed_in_a_child_process(post):
    import os

    post.play("a: {use: post.send_card, with: {text: Hello}}")

    [sent] = post.delivered()
    assert sent["pid"] != os.getpid()


def test_many_workers_send_each_message_once(post):
    async def main():
        kernels = [post.kernel() for _ in range(3)]
        nodes = [note(node=f"n{n}") for n in range(10)]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            over = asyncio.Event()
            for kernel in kernels:
                group.create_task(_work(kernel, over))
            runs = [await kernels[0].start(document(nodes)) for _ in range(6)]
            going_on = RunQuery(statuses=[status for status in RunStatus if not status.final])
            await met(lambda: kernels[0].store.runs(going_on), is_empty)
            await met(kernels[0].store.outbox.waiting, is_empty)
            over.set()
        for kernel in kernels:
            await kernel.close()
        return runs

    runs = asyncio.run(main())
    counts = Counter((one["run"], one["step"]) for one in post.delivered())

    assert set(counts) == {(run.id, f"n{n}") for run in runs for n in range(10)}
    assert set(counts.values()) == {1}


async def _work(kernel, over):
    async with kernel.engine(claims=True):
        await over.wait()


def test_a_worker_that_is_told_to_stop_sends_what_it_has_begun(post):
    async def main():
        kernel, waiting = post.kernel(), post.kernel()
        async with asyncio.timeout(30), waiting.engine() as engine, kernel.engine(claims=True):
            await engine.execute(document([note("sleep: 0.3")]))
            await met(_async(post.delivered), bool)
        left = await kernel.store.outbox.waiting()
        for one in (kernel, waiting):
            await one.close()
        return left

    assert asyncio.run(main()) == []
    assert len(post.delivered()) == 1


def _async(function):
    async def call():
        return function()

    return call


def test_without_a_worker_nothing_is_sent(post):
    async def main():
        kernel = post.kernel()
        await kernel.run(document([note()]))
        waiting = await kernel.store.outbox.waiting()
        await kernel.close()
        return waiting

    [waiting] = asyncio.run(main())
    assert (waiting.attempts, post.delivered()) == (0, [])


def test_what_a_dead_worker_was_sending_is_sent_by_the_next(post):
    async def main():
        kernel = post.kernel()
        await kernel.run(document([note()]))
        store = kernel.store
        await store.register("dead", 0.05)
        assert [one.attempts for one in await store.outbox.take("dead", 5)] == [1]
        await store.register("living", 60)
        assert await store.outbox.take("living", 5) == []
        await asyncio.sleep(0.1)
        [taken] = await store.outbox.take("living", 5)
        assert not await store.outbox.sent("dead", taken.id)
        assert await store.outbox.sent("living", taken.id)
        await kernel.close()
        return taken

    assert asyncio.run(main()).attempts == 2


def test_runs_in_memory_send_before_the_engine_ends(post):
    kernel = post.kernel(database=None)
    run = asyncio.run(kernel.run(document([note("fail: 1")])))

    assert run.run.status is RunStatus.SUCCEEDED
    assert [one["attempt"] for one in post.delivered()] == [1, 2]


def test_a_look_that_goes_wrong_is_not_the_last_one(post, caplog):
    class Moody(MemoryOutbox):
        moods = 1

        async def upcoming(self):
            if self.moods:
                self.moods -= 1
                raise RuntimeError("Not now")
            return await super().upcoming()

    async def main():
        store = MemoryStore(clock := VirtualClock())
        store.outbox = store._dispatches = Moody(store._now, store._leased)
        kernel = post.kernel(database=None, store=store, clock=clock)
        async with kernel.engine(claims=True) as engine:
            await engine.execute(document([note()]))

    run_virtual(main())
    assert len(post.delivered()) == 1
    assert "The outbox cannot be looked into" in caplog.messages


def test_pauses_grow_and_end_as_the_policy_says(post):
    async def main():
        kernel = post.kernel(database=None, store=MemoryStore(clock := VirtualClock()), clock=clock)
        retry = "attempts: 4, initial: 10s, factor: 3, jitter: none"
        async with kernel.engine(claims=True, drain_s=0) as engine:
            await engine.execute(document([note("fail: 9", retry=retry)]))
            await met(kernel.store.outbox.waiting, settled, 1.0)
            return asyncio.get_running_loop().time()

    assert 10 + 30 + 60 <= run_virtual(main()) <= 10 + 30 + 60 + 2  # the longest pause is a minute


def test_a_rehearsal_sends_nothing_and_knows_the_output(post):
    rehearsed = asyncio.run(post.kernel().dry_run(document([note()], "${a.message}")))

    assert isinstance(rehearsed.run.output, str)
    assert [frame.would for frame in rehearsed.effects] == ["outbox post.send_note: post.send_note"]
    assert post.delivered() == []


def test_a_type_whose_output_nobody_can_hear_of_is_refused(tmp_path, monkeypatch):
    code = ACTIONS.replace("effect=Effect.OUTBOX", "effect=Effect.OUTBOX, output={'type': 'string'}")
    write_distribution(tmp_path, "loud-office", code.replace("post.", "loud."))
    monkeypatch.syspath_prepend(str(tmp_path))
    kernel = Kernel(plugins=discover(path=[str(tmp_path)]))

    assert "loud.send_note" not in kernel.catalog.types
    assert any("leave 'output' out" in report.message for report in kernel.plugins.reports())
