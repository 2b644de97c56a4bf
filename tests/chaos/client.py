"""The client that gets killed: it asks for one run and sees it through, and is the worker that drives it."""

import asyncio
import os
from datetime import datetime
from typing import Any

from attrs import frozen
from oracle import told
from processes import Files, Stage
from shapes import Sending, Shape

from automata._core.scheduler import Scheduler
from automata.errors import Fenced, TryLater
from automata.model import Event, Message, Resolved, Run, RunStatus, StepStarted, Workflow
from automata.ports import RunQuery
from automata.sql import open_store

LEASE_S = 5.0
"""Nobody waits for it: the time of dead workers is made to pass."""


@frozen
class NewYear:
    """The schedules of a store, for which the year has just ended: what is due once a year is due now, and once."""

    store: Any

    async def now(self) -> datetime:
        """The first second of the next year."""
        now = await self.store.now()
        return now.replace(year=now.year + 1, month=1, day=1, hour=0, minute=0, second=1, microsecond=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@frozen(kw_only=True)
class Client:
    """Starts one run and sees it through, as a careful client would: what is not acknowledged is asked for again."""

    stage: Stage
    shape: Shape
    url: str
    run: str
    files: Files

    async def work(self) -> None:
        """Be a worker, and a client of it."""
        sink = os.open(self.files.accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

        def say(line: str) -> None:
            os.write(sink, f"{line}\n".encode())

        def watch(run: str, event: Event) -> None:
            say(told(run, event))

        before = set(self.files.said())
        store = open_store(self.url)
        try:
            async with self.stage.kernel(store).engine(watch, claims=True, lease_s=LEASE_S) as engine:
                workflow, others = self.stage.documents(self.shape)
                for other in others:
                    await store.publish(other, engine.plan(other).version)
                if f"start {self.run}" not in before and not self.shape.scheduled:
                    await self._start(engine, workflow)
                    say(f"start {self.run}")
                run = await self._tick(engine, store, workflow, say) if self.shape.scheduled else self.run
                async with asyncio.TaskGroup() as group:
                    for sending in self.shape.sendings:
                        if f"send {self.run} {sending.message.id}" not in before:
                            group.create_task(self._send(engine, store, sending, say))
                    await self._see_through(engine, store, run)
        finally:
            await store.close()

    async def _start(self, engine, workflow: Workflow) -> None:
        while True:
            try:
                await engine.start(workflow, None, run_id=self.run)
            except (TryLater, Fenced):
                await asyncio.sleep(0.01)
            else:
                return

    async def _tick(self, engine, store, workflow: Workflow, say) -> str:
        """Publish the schedule, in an organisation of its own, and fire what is due; the run that this made, ever."""
        published, scheduler = f"publish {self.run}", Scheduler(NewYear(store), engine.host.random)
        while True:
            try:
                if published not in self.files.said():
                    await store.publish(workflow, engine.plan(workflow).version, org=self.run)
                    say(published)
                await scheduler.sweep()
                engine.shift.look()
                if runs := await store.runs(RunQuery(org=self.run)):
                    say(f"start {runs[0].id}")
                    return runs[0].id
            except TryLater:
                pass
            await asyncio.sleep(0.01)

    async def _send(self, engine, store, sending: Sending, say) -> None:
        while sending.once is not None and not await self._begun(store, sending.once):
            await asyncio.sleep(0.002)
        await store.send(self.run, sending.message)
        engine.hint(self.run)
        say(f"send {self.run} {sending.message.id}")

    async def _begun(self, store, step: str) -> bool:
        """Whether *step* is at work here: its effect has happened in this process, or it waits."""
        if step in self.shape.effects:
            return any(e.step == step and e.process == os.getpid() for e in self.files.entries())
        return any(isinstance(e, StepStarted) and e.step == step for e in await store.journal(self.run))

    async def _see_through(self, engine, store, id_: str) -> Run:
        while True:
            while id_ not in engine.drivers:
                row = await store.run(id_)
                if row is None:
                    raise RuntimeError(f"Run {id_} was accepted and is gone")
                if row.status.final or row.status is RunStatus.PARKED:
                    break
                await asyncio.sleep(0.003)
            run = await engine.wait(id_)
            if run.status is not RunStatus.PARKED:
                while "outbox" in self.shape.effects.values() and await store.outbox.waiting(1):
                    await asyncio.sleep(0.003)
                return run
            await self._decide(store, run)
            engine.shift.look()
            await asyncio.sleep(0.003)

    async def _decide(self, store, run: Run) -> None:
        """Do what a person would: look whether the effect has happened, and say so."""
        step = run.error.node
        done = any((e.run, e.step) == (run.id, step) for e in self.files.entries())
        choice = Resolved(step, "done", step, "a person") if done else Resolved(step, "retry", None, "a person")
        await store.send(run.id, Message(id=f"decide-{step}-{run.error.attempt}", body=choice))
