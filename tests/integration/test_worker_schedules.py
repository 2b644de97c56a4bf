"""Real worker processes on one database, with schedules of every second: each time makes one run, and all end."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata import load
from automata._core.codec import version
from automata.model import Run, RunStarted, RunStatus, Workflow
from automata.ports import RunQuery
from automata.sql import open_store
from automata.sql.tables import METADATA, PROPERTIES

TICKING = """automata: 1
name: {name}
nodes:
  tick: {{use: {use}, with: {{{given}, misfire: all}}}}
  nap: {{use: wait, with: {{for: 20ms}}}}
  note: {{use: set, with: {{at: "${{input.scheduled}}"}}}}
edges: [tick -> nap, nap -> note]
output: "${{note.at}}"
"""
SECOND = timedelta(seconds=1)
PATIENCE_S = 60.0


def ticking(name: str, use: str, given: str) -> Workflow:
    workflow = load(TICKING.format(name=name, use=use, given=given)).workflow
    assert workflow is not None
    return workflow


CRON = ticking("cron", "schedule.cron", 'cron: "* * * * * *"')
EVERY = ticking("every", "schedule.every", "every: 1s")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it but the tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'runs.db'}"
        asyncio.run(open_store(url).close())
        return url
    url = request.getfixturevalue("postgres_url")
    asyncio.run(open_store(url, create=True).close())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        names = ", ".join(table.name for table in METADATA.sorted_tables if table is not PROPERTIES)
        connection.exec_driver_sql(f"TRUNCATE {names}")
    engine.dispose()
    return url


@contextmanager
def two_workers(url: str) -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    """Worker processes that have told that they work."""
    line = [sys.executable, "-m", "automata", "worker", "--json", "--database", url]
    with (
        subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as second,
    ):
        try:
            for process in (first, second):
                assert process.stdout is not None
                assert json.loads(process.stdout.readline())["state"] == "started"
            yield first, second
        finally:
            first.kill()
            second.kill()


def act(url: str, *changes: Workflow | str) -> None:
    """Publish workflows, and switch those off whose names are given."""

    async def main() -> None:
        store = open_store(url)
        for change in changes:
            if isinstance(change, Workflow):
                await store.publish(change, version(change))
            else:
                await store.set_enabled(change, enabled=False)
        await store.close()

    asyncio.run(main())


def runs_of(url: str) -> Sequence[tuple[Run, RunStarted]]:
    async def main() -> list[tuple[Run, RunStarted]]:
        store = open_store(url)
        found = []
        for run in await store.runs(RunQuery(limit=10_000)):
            started = (await store.journal(run.id))[0]
            assert isinstance(started, RunStarted)
            found.append((run, started))
        await store.close()
        return found

    return asyncio.run(main())


def until(url: str, *, count: int, ended: bool = False) -> Sequence[tuple[Run, RunStarted]]:
    """The runs of ticks, once each workflow has *count* of them, and all have ended."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = runs_of(url)
        enough = all(sum(run.workflow == name for run, _ in found) >= count for name in ("cron", "every"))
        if enough and (not ended or all(run.status.final for run, _ in found)):
            return found
        time.sleep(0.1)
    raise AssertionError(f"After {PATIENCE_S} s: {[(run.workflow, str(run.status)) for run, _ in runs_of(url)]}")


def instants(found: Sequence[tuple[Run, RunStarted]], workflow: str) -> list[datetime]:
    texts = [started.input["scheduled"] for run, started in found if run.workflow == workflow]  # type: ignore[index, call-overload]
    return sorted(datetime.fromisoformat(text) for text in texts)


@pytest.mark.timeout(180)
def test_two_workers_make_one_run_of_every_second(url: str) -> None:
    with two_workers(url) as workers:
        act(url, CRON, EVERY)
        until(url, count=3)
        act(url, "cron", "every")
        found = until(url, count=3, ended=True)
        for process in workers:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in workers]

    assert codes == [0, 0]
    assert {run.status for run, _ in found} == {RunStatus.SUCCEEDED}
    assert [run.output for run, _ in found] == [started.input["scheduled"] for _, started in found]  # type: ignore[index, call-overload]
    for name in ("cron", "every"):
        at = instants(found, name)
        assert {after - before for before, after in pairwise(at)} == {SECOND}
    assert all(one.microsecond == 0 for one in instants(found, "cron"))


@pytest.mark.timeout(180)
def test_a_worker_that_is_killed_loses_no_second(url: str) -> None:
    with two_workers(url) as (first, second):
        act(url, CRON, EVERY)
        until(url, count=2)
        first.kill()
        first.wait(60)
        seen = len(instants(runs_of(url), "cron"))
        found = until(url, count=seen + 1)
        second.send_signal(signal.SIGTERM)
        code = second.wait(60)

    assert code == 0
    for name in ("cron", "every"):
        assert {after - before for before, after in pairwise(instants(found, name))} == {SECOND}
