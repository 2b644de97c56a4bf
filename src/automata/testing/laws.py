"""Laws of stores about definitions and reading, and what all of `StoreSuite` is written with."""

# ruff: noqa: D102, S101, PLR2004 - these are tests, and their names say what they are about

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from automata.errors import NotFound
from automata.model import (
    Event,
    Graph,
    Json,
    Message,
    Node,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepFinished,
    StepStarted,
    Workflow,
)
from automata.ports import RunQuery, Store, Turn

_Test: TypeAlias = "Callable[[Any, Store], Awaitable[None]]"

STARTED = RunStarted({"n": 1}, None, "2026-01-01T00:00:00.000Z")
WORKER = "worker-1"
LEASE_S = 30.0


def law(test: _Test) -> Callable[[Any], None]:
    """Make a test of a coroutine function that takes a fresh store."""

    def run(self: Any) -> None:
        async def scenario() -> None:
            async with self.opened() as store:
                await test(self, store)

        asyncio.run(scenario())

    run.__name__ = getattr(test, "__name__", "law")
    run.__doc__ = inspect.getdoc(test)
    return run


def workflow(note: str = "", name: str = "orders") -> Workflow:
    """A workflow of one node."""
    return Workflow(name=name, graph=Graph(nodes={"a": Node(id="a", use="set", note=note)}))


def queued(id_: str, **fields: Any) -> Run:
    """A run that waits to be claimed."""
    return Run(**{"id": id_, "workflow": "orders", "version": "v1", "status": RunStatus.QUEUED, **fields})


def held(id_: str, **fields: Any) -> Run:
    """A run that a worker holds from the start."""
    return queued(id_, **{"status": RunStatus.RUNNING, "owner": WORKER, "epoch": 1, **fields})


def turn(run: str, after: int, *events: Event, **fields: Any) -> Turn:
    """A turn of the first epoch."""
    return Turn(**{"run": run, "epoch": 1, "after": after, "events": events, **fields})


def step(number: int, output: Json = None) -> tuple[Event, Event]:
    """The two events of a step."""
    return (StepStarted(f"s{number}", 1), StepFinished(f"s{number}", 1, output))


def signal(id_: str) -> Message:
    """A message."""
    return Message(id=id_, body=SignalReceived(id_, "paid", {"sum": 1}))


async def begin(store: Store, *ids: str, **fields: Any) -> None:
    """Register the worker, and create runs it holds."""
    await store.register(WORKER, LEASE_S)
    for id_ in ids:
        await store.create(held(id_, **fields), [STARTED])


async def ids_of(runs: Awaitable[Sequence[Run]]) -> list[str]:
    """The ids of runs, in their order."""
    return [run.id for run in await runs]


class DefinitionLaws:
    """About published versions."""

    @law
    async def test_the_version_published_last_is_current(self, store: Store) -> None:
        await store.publish(workflow("1"), "aa1")
        await store.publish(workflow("2"), "ab2")

        assert await store.workflow("orders") == ("ab2", workflow("2"))
        assert await store.workflow("orders", "aa1") == ("aa1", workflow("1"))
        assert [(v.version, v.current) for v in await store.versions("orders")] == [("ab2", True), ("aa1", False)]

    @law
    async def test_publishing_again_makes_a_version_current_and_no_new_one(self, store: Store) -> None:
        for version in ("aa1", "ab2", "aa1"):
            await store.publish(workflow(version), version)

        assert [(v.version, v.current) for v in await store.versions("orders")] == [("ab2", False), ("aa1", True)]

    @law
    async def test_a_version_is_found_by_a_prefix_that_fits_it_alone(self, store: Store) -> None:
        await store.publish(workflow("1"), "aa1")
        await store.publish(workflow("2"), "ab2")

        assert await store.workflow("orders", "aa") == ("aa1", workflow("1"))
        assert await store.workflow("orders", "a") is None
        assert await store.workflow("orders", "c") is None
        assert await store.workflow("payments") is None

    @law
    async def test_an_older_version_can_be_made_current_again(self, store: Store) -> None:
        await store.publish(workflow("1"), "aa1")
        await store.publish(workflow("2"), "ab2")

        await store.set_current("orders", "aa1")

        found = await store.workflow("orders")
        assert found is not None
        assert found[0] == "aa1"
        with pytest.raises(NotFound):
            await store.set_current("orders", "ac3")

    @law
    async def test_a_workflow_can_be_switched_off(self, store: Store) -> None:
        await store.publish(workflow(), "aa1")

        await store.set_enabled("orders", enabled=False)
        await store.publish(workflow("2"), "ab2")

        assert [v.enabled for v in await store.versions()] == [False]
        with pytest.raises(NotFound):
            await store.set_enabled("payments", enabled=True)

    @law
    async def test_workflows_are_listed_by_name_within_their_org(self, store: Store) -> None:
        for name in ("orders", "audits", "zones"):
            await store.publish(workflow(name=name), "v1")
        await store.publish(workflow(), "v2", org="other")

        assert [v.workflow for v in await store.versions()] == ["audits", "orders", "zones"]
        assert [(v.version, v.org) for v in await store.versions("orders", org="other")] == [("v2", "other")]
        assert await store.workflow("zones", org="other") is None


class ReadingLaws:
    """About lists, rows and what is not there."""

    async def elapse(self, seconds: float) -> None:
        """Let the store's time pass; stores with a clock that tests can move override it."""
        await asyncio.sleep(seconds)  # noqa: TID251 - the database's clock is real

    @law
    async def test_runs_are_listed_newest_first_in_pages(self, store: Store) -> None:
        for n in range(7):
            await store.create(queued(f"r{n}"), [STARTED])
            await self.elapse(0.002 if n % 2 else 0)

        everything = await store.runs(RunQuery())
        paged: list[Run] = []
        while page := await store.runs(RunQuery(limit=2, before=_last(paged))):
            paged += page

        assert sorted(run.id for run in everything) == [f"r{n}" for n in range(7)]
        assert [run.created for run in everything] == sorted((run.created for run in everything), reverse=True)  # type: ignore[type-var]  # never None here
        assert paged == list(everything)

    @law
    async def test_runs_are_listed_by_what_is_asked_for(self, store: Store) -> None:
        await begin(store, "done")
        await store.append(turn("done", 1, RunFinished(RunStatus.SUCCEEDED)))
        await store.create(queued("a1", workflow="audits"), [STARTED])
        await store.create(queued("a2", parent="done#s"), [STARTED])
        await store.create(queued("a3", org="other"), [STARTED])

        assert await ids_of(store.runs(RunQuery(workflow="audits"))) == ["a1"]
        assert await ids_of(store.runs(RunQuery(parent="done#s"))) == ["a2"]
        assert await ids_of(store.runs(RunQuery(org="other"))) == ["a3"]
        assert await ids_of(store.runs(RunQuery(statuses=[RunStatus.SUCCEEDED, RunStatus.FAILED]))) == ["done"]
        assert sorted(await ids_of(store.runs(RunQuery(prefix="a")))) == ["a1", "a2"]
        assert not await store.runs(RunQuery(prefix="a%"))

    @law
    async def test_what_is_not_there_is_not_found(self, store: Store) -> None:
        assert await store.run("r") is None
        with pytest.raises(NotFound):
            await store.journal("r")

    @law
    async def test_the_installation_has_one_secret(self, store: Store) -> None:
        first, second = await asyncio.gather(store.instance_key(), store.instance_key())

        assert first == second
        assert len(first) == 32

    @law
    async def test_time_is_an_instant_in_utc(self, store: Store) -> None:
        now = await store.now()

        assert now.utcoffset() == timedelta(0)
        assert datetime(2020, 1, 1, tzinfo=UTC) < now


def _last(page: Sequence[Run]) -> tuple[datetime, str] | None:
    if not page or page[-1].created is None:
        return None
    return page[-1].created, page[-1].id
