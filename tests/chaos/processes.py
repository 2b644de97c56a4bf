"""The processes that get killed: a client that is also a worker, forked from a parent that has imported everything."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from actions import VARIABLE
from attrs import field, frozen
from oracle import Entry, told
from shapes import Sending, Shape

from automata import Kernel
from automata._core import fault
from automata._core.catalog import Catalog, build_catalog
from automata._core.plugins import Plugins, discover
from automata._core.settings import Configuration, load_settings
from automata.errors import Fenced, TryLater
from automata.model import Event, Message, Resolved, Run, RunStatus, StepStarted, Workflow
from automata.sql import open_store
from automata.testing.plugins import write_distribution

LEASE_S = 5.0
"""Nobody waits for it: the time of dead workers is made to pass."""
DEADLINE_S = 20
"""A process that has not ended by then is stuck."""


def install_actions(folder: Path) -> Plugins:
    """Make the node types of `actions` an installed plugin."""
    folder.mkdir(parents=True)
    write_distribution(folder, "chaos-actions", Path(__file__).with_name("actions.py").read_text())
    sys.path.insert(0, str(folder))
    return discover(path=[str(folder)])


@frozen
class Files:
    """Where the processes of one cycle write, so that nothing they said is lost with them."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """Effects."""
        return self.folder / "ledger"

    @property
    def accepted(self) -> Path:
        """What clients and observers were told."""
        return self.folder / "accepted"

    @property
    def points(self) -> Path:
        """Fault points, of the last process."""
        return self.folder / "points"

    @property
    def output(self) -> Path:
        """Whatever the processes printed."""
        return self.folder / "output"

    def entries(self) -> list[Entry]:
        """The ledger."""
        parts = (line.split(" ") for line in _lines(self.ledger))
        return [Entry(run, step, key, int(n), kind, int(pid)) for run, step, key, n, kind, pid in parts]

    def said(self) -> list[str]:
        """The accepted things."""
        return _lines(self.accepted)

    def hits(self) -> list[str]:
        """Fault points hit by the last process."""
        return _lines(self.points)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


@frozen(kw_only=True)
class Stage:
    """What all processes of a matrix share, made before the first fork."""

    plugins: Plugins
    settings: Configuration
    catalog: Catalog
    workflows: dict[str, tuple[Workflow, tuple[Workflow, ...]]] = field(factory=dict)

    def documents(self, shape: Shape) -> tuple[Workflow, tuple[Workflow, ...]]:
        """The workflow of a shape, and those it calls."""
        if shape.name not in self.workflows:
            kernel = self.kernel(None)
            own, *others = (kernel.validate_text(text).workflow for text in (shape.document, *shape.others))
            self.workflows[shape.name] = (own, tuple(others))
        return self.workflows[shape.name]

    def kernel(self, store) -> Kernel:
        """A kernel with the counted actions."""
        kernel = Kernel(store=store, plugins=self.plugins, settings=self.settings)
        kernel.__dict__["catalog"] = self.catalog  # made once, as it takes as long as a whole cycle
        return kernel


def make_stage(folder: Path) -> Stage:
    """Import and compute everything that does not belong to one process."""
    plugins = install_actions(folder / "site")
    stage = Stage(plugins=plugins, settings=load_settings(environ={}, partial=True), catalog=build_catalog(plugins))
    gc.freeze()
    return stage


def fork(work, files: Files, faults: str = "") -> int:
    """Have a child do *work* under *faults*; 0 when it got to its end, -9 when it was killed, else what went wrong."""
    files.points.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(DEADLINE_S)
            output = os.open(files.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ[VARIABLE] = str(files.ledger)
            fault.install(",".join(filter(None, (faults, f"log:{files.points}"))))
            asyncio.run(work())
            status = 0
        except BaseException:  # noqa: BLE001 - a child must not return into the parent's code
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


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
                if f"start {self.run}" not in before:
                    await self._start(engine, workflow)
                    say(f"start {self.run}")
                async with asyncio.TaskGroup() as group:
                    for sending in self.shape.sendings:
                        if f"send {self.run} {sending.message.id}" not in before:
                            group.create_task(self._send(engine, store, sending, say))
                    await self._see_through(engine, store)
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

    async def _see_through(self, engine, store) -> Run:
        while True:
            while self.run not in engine.drivers:
                row = await store.run(self.run)
                if row.status.final or row.status is RunStatus.PARKED:
                    break
                await asyncio.sleep(0.003)
            run = await engine.wait(self.run)
            if run.status is not RunStatus.PARKED:
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


def alive(pids: Sequence[int]) -> list[int]:
    """Those of *pids* that still run."""
    running = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            running.append(pid)
    return running
