"""What documents demand of starts, whoever starts them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from automata._core.codec import version
from automata.errors import ExpressionFailed, Overloaded
from automata.model import (
    Concurrency,
    Event,
    Graph,
    Node,
    Rate,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    Settings,
    StepStarted,
    Workflow,
)
from automata.sql import open_store
from automata.sql.store import SqlStore

STEP = StepStarted("s", 1)


def workflow(**settings: object) -> Workflow:
    nodes = {"s": Node(id="s", use="set", parameters={"a": 1})}
    return Workflow(name="w", graph=Graph(nodes=nodes), settings=Settings(**settings))  # type: ignore[arg-type]


def run(id_: str, document: Workflow, owner: str | None = "worker") -> Run:
    status = RunStatus.QUEUED if owner is None else RunStatus.RUNNING
    return Run(
        id=id_, workflow="w", version=version(document), status=status, owner=owner, epoch=int(owner is not None)
    )


def started(**input_: object) -> RunStarted:
    return RunStarted(dict(input_), None, "2026-01-01T00:00:00Z")  # type: ignore[arg-type]


def with_store(tmp_path: Path, document: Workflow, act) -> None:
    async def check() -> None:
        store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
        await store.register("worker", 3600)
        await store.publish(document, version(document))
        try:
            await act(store)
        finally:
            await store.close()

    asyncio.run(check())


def test_key_is_evaluated_over_the_input(tmp_path: Path) -> None:
    document = workflow(concurrency=Concurrency(key="${input.customer}"))

    async def act(store: SqlStore) -> None:
        for id_, customer in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            await store.create(run(id_, document, None), [started(customer=customer)])

        assert sorted(found.id for found in await store.claim("worker", 10)) == ["a1", "b1"]

    with_store(tmp_path, document, act)


def test_key_that_fails_refuses_the_start(tmp_path: Path) -> None:
    document = workflow(concurrency=Concurrency(key="${input.customer}"))

    async def act(store: SqlStore) -> None:
        with pytest.raises(ExpressionFailed):
            await store.create(run("a", document), [started()])
        assert await store.run("a") is None

    with_store(tmp_path, document, act)


def test_run_that_has_to_wait_has_not_begun(tmp_path: Path) -> None:
    document = workflow(concurrency=Concurrency())

    async def act(store: SqlStore) -> None:
        first = await store.create(run("a", document), [started(), STEP])
        second = await store.create(run("b", document), [started(), STEP])

        assert (first.owner, second.owner) == ("worker", None)
        assert list(await store.journal("a")) == [started(), STEP]
        assert list(await store.journal("b")) == [started()]

    with_store(tmp_path, document, act)


@pytest.mark.parametrize("policy", ["queue", "drop_newest"])
def test_run_that_is_over_at_once_holds_no_place_but_needs_one(tmp_path: Path, policy: str) -> None:
    document = workflow(concurrency=Concurrency(policy=policy))  # type: ignore[arg-type]
    end: list[Event] = [started(), RunFinished(RunStatus.SUCCEEDED, {"a": 1})]

    async def act(store: SqlStore) -> None:
        done = [await store.create(run(f"d{n}", document), end) for n in range(2)]
        assert [one.status for one in done] == [RunStatus.SUCCEEDED] * 2
        await store.create(run("a", document), [started(), STEP])

        if policy == "drop_newest":
            with pytest.raises(Overloaded):
                await store.create(run("b", document), end)
        else:
            waits = await store.create(run("b", document), end)
            assert (waits.status, waits.output, waits.finished) == (RunStatus.QUEUED, None, None)
            assert list(await store.journal("b")) == [started()]

    with_store(tmp_path, document, act)


def test_rate_counts_runs_that_are_over_at_once(tmp_path: Path) -> None:
    document = workflow(rate=Rate(limit=2, period="1h"))
    end: list[Event] = [started(), RunFinished(RunStatus.SUCCEEDED)]

    async def act(store: SqlStore) -> None:
        rows = [await store.create(run(f"d{n}", document), end) for n in range(3)]

        assert [row.status.final for row in rows] == [True, True, False]
        assert rows[2].wake is not None

    with_store(tmp_path, document, act)


def test_priority_of_the_document_holds_unless_the_start_says_another(tmp_path: Path) -> None:
    document = workflow(priority=7)

    async def act(store: SqlStore) -> None:
        plain = await store.create(run("a", document, None), [started()])
        chosen = await store.create(Run(**{**_fields(run("b", document, None)), "priority": -3}), [started()])

        assert (plain.priority, chosen.priority) == (7, -3)

    with_store(tmp_path, document, act)


def _fields(row: Run) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("id", "workflow", "version", "status")}


def test_version_the_store_does_not_know_demands_nothing(tmp_path: Path) -> None:
    document = workflow(concurrency=Concurrency())

    async def act(store: SqlStore) -> None:
        for id_ in "ab":
            await store.create(Run(id=id_, workflow="w", version="other", status=RunStatus.QUEUED), [started()])

        assert len(await store.claim("worker", 10)) == 2

    with_store(tmp_path, document, act)
