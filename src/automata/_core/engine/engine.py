"""`Engine`: a worker in this process. Accepts runs, drives them side by side, passes on what is sent to them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Self

from attrs import evolve, frozen

from automata._core.canonical import canonical
from automata._core.catalog import Catalog
from automata._core.engine.children import DEEPEST, caller_of, child_id, handler_id
from automata._core.engine.driver import Driver
from automata._core.engine.host import Host
from automata._core.engine.record import failed, instant
from automata._core.engine.relay import Relay
from automata._core.engine.shift import LEASE_S, Shift
from automata._core.engine.transaction import require_database
from automata._core.large import INLINE_BYTES
from automata._core.machine import Step
from automata._core.plan import Plan, compile_plan
from automata.errors import Fenced, NotFound, StepError, StoreUnavailable
from automata.model import (
    CancelRequested,
    Json,
    JsonObject,
    PauseRequested,
    ResumeRequested,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    Workflow,
)

_log = logging.getLogger(__name__)

PLANS_KEPT = 256
"""Compiled plans an engine keeps; the one unused for longest goes first."""

WATCH_S = 0.2
"""How often a run that is driven elsewhere is looked at by whoever waits for it."""


@frozen
class Waiting:
    """An approval that waits for a person."""

    run: str
    node: str
    message: str
    form: JsonObject | None
    to: Json


class Engine:
    """Runs workflows of one catalog on one host; an async context that ends when its last run has.

    Args:
        host: The surroundings.
        catalog: What there is.
        claims: Whether it takes up runs that others accepted or left, gives back runs that wait, and hands over what
            is left when it is closed. Without, it drives what is started here, to its end.
        concurrency: How many runs it holds at most before it stops claiming.
        lease_s: After how long without a sign of life its runs belong to others.
        drain_s: How long attempts may go on when it is closed.
    """

    def __init__(
        self,
        host: Host,
        catalog: Catalog,
        *,
        claims: bool = False,
        concurrency: int = 100,
        lease_s: float = LEASE_S,
        drain_s: float = 30.0,
    ) -> None:
        self.host = host
        self.catalog = catalog
        self.lets_go = claims
        self.concurrency = concurrency
        self.drivers: dict[str, Driver] = {}
        self.shift = Shift(self, claims=claims, lease_s=lease_s, drain_s=drain_s)
        self.relay = Relay(host, catalog.find, lambda: self.shift.worker)
        self._relays = host.real and (claims or not host.store.shared)
        self._group = asyncio.TaskGroup()
        self.queued: set[str] = set()
        """Runs accepted here that have to wait for others; without *claims* nobody else may take them up."""
        self._plans: dict[int, Plan] = {}
        self._published: set[tuple[str, str]] = set()
        self._ends: dict[str, asyncio.Future[Run | None]] = {}
        """Run id to what `wait` waits for: the final row, or None when it left this process some other way."""
        self._broken: dict[str, Exception] = {}
        """Runs that could not be driven on here, and why."""
        self._mail: set[str] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        await self.shift.begin()
        if self._relays:
            self.spawn(self.relay.watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.shift.end(orderly=error is None)
        finally:
            await self._leave(kind, error, trace)

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup:
            if error is None:
                raise
            # Runs never fail the group; what is in it is *error*, which goes on as itself.

    # ------------------------------------------------------------ runs

    async def start(  # noqa: PLR0913 - keywords, each with a default
        self,
        workflow: Workflow,
        input_: Json = None,
        *,
        trigger: str | None = None,
        key: str | None = None,
        parent: str | None = None,
        run_id: str | None = None,
        org: str = "",
        priority: int = 0,
    ) -> Run:
        """Accept a run, which is then driven here, in the background.

        Args:
            workflow: A validated document.
            input_: The start input, or the trigger's event.
            trigger: Id of the trigger node; needed only where there are several.
            key: Idempotency key of the start: the same key gives the same run.
            parent: ``run id#step address`` of the step that calls.
            run_id: Id to use; a fresh one unless given.
            org: Whose run it is.
            priority: Of the run, where it has to wait for a worker.

        Raises:
            FixInput: A step of it needs a database, and runs live in memory.
            NotFound: *trigger* is not a trigger of the workflow.
            Conflict: *key* was used for another start.
            TooLarge: The input is larger than a value may be.
            StoreUnavailable: Unknown whether it was accepted; with a *key* the call may be repeated.
        """
        plan = self.plan(workflow)
        if self.host.real:
            require_database(plan, self.host)
        if trigger is not None and trigger not in plan.graph.triggers:
            raise NotFound(f"{trigger!r} is not a trigger of {workflow.name!r}")
        await self._publish(plan, org)
        id_ = run_id or self.fresh_id()
        run = Run(
            id=id_, workflow=workflow.name, version=plan.version, key=key, parent=parent, org=org, priority=priority
        )
        return await self._accept(run, plan, RunStarted(input_, trigger, instant(self.host)))

    async def _start_published(self, run: Run, workflow: Workflow, input_: Json) -> Run:
        """Start a run of a version the store has; which one is current stays as it is."""
        plan = self.plan(workflow)
        if self.host.real:
            require_database(plan, self.host)
        return await self._accept(run, plan, RunStarted(input_, None, instant(self.host)))

    async def _accept(self, run: Run, plan: Plan, started: RunStarted) -> Run:
        run = evolve(run, owner=self.shift.worker, epoch=1)
        said = canonical([run.workflow, run.version, started.input, started.trigger])
        digest = hashlib.sha256(said).hexdigest()
        if len(said) > INLINE_BYTES:
            started = evolve(started, input=await self.host.depot.put_out(started.input, "The start input"))
        self.host.depot.mark(run.id, [started.input])
        driver = Driver(self.host, run, plan, self)
        batch = driver.begin(started)
        if driver.reports() and _is_limited(plan.workflow) and self.host.store.shared:
            # Whether it may begin is not known yet, and nobody is to be told of the failure of a run that may not.
            run, batch = evolve(run, owner=None, epoch=0, status=RunStatus.QUEUED), batch[:1]
        else:
            await driver.report()
        try:
            accepted = await self.host.store.create(run, batch, digest)
        except BaseException:
            driver.abandon()
            raise
        ended = driver.work.finished is not None and accepted.status.final
        # Later epochs are driven from their journal.
        ours = run.owner is not None and (accepted.owner, accepted.epoch) == (run.owner, run.epoch)
        if accepted.id != run.id or run.id in self.drivers or not (ended or ours):
            driver.abandon()
            if accepted.status is RunStatus.QUEUED and not self.lets_go:
                self.queued.add(accepted.id)
            return accepted
        self.drivers[run.id] = driver
        driver.accepted(batch)
        return accepted

    def fresh_id(self) -> str:
        """An id for a run: 32 hexadecimal digits, the first twelve of which are milliseconds, so that ids grow."""
        return f"{int(self.host.clock.now().timestamp() * 1000):012x}{self.host.random.identifier()[:20]}"

    async def wait(self, run: Run | str) -> Run:
        """The row of a run once it is final or waits for a person's choice.

        Raises:
            NotFound: There is no such run.
            AutomataError: It was driven here and cannot be driven on.
        """
        if isinstance(run, Run) and run.status.final:
            return run
        id_ = run.id if isinstance(run, Run) else run
        while True:
            if id_ in self.drivers:
                ended = await asyncio.shield(self._ends.setdefault(id_, asyncio.get_running_loop().create_future()))
                if ended is not None:
                    return ended
            row = await self.host.store.run(id_)
            if row is None:
                raise NotFound(f"No run {id_!r}")
            if id_ in self._broken:
                raise self._broken[id_]
            if id_ not in self.drivers:
                if row.status.final or row.status is RunStatus.PARKED:
                    return row
                await asyncio.sleep(WATCH_S)  # noqa: TID251 - of the process, not of the run

    async def settled(self) -> None:
        """Return once no run is driven here, and none that was accepted here waits to be."""
        while self.drivers or self.queued:
            id_ = next(iter(self.drivers), None)
            if id_ is None:
                await asyncio.sleep(WATCH_S)  # noqa: TID251 - of the process, not of the run
                continue
            await asyncio.wait([self._ends.setdefault(id_, asyncio.get_running_loop().create_future())])

    async def execute(self, workflow: Workflow, input_: Json = None, *, trigger: str | None = None) -> Run:
        """Start a run and wait for its end."""
        return await self.wait(await self.start(workflow, input_, trigger=trigger))

    async def adopt(self, run: Run) -> None:
        """Take up a run this worker has claimed.

        One whose version is missing, or that cannot be compiled here, is parked with the reason.
        """
        journal, mail = await self.host.store.journal(run.id), await self.host.store.inbox(run.id)
        found = await self.host.store.workflow(run.workflow, run.version, org=run.org)
        if found is None:
            raise NotFound(f"No version {run.version!r} of workflow {run.workflow!r}")
        driver = Driver(self.host, run, self.plan(found[1]), self)
        self.drivers[run.id] = driver
        driver.restore(journal)
        await driver.take(mail)

    def plan(self, workflow: Workflow) -> Plan:
        """The compiled plan; the last ones used are kept, by identity of the document."""
        kept = self._plans.pop(id(workflow), None)
        if kept is None or kept.workflow is not workflow:
            kept = compile_plan(workflow, self.catalog)
        self._plans[id(workflow)] = kept
        if len(self._plans) > PLANS_KEPT:
            del self._plans[next(iter(self._plans))]
        return kept

    async def _publish(self, plan: Plan, org: str) -> None:
        if (org, plan.version) not in self._published:
            await self.host.store.publish(plan.workflow, plan.version, org=org)
            self.shift.published()
            self._published.add((org, plan.version))

    # ------------------------------------------------------------ what people and programs send to runs driven here

    def cancel(self, run: str, reason: str = "") -> None:
        """Stop a run: no new attempt starts, what runs is cancelled, compensations and ``finally`` run. Idempotent."""
        self._driver(run).post(CancelRequested(reason, instant(self.host)))

    def pause(self, run: str) -> None:
        """Start no new attempt of a run."""
        self._driver(run).post(PauseRequested(instant(self.host)))

    def resume(self, run: str) -> None:
        """Go on with a paused run."""
        self._driver(run).post(ResumeRequested(instant(self.host)))

    def signal(self, run: str, name: str, payload: Json = None, *, signal_id: str | None = None) -> None:
        """Send a signal; it is kept until a ``signal`` node consumes it."""
        identity = signal_id or self.host.random.identifier()
        self._driver(run).post(SignalReceived(identity, name, payload, instant(self.host)))

    def approve(
        self,
        run: str,
        node: str,
        *,
        approved: bool,
        by: str | None = None,
        comment: str | None = None,
        form: Mapping[str, Json] | None = None,
    ) -> None:
        """Answer a waiting approval.

        Raises:
            NotFound: The run does not run here, or no approval waits at *node*.
        """
        answer: JsonObject = {"approved": approved, "by": by, "comment": comment, "form": dict(form or {})}
        self._driver(run).approve(node, answer)

    def waiting(self, run: str) -> tuple[Waiting, ...]:
        """The approvals a run waits for."""
        return tuple(_waiting(run, step) for step in self._driver(run).work.mailbox.approvals())

    def _driver(self, run: str) -> Driver:
        driver = self.drivers.get(run)
        if driver is None:
            raise NotFound(f"Run {run!r} is not running here")
        return driver

    # ------------------------------------------------------------ the office of its runs

    def spawn(self, work: Callable[..., Coroutine[None, None, None]], *arguments: object) -> asyncio.Task[None]:
        """Have something done that needs awaiting; its failure is logged."""
        return self._group.create_task(_contained(work, *arguments))

    def hint(self, run: str) -> None:
        """Have a run that is driven here read its mail."""
        driver = self.drivers.get(run)
        if driver is not None and run not in self._mail:
            self._mail.add(run)
            self.spawn(self._read, driver)

    async def _read(self, driver: Driver) -> None:
        self._mail.discard(driver.run.id)
        try:
            await driver.read_mail()
        except StoreUnavailable:
            return  # the shift looks again

    async def end_relay(self, seconds: float) -> None:
        """Have the relay send nothing more; runs in memory hand over to nobody, so their outbox is emptied first."""
        if self._relays:
            await self.relay.end(seconds, empty=seconds > 0 and not self.host.store.shared)

    def sending(self) -> None:
        """Have the relay look, if there is one here."""
        self.relay.look()

    def over(self, driver: Driver, error: Exception | None = None) -> None:
        """Forget a run; whoever waits for it is told."""
        full = len(self.drivers) >= self.concurrency
        self.host.depot.forget(driver.run.id)
        if self.drivers.get(driver.run.id) is driver:
            del self.drivers[driver.run.id]
        if isinstance(error, StoreUnavailable):
            self.spawn(self.shift.take, driver.run)
            return
        if error is not None and not isinstance(error, Fenced):
            self._broken[driver.run.id] = error
            self._tell_caller(driver.run, error)
        end = self._ends.pop(driver.run.id, None)
        if end is not None and not end.done():
            end.set_result(_final(driver))
        if full or self.queued or driver.plan.workflow.settings.concurrency is not None:
            self.shift.look()  # somebody may have waited for the room it leaves

    def _tell_caller(self, child: Run, error: Exception) -> None:
        """A run cannot be driven on: where no other worker can, the ``call`` that started it has failed."""
        caller = caller_of(child)
        parent = self.drivers.get(caller[0]) if caller is not None else None
        if caller is None or parent is None or self.host.store.shared:
            return
        step = parent.work.machine.steps.get(caller[1])
        if step is not None:
            parent.post(failed(self.host, step, StepError(f"{child.workflow}: {error}", error_class="transient")))

    # ------------------------------------------------------------ children

    async def call(self, parent: Run, step: Step, parameters: JsonObject) -> Run:
        """Run the workflow a ``call`` names; a store that does not answer is waited for."""
        while True:
            try:
                return await self._call(parent, step, parameters)
            except StoreUnavailable:
                await asyncio.sleep(WATCH_S)  # noqa: TID251 - of the process, not of the run

    async def _call(self, parent: Run, step: Step, parameters: JsonObject) -> Run:
        name, version = str(parameters.get("workflow")), parameters.get("version")
        found = await self.host.store.workflow(name, version if isinstance(version, str) else None, org=parent.org)
        if found is None:
            raise StepError(f"No workflow {name!r} to call", error_class="not_found", sent=False)
        if await self._depth(parent) >= DEEPEST:
            raise StepError(f"Calls nest deeper than {DEEPEST}", error_class="invalid_input", sent=False)
        child = Run(
            id=child_id(parent.id, step),
            workflow=found[1].name,
            version=found[0],
            parent=f"{parent.id}#{step.address}",
            org=parent.org,
            priority=parent.priority,
        )
        known = await self.host.store.run(child.id)
        return known or await self._start_published(child, found[1], parameters.get("input"))

    async def _depth(self, run: Run) -> int:
        """How many runs called each other to get to *run*."""
        depth, here = 0, run
        while here.parent is not None and depth < DEEPEST:
            above = await self.host.store.run(here.parent.partition("#")[0])
            if above is None:
                break
            here, depth = above, depth + 1
        return depth

    async def report(self, run: Run, end: RunFinished, workflow: str) -> None:
        """Run the workflow that handles failed runs; the failure of a handler is not handled, only logged."""
        if end.error is None or (run.parent or "").endswith("#") or await self._depth(run) >= DEEPEST:
            _log.error("A run that handles failures has failed", extra={"run": run.id})
            return
        try:
            found = await self.host.store.workflow(workflow, org=run.org)
            if found is None:
                _log.error("There is no workflow %r to handle failed runs", workflow, extra={"run": run.id})
                return
            failure: JsonObject = {"error": end.error.to_json(), "run": run.id, "workflow": run.workflow}
            row = Run(id=handler_id(run.id), workflow=workflow, version=found[0], parent=f"{run.id}#", org=run.org)
            await self._start_published(row, found[1], failure)
        except Exception:  # noqa: BLE001 - the fence: the run ends as it does, whoever handles that
            _log.exception("The workflow that handles failed runs could not be started", extra={"run": run.id})


async def _contained(work: Callable[..., Coroutine[None, None, None]], *arguments: object) -> None:
    try:
        await work(*arguments)
    except Exception:  # noqa: BLE001 - the fence: what is done beside the runs cannot end them
        _log.exception("Something done beside the runs failed")


def _is_limited(workflow: Workflow) -> bool:
    """Whether a start may have to wait, or be refused."""
    settings = workflow.settings
    return any(limit is not None for limit in (settings.concurrency, settings.rate, settings.debounce))


def _final(driver: Driver) -> Run | None:
    end = driver.work.finished
    return (
        None if end is None else evolve(driver.run, status=end.status, output=end.output, error=end.error, owner=None)
    )


def _waiting(run: str, step: Step) -> Waiting:
    parameters = step.input if isinstance(step.input, dict) else {}
    form = parameters.get("form")
    return Waiting(
        run,
        step.address,
        str(parameters.get("message", "")),
        form if isinstance(form, dict) else None,
        parameters.get("to"),
    )
