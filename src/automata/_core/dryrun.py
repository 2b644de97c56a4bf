"""Rehearse a workflow: pure nodes compute, reads only if allowed, what would change the world is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from automata._core.catalog import Catalog
from automata._core.history import error_json, node_at, plain, step_json, steps_of
from automata._core.machine import Step as MachineStep
from automata._core.plan import Behaviour, Plan
from automata._core.pool.thread import perform_here
from automata._core.sample import sample
from automata.errors import InvalidInput, StepError
from automata.model import Effect, Event, Json, JsonObject, Outcome, Run, Step, StepFinished
from automata.ports import Context

APPROVED: JsonObject = {"approved": True, "by": None, "comment": None, "form": {}}


@frozen(kw_only=True)
class Frame:
    """One step of a rehearsal."""

    step: Step
    effect: Effect
    simulated: bool
    """Whether the output was made up, mocked or pinned instead of coming from the step itself."""
    would: str | None
    """The effect that would have happened, in words; None when none would, or its parameters could not be evaluated."""

    def to_json(self) -> JsonObject:
        """The frame as the CLI and the API show it: the step, and what it would have done."""
        return {
            **step_json(self.step),
            "effect": str(self.effect),
            "simulated": self.simulated,
            "would": self.would,
        }


@frozen(kw_only=True)
class DryRun:
    """What a rehearsal showed."""

    run: Run
    frames: tuple[Frame, ...]

    @property
    def effects(self) -> tuple[Frame, ...]:
        """The frames whose effect would have happened, in order."""
        return tuple(frame for frame in self.frames if frame.would is not None)

    def to_json(self) -> JsonObject:
        """The rehearsal as the CLI and the API show it."""
        return {
            "workflow": self.run.workflow,
            "version": self.run.version,
            "status": str(self.run.status),
            "output": self.run.output,
            "error": error_json(self.run.error),
            "frames": [frame.to_json() for frame in self.frames],
            "effects": [{"node": frame.step.node, "would": frame.would} for frame in self.effects],
        }


@frozen
class Rehearsal:
    """A performer that changes nothing outside."""

    catalog: Catalog
    mocks: Mapping[str, Json] = field(factory=dict)
    """Step or node address to ``{output, port}``, ``{error}``, or a list of them, one an attempt."""
    allow_reads: bool = False
    simulated: set[str] = field(factory=set)
    """Addresses whose output did not come from the step itself; filled as the run goes on."""

    def answer(self, step: MachineStep, parameters: Json) -> Outcome | StepError | None:
        """A mock, or something plausible for what nobody will send during a rehearsal."""
        found = mocked(self.mocks, step.address, step.attempt)
        if found is None:
            found = self._plausible(step, parameters)
        if found is not None:
            self.simulated.add(step.address)
        return found

    async def perform(self, step: MachineStep, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Compute what is pure, read if allowed, simulate the rest."""
        type_, effect = step.work.type, step.work.effect
        if type_.run is not None and (effect is Effect.PURE or (effect is Effect.READ and self.allow_reads)):
            return await perform_here(type_.run, context, parameters)
        self.simulated.add(step.address)
        ports = tuple(step.node.exits)
        return Outcome(sample(type_.output), "out" if "out" in ports or not ports else ports[0])

    def _plausible(self, step: MachineStep, parameters: Json) -> Outcome | None:
        match Behaviour.ACTION if step.undo else step.node.behaviour:
            case Behaviour.APPROVAL:
                form = parameters.get("form") if isinstance(parameters, dict) else None
                return Outcome({**APPROVED, "form": sample(form) if isinstance(form, dict) else {}}, "approved")
            case Behaviour.SIGNAL:
                return Outcome(sample(step.work.type.output))
            case Behaviour.WAIT if self.allow_reads:
                return Outcome({"at": "2026-01-01T00:00:00.000Z"})
            case _:
                return None


def mocked(mocks: Mapping[str, Json], address: str, attempt: int) -> Outcome | StepError | None:
    """What a mock answers for a step: by its exact address, or by that of its node for every iteration.

    Args:
        mocks: As in a test case.
        address: Of the step.
        attempt: From 1; a list of mocks answers one after the other, its last one ever after.
    """
    names = (address, plain(address), plain(address).replace("~finally", ""))
    key = next((name for name in names if name in mocks), None)
    if key is None:
        return None
    given = mocks[key]
    if isinstance(given, list) and given:
        given = given[min(attempt, len(given)) - 1]
    if not isinstance(given, dict):
        return InvalidInput(f"The mock of {key!r} is neither an output nor an error")
    error = given.get("error")
    if isinstance(error, dict):
        details = error.get("details")
        return StepError(
            str(error.get("message", "Mocked")),
            error_class=str(error.get("class", "failed")),
            details=details if isinstance(details, dict) else {},
            sent=error.get("sent") is True,
        )
    return Outcome(given.get("output"), str(given.get("port", "out")))


def frames_of(plan: Plan, events: Sequence[Event], simulated: set[str]) -> tuple[Frame, ...]:
    """The steps of a rehearsal with what would have happened outside."""
    return tuple(_frame(plan, step, simulated) for step in steps_of(plan, events) if step.attempt > 0)


def _frame(plan: Plan, step: Step, simulated: set[str]) -> Frame:
    node = node_at(plan, step.node)
    work = node.compensation if step.node.endswith("~undo") and node.compensation is not None else node.work
    happens = work.effect.writes and step.started is not None and step.input is not None
    return Frame(
        step=step,
        effect=work.effect,
        simulated=step.node in simulated,
        would=f"{work.effect} {work.type.name}: {work.type.summary}" if happens else None,
    )


def finishes(event: Event, address: str) -> bool:
    """Whether *event* is the end of the step a rehearsal is to stop after."""
    return isinstance(event, StepFinished) and address in {event.step, plain(event.step)}
