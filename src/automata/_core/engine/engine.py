"""`Engine`: accepts runs, drives them side by side in this process, passes on what people and programs send them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from attrs import evolve, frozen

from automata._core.catalog import Catalog
from automata._core.engine.attempt import instant
from automata._core.engine.children import Post
from automata._core.engine.driver import Driver
from automata._core.engine.host import Host
from automata._core.machine import Step
from automata._core.plan import Plan, compile_plan
from automata.errors import Conflict, NotFound, StepError
from automata.model import (
    CancelRequested,
    ChildStarted,
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

DEEPEST = 16
"""How deep ``call`` may nest."""


@frozen
class Waiting:
    """An approval that waits for a person."""

    run: str
    node: str
    message: str
    form: JsonObject | None
    to: Json


class Engine:
    """Runs workflows of one catalog on one host; an async context that ends when its last run has."""

    def __init__(self, host: Host, catalog: Catalog) -> None:
        self.host = host
        self.catalog = catalog
        self._group = asyncio.TaskGroup()
        self._drivers: dict[str, Driver] = {}
        self._plans: dict[int, Plan] = {}
        self._depths: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup:
            if error is None:
                raise
            # Runs never fail the group; what is in it is *error*, which goes on as itself.

    # ------------------------------------------------------------ runs

    async def accept(
        self,
        workflow: Workflow,
        input_: Json = None,
        *,
        trigger: str | None = None,
        key: str | None = None,
        parent: str | None = None,
        run_id: str | None = None,
    ) -> tuple[Run, RunStarted]:
        """Make a run durable without driving it.

        Args:
            workflow: A validated document.
            input_: The start input, or the trigger's event.
            trigger: Id of the trigger node; needed only where there are several.
            key: Idempotency key of the start.
            parent: ``run id#step address`` of the step that calls.
            run_id: Id to use; a fresh one unless given.

        Raises:
            NotFound: *trigger* is not a trigger of the workflow.
            Conflict: *key* was used for another start.
        """
        plan = self.plan(workflow)
        if trigger is not None and trigger not in plan.graph.triggers:
            raise NotFound(f"{trigger!r} is not a trigger of {workflow.name!r}")
        await self.host.store.publish(workflow, plan.version)
        run = Run(
            id=run_id or self.host.random.identifier(),
            workflow=workflow.name,
            version=plan.version,
            key=key,
            parent=parent,
        )
        started = RunStarted(input_, trigger, instant(self.host))
        accepted = await self.host.store.create(run, [started])
        if accepted.id == run.id:
            self.host.tell(run.id, [started])
        return accepted, started

    async def drive(self, run: Run, started: RunStarted) -> Run:
        """Drive an accepted run to its end and return its final row; one that has ended is returned as it is.

        Raises:
            Conflict: It is being driven already.
            StoreUnavailable: The store did not take what happened; the run can be taken up again.
        """
        if run.status.final:
            return run
        found = await self.host.store.workflow(run.workflow, run.version)
        if found is None:
            raise NotFound(f"No version {run.version!r} of workflow {run.workflow!r}")
        return await self._drive(self._enlist(run, self.plan(found[1])), started)

    def _enlist(self, run: Run, plan: Plan) -> Driver:
        """Make the driver of a run, so that the run can be cancelled, signalled and answered from now on."""
        if run.id in self._drivers:
            raise Conflict(f"Run {run.id!r} is being driven here already")
        self._drivers[run.id] = driver = Driver(self.host, run, plan, self)
        return driver

    async def _drive(self, driver: Driver, started: RunStarted) -> Run:
        run, plan = driver.run, driver.plan
        try:
            end = await driver.drive(started)
        finally:
            del self._drivers[run.id]
        final = evolve(run, status=end.status, output=end.output, error=end.error)
        if plan.errors_workflow is not None and end.status in {RunStatus.FAILED, RunStatus.TIMED_OUT}:
            await self._report(plan.errors_workflow, final, end)
        return final

    async def execute(self, workflow: Workflow, input_: Json = None, *, trigger: str | None = None) -> Run:
        """Accept a run and drive it to its end."""
        return await self.drive(*await self.accept(workflow, input_, trigger=trigger))

    def plan(self, workflow: Workflow) -> Plan:
        """The compiled plan; the last ones used are kept, by identity of the document."""
        kept = self._plans.pop(id(workflow), None)
        if kept is None or kept.workflow is not workflow:
            kept = compile_plan(workflow, self.catalog)
        self._plans[id(workflow)] = kept
        if len(self._plans) > PLANS_KEPT:
            del self._plans[next(iter(self._plans))]
        return kept

    # ------------------------------------------------------------ what people and programs send

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
        return tuple(_waiting(run, step) for step in self._driver(run).mailbox.approvals())

    def _driver(self, run: str) -> Driver:
        driver = self._drivers.get(run)
        if driver is None:
            raise NotFound(f"Run {run!r} is not running here")
        return driver

    # ------------------------------------------------------------ children

    async def call(self, parent: Run, step: Step, parameters: JsonObject, post: Post) -> Json:
        """Run the workflow a ``call`` names."""
        name, version = str(parameters.get("workflow")), parameters.get("version")
        found = await self.host.store.workflow(name, version if isinstance(version, str) else None)
        if found is None:
            raise StepError(f"No workflow {name!r} to call", error_class="not_found", sent=False)
        depth = self._depths.get(parent.id, 0) + 1
        if depth > DEEPEST:
            raise StepError(f"Calls nest deeper than {DEEPEST}", error_class="invalid_input", sent=False)
        child, started = await self.accept(found[1], parameters.get("input"), parent=f"{parent.id}#{step.address}")
        post(ChildStarted(step.address, child.id))
        self._depths[child.id] = depth
        driver = self._enlist(child, self.plan(found[1]))
        task = self._group.create_task(self._contained(driver, started))
        if parameters.get("wait") is False:
            return {"run": child.id}
        final = await self._child(child, task)
        if isinstance(final, Exception):
            raise StepError(f"{name}: {final}", error_class="transient")
        if final.status is not RunStatus.SUCCEEDED:
            kind = final.error.kind if final.error is not None else str(final.status)
            message = final.error.message if final.error is not None else f"The run was {final.status}"
            details: JsonObject = {"run": child.id, "status": str(final.status)}
            raise StepError(f"{name}: {message}", error_class=kind, details=details)
        return final.output

    async def _contained(self, child: Driver, started: RunStarted) -> Run | Exception:
        """Drive a child; trouble of ours with it is the caller's to hear of, not its siblings'."""
        try:
            return await self._drive(child, started)
        except Exception as error:  # noqa: BLE001 - the fence: one run's trouble is not another's
            _log.exception("A called run could not be driven", extra={"run": child.run.id})
            return error
        finally:
            self._depths.pop(child.run.id, None)

    async def _child(self, child: Run, task: asyncio.Task[Run | Exception]) -> Run | Exception:
        """Wait for a child; when the caller is stopped, stop the child in an orderly way first."""
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if child.id in self._drivers:
                self.cancel(child.id, "The calling run was cancelled")
            await asyncio.wait([task])
            raise

    async def _report(self, name: str, run: Run, end: RunFinished) -> None:
        """Run the workflow that handles failed runs; the failure of a handler is not handled, only logged."""
        depth = self._depths.get(run.id, 0) + 1
        if end.error is None or depth > DEEPEST or (run.parent or "").endswith("#"):
            _log.error("A run that handles failures has failed", extra={"run": run.id})
            return
        try:
            found = await self.host.store.workflow(name)
            if found is None:
                _log.error("There is no workflow %r to handle failed runs", name, extra={"run": run.id})
                return
            failure: JsonObject = {"error": end.error.to_json(), "run": run.id, "workflow": run.workflow}
            handler, started = await self.accept(found[1], failure, parent=f"{run.id}#")
            self._depths[handler.id] = depth
            await self._contained(self._enlist(handler, self.plan(found[1])), started)
        except Exception:  # noqa: BLE001 - the fence: the run has ended as it has, whoever handles that
            _log.exception("The workflow that handles failed runs could not be started", extra={"run": run.id})


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
