"""Values above 256 KiB through whole runs: what a worker needs for them, and who sees what of them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from automata import Kernel, load
from automata._core.large import INLINE_BYTES, Large, holds
from automata._core.operations import Runs, export_json, read_export
from automata._core.operations import whole as complete
from automata._core.operations.whole import whole_value
from automata._core.plugins import discover
from automata._core.replay import Place, Replays
from automata.errors import TooLarge
from automata.memory import SeededRandom
from automata.model import Run, RunStatus, StepFinished, StepStarted
from automata.sql import open_store
from automata.sql.retention import Policy, prune
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
    async with Kernel(store=store, plugins=discover(path=[site])).engine(claims=True, lease_s=2.0) as engine:
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


BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(request, tmp_path):
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/runs.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url):
    store = open_store(url, create=True)
    yield store
    asyncio.run(store.close())


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


@BOTH
def test_a_worker_has_a_value_of_100_mib_passed_on_within_300_mib(store, url, site, plugins):
    async def main():
        run = await Kernel(store=store, plugins=plugins).start(PASSED_ON, {"size": 100 * MIB})
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, site, url, run.id)
        assert await worker.wait() == 0
        return await store.run(run.id)

    row = asyncio.run(main())

    assert (row.status, row.error) == (RunStatus.SUCCEEDED, None)
    assert row.output["size"] == 100 * MIB
    assert row.output["peak"] < 300 * MIB


def play(store, plugins, workflow, input_=None, **kwargs):
    """Run a workflow on a store, from its start to its end in one engine."""

    async def main():
        async with Kernel(store=store, plugins=plugins).engine() as engine:
            return await engine.wait(await engine.start(workflow, input_, **kwargs))

    return asyncio.run(main())


def journal(store, run):
    return asyncio.run(store.journal(run.id))


def whole(store, value):
    return asyncio.run(whole_value(value, store.blobs))


@BOTH
@pytest.mark.parametrize(
    ("make", "measure"),
    [("make_text", "measure_text"), ("make_here", "measure_here"), ("make_text", "measure_here")],
    ids=["processes", "worker", "mixed"],
)
def test_a_step_gets_the_value_and_the_journal_has_a_reference(store, plugins, make, measure):
    workflow = document(f"""
nodes:
  make: {{use: bulk.{make}, with: {{size: 1000000}}}}
  measure: {{use: bulk.{measure}, with: {{data: "${{make.data}}"}}}}
edges: [make -> measure]
output: {{data: "${{make.data}}", size: "${{measure.size}}", n: "${{make.n}}"}}
""")

    run = play(store, plugins, workflow)

    assert (run.error, run.output["size"], run.output["n"]) == (None, 1_000_000, 7)
    made = next(e.output for e in journal(store, run) if isinstance(e, StepFinished))
    assert type(made["data"]) is Large
    assert made["n"] == 7
    given = [e.input["data"] for e in journal(store, run) if isinstance(e, StepStarted) and e.step == "measure"]
    assert given == [made["data"]]
    assert whole(store, run.output)["data"] == "x" * 1_000_000


LOOKS_INSIDE = document("""
input: {type: object}
nodes:
  first: {use: set, with: {third: "${input.records[2].n}", has: "${has(input.records)}"}}
  pick: {use: set, with: {some: "${input.records.filter(r, r.n < 3).map(r, r.n)}"}}
  many: {use: if, with: {condition: "${input.records.size() == 30000}"}}
  yes_: {use: set, with: {said: true}}
edges: [first -> pick -> many, many.true -> yes_]
output: {third: "${first.third}", has: "${first.has}", some: "${pick.some}", said: "${yes_.said}"}
""")


def test_expressions_see_into_a_large_value(store, plugins):
    records = [{"n": n, "text": "t" * 30} for n in range(30_000)]

    run = play(store, plugins, LOOKS_INSIDE, {"records": records})

    assert (run.error, run.output) == (None, {"third": 2, "has": True, "some": [0, 1, 2], "said": True})


EACH = document("""
input: {type: object}
nodes:
  each:
    use: foreach
    with: {items: "${input.items}"}
    body:
      nodes: {one: {use: set, with: {text: "${item.text}", n: "${item.n}"}}}
      output: "${one}"
  after: {use: set, with: {all: "${each}"}}
  count: {use: set, with: {count: "${after.all.size()}", last_: "${each[399].n}"}}
edges: [each -> after -> count]
output: {count: "${count.count}", last: "${count.last_}", all: "${after.all}"}
""")


def test_a_foreach_walks_a_large_list_and_makes_another(store, plugins):
    items = [{"n": n, "text": "t" * 1000} for n in range(400)]

    run = play(store, plugins, EACH, {"items": items})

    assert (run.error, run.output["count"], run.output["last"]) == (None, 400, 399)
    assert whole(store, run.output)["all"] == items
    stored = asyncio.run(store.run(run.id))
    assert type(stored.output["all"]) is Large


def test_a_run_goes_the_same_way_wherever_it_is_taken_up_anew(store, plugins):
    """Every prefix of the journal leads to the same end: references decide as values do."""
    items = [{"n": n, "text": "t" * 1000} for n in range(400)]
    kernel = Kernel(store=store, plugins=plugins)
    run = play(store, plugins, EACH, {"items": items})
    events = journal(store, run)

    async def again(count):
        row = Run(id=f"again{count:027d}", workflow=run.workflow, version=run.version)
        await store.create(row, events[:count], str(count))
        async with kernel.engine(claims=True) as engine:
            return await engine.wait(row.id)

    for count in (1, 3, len(events) // 2, len(events) - 4, len(events) - 1):
        assert whole(store, asyncio.run(again(count)).output) == whole(store, run.output)


def test_a_called_workflow_gets_a_large_value_and_returns_one(store, plugins):
    inner = document('input: {type: object}\noutput: {back: "${input.data}", n: 1}\nnodes: {a: {use: set}}', "inner")
    outer = document("""
nodes:
  make: {use: bulk.make_text, with: {size: 1000000}}
  call_: {use: call, with: {workflow: inner, input: {data: "${make.data}"}}}
  measure: {use: bulk.measure_text, with: {data: "${call_.back}"}}
edges: [make -> call_ -> measure]
output: "${measure.size}"
""")

    async def main():
        async with Kernel(store=store, plugins=plugins).engine(claims=True) as engine:
            await store.publish(inner, engine.plan(inner).version)
            return await engine.wait(await engine.start(outer))

    run = asyncio.run(main())

    assert (run.error, run.output) == (None, 1_000_000)


def test_a_fork_goes_on_with_the_values_of_the_old_run(store, plugins):
    kernel = Kernel(store=store, plugins=plugins)
    run = play(store, plugins, PASSED_ON, {"size": MIB})
    replays = Replays(store, kernel.catalog, kernel.random)

    async def main():
        record = await replays.record(run.id)
        forked = await replays.make(await replays.plan_fork(record, Place(before="measure")))
        async with kernel.engine(claims=True) as engine:
            return await engine.wait(forked.id)

    assert asyncio.run(main()).output["size"] == MIB


def test_an_export_has_the_values_themselves(store, plugins):
    run = play(store, plugins, PASSED_ON, {"size": MIB})

    async def main():
        runs = Runs(store, SeededRandom())
        return export_json(await complete(await runs.show(run.id), store.blobs), None)

    exported = asyncio.run(main())

    assert not any(holds(event) for event in exported["journal"])
    assert len(read_export(exported).journal) == len(journal(store, run))


def test_values_may_lie_in_the_table_of_a_sqlite_database(url, plugins):
    store = open_store(url, blobs="table")
    try:
        run = play(store, plugins, PASSED_ON, {"size": MIB})
    finally:
        asyncio.run(store.close())

    assert (run.error, run.output["size"]) == (None, MIB)
    assert not Path(url.removeprefix("sqlite:///") + ".blobs").exists()


@BOTH
def test_a_signal_may_carry_a_large_value(store, plugins):
    workflow = document("""
nodes:
  wait_: {use: signal, with: {name: data}}
  measure: {use: bulk.measure_here, with: {data: "${wait_.data}"}}
edges: [wait_ -> measure]
output: "${measure.size}"
""")

    async def main():
        kernel = Kernel(store=store, plugins=plugins)
        async with kernel.engine(claims=True) as engine:
            run = await engine.start(workflow)
            await kernel.emit(run.id, "data", {"data": "x" * 500_000})
            return await engine.wait(run)

    assert asyncio.run(main()).output == 500_000


def test_a_start_input_above_the_limit_is_refused_at_the_door(store, plugins):
    with pytest.raises(TooLarge, match=r"input .*129\.0 MiB.*128\.0 MiB: write it to a file"):
        play(store, plugins, document("nodes: {a: {use: set, with: {x: 1}}}"), ["x" * MIB] * 129)


def test_a_signal_above_the_limit_is_refused_at_the_door(store, plugins):
    workflow = document("nodes: {wait_: {use: signal, with: {name: data}}}")

    async def main():
        kernel = Kernel(store=store, plugins=plugins)
        run = await kernel.start(workflow)
        await kernel.emit(run.id, "data", ["x" * MIB] * 129)

    with pytest.raises(TooLarge, match=r"The payload of the signal 'data' takes 129\.0 MiB"):
        asyncio.run(main())


@pytest.mark.parametrize("make", ["make_text", "make_here"])
def test_an_output_above_the_limit_fails_its_step_and_can_be_caught(store, plugins, make):
    workflow = document(f"""
nodes:
  make: {{use: bulk.{make}, with: {{size: {129 * MIB}}}}}
  caught: {{use: set, with: {{kind: "${{error.class}}", message: "${{error.message}}"}}}}
edges: [make.error -> caught]
output: "${{caught}}"
""")

    run = play(store, plugins, workflow)

    assert run.error is None
    assert run.output["kind"] == "payload_too_large"
    assert "larger than the 128 MiB" in run.output["message"]
    assert "return where it is" in run.output["message"]


def test_what_is_too_large_to_look_into_fails_the_step_that_looks(store, plugins):
    workflow = document(f"""
nodes:
  make: {{use: bulk.make_text, with: {{size: {65 * MIB}}}}}
  measure: {{use: bulk.measure_here, with: {{data: "${{make.data}}"}}}}
edges: [make -> measure]
""")

    run = play(store, plugins, workflow)

    assert (run.status, run.error.kind, run.error.node) == (RunStatus.FAILED, "payload_too_large", "measure")
    assert "an action that runs in a process of its own" in run.error.message


def test_parts_that_together_are_above_the_limit_end_the_run(store, plugins):
    workflow = document(f"""
input: {{type: object}}
nodes:
  make: {{use: bulk.make_here, with: {{size: {240 * 1024}}}}}
  each:
    use: foreach
    with: {{items: "${{input.items}}"}}
    body:
      nodes: {{one: {{use: set, with: {{text: "${{make.data}}"}}}}}}
      output: "${{one.text}}"
edges: [make -> each]
output: "${{each.size()}}"
""")

    run = play(store, plugins, workflow, {"items": list(range(600))})

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "payload_too_large")
    assert "The output of step 'each' takes 140.6 MiB as JSON; a value may have 128.0 MiB" in run.error.message
    assert asyncio.run(store.run(run.id)).status is RunStatus.FAILED


def test_the_output_of_an_embedded_run_is_whole(store, plugins):
    workflow = document('nodes: {make: {use: bulk.make_text, with: {size: 1000000}}}\noutput: "${make.data}"')

    result = asyncio.run(Kernel(store=store, plugins=plugins).run(workflow))

    assert result.run.output == "x" * 1_000_000


def test_values_in_memory_are_limited_alike_and_stay_whole(plugins):
    workflow = document('nodes: {make: {use: bulk.make_text, with: {size: 1000000}}}\noutput: "${make.data}"')

    result = asyncio.run(Kernel(plugins=plugins).run(workflow))

    assert result.run.output == "x" * 1_000_000
    assert not any(holds(getattr(e, "output", None)) for e in result.journal)


def test_a_small_run_puts_nothing_out(store, plugins, url):
    play(store, plugins, document('nodes: {a: {use: set, with: {x: "' + "x" * (INLINE_BYTES // 2) + '"}}}'))

    assert not Path(url.removeprefix("sqlite:///") + ".blobs").exists()


@BOTH
def test_large_values_go_with_the_last_run_that_refers_to_them(store, plugins):
    workflow = document('nodes: {make: {use: bulk.make_text, with: {size: 1000000}}}\noutput: "${make.data}"')
    policy = Policy(age_ms=0, blobs_ms=0, keep_last=1)
    first, second = play(store, plugins, workflow), play(store, plugins, workflow)
    name = first.output.name
    engine, places = store.database.engine, getattr(store.blobs, "places", [store.blobs])
    later = int(time.time() * 1000) + 60_000

    assert second.output.name == name
    kept = prune(engine, policy, now_ms=later, blobs=places)
    assert (kept.runs >= 1, asyncio.run(store.blobs.exists(name))) == (True, True)
    gone = prune(engine, Policy(age_ms=0, blobs_ms=0), now_ms=later, blobs=places)
    assert (gone.runs >= 1, asyncio.run(store.blobs.exists(name))) == (True, False)


@pytest.mark.parametrize(
    ("url", "point"),
    [
        ("sqlite", "blob.write"),
        ("sqlite", "blob.rename"),
        ("sqlite", "completion.before_commit"),
        ("postgresql", "blob.rename"),
    ],
    indirect=["url"],
)
def test_a_worker_killed_around_the_writing_leaves_nothing_half_done(store, url, site, plugins, point):
    """The next worker finishes the run; what the first one left is nobody's, or the same value."""

    async def main():
        run = await Kernel(store=store, plugins=plugins).start(PASSED_ON, {"size": MIB})
        faults = {**os.environ, "AUTOMATA_FAULTS": f"kill:{point}:1"}
        killed = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, site, url, run.id, env=faults)
        assert await killed.wait() == -signal.SIGKILL
        with store.database.engine.begin() as connection:  # Nobody waits for the lease of the dead.
            connection.exec_driver_sql("UPDATE automata_worker SET expires_ms = 0")
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, site, url, run.id)
        await worker.wait()
        return await store.run(run.id)

    row = asyncio.run(main())

    assert (row.status, row.output["size"]) == (RunStatus.SUCCEEDED, MIB)
