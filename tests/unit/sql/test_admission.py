"""Limits in real databases: never exceeded, whoever starts, claims and ends; first come, first served."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automata.errors import Overloaded
from automata.model import CancelRequested, Message, Run, RunFinished, RunStarted, RunStatus, SignalReceived
from automata.model.admission import Policy, Quiet, Quota, Rules, Slot
from automata.ports import RunQuery, Turn
from automata.sql import admission, open_store
from automata.sql.store import SqlStore

STARTED = RunStarted({}, None, "2026-01-01T00:00:00Z")
SECOND = timedelta(seconds=1)


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, when: datetime) -> None:
        raise NotImplementedError

    def call_at(self, when, callback):
        raise NotImplementedError


def slot(policy: Policy = "queue", limit: int = 1, key: str = "", lane: str = "") -> Rules:
    return Rules(slot=Slot(id=f"c:/w/{key}", limit=limit, policy=policy, lane=lane))


async def start(store: SqlStore, id_: str, rules: Rules, *, owner: str | None = None, priority: int = 0) -> Run:
    status = RunStatus.QUEUED if owner is None else RunStatus.RUNNING
    run = Run(
        id=id_, workflow="w", version="v", status=status, owner=owner, epoch=int(owner is not None), priority=priority
    )
    return await store.create(run, [STARTED], "", rules)


async def end(store: SqlStore, run: Run) -> None:
    length = len(await store.journal(run.id))
    finished = RunFinished(RunStatus.SUCCEEDED)
    taken = [message.id for message in await store.inbox(run.id)]
    await store.append(Turn(run=run.id, epoch=run.epoch, after=length, events=[finished], taken=taken))


async def claimed(store: SqlStore, limit: int = 100) -> list[str]:
    return [run.id for run in await store.claim("worker", limit)]


async def waiting(store: SqlStore) -> list[str]:
    rows = await store._read(
        lambda link: link.query("SELECT id FROM automata_run WHERE place IS NOT NULL ORDER BY place")
    )
    return [row[0] for row in rows]


async def inbox(store: SqlStore, run: str) -> list[type]:
    return [type(message.body) for message in await store.inbox(run)]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a.db'}"
    return request.getfixturevalue("postgres_url")


def clear(link) -> None:
    for table in ("run", "journal", "inbox", "slot", "rate", "worker"):
        link.change(f"DELETE FROM automata_{table}")


@asynccontextmanager
async def opened(url: str, clock: Hand | None = None) -> AsyncIterator[SqlStore]:
    store = open_store(url, create=True, clock=clock)
    try:
        await store._call(clear)
        await store.register("worker", 3600)
        yield store
    finally:
        await store.close()


def test_one_too_many_waits_and_takes_the_place_of_the_first_that_ends(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            first = await start(store, "a", slot(), owner="worker")
            second = await start(store, "b", slot(), owner="worker")
            await start(store, "c", slot())

            assert (first.owner, second.owner, second.epoch, second.status) == ("worker", None, 0, RunStatus.QUEUED)
            assert await store.run("b") == second
            assert await claimed(store) == []

            await end(store, first)
            [b] = await store.claim("worker", 10)
            assert (b.id, b.epoch) == ("b", 1)
            await end(store, b)
            assert await claimed(store) == ["c"]

    asyncio.run(check())


def test_starts_of_one_commit_are_counted_one_by_one(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            ids = [f"r{n}" for n in range(10)]

            await asyncio.gather(*(start(store, id_, slot(limit=3)) for id_ in ids))

            assert await waiting(store) == ids[3:]
            assert await claimed(store) == ids[:3]

    asyncio.run(check())


def test_other_keys_and_unlimited_runs_are_not_held_up(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a1", slot(key="a"))
            await start(store, "a2", slot(key="a"))
            await start(store, "b1", slot(key="b"))
            await store.create(Run(id="free", workflow="x", version="v", status=RunStatus.QUEUED), [STARTED])

            assert sorted(await claimed(store)) == ["a1", "b1", "free"]

    asyncio.run(check())


def test_queue_is_by_priority_then_first_come_first_served(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            for id_, priority in (("holder", 0), ("z", 0), ("y", 0), ("urgent", 9), ("x", 0)):
                await start(store, id_, slot(), priority=priority)
            order = []
            while runs := await store.claim("worker", 10):
                order += [run.id for run in runs]
                await end(store, runs[0])

            assert order == ["holder", "urgent", "z", "y", "x"]

    asyncio.run(check())


def test_dropped_start_leaves_nothing_behind(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot("drop_newest"))

            with pytest.raises(Overloaded) as refused:
                await start(store, "b", slot("drop_newest"))

            assert refused.value.retry_after_s > 0
            assert await store.run("b") is None
            results = await asyncio.gather(
                start(store, "c", slot("drop_newest")),
                start(store, "d", slot("queue", key="k")),
                return_exceptions=True,
            )
            assert [type(result) for result in results] == [admission.Refused, Run]

    asyncio.run(check())


def test_oldest_is_cancelled_and_the_new_one_waits_for_its_end(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot("cancel_oldest"))
            [a] = await store.claim("worker", 10)

            await start(store, "b", slot("cancel_oldest"))
            assert await inbox(store, "a") == [CancelRequested]
            assert await claimed(store) == []

            await start(store, "c", slot("cancel_oldest"))
            assert await inbox(store, "b") == [CancelRequested]
            [b] = await store.claim("worker", 10)
            assert b.id == "b"
            await end(store, b)
            assert await claimed(store) == []
            await end(store, a)
            assert await claimed(store) == ["c"]

    asyncio.run(check())


def test_queued_one_is_replaced_and_the_running_one_goes_on(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot("replace"))
            [a] = await store.claim("worker", 10)
            await start(store, "b", slot("replace"))

            await start(store, "c", slot("replace"))

            assert await inbox(store, "a") == []
            assert await waiting(store) == ["c"]
            assert await claimed(store) == ["b"]
            assert await inbox(store, "b") == [CancelRequested]
            await end(store, a)
            assert await claimed(store) == ["c"]

    asyncio.run(check())


def test_lanes_take_turns(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            for n in range(4):
                await start(store, f"a{n}", slot("round_robin", lane="a"))
            for lane in "bc":
                for n in range(2):
                    await start(store, f"{lane}{n}", slot("round_robin", lane=lane))
            order = []
            while runs := await store.claim("worker", 10):
                order += [run.id for run in runs]
                await end(store, runs[0])

            assert order == ["a0", "a1", "b0", "c0", "a2", "b1", "c1", "a3"]

    asyncio.run(check())


def test_signal_does_not_begin_a_run_that_waits_but_a_cancel_takes_it_out(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot())
            await start(store, "b", slot())
            await claimed(store)

            await store.send("b", Message(id="s", body=SignalReceived("s", "go", None)))
            assert await claimed(store) == []

            await store.send("b", Message(id="c", body=CancelRequested("no more")))
            assert await claimed(store) == ["b"]
            assert await waiting(store) == []

    asyncio.run(check())


def test_run_that_waits_elsewhere_keeps_its_place(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot())
            [a] = await store.claim("worker", 10)
            await start(store, "b", slot())

            turn = Turn(run="a", epoch=a.epoch, after=1, events=[], status=RunStatus.WAITING, release=True)
            await store.append(turn)

            assert await claimed(store) == []

    asyncio.run(check())


def test_rate_spreads_starts_over_its_period(tmp_path: Path) -> None:
    async def check() -> None:
        clock = Hand()
        async with opened(f"sqlite:///{tmp_path / 'a.db'}", clock) as store:
            rules = Rules(quota=Quota(id="r:/w/", limit=2, period=10 * SECOND))
            for n in range(5):
                await start(store, f"r{n}", rules)
            begun = {}
            for second in range(25):
                begun[second] = await claimed(store)
                clock.at += SECOND

            assert {second: ids for second, ids in begun.items() if ids} == {
                0: ["r0", "r1"],
                10: ["r2", "r3"],
                20: ["r4"],
            }

    asyncio.run(check())


def test_rate_and_slot_together_hold_a_start_until_both_let_it(tmp_path: Path) -> None:
    async def check() -> None:
        clock = Hand()
        async with opened(f"sqlite:///{tmp_path / 'a.db'}", clock) as store:
            rules = Rules(slot=Slot(id="c:/w/", limit=1), quota=Quota(id="r:/w/", limit=1, period=10 * SECOND))
            await start(store, "a", rules)
            await start(store, "b", rules)
            [a] = await store.claim("worker", 10)

            clock.at += 11 * SECOND
            assert await claimed(store) == []
            await end(store, a)
            assert await claimed(store) == ["b"]

    asyncio.run(check())


def test_debounce_makes_one_run_of_a_burst(tmp_path: Path) -> None:
    async def check() -> None:
        clock = Hand()
        async with opened(f"sqlite:///{tmp_path / 'a.db'}", clock) as store:
            rules = Rules(quiet=Quiet(id="d:/w/", pause=5 * SECOND, longest=12 * SECOND))
            begun: dict[int, list[str]] = {}
            for second in range(40):
                if second <= 20:
                    await start(store, f"r{second}", rules)
                for run in await store.claim("worker", 100):
                    if not await store.inbox(run.id):
                        begun.setdefault(second, []).append(run.id)
                clock.at += SECOND

            assert begun == {12: ["r12"], 25: ["r20"]}

    asyncio.run(check())


def test_place_nobody_gave_on_is_found_by_settling(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot())
            await start(store, "b", slot())
            await store._call(lambda link: link.change("DELETE FROM automata_run WHERE id = 'a'"))
            assert await claimed(store) == []

            assert await store._call(admission.settle) == 1

            assert await claimed(store) == ["b"]

    asyncio.run(check())


def test_slot_nobody_uses_is_forgotten(url: str) -> None:
    async def check() -> None:
        async with opened(url) as store:
            await start(store, "a", slot(), owner="worker")
            await end(store, (await store.runs(RunQuery()))[0])

            assert await store._read(lambda link: link.query("SELECT id FROM automata_slot")) == []

    asyncio.run(check())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from("ab"), st.integers(0, 3)),
        st.tuples(st.just("claim"), st.integers(0, 3), st.integers(1, 3)),
        st.tuples(st.just("end"), st.integers(0, 3), st.integers(0, 9)),
    ),
    min_size=5,
    max_size=60,
)


class Workers:
    """Four workers of four stores, and what they claimed in which order."""

    def __init__(self, url: str, limit: int) -> None:
        self.stores = [open_store(url, full=False) for _ in range(4)]
        self.limit = limit
        self.held: list[list[Run]] = [[] for _ in self.stores]
        self.order: dict[str, list[int]] = {"a": [], "b": []}
        self.started = 0

    async def start(self, key: str, worker: int) -> None:
        await start(self.stores[worker], f"{key}{self.started:03}", slot(limit=self.limit, key=key))
        self.started += 1

    async def claim(self, worker: int, most: int) -> int:
        runs = await self.stores[worker].claim(f"w{worker}", most)
        self.held[worker] += runs
        for run in runs:
            self.order[run.id[0]].append(int(run.id[1:]))
        active = Counter(run.id[0] for held in self.held for run in held)
        assert all(count <= self.limit for count in active.values())
        return len(runs)

    async def end(self, worker: int, which: int) -> None:
        if held := self.held[worker]:
            await end(self.stores[worker], held.pop(which % len(held)))

    async def drain(self) -> None:
        while any(self.held) or await self.claim(0, 10):
            for worker in range(4):
                await self.end(worker, 0)


@settings(max_examples=25)
@given(steps=STEPS, limit=st.integers(1, 3))
def test_limit_holds_nothing_starves_and_order_is_kept(
    steps: Sequence[tuple], limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def check() -> None:
        workers = Workers(f"sqlite:///{tmp_path_factory.mktemp('law') / 'a.db'}", limit)
        for n, store in enumerate(workers.stores):
            await store.register(f"w{n}", 3600)

        for step, *arguments in steps:
            await getattr(workers, step)(*arguments)
        await workers.drain()

        assert sum(len(claims) for claims in workers.order.values()) == workers.started
        assert all(claims == sorted(claims) for claims in workers.order.values())
        for store in workers.stores:
            await store.close()

    asyncio.run(check())


def test_limit_holds_between_processes(url: str) -> None:
    """Three processes start, claim and end; the most that ever were under way is looked for in what they wrote down."""

    async def prepare() -> None:
        async with opened(url):
            pass

    asyncio.run(prepare())
    context = multiprocessing.get_context("spawn")
    barrier, log = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_work, args=(url, n, barrier, log)) for n in range(3)]
    for process in processes:
        process.start()
    counts = [log.get(timeout=40) for _ in processes]
    for process in processes:
        process.join(10)

    assert max(most for most, _ in counts) <= 2
    assert sum(done for _, done in counts) == 3 * 8
    assert [process.exitcode for process in processes] == [0] * 3


def _work(url: str, number: int, barrier, log) -> None:
    async def act() -> tuple[int, int]:
        store = open_store(url, full=False)
        chance = random.Random(number)
        me = f"w{number}"
        await store.register(me, 3600)
        barrier.wait(30)
        left, done, most = 8, 0, 0
        held: list[Run] = []
        idle = 0
        while idle < 15:
            if left and chance.random() < 0.5:
                left -= 1
                await start(store, f"{number}-{left}", slot(limit=2))
            held += await store.claim(me, 2)
            # Whoever holds a run counts the slot's holders in one snapshot of the database.
            rows = await store._read(
                lambda link: link.query("SELECT count(*) FROM automata_run WHERE owner IS NOT NULL")
            )
            most = max(most, int(rows[0][0]))
            idle = 0 if held or left else idle + 1
            if held and chance.random() < 0.7:
                await end(store, held.pop())
                done += 1
            await asyncio.sleep(0.003)
        await store.close()
        return most, done

    log.put(asyncio.run(act()))
