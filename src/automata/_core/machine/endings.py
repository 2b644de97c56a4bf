"""How things end: errors caught or not, cancellation, compensation, the end of the run."""

from __future__ import annotations

from automata._core.machine.commands import ClearTimer, Conclude, End
from automata._core.machine.flow import Flow
from automata._core.machine.state import Activation, Ending, NodeState, Phase, Step
from automata._core.plan import CONTAINERS, Behaviour, Plan
from automata._core.retry import retry_delay
from automata.model import ErrorInfo, Json, RunStatus, StepCancelled, StepFailed, StepFinished, StepParked

STATUS_OF: dict[Ending, RunStatus] = {
    "failed": RunStatus.FAILED,
    "cancelled": RunStatus.CANCELLED,
    "returned": RunStatus.SUCCEEDED,
}


class Endings(Flow):
    """The middle layer of the machine: what an end of something means for what is around it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.undo: list[Step] = []
        """Finished steps that have a compensation, oldest first."""
        self.outcome: tuple[RunStatus, Json, ErrorInfo | None] | None = None
        """How the run will end once compensations and the error handler are done."""
        self.returned: Json = None
        self.handled = False
        """Whether the node ``errors`` names has been started."""
        self.over = False

    # ------------------------------------------------------------ for the layer above to define

    def body_ended(self, activation: Activation, owner: Step) -> None:
        """The last node of a body has ended; ``activation.ending`` says how."""
        raise NotImplementedError

    def cancel_bodies(self, step: Step) -> bool:
        """Stop the bodies of *step*; False when none is left open."""
        raise NotImplementedError

    def branch_failed(self, step: Step, error: ErrorInfo) -> None:
        """A step in the body of a race failed and nobody caught it."""
        raise NotImplementedError

    def branch_moved(self, step: Step, output: Json) -> None:
        """A step in the body of a race has its output."""
        raise NotImplementedError

    # ------------------------------------------------------------ a step ends

    def finish(self, step: Step, output: Json, port: str = "out") -> None:
        """*step* has its output and leaves by *port*."""
        self.settle_timer(step)
        if step.undo:
            self.remove(step, NodeState.DONE)
            self.next_undo()
            return
        leaving = step.node.exits.get(port)
        if leaving is None and step.node.behaviour is not Behaviour.RETURN:
            error = _no_exit(step, port)
            self.note(StepFailed(step.address, step.attempt, error))
            self.fail(step, error)
            return
        activation = step.activation
        self.remove(step, NodeState.DONE)
        activation.values[step.node.id] = output
        if step.node.compensation is not None:
            self.undo.append(step)
        if leaving is None:
            self.returned = output
            self.halt("returned")
            self.check(activation)
            return
        self.leave(activation, step.index, *leaving)
        if activation.graph.branches:
            self.branch_moved(step, output)
        self.check(activation)

    def derive_finish(self, step: Step, output: Json, at: str = "") -> None:
        """Finish a step the machine performs itself, and have it written down."""
        self.note(StepFinished(step.address, step.attempt, output, "out", at))
        self.finish(step, output)

    def fail_attempt(self, step: Step, error: ErrorInfo, chance: float) -> None:
        """An attempt of *step* failed: try again later, or fail it."""
        self.settle_timer(step)
        delay = retry_delay(step.work.retry, step.work.effect, step.attempt, error, chance)
        if delay is None or (step.activation.ending is not None and not step.undo):
            self.fail(step, error)
            return
        step.phase = Phase.RETRYING
        step.box = None
        self.timer(f"{step.address}#retry", delay)

    def derive_failure(self, step: Step, error: ErrorInfo) -> None:
        """Fail an attempt of a step the machine performs itself; its delay is not spread."""
        self.note(StepFailed(step.address, step.attempt, error, 1.0))
        self.fail_attempt(step, error, 1.0)

    def fail(self, step: Step, error: ErrorInfo, *, parks: bool = True) -> None:
        """*step* failed for good: take the edges that catch it, or break what is around it.

        In a workflow with ``on_error: park``, an error that would end the run parks the step, unless *parks* is false.
        """
        activation = step.activation
        if step.undo:
            self.remove(step, NodeState.FAILED)
            self.undo_failed(error)
            return
        caught = self.catcher(step, error)
        if parks and self.plan.parks and activation.owner is None and not caught and activation.ending is None:
            self.park(step, error)
            return
        self.remove(step, NodeState.FAILED)
        if caught and activation.ending is None:
            activation.caught[step.index] = error
            targets = list(step.node.targets)
            for target in caught:
                targets.remove(target)
            self.leave(activation, step.index, caught, targets)
            if activation.graph.branches:
                self.branch_moved(step, None)
            self.check(activation)
        elif activation.graph.branches and activation.ending is None:
            self.branch_failed(step, error)
        else:
            self.break_(activation, error)

    def break_(self, activation: Activation, error: ErrorInfo) -> None:
        """An error nobody caught ends *activation*."""
        if activation.ending is None:
            activation.failure = error
            self.stop_all(activation, "failed")
        else:
            self.check(activation)

    def again(self, step: Step) -> None:
        """Ask for the next attempt of *step* without delay."""
        step.attempt += 1
        step.phase = Phase.RUNNING
        self.attempt(step)

    def park(self, step: Step, error: ErrorInfo) -> None:
        """Have *step* wait for a person's choice."""
        step.phase = Phase.PARKED
        step.error = error
        self.parked[step.address] = step
        self.note(StepParked(step.address, step.attempt, error))

    # ------------------------------------------------------------ stopping

    def stop_all(self, activation: Activation, ending: Ending) -> None:
        """Stop every step of *activation*; it ends once they have."""
        activation.ending = ending
        activation.busy = True
        for step in [s for s in self.steps.values() if s.activation is activation and not s.undo]:
            self.cancel(step)
        activation.busy = False
        self.check(activation)

    def cancel(self, step: Step) -> None:
        """Stop *step*: at once, or when its bodies (and their ``finally``) have ended."""
        if step.phase is Phase.CANCELLING:
            return
        self.settle_timer(step)
        if step.node.behaviour in CONTAINERS and step.box is not None:
            step.phase = Phase.CANCELLING
            if self.cancel_bodies(step):
                return
        elif step.phase is Phase.RETRYING:
            self.commands.append(ClearTimer(f"{step.address}#retry"))
        else:
            self.stop(step)
        if step.address in self.steps:
            self.cancelled(step)

    def cancelled(self, step: Step) -> None:
        """*step* has been stopped."""
        self.note(StepCancelled(step.address))
        self.remove(step, NodeState.CANCELLED)
        self.check(step.activation)

    def settle_timer(self, step: Step) -> None:
        """Forget the timeout of a step the machine watches over itself."""
        if step.work.timeout_s is not None and step.node.behaviour is not Behaviour.ACTION and not step.undo:
            self.commands.append(ClearTimer(f"{step.address}#timeout"))

    # ------------------------------------------------------------ the run ends

    def halt(self, ending: Ending, error: ErrorInfo | None = None) -> None:
        """End the whole run, or the error handler once that is all that is left.

        Does nothing when the run is ending already: compensations are finished. A handler that is stopped leaves the
        outcome as it is.
        """
        root = self.activations.get("")
        if root is None or root.ending is not None:
            return
        root.failure = error
        self.stop_all(root, ending)

    def ended(self, activation: Activation) -> None:
        """Nothing lives in *activation* any more."""
        if activation.owner is not None:
            self.body_ended(activation, activation.owner)
        elif self.outcome is not None:
            self.conclude()
        elif activation.ending is None:
            self.commands.append(Conclude(activation))
        else:
            self.wind_up(activation, activation.ending)

    def wind_up(self, root: Activation, ending: Ending) -> None:
        """Everything has stopped: decide the outcome, then compensate newest first."""
        status = STATUS_OF[ending]
        error = root.failure
        if error is not None and error.node == "" and error.kind == "timed_out":
            status = RunStatus.TIMED_OUT
        self.outcome = (status, self.returned if status is RunStatus.SUCCEEDED else None, error)
        if status is RunStatus.SUCCEEDED:
            self.undo.clear()
        self.next_undo()

    def next_undo(self) -> None:
        """Start the newest compensation that is left, or go on to the error handler."""
        if not self.undo:
            self.handle()
            return
        done = self.undo.pop()
        work = done.node.compensation
        if work is None:
            raise TypeError(f"{done.address!r} has no compensation")
        step = Step(done.activation, done.node, work, f"{done.address}~undo")
        step.undo = True
        self.steps[step.address] = step
        self.attempt(step)

    def undo_failed(self, error: ErrorInfo) -> None:
        """A compensation failed for good: keep that with the run's error, and go on with the others."""
        if self.outcome is not None:
            status, output, cause = self.outcome
            self.outcome = (status, output, _with_failed_undo(cause, error))
        self.next_undo()

    def handle(self) -> None:
        """Start the node ``errors`` names, once, when the run has failed."""
        root = self.activations[""]
        handler = self.plan.handler
        if handler is None or self.handled or self.outcome is None or self.outcome[2] is None:
            self.conclude()
            return
        self.handled = True
        root.ending = None
        root.caught[handler] = self.outcome[2]
        self.start(root, handler)
        self.check(root)

    def conclude(self) -> None:
        """The run is over."""
        if self.outcome is None:
            raise TypeError("The run has no outcome yet")
        self.over = True
        del self.activations[""]
        if self.plan.timeout_s is not None:
            self.commands.append(ClearTimer("#timeout"))
        self.commands.append(End(*self.outcome))


def _no_exit(step: Step, port: str) -> ErrorInfo:
    if step.node.work.type.compute_ports is not None and port == "otherwise":
        return ErrorInfo(
            "no_match",
            f"No case of {step.node.id!r} fits and it has no edge from 'otherwise'",
            step.address,
            step.attempt,
        )
    return ErrorInfo(
        "bug", f"{step.node.id!r} left by the port {port!r}, which it does not have", step.address, step.attempt
    )


def _with_failed_undo(cause: ErrorInfo | None, error: ErrorInfo) -> ErrorInfo:
    if cause is None:
        return error
    earlier = cause.details.get("compensation_errors", [])
    failures = [*earlier, error.to_json()] if isinstance(earlier, list) else [error.to_json()]
    return ErrorInfo(
        cause.kind, cause.message, cause.node, cause.attempt, {**cause.details, "compensation_errors": failures}
    )
