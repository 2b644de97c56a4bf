"""Laws of recovery: wherever a journal is cut, another worker takes the run to its one end and repeats nothing done."""

import asyncio
import importlib.util
import os
from collections import Counter
from pathlib import Path

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.engine import Engine, Host
from automata._core.expressions import standard_functions
from automata._core.history import steps_of
from automata._core.machine import Machine
from automata._core.plugins import KERNEL
from automata.errors import StepError
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import (
    Effect,
    NodeType,
    Resolved,
    Run,
    RunFinished,
    RunStatus,
    StepFinished,
    StepLost,
    StepParked,
    StepStarted,
    StepStatus,
    Workflow,
)

_spec = importlib.util.spec_from_file_location("engine_laws", Path(__file__).with_name("test_engine_laws.py"))
_laws = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_laws)


class World:
    """One store, and workers on it one after another."""

    def __init__(self, graph, seed, effect=Effect.IDEMPOTENT):
        self.chance = SeededRandom(seed + 1)
        self.random = SeededRandom(seed)
        self.ledger = []
        self.store = MemoryStore(VirtualClock())
        self.workflow = Workflow(name="w", graph=_laws.filled(graph))
        types = [evolve(t, plugin=KERNEL) for t in controls.automata_node_types()]
        types.append(NodeType(name="t.do", title="t", summary="t", effect=effect, run=self.work))
        self.catalog = Catalog(
            types={t.name: t for t in types},
            functions=standard_functions(),
            credential_kinds={},
            rules=(),
            guard=lambda _, call: call(),
        )

    async def work(self, ctx, parameters):
        self.ledger.append((ctx.node, ctx.attempt, ctx.idempotency_key))
        await ctx.sleep(self.chance.random() * 3)
        if self.chance.random() < 0.3:
            raise StepError("No", error_class="transient" if self.chance.random() < 0.5 else "conflict")
        return ctx.node

    def worker(self, *observers):
        host = Host(
            store=self.store,
            clock=VirtualClock(),
            random=self.random,
            http=lambda: None,
            setting=lambda _: None,
            credential=lambda _: {},
            instance_key=b"k",
            observers=observers,
        )
        return Engine(host, self.catalog, claims=True)

    async def finish(self, run):
        """Have a worker take the run up; a person tries parked steps again."""
        async with self.worker() as engine:
            while True:
                async with asyncio.timeout(86_400):
                    final = await engine.wait(run)
                if final.status.final:
                    return final
                await self.resolve(run)

    async def resolve(self, run):
        from automata.model import Message

        for event in await self.store.journal(run):
            if isinstance(event, StepParked):
                message = Message(id=f"r{self.random.identifier()}", body=Resolved(event.step, "retry"))
                await self.store.send(run, message)
        await asyncio.sleep(5)


def check(world, final, journal, plan):
    assert [type(e) for e in journal].count(RunFinished) == 1
    assert (journal[-1].status, journal[-1].error) == (final.status, final.error)
    assert final.error is None or final.error.kind != "bug", final.error
    alive = {StepStatus.RUNNING, StepStatus.WAITING, StepStatus.PARKED}
    assert not [s for s in steps_of(plan, journal) if s.status in alive]
    ends = Counter(e.step for e in journal if isinstance(e, StepFinished))
    assert set(ends.values()) <= {1}
    done = set()
    for event in journal:
        if isinstance(event, StepStarted):
            assert event.step not in done
        elif isinstance(event, StepFinished):
            done.add(event.step)
    keys = {}
    for node, _, key in world.ledger:
        assert keys.setdefault(node, key) == key
    machine = Machine(plan)
    for event in journal[:-1]:
        machine.apply(event)
    assert machine.over
    assert machine.outcome == (final.status, final.output, final.error)


@settings(max_examples=int(os.environ.get("AUTOMATA_RECOVERY_RUNS", "80")), deadline=None)
@given(_laws._laws.graphs(), st.integers(0, 2**32), st.floats(0, 1))
def test_a_journal_cut_anywhere_is_taken_to_its_one_end(graph, seed, share):
    _, whole, plan = _laws.execute(graph, seed)
    cut = whole[: 1 + int(share * (len(whole) - 1))]
    world = World(graph, seed + 1)

    async def main():
        await world.store.publish(world.workflow, plan.version)
        await world.store.create(Run(id="0" * 32, workflow="w", version=plan.version), cut)
        final = await world.finish("0" * 32)
        return final, list(await world.store.journal("0" * 32))

    final, journal = run_virtual(main())

    assert journal[: len(cut)] == cut
    check(world, final, journal, plan)


@settings(max_examples=int(os.environ.get("AUTOMATA_RECOVERY_RUNS", "80")), deadline=None)
@given(
    _laws._laws.graphs(),
    st.integers(0, 2**32),
    st.lists(st.floats(0, 4), min_size=1, max_size=4),
    st.sampled_from([Effect.PURE, Effect.READ, Effect.KEYED, Effect.UNSAFE]),
)
def test_workers_that_die_lose_nothing_and_repeat_nothing_done(graph, seed, lives, effect):
    world = World(graph, seed, effect)

    async def main():
        async def first():
            async with world.worker() as engine:
                world.plan = engine.plan(world.workflow)
                await engine.start(world.workflow, run_id="0" * 32)
                await asyncio.sleep(lives[0])
                raise ConnectionAbortedError

        async def next_(life):
            async with world.worker():
                await asyncio.sleep(life)
                raise ConnectionAbortedError

        for number, life in enumerate(lives):
            try:
                await (first() if number == 0 else next_(life))
            except ConnectionAbortedError:
                continue
        final = await world.finish("0" * 32)
        return final, list(await world.store.journal("0" * 32))

    final, journal = run_virtual(main())

    check(world, final, journal, world.plan)
    if effect is Effect.UNSAFE:
        lost = {(e.step, e.attempt) for e in journal if isinstance(e, StepLost)}
        parked = {(e.step, e.attempt) for e in journal if isinstance(e, StepParked)}
        assert {p for p in lost if p[0].split("~")[0]} >= parked
    assert final.status in RunStatus
