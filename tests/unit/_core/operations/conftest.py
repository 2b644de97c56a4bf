"""A store with published workflows, and runs whose journals are written by hand."""

import asyncio

import pytest

from automata._core.codec import load
from automata._core.codec import version as version_of
from automata._core.operations import Definitions, Runs
from automata.memory import MemoryStore, SeededRandom
from automata.model import ErrorInfo, Run, RunFinished, RunStarted, RunStatus
from automata.ports import Turn

ORDERS = """
automata: 1
name: Orders
input: {type: object, properties: {total: {type: number}}, required: [total]}
nodes:
  ask: {use: approval, with: {message: "Ship?", form: {type: object, properties: {box: {type: integer}}}}}
  paid: {use: signal, with: {name: paid}}
  charge: {use: http.request, compensate: {use: fail}}
  each: {use: foreach, with: {items: [1, 2]}, body: {nodes: {ask: {use: approval, with: {message: "One?"}}}}}
  later: {use: wait, with: {for: 1d}}
  child: {use: call, with: {workflow: Other}}
"""
AT = "2026-01-01T00:00:00.000Z"
BROKEN = ErrorInfo("declined", "The card was declined", "charge", 2, {"code": 402})


@pytest.fixture
def orders():
    return load(ORDERS).workflow


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def runs(store):
    return Runs(store, SeededRandom())


@pytest.fixture
def definitions(store):
    return Definitions(store, SeededRandom())


@pytest.fixture
def told(store, orders):
    """Write a run of the orders workflow as a worker leaves it behind."""

    async def written(id_, *events, status=RunStatus.WAITING, error=None, parent=None, org="", input_=None):
        await store.publish(orders, version_of(orders), org=org)
        run = Run(id=id_, workflow="Orders", version=version_of(orders), parent=parent, org=org)
        await store.create(run, [RunStarted(input_ or {"total": 1}, None, AT)])
        end = [RunFinished(status, None, error, AT)] if status.final else []
        turn = Turn(
            run=id_,
            epoch=0,
            after=1,
            events=[*events, *end],
            status=None if end else status,
            error=error,
            release=True,
        )
        await store.append(turn)
        return await store.run(id_)

    def write(id_, *events, **given):
        return asyncio.run(written(id_, *events, **given))

    return write
