"""Full disks, damaged rows, broken connections: what was acknowledged is there, no more and no less."""

import asyncio
import secrets
import sqlite3
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from attrs import evolve
from databases import PostgreSQL, make_database
from faultproxy import FaultProxy
from fleet import Fleet, judge
from sqlalchemy.engine import make_url

from automata.errors import Damaged, StoreUnavailable
from automata.model import Run, RunStarted, RunStatus, StepStarted
from automata.ports import Turn
from automata.sql import open_store


class SmallDisk:
    """A file system of few bytes."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))

    def grow(self, size: str) -> None:
        """Make room."""
        self._mount("-o", f"remount,size={size}", str(self.folder))

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        disk = SmallDisk(folder, "1536k")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a file system of few bytes needs the right to mount ({error})")
    yield disk
    subprocess.run(["umount", "-l", str(folder)], check=True)


def make_run(text="x" * 8192):
    run = Run(id=secrets.token_hex(16), workflow="w", version="v")
    return run, [RunStarted(text, None, "2026-01-01T00:00:00.000Z")]


def present(path):
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {row[0] for row in connection.execute("SELECT id FROM automata_run")}


async def fill(store, at_once):
    """Create runs until the store refuses; those it acknowledged, and what it said."""
    acknowledged, refusals = set(), []
    while not refusals:
        runs = [make_run() for _ in range(at_once)]
        ends = await asyncio.gather(*(store.create(run, events) for run, events in runs), return_exceptions=True)
        acknowledged |= {run.id for (run, _), end in zip(runs, ends, strict=True) if isinstance(end, Run)}
        refusals = [end for end in ends if isinstance(end, BaseException)]
    return acknowledged, refusals


@pytest.mark.parametrize("at_once", [1, 20])
def test_on_a_full_disk_what_is_acknowledged_is_durable_and_work_goes_on_once_there_is_room(small_disk, at_once):
    path = small_disk.folder / "runs.db"

    async def main():
        store = open_store(f"sqlite:///{path}")
        acknowledged, refusals = await fill(store, at_once)
        assert acknowledged
        assert all(isinstance(refusal, StoreUnavailable) for refusal in refusals)
        assert all("No place is left" in str(refusal) for refusal in refusals)
        small_disk.grow("8m")
        began = time.monotonic()
        run, events = make_run()
        while run.id not in acknowledged:
            try:
                acknowledged.add((await store.create(run, events)).id)
            except StoreUnavailable:
                assert time.monotonic() - began < 10
                await asyncio.sleep(0.05)
        await store.close()
        return acknowledged

    acknowledged = asyncio.run(main())
    assert present(path) == acknowledged


def spoil(path, run):
    with sqlite3.connect(path) as connection:
        changed = connection.execute("UPDATE automata_journal SET events = X'5B5D' WHERE run = ?", (run,)).rowcount
    connection.close()
    assert changed


def test_a_damaged_journal_is_said_to_be_and_others_are_read(tmp_path):
    path = tmp_path / "runs.db"

    async def main():
        store = open_store(f"sqlite:///{path}")
        (ill, events), (well, others) = make_run(), make_run()
        await store.create(ill, events)
        await store.create(well, others)
        spoil(path, ill.id)
        with pytest.raises(Damaged) as caught:
            await store.journal(ill.id)
        assert ill.id in str(caught.value)
        assert "restore" in str(caught.value)
        assert list(await store.journal(well.id)) == others
        await store.close()

    asyncio.run(main())


def test_a_database_file_of_garbage_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "runs.db"

    async def main():
        store = open_store(f"sqlite:///{path}")
        for _ in range(50):
            await store.create(*make_run())
        await store.close()
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(secrets.token_bytes(path.stat().st_size - 4096))
        with pytest.raises(Damaged, match="restore a backup"):
            await open_store(f"sqlite:///{path}").journal("x")

    asyncio.run(main())


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def proxied(postgres_url):
    """The store's address through a proxy, the proxy, and the address without it."""
    url = make_url(postgres_url)
    with FaultProxy("127.0.0.1", url.port or 5432) as proxy:
        yield url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), proxy, postgres_url


def count(url, run):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT count(*) FROM automata_journal WHERE run = %s", (run,)).fetchone()[0]


async def held(store):
    """A run that this process holds."""
    await store.register("w", 60)
    run, events = make_run()
    return await store.create(evolve(run, epoch=1, owner="w", status=RunStatus.RUNNING), events)


@pytest.mark.parametrize(("lost", "there"), [("before", 0), ("after", 1)])
def test_a_start_whose_commit_is_lost_is_unknown_and_repeating_it_makes_one_run(proxied, lost, there):
    url, proxy, direct = proxied

    async def main():
        await open_store(direct, create=True).close()
        store = open_store(url)
        await store.create(*make_run())
        run, events = make_run()
        proxy.lose_commits, proxy.commits_left = lost, 1
        try:
            accepted = await store.create(run, events)
        except StoreUnavailable:
            assert count(direct, run.id) == there
            accepted = await store.create(run, events)
        assert accepted.id == run.id
        assert proxy.lost == 1
        assert count(direct, run.id) == 1
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(("lost", "there"), [("before", 1), ("after", 2)])
def test_a_turn_whose_commit_is_lost_is_unknown_and_the_journal_tells(proxied, lost, there):
    url, proxy, direct = proxied

    async def main():
        await open_store(direct, create=True).close()
        store = open_store(url)
        run = await held(store)
        turn = Turn(run=run.id, epoch=1, after=1, events=[StepStarted("a", 1)])
        proxy.lose_commits, proxy.commits_left = lost, 1
        with pytest.raises(StoreUnavailable):
            await store.append(turn)
        assert len(await store.journal(run.id)) == there
        if there == 1:
            await store.append(turn)
        assert proxy.lost == 1
        assert count(direct, run.id) == 2
        await store.close()

    asyncio.run(main())


# ---------------------------------------------------------------- whole workers in the middle of a fault

RUNS = 40
DOCUMENT = """\
automata: 1
name: in trouble
nodes:
  a: {use: chaos.do_put, with: {linger: 0.2}}
  b: {use: chaos.do_keyed, with: {linger: 0.2}}
  c: {use: chaos.do_unsafe, with: {linger: 0.2}}
  d: {use: chaos.do_put}
edges:
  - a -> b -> c -> d
output: "${d}"
"""


class Trouble:
    """A worker with `RUNS` runs under way, and a fault to come."""

    def __init__(self, fleet, folder):
        self.fleet = fleet
        document = folder / "runs.yaml"
        document.write_text(DOCUMENT)
        self.worker = fleet.add("--start", str(document), "c", str(RUNS))
        fleet.until(lambda: len(fleet.files.entries()) >= RUNS)

    def over(self, within_s):
        """Wait for the end of every run, and hold all of them to one attempt for each step: nobody's lease ended."""
        began = time.monotonic()
        self.fleet.until(lambda: self.fleet.unfinished(RUNS) == 0, within_s)
        took = time.monotonic() - began
        self.worker.terminate()
        assert self.worker.wait(20) == 0, self.fleet.said()
        faults, ends = judge(self.fleet.database, self.fleet.files, unsafe=frozenset({"c"}))
        assert faults == []
        assert ends == {"succeeded": RUNS}
        assert {entry.attempt for entry in self.fleet.files.entries()} == {1}
        return took


def occupy(path):
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@pytest.fixture
def trouble(tmp_path):
    fleets = []

    def make(database, url=""):
        fleets.append(Fleet(database, tmp_path, lease=60, url=url))
        return Trouble(fleets[-1], tmp_path)

    yield make
    for fleet in fleets:
        fleet.close()


@pytest.mark.timeout(90)
def test_runs_go_on_by_themselves_within_ten_seconds_once_a_full_disk_has_room(small_disk, trouble):
    small_disk.grow("16m")
    at_work = trouble(make_database("sqlite", small_disk.folder))
    ballast = small_disk.folder / "ballast"
    with pytest.raises(OSError, match="No space left"):
        occupy(ballast)
    time.sleep(1.5)
    assert at_work.worker.poll() is None, at_work.fleet.said()
    assert at_work.fleet.unfinished(RUNS) > 0
    ballast.unlink()
    assert at_work.over(within_s=20) < 10


def terminate_backends(url):
    """End every connection of Automata, as a server does that is stopped."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'automata'"
        )


@pytest.mark.timeout(90)
def test_runs_survive_backends_that_are_terminated_under_load(postgres_url, trouble):
    database = make_database(postgres_url, Path())
    database.fresh()
    at_work = trouble(database)
    for _ in range(10):
        terminate_backends(postgres_url)
        time.sleep(0.15)
    at_work.over(within_s=30)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("fault", ["cut", "reset", "blackhole", "latency", "commits", "stopped"])
def test_runs_survive_a_network_that_breaks(proxied, trouble, fault):
    url, proxy, direct = proxied
    database = PostgreSQL(direct)
    make_database(direct, Path())
    database.fresh()
    at_work = trouble(database, url)
    if fault == "stopped":
        proxy.refuse = True
        terminate_backends(direct)
        proxy.reset()
        time.sleep(3)
        assert at_work.worker.poll() is None, at_work.fleet.said()
        assert at_work.fleet.unfinished(RUNS) == RUNS
        proxy.refuse = False
    elif fault == "blackhole":
        proxy.blackhole = True
        time.sleep(1)
        proxy.blackhole = False
        proxy.reset()
    elif fault == "latency":
        proxy.latency_s = 0.01
    elif fault == "commits":
        proxy.lose_commits, proxy.commits_left = "after", 5
    else:
        for _ in range(5):
            getattr(proxy, fault)()
            time.sleep(0.1)
    at_work.over(within_s=30)
    assert fault != "commits" or proxy.lost == 5
