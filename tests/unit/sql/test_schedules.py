"""Schedules in real databases: one run for each tick, whoever fires it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata._core.codec import version
from automata._core.scheduler import Scheduler
from automata.memory import SeededRandom
from automata.model import Concurrency, Edge, Graph, Node, RunStarted, Settings, Workflow
from automata.ports import RunQuery
from automata.sql import open_store
from automata.sql.schedules import schedule_id
from automata.sql.store import SqlStore

START = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)


class Hand:
    """A clock that is set by hand; the store's runs and its schedules go by it."""

    def __init__(self, now: datetime = START) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, when: datetime) -> None:
        raise NotImplementedError

    def call_at(self, when, callback):
        raise NotImplementedError


class Told:
    """A store whose schedules hear another time than the database's; everything else is the store's."""

    def __init__(self, store: SqlStore, clock: Hand) -> None:
        self.store = store
        self.clock = clock

    async def now(self) -> datetime:
        return self.clock.now()

    def __getattr__(self, name: str):
        return getattr(self.store, name)


def ticking(name: str = "t", use: str = "schedule.cron", settings: Settings | None = None, **parameters) -> Workflow:
    nodes = {
        "tick": Node(id="tick", use=use, parameters=parameters),
        "s": Node(id="s", use="set", parameters={"a": 1}),
    }
    edges = (Edge(source="tick", target="s"),)
    return Workflow(name=name, graph=Graph(nodes=nodes, edges=edges), settings=settings or Settings())


async def publish(store: SqlStore, workflow: Workflow, **org: str) -> None:
    await store.publish(workflow, version(workflow), **org)


async def scheduled(store: SqlStore, **query) -> list[str]:
    """The scheduled instants of all runs, ascending."""
    found = []
    for run in await store.runs(RunQuery(limit=10_000, **query)):
        started = (await store.journal(run.id))[0]
        assert isinstance(started, RunStarted)
        found.append(started.input["scheduled"])
    return sorted(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a.db'}"
    return request.getfixturevalue("postgres_url")


@asynccontextmanager
async def opened(url: str, clock: Hand) -> AsyncIterator[Told]:
    store = open_store(url, create=True, clock=clock)
    await store._call(clear)
    try:
        yield Told(store, clock)
    finally:
        await store.close()


def clear(link) -> None:
    for table in ("schedule", "occurrence", "run", "journal", "workflow", "workflow_version", "slot"):
        link.change(f"DELETE FROM automata_{table}")


def occurrences_of(told: Told):
    return told.store._read(lambda link: link.query("SELECT at_ms, run FROM automata_occurrence ORDER BY at_ms"))


def scheduler_of(told: Told, seed: int = 0) -> Scheduler:
    """Its own clock goes with the store's, so that only jumps the test makes are jumps."""
    return Scheduler(told, SeededRandom(seed), monotonic=lambda: told.clock.at.timestamp() - jumped(told))


def jumped(told: Told) -> float:
    return getattr(told.clock, "jumped", 0.0)


async def restart_at(told: Told, now: datetime) -> None:
    """Put the schedules where PostgreSQL's clock, which no test sets, would not have put them."""
    from automata._core.journal import read_json, write_json
    from automata._core.schedule import following, spec_of
    from automata.sql.rows import milliseconds

    def act(link) -> None:
        for id_, data in link.query("SELECT id, spec FROM automata_schedule"):
            spec = read_json(data)
            if "anchor" in spec:
                spec["anchor"] = now.isoformat()
            next_ms = milliseconds(following(spec_of(spec), now))
            link.change(
                "UPDATE automata_schedule SET spec = ?, next_ms = ? WHERE id = ?", write_json(spec), next_ms, id_
            )

    await told.store._call(act)


def run(coroutine) -> None:
    asyncio.run(coroutine)


def test_tick_makes_a_run_with_its_instant_key_and_trigger(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="0 * * * *", settings=None))
            await restart_at(told, START)
            told.clock.at = START + timedelta(hours=1, seconds=2)

            assert await scheduler_of(told).sweep() == 1

            [made] = await told.store.runs(RunQuery())
            [started] = await told.store.journal(made.id)
            assert made.key == "schedule:t/tick:2026-03-28T21:00:00Z"
            assert (made.owner, made.version) == (None, version(ticking(cron="0 * * * *")))
            assert started.trigger == "tick"
            assert started.input == {"at": "2026-03-28T21:00:02Z", "scheduled": "2026-03-28T21:00:00Z"}

    run(check())


def test_three_schedulers_make_one_run_for_each_tick(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking("a", cron="*/15 * * * *", timezone="Europe/Berlin"))
            await publish(told.store, ticking("b", "schedule.every", every="7m"))
            await restart_at(told, START)
            schedulers = [scheduler_of(told, seed) for seed in range(3)]

            for minute in range(0, 12 * 60, 3):
                told.clock.at = START + timedelta(minutes=minute, seconds=minute % 50)
                await asyncio.gather(*(one.sweep() for one in schedulers))

            a, b = await scheduled(told.store, workflow="a"), await scheduled(told.store, workflow="b")
            assert a == [f"{START + timedelta(minutes=15 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(1, len(a) + 1)]
            assert b == [f"{START + timedelta(minutes=7 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(1, len(b) + 1)]
            assert (len(a), len(b)) == (47, 102)

    run(check())


def test_processes_that_fire_at_once_make_one_run_for_each_tick(url: str) -> None:
    async def prepare() -> None:
        async with opened(url, Hand()) as told:
            for n in range(5):
                await publish(told.store, ticking(f"w{n}", cron=f"*/{n + 1} * * * *", misfire="all"))
            await restart_at(told, START)

    async def check() -> None:
        store = open_store(url)
        try:
            for n in range(5):
                expected = [START + timedelta(minutes=m) for m in range(1, 61) if (m % 60) % (n + 1) == 0]
                assert await scheduled(store, workflow=f"w{n}") == [f"{t:%Y-%m-%dT%H:%M:%SZ}" for t in expected]
        finally:
            await store.close()

    run(prepare())
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=_fire_an_hour, args=(url, seed, barrier)) for seed in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    run(check())


def _fire_an_hour(url: str, seed: int, barrier) -> None:
    async def fire() -> None:
        clock = Hand()
        store = open_store(url, clock=clock)
        told = Told(store, clock)
        barrier.wait(20)
        scheduler = scheduler_of(told, seed)
        for minute in range(1, 61):
            clock.at = START + timedelta(minutes=minute)
            await scheduler.sweep()
        await store.close()

    asyncio.run(fire())


@pytest.mark.parametrize(("misfire", "expected"), [("skip", 0), ("last", 1), ("all", 24)])
def test_day_of_downtime_by_policy(url: str, misfire: str, expected: int) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="0 * * * *", misfire=misfire))
            await restart_at(told, START)
            told.clock.at = START + timedelta(days=1, minutes=30)

            assert await scheduler_of(told).sweep() == expected

            rows = await occurrences_of(told)
            assert len(rows) == 24
            assert sum(made is not None for _, made in rows) == expected
            assert await scheduler_of(told).sweep() == 0

    run(check())


def test_jump_forward_pauses_one_sweep_and_back_repeats_nothing(url: str, caplog) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="*/10 * * * *", misfire="all"))
            await restart_at(told, START)
            scheduler = scheduler_of(told)
            assert await scheduler.sweep() == 0

            told.clock.at += timedelta(hours=1)
            told.clock.jumped = 3600.0
            assert await scheduler.sweep() == 0
            assert "jumped by 1:00:00" in caplog.text
            assert await scheduler.sweep() == 6

            told.clock.at -= timedelta(hours=1)
            told.clock.jumped = 0.0
            assert await scheduler.sweep() == 0
            for _ in range(7):
                told.clock.at += timedelta(minutes=10)
                await scheduler.sweep()
            assert len(await scheduled(told.store)) == len(set(await scheduled(told.store))) == 7

    run(check())


@pytest.mark.parametrize(
    ("zone", "cron", "begin", "expected"),
    [
        # Clocks go forward over the time: the first instant that exists. Back over it: the first of the two.
        pytest.param(
            "Europe/Berlin", "30 2 * * *", "2026-03-28", ["28 01:30", "29 01:00", "30 00:30"], id="berlin-gap"
        ),
        pytest.param(
            "Europe/Berlin", "30 2 * * *", "2026-10-24", ["24 00:30", "25 00:30", "26 01:30"], id="berlin-twice"
        ),
        pytest.param(
            "America/New_York", "15 2 * * *", "2026-03-07", ["07 07:15", "08 07:00", "09 06:15"], id="york-gap"
        ),
        pytest.param(
            "America/New_York", "15 1 * * *", "2026-10-31", ["31 05:15", "01 05:15", "02 06:15"], id="york-twice"
        ),
        pytest.param(
            "Australia/Lord_Howe", "15 2 * * *", "2026-10-02", ["02 15:45", "03 15:30", "04 15:15"], id="howe-gap"
        ),
        pytest.param(
            "Australia/Lord_Howe", "45 1 * * *", "2026-04-03", ["03 14:45", "04 14:45", "05 15:15"], id="howe-twice"
        ),
        pytest.param(
            "America/Sao_Paulo", "0 0 * * *", "2018-11-03", ["03 03:00", "04 03:00", "05 02:00"], id="paulo-gap"
        ),
        pytest.param(
            "America/Sao_Paulo", "30 23 * * *", "2018-02-17", ["17 01:30", "18 01:30", "19 02:30"], id="paulo-twice"
        ),
        pytest.param(
            "Pacific/Chatham", "0 3 * * *", "2026-09-25", ["25 14:15", "26 14:00", "27 13:15"], id="chatham-gap"
        ),
        pytest.param(
            "Pacific/Chatham", "0 3 * * *", "2026-04-03", ["03 13:15", "04 13:15", "05 14:15"], id="chatham-twice"
        ),
    ],
)
def test_every_day_has_its_run_where_clocks_change(
    url: str, zone: str, cron: str, begin: str, expected: list[str]
) -> None:
    async def check() -> None:
        start = datetime.fromisoformat(f"{begin}T00:00:00+00:00")
        async with opened(url, Hand(start)) as told:
            await publish(told.store, ticking(cron=cron, timezone=zone))
            await restart_at(told, start)
            scheduler = scheduler_of(told)

            for quarter in range(3 * 24 * 4):
                told.clock.at = start + timedelta(minutes=15 * quarter)
                await scheduler.sweep()

            made = await told.store.runs(RunQuery(limit=100))
            got = [datetime.fromisoformat(run.key.removeprefix("schedule:t/tick:")) for run in made]
            assert [f"{at:%d %H:%M}" for at in sorted(got)] == expected

    run(check())


@pytest.mark.parametrize("misfire", ["skip", "last", "all"])
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "back"])
def test_no_tick_is_lost_or_repeated_when_the_clock_jumps(url: str, misfire: str, jump: timedelta) -> None:
    """The clock is wrong for 90 minutes and then right again: one of the two jumps goes forward, over six ticks."""

    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="*/10 * * * *", misfire=misfire))
            await restart_at(told, START)
            schedulers = [scheduler_of(told), scheduler_of(told, 1)]

            async def pass_time(minutes: int) -> None:
                for _ in range(minutes):
                    told.clock.at += timedelta(minutes=1)
                    for one in schedulers:
                        await one.sweep()

            await pass_time(90)
            for shift in (jump, -jump):
                told.clock.at += shift
                told.clock.jumped = jumped(told) + shift.total_seconds()
                await pass_time(90)

            rows = await occurrences_of(told)
            instants = [at for at, _ in rows]
            first = int(START.timestamp() * 1000)
            last = instants[-1]
            assert last >= first + 4 * 3600 * 1000
            assert instants == list(range(first + 600_000, last + 1, 600_000))
            made = [one for _, one in rows if one is not None]
            assert len(made) == len(set(made)) == len(await told.store.runs(RunQuery(limit=1000)))
            assert len(rows) - len(made) == {"all": 0, "last": 5, "skip": 6}[misfire]

    run(check())


def test_schedules_change_with_the_hosts_transaction_or_not_at_all(url: str) -> None:
    workflow = ticking(cron="0 * * * *")

    async def check() -> None:
        async with opened(url, Hand()) as told:
            engine = sa.create_engine(url)
            with engine.connect() as connection:
                told.store.publish_in(connection, workflow, version(workflow))
                connection.rollback()
            assert await told.store.upcoming() is None

            with engine.begin() as connection:
                told.store.publish_in(connection, workflow, version(workflow))
            engine.dispose()

            assert await told.store.upcoming() is not None

    run(check())


def test_one_changed_trigger_leaves_the_other_where_it_is(url: str) -> None:
    def two(often: str) -> Workflow:
        nodes = {
            "kept": Node(id="kept", use="schedule.every", parameters={"every": "1h"}),
            "often": Node(id="often", use="schedule.every", parameters={"every": often}),
            "s": Node(id="s", use="set", parameters={"a": 1}),
        }
        edges = (Edge(source="kept", target="s"), Edge(source="often", target="s"))
        return Workflow(name="t", graph=Graph(nodes=nodes, edges=edges))

    def rows(told: Told):
        return told.store._read(lambda link: link.query("SELECT node, next_ms FROM automata_schedule"))

    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, two("20m"))
            before = dict(await rows(told))
            told.clock.at += timedelta(minutes=10)

            await publish(told.store, two("30m"))
            after = dict(await rows(told))
            await told.store.set_current("t", version(two("20m")))
            back = dict(await rows(told))

            assert before["kept"] == after["kept"] == back["kept"]
            assert after["often"] - before["often"] >= 600_000
            assert back["often"] >= before["often"]

    run(check())


def test_what_another_process_is_firing_is_left_to_it(postgres_url: str) -> None:
    async def check() -> None:
        async with opened(postgres_url, Hand()) as told:
            await publish(told.store, ticking(cron="0 * * * *"))
            await restart_at(told, START)
            told.clock.at = START + timedelta(hours=1)
            engine = sa.create_engine(postgres_url)
            with engine.begin() as connection:
                connection.exec_driver_sql("SELECT 1 FROM automata_schedule FOR UPDATE")
                async with asyncio.timeout(20):
                    assert await scheduler_of(told).sweep() == 0
            engine.dispose()

            assert await scheduler_of(told).sweep() == 1

    run(check())


def test_switched_off_workflow_does_not_tick_and_makes_up_for_nothing(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="0 * * * *", misfire="all"))
            await told.store.set_enabled("t", enabled=False)
            assert await told.store.upcoming() is None

            await told.store.set_enabled("t", enabled=True)

            upcoming = await told.store.upcoming()
            assert upcoming is not None
            assert upcoming > await told.store.now()

    run(check())


def test_new_version_keeps_the_beginning_of_an_interval_and_what_is_due(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            first = ticking("t", "schedule.every", every="15m")
            second = ticking("t", "schedule.every", Settings(priority=7), every="15m")
            await publish(told.store, first)
            before = await told.store.upcoming()
            told.clock.at += timedelta(minutes=20)

            await publish(told.store, second)

            assert await told.store.upcoming() == before
            [due] = await told.store.due(before, 10)
            assert due.version == version(second)

            await publish(told.store, ticking("t", "schedule.every", every="20m"))
            changed = await told.store.upcoming()
            assert changed is not None
            assert changed >= before + timedelta(minutes=4)

    run(check())


def test_trigger_that_is_gone_leaves_no_schedule(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            await publish(told.store, ticking(cron="0 * * * *"))
            none = Workflow(name="t", graph=Graph(nodes={"s": Node(id="s", use="set", parameters={"a": 1})}))

            await publish(told.store, none)
            assert await told.store.upcoming() is None

            await told.store.set_current("t", version(ticking(cron="0 * * * *")))
            assert await told.store.upcoming() is not None

    run(check())


def test_tick_that_does_not_fit_the_limit_is_recorded_without_a_run(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            limits = Settings(concurrency=Concurrency(policy="drop_newest"))
            await publish(told.store, ticking("t", "schedule.cron", limits, cron="0 * * * *"))
            await restart_at(told, START)
            scheduler = scheduler_of(told)

            for hour in (1, 2):
                told.clock.at = START + timedelta(hours=hour)
                await scheduler.sweep()

            assert [made is None for _, made in await occurrences_of(told)] == [False, True]
            assert len(await told.store.runs(RunQuery())) == 1

    run(check())


def test_full_queue_of_an_org_leaves_the_tick_due(url: str) -> None:
    async def check() -> None:
        async with opened(url, Hand()) as told:
            told.store._admission._limit = 1
            for n in range(2):
                await publish(told.store, ticking(f"w{n}", cron="0 * * * *"))
            await restart_at(told, START)
            told.clock.at = START + timedelta(hours=1)

            assert await scheduler_of(told).sweep() == 1
            assert len(await told.store.due(told.clock.at, 10)) == 1

            told.store._admission._limit = 10
            assert await scheduler_of(told).sweep() == 1

    run(check())


def test_ids_of_schedules_are_readable_and_distinct() -> None:
    assert schedule_id("", "Order triage", "tick") == "Order%20triage/tick"
    assert schedule_id("a/b", "c", "d") != schedule_id("a", "b/c", "d")


def test_ticks_are_on_time_while_there_is_room(tmp_path: Path) -> None:
    """Real time: twenty schedules of a second each; the worst of their lateness stays far under a second."""

    async def check() -> list[float]:
        store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
        for n in range(20):
            await publish(store, ticking(f"w{n}", "schedule.every", every="1s"))
        task = asyncio.ensure_future(Scheduler(store, SeededRandom(1)).run())
        await asyncio.wait([task], timeout=3.2)
        task.cancel()
        late = []
        for run in await store.runs(RunQuery(limit=1000)):
            at = datetime.fromisoformat((await store.journal(run.id))[0].input["scheduled"])
            late.append((run.created - at).total_seconds())
        await store.close()
        return sorted(late)

    late = asyncio.run(check())

    assert len(late) >= 40
    assert late[0] >= 0.0
    assert late[int(len(late) * 0.99)] < 1.0
