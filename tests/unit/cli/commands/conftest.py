"""A database of one's own with published workflows, and runs whose journals are written by hand."""

import asyncio
import shutil

import pytest

from automata._core.codec import load
from automata._core.codec import version as version_of
from automata.model import (
    ErrorInfo,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepParked,
    StepStarted,
)
from automata.ports import Turn
from automata.sql import open_store

ORDERS = """automata: 1
name: Orders
description: Orders, from the click to the parcel.
input: {type: object, properties: {total: {type: number}}}
nodes:
  ask: {use: approval, with: {message: "Ship?", form: {type: object, properties: {box: {type: integer}}}}}
  paid: {use: signal, with: {name: paid}}
  charge: {use: set}
  each: {use: foreach, with: {items: [1, 2]}, body: {nodes: {ask: {use: approval, with: {message: "One?"}}}}}
"""
AT = "2026-01-01T00:00:00.000Z"
LATER = "2026-01-01T00:00:01.200Z"
DECLINED = ErrorInfo("declined", "The card was declined", "charge", 1, {"code": 402})
DOUBT = ErrorInfo("in_doubt", "Whether its effect happened is not known", "charge", 1)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A database with the newest tables, made once."""
    path = tmp_path_factory.mktemp("database") / "template.db"
    asyncio.run(open_store(f"sqlite:///{path}").close())
    return path


@pytest.fixture
def database(folder, template, monkeypatch):
    """The database commands work on; gives its URL."""
    shutil.copy(template, folder / "runs.db")
    url = f"sqlite:///{folder / 'runs.db'}"
    monkeypatch.setenv("AUTOMATA_DATABASE", url)
    (folder / "orders.yaml").write_text(ORDERS)
    return url


@pytest.fixture
def stored(database):
    """Do something with the store, on a loop of its own."""

    def use(work):
        async def main():
            store = open_store(database)
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(main())

    return use


@pytest.fixture
def told(stored):
    """Write a run of the orders workflow as a worker leaves it behind."""
    workflow = load(ORDERS).workflow

    def write(id_, *events, status=RunStatus.WAITING, error=None, parent=None, key=None, held=False):
        async def work(store):
            await store.publish(workflow, version_of(workflow))
            run = Run(
                id=id_, workflow="Orders", version=version_of(workflow), parent=parent, key=key, owner="me", epoch=1
            )
            await store.register("me", 60)
            await store.create(run, [RunStarted({"total": 1}, None, AT)])
            end = [RunFinished(status, {"ok": True} if error is None else None, error, LATER)] if status.final else []
            turn = Turn(
                run=id_,
                epoch=1,
                after=1,
                events=[*events, *end],
                status=None if end else status,
                error=None if end else error,
                release=not end and not held,
            )
            await store.append(turn)

        stored(work)
        return id_

    return write


@pytest.fixture
def failed(told):
    """Id of a run that failed at its step ``charge``."""
    events = [StepStarted("charge", 1, {"total": 1}, AT), StepFailed("charge", 1, DECLINED, 0.5, LATER)]
    return told("f" * 32, *events, status=RunStatus.FAILED, error=DECLINED)


@pytest.fixture
def parked(told):
    """Id of a run whose step ``charge`` waits for a choice."""
    events = [StepStarted("charge", 1, {"total": 1}, AT), StepParked("charge", 1, DOUBT, LATER)]
    return told("d" * 32, *events, status=RunStatus.PARKED, error=DOUBT)


@pytest.fixture
def waiting(told):
    """Id of a run that waits for an approval and for the signal ``paid``."""
    form = {"type": "object", "properties": {"box": {"type": "integer"}}, "required": ["box"]}
    asks = StepStarted("ask", 1, {"message": "Ship?", "form": form}, AT)
    return told("a" * 32, asks, StepStarted("paid", 1, {"name": "paid"}, AT))


@pytest.fixture
def done(told):
    """Id of a run that succeeded, nested steps included."""
    steps = [
        StepStarted("each[0]/ask", 1, {}, AT),
        StepFinished("each[0]/ask", 1, {"approved": True}, "approved", LATER),
    ]
    return told(
        "c" * 32,
        StepStarted("charge", 1, {}, AT),
        StepFinished("charge", 1, {"v": 1}, "out", LATER),
        *steps,
        status=RunStatus.SUCCEEDED,
    )


@pytest.fixture
def inbox(stored):
    """What lies in the inbox of a run."""

    def read(run):
        return [message.body for message in stored(lambda store: _inbox(store, run))]

    return read


async def _inbox(store, run):
    return await store.inbox(run)
