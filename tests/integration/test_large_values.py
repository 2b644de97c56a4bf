"""Values above 256 KiB through whole runs: what a worker needs for them, and who sees what of them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from automata import Kernel, load
from automata._core.large import INLINE_BYTES, Large, holds
from automata._core.plugins import discover
from automata.errors import TooLarge
from automata.model import RunFinished, RunStatus, StepFinished, StepStarted
from automata.sql import open_store
from automata.testing.plugins import write_distribution

MIB = 1024 * 1024
ACTIONS = """
from automata.sdk import Blocking, Effect, NodeType, Transient, hookimpl

PEAK = []


def make_text(ctx, parameters):
    return {"data": "x" * parameters["size"], "n": 7}


def measure_text(ctx, parameters):
    return {"size": len(parameters["data"])}


async def make_here(ctx, parameters):
    return {"data": "x" * parameters["size"], "n": 7}


async def measure_here(ctx, parameters):
    return {"size": len(parameters["data"])}


async def read_peak(ctx, parameters):
    with open("/proc/self/status") as file:
        found = [line.split()[1] for line in file if line.startswith("VmHWM")]
    return int(found[0]) * 1024


def action(name, run):
    return NodeType(name=name, title=name, summary=name, effect=Effect.READ, run=run)


@hookimpl
def automata_node_types():
    return [
        action("bulk.make_text", Blocking(make_text)),
        action("bulk.measure_text", Blocking(measure_text)),
        action("bulk.make_here", make_here),
        action("bulk.measure_here", measure_here),
        action("bulk.read_peak", read_peak),
    ]
"""
WORKER = """
import asyncio, sys
from automata import Kernel
from automata._core.plugins import discover
from automata.sql import open_store

site, url, run = sys.argv[1:]
sys.path.insert(0, site)


async def main():
    store = open_store(url)
    async with Kernel(store=store, plugins=discover(path=[site])).engine(claims=True) as engine:
        await engine.wait(run)
    await store.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_distribution(folder, "bulk-actions", ACTIONS)
    sys.path.insert(0, str(folder))
    yield str(folder)
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def plugins(site):
    return discover(path=[site])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/runs.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url):
    return open_store(url, create=True)


def document(text, name="bulk"):
    return load(f"automata: 1\nname: {name}\n{text}").workflow


PASSED_ON = document("""
input: {type: object}
nodes:
  make: {use: bulk.make_text, with: {size: "${input.size}"}}
  measure: {use: bulk.measure_text, with: {data: "${make.data}"}}
  peak: {use: bulk.read_peak}
edges: [make -> measure -> peak]
output: {size: "${measure.size}", peak: "${peak}"}
""")


def test_a_worker_has_a_value_of_100_mib_passed_on_within_300_mib(store, url, site, plugins):
    async def main():
        run = await Kernel(store=store, plugins=plugins).start(PASSED_ON, {"size": 100 * MIB})
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, site, url, run.id)
        assert await worker.wait() == 0
        row = await store.run(run.id)
        await store.close()
        return row

    row = asyncio.run(main())

    assert (row.status, row.error) == (RunStatus.SUCCEEDED, None)
    assert row.output["size"] == 100 * MIB
    print("PEAK", row.output["peak"] / MIB)
    assert row.output["peak"] < 300 * MIB
