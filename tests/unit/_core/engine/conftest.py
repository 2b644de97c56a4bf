"""`world`: a real engine in virtual time, over node types that behave well or badly on purpose."""

from __future__ import annotations

import asyncio
from textwrap import dedent

import pytest
from attrs import evolve

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.engine import Engine, Host
from automata._core.expressions import standard_functions
from automata._core.history import steps_of
from automata._core.plugins import KERNEL
from automata.errors import StepError
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import Effect, NodeType, Outcome, Port


class Raised:
    """Exceptions a node may ask for by name, those an action can make worse included."""

    def __init__(self):
        self.kinds = {
            c.__name__: c
            for c in (
                SystemExit,
                KeyboardInterrupt,
                GeneratorExit,
                RecursionError,
                MemoryError,
                ValueError,
                TimeoutError,
                asyncio.CancelledError,
                StopAsyncIteration,
            )
        }

    def named(self, name):
        return self.kinds[name]("on purpose")


class World:
    """An engine's surroundings, and what its actions did."""

    def __init__(self):
        self.store = MemoryStore()
        self.options = {}
        self.calls = []
        """(address, attempt, parameters) of every attempt performed."""
        self.active = 0
        self.most = 0
        """How many `t.slow` ran at once at most."""
        self.log = []
        """What actions said they did, in order."""
        self.events = []
        self.observers = [lambda run, event: self.events.append(event)]
        self.functions = {}
        self.junk = {}
        """What `t.junk` returns, by name."""
        self.keys = []
        self.random = SeededRandom(7)
        kernel = [evolve(t, plugin=KERNEL) for t in controls.automata_node_types()]
        self.types = [*kernel, *self.actions()]

    def actions(self):
        def action(name, run, effect=Effect.IDEMPOTENT, **more):
            async def recorded(ctx, parameters):
                self.calls.append((ctx.node, ctx.attempt, dict(parameters)))
                return await run(ctx, parameters)

            return NodeType(name=name, title=name, summary=name, effect=effect, run=recorded, **more)

        return (
            action("t.ok", self.ok),
            action("t.pay", self.ok, Effect.UNSAFE),
            action("t.read", self.ok, Effect.READ),
            action("t.pure", self.ok, Effect.PURE),
            action("t.slow", self.slow),
            action("t.flaky", self.flaky),
            action("t.hang", self.hang),
            action("t.deaf", self.deaf),
            action("t.raise", self.throw),
            action("t.junk", self.give_junk),
            action("t.port", self.leave, ports=(Port("left"), Port("right"))),
            action("t.key", self.key),
            action("t.spoil", self.spoil),
            action("t.use", self.use),
        )

    async def ok(self, ctx, parameters):
        return parameters.get("out", ctx.node)

    async def slow(self, ctx, parameters):
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            await ctx.sleep(parameters.get("s", 1))
        except asyncio.CancelledError:
            await ctx.sleep(parameters.get("cleanup", 0))
            self.log.append(f"cleaned {ctx.node}")
            raise
        finally:
            self.active -= 1
        self.log.append(f"done {ctx.node}")
        return parameters.get("out", ctx.node)

    async def flaky(self, ctx, parameters):
        if ctx.attempt <= parameters.get("fails", 1):
            raise StepError(
                "Not yet",
                error_class=parameters.get("class", "transient"),
                retry_after_s=parameters.get("after"),
                sent=parameters.get("sent", True),
                details={"n": ctx.attempt},
            )
        return ctx.attempt

    async def hang(self, _, __):
        await asyncio.Event().wait()

    async def deaf(self, ctx, parameters):
        for _ in range(parameters.get("times", 3)):
            try:
                await ctx.sleep(parameters.get("s", 1_000))
            except asyncio.CancelledError:
                self.log.append("refused")

    async def throw(self, _, parameters):
        error = parameters["error"]
        raise error if isinstance(error, BaseException) else Raised().named(error)

    async def give_junk(self, _, parameters):
        return self.junk[parameters["name"]]

    async def leave(self, _, parameters):
        return Outcome(1, parameters["port"])

    async def key(self, ctx, parameters):
        self.keys.append(ctx.idempotency_key)
        if ctx.attempt <= parameters.get("fails", 0):
            raise StepError("Again", error_class="transient")
        return len(ctx.idempotency_key)

    async def spoil(self, ctx, parameters):
        parameters["list"].append("spoilt")
        parameters["new"] = True
        if ctx.attempt == 1:
            raise StepError("Again", error_class="transient")
        return parameters["list"]

    async def use(self, ctx, _):
        return await parameters_use(ctx)

    def host(self):
        options = {
            "store": self.store,
            "clock": VirtualClock(),
            "random": self.random,
            "http": lambda: "the client",
            "setting": {"A": "1"}.get,
            "credential": lambda name: {"token": name},
            "instance_key": b"k",
            "observers": tuple(self.observers),
        }
        return Host(**{**options, **self.options})

    def catalog(self):
        return Catalog(
            types={t.name: t for t in self.types},
            functions={**standard_functions(), **self.functions},
            credential_kinds={},
            rules=(),
            guard=lambda _, call: call(),
        )

    def document(self, text, name="t"):
        loaded = load(f"automata: 1\nname: {name}\n" + dedent(text))
        assert loaded.problems == (), loaded.problems
        return loaded.workflow

    def play(self, text, input_=None, script=None, *, trigger=None, others=()):
        """Run the document *text* to its end; *script* is awaited beside it with the engine and the run's id.

        Returns:
            The final run, its steps by address; ``took`` is the virtual time that passed, in seconds.
        """
        workflow = text if not isinstance(text, str) else self.document(text)

        async def main():
            host = self.host()
            async with Engine(host, self.catalog()) as engine:
                self.engine = engine
                for other in others:
                    await self.store.publish(other, engine.plan(other).version)
                run = await engine.start(workflow, input_, trigger=trigger)
                driving = asyncio.ensure_future(engine.wait(run.id))
                try:
                    if script is not None:
                        await script(engine, run.id)
                    final = await driving
                finally:
                    driving.cancel()
                self.took = asyncio.get_running_loop().time()
            self.journal = list(await self.store.journal(final.id))
            self.steps = {s.node: s for s in steps_of(engine.plan(workflow), self.journal)}
            return final

        self.run = run_virtual(main())
        return self.run

    def kinds(self, kind):
        """The events of one kind, in order."""
        return [e for e in self.journal if isinstance(e, kind)]


async def parameters_use(ctx):
    """What a context offers, as one value."""
    ctx.log("Said", a=1)
    ctx.progress(1, 2, "half")
    return {
        "credential": dict(ctx.credential) if ctx.credential is not None else None,
        "http": str(ctx.http),
        "setting": ctx.setting("A"),
        "none": ctx.setting("B"),
        "now": ctx.now().isoformat(),
        "left": (ctx.deadline - ctx.now()).total_seconds(),
        "dry": ctx.dry_run,
        "run": ctx.run_id,
    }


@pytest.fixture
def world():
    return World()


@pytest.fixture
def after():
    """Make a script that acts once some virtual seconds have passed."""

    def make(seconds, act):
        async def script(engine, run):
            await asyncio.sleep(seconds)
            act(engine, run)

        return script

    return make
