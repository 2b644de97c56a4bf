"""Laws of replay: a run decided again under its own version is itself, and a run can go on from any cut."""

import asyncio
import contextlib
import importlib.util
from datetime import timedelta
from pathlib import Path

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.engine import Engine, Host
from automata._core.expressions import standard_functions
from automata._core.history import steps_of
from automata._core.plan import compile_plan
from automata._core.plugins import KERNEL
from automata._core.replay import Place, Record, fork, redecide, replay_diff
from automata.errors import NotFound, StepError
from automata.memory import EPOCH, MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import (
    Edge,
    Effect,
    Graph,
    Node,
    NodeType,
    RunFinished,
    RunStatus,
    StepFinished,
    Workflow,
)

_spec = importlib.util.spec_from_file_location("engine_laws", Path(__file__).with_name("test_engine_laws.py"))
_laws = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_laws)

graphs, filled = _laws._laws.graphs, _laws.filled


def catalog(chance, effect=Effect.IDEMPOTENT):
    """The controls, and a node type that takes its time and sometimes fails."""

    async def work(ctx, parameters):
        await ctx.sleep(chance.random() * 3)
        if chance.random() < 0.3:
            raise StepError("No", error_class="transient" if chance.random() < 0.5 else "conflict")
        return ctx.node

    types = [evolve(t, plugin=KERNEL) for t in controls.automata_node_types()]
    types.append(NodeType(name="t.do", title="t", summary="t", effect=effect, run=work))
    return Catalog(
        types={t.name: t for t in types},
        functions=standard_functions(),
        credential_kinds={},
        rules=(),
        guard=lambda _, call: call(),
    )


LATER = EPOCH + timedelta(days=10)
"""When forks are made."""


def host(store, seed, start=EPOCH):
    """Surroundings in virtual time."""
    return Host(
        store=store,
        clock=VirtualClock(start),
        random=SeededRandom(seed),
        http=lambda: None,
        setting=lambda _: None,
        credential=lambda _: {},
        instance_key=b"k",
    )


MOMENTS = st.lists(st.floats(0.0625, 12), max_size=4).map(sorted)
"""When somebody does something to a run, in seconds after its start."""


async def meddle(engine, run, moments, cancel_at):
    """Send signals, pause and resume, and perhaps cancel."""
    loop = asyncio.get_running_loop()
    acts = [
        lambda: engine.signal(run, "x", 1),
        lambda: engine.pause(run),
        lambda: engine.resume(run),
        lambda: engine.signal(run, "x", 2),
    ]
    for moment, act in zip(moments, acts, strict=False):
        loop.call_later(moment, _while_it_runs, act)
    loop.call_later(13, _while_it_runs, lambda: engine.resume(run))
    if cancel_at is not None:
        loop.call_later(cancel_at, _while_it_runs, lambda: engine.cancel(run))


def _while_it_runs(act):
    with contextlib.suppress(NotFound):
        act()


def execute(workflow, seed, effect=Effect.IDEMPOTENT, cancel_at=None, moments=()):
    """Run *workflow*: the record of the run."""
    nodes = catalog(SeededRandom(seed + 1), effect)

    async def main():
        store = MemoryStore()
        async with Engine(host(store, seed), nodes) as engine:
            run = await engine.start(workflow)
            await meddle(engine, run.id, moments, cancel_at)
            async with asyncio.timeout(86_400):
                final = await engine.wait(run.id)
        return Record(final, compile_plan(workflow, nodes), tuple(await store.journal(run.id)))

    return run_virtual(main())


def go_on(plan, seed, effect):
    """Have a worker take up a fork: the final row and the journal."""

    async def main():
        store = MemoryStore(VirtualClock(LATER))
        await store.publish(plan.run_of.workflow, plan.fork.run.version)
        await store.create(plan.fork.run, plan.fork.events)
        async with Engine(host(store, seed, LATER), catalog(SeededRandom(seed + 1), effect), claims=True) as engine:
            async with asyncio.timeout(86_400):
                final = await engine.wait(plan.fork.run.id)
        return final, await store.journal(plan.fork.run.id)

    return run_virtual(main())


class Forked:
    """A fork and the plan it follows."""

    def __init__(self, run_of, fork):
        self.run_of = run_of
        self.fork = fork


def views(record_plan, journal):
    """The steps of a journal without their instants."""
    return [
        (s.node, s.use, s.status, s.attempt, s.input, s.output, s.port, s.error) for s in steps_of(record_plan, journal)
    ]


@settings(max_examples=80, deadline=None)
@given(graphs(), st.integers(0, 2**32), st.one_of(st.none(), st.floats(0.0625, 20)), MOMENTS)
def test_a_run_decided_again_under_its_own_version_is_itself(graph, seed, cancel_at, moments):
    record = execute(Workflow(name="w", graph=filled(graph)), seed, cancel_at=cancel_at, moments=moments)

    again = redecide(record.plan, record)

    assert views(record.plan, again.journal) == views(record.plan, record.journal)
    assert not again.guessed
    difference = replay_diff(record.plan, record)
    assert not difference.differs, difference


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 2**32), st.sampled_from([Effect.IDEMPOTENT, Effect.UNSAFE]), st.floats(0, 1), MOMENTS)
def test_a_run_goes_on_from_wherever_it_is_cut(graph, seed, effect, share, moments):
    record = execute(Workflow(name="w", graph=filled(graph)), seed, effect, moments=moments)
    at = 1 + int(share * (len(record.journal) - 2))

    planned = fork(record, record.plan, Place(at=at), run_id="f", now=LATER)

    assert planned.misfits == ()
    final, journal = go_on(Forked(record.plan, planned), seed, effect)
    assert final.status.final
    assert final.status is not RunStatus.PARKED
    assert [type(e) for e in journal].count(RunFinished) == 1
    kept = [e for e in record.journal[:at] if isinstance(e, StepFinished)]
    done = [e.step for e in journal if isinstance(e, StepFinished)]
    assert len(done) == len(set(done))
    assert {e.step: e.output for e in kept}.items() <= {
        e.step: e.output for e in journal if isinstance(e, StepFinished)
    }.items()
    forked = Record(final, record.plan, tuple(journal))
    difference = replay_diff(record.plan, forked)
    assert not difference.differs, difference


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_changed_value_shows_in_its_step_and_in_those_that_read_it_and_nowhere_else(data):
    count = data.draw(st.integers(2, 6))
    reads = [data.draw(st.sets(st.integers(0, i - 1), max_size=2)) if i else set() for i in range(count)]
    uses = [data.draw(st.sampled_from(["set", "t.do"])) for _ in range(count)]
    changed = data.draw(st.integers(0, count - 1))
    uses[changed] = "set"

    def workflow(value):
        nodes = {
            f"n{i}": Node(
                id=f"n{i}",
                use=uses[i],
                parameters={"v": value if i == changed else 0, **{f"r{j}": f"${{n{j}}}" for j in sorted(reads[i])}},
            )
            for i in range(count)
        }
        chain = tuple(Edge(source=f"n{i}", target=f"n{i + 1}") for i in range(count - 1))
        return Workflow(name="w", graph=Graph(nodes=nodes, edges=chain, output={"last": f"${{n{count - 1}}}"}))

    record = execute(workflow(1), 0)
    if record.run.status is not RunStatus.SUCCEEDED:
        ran = {e.step for e in record.journal if isinstance(e, StepFinished)}
    else:
        ran = {f"n{i}" for i in range(count)}
    found = replay_diff(compile_plan(workflow(2), catalog(SeededRandom(0))), record)

    carries = {changed}
    shown = {changed}
    for i in range(changed + 1, count):
        if reads[i] & carries:
            shown.add(i)
            if uses[i] == "set":
                carries.add(i)
    tried = ran | {e.step for e in record.journal if getattr(e, "attempt", 0)}
    assert {step.node for step in found.steps} == {f"n{i}" for i in shown} & tried
    assert all(step.kind == "changed" and not step.guess for step in found.steps)
