"""`Machine`: applies one event after the other and answers with commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from automata._core.machine.commands import Command, Start
from automata._core.machine.containers import Containers
from automata._core.machine.state import Activation, NodeState, Phase, Step
from automata._core.plan import CONTAINERS, Behaviour, Plan
from automata.errors import KernelBug
from automata.model import (
    BodyFailed,
    BodyFinished,
    CancelRequested,
    ChildStarted,
    Decided,
    Effect,
    ErrorInfo,
    Event,
    ItemAdded,
    PauseRequested,
    Resolved,
    ResumeRequested,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepLost,
    StepSkipped,
    StepStarted,
    TimerFired,
)

WATCHED = CONTAINERS | {Behaviour.WAIT, Behaviour.SIGNAL, Behaviour.APPROVAL, Behaviour.CALL}
"""Behaviours whose timeout is a timer of the run, not of an attempt in the process."""

POISONOUS = 3
"""Deaths of workers during one step after which it is not tried again."""


class Machine(Containers):
    """The decision core of one run.

    An event that is of no interest any more (a late result of a cancelled step, a timer nobody waits for, a derived
    event read back from the journal) changes nothing and gives no commands.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.handlers: dict[type, Callable[..., None]] = {
            RunStarted: self.run_started,
            StepStarted: self.step_started,
            StepFinished: self.step_finished,
            StepFailed: self.step_failed,
            StepLost: self.step_lost,
            Resolved: self.step_resolved,
            TimerFired: self.timer_fired,
            Decided: self.loop_decided,
            BodyFinished: self.graph_finished,
            BodyFailed: self.graph_failed,
            ItemAdded: self.item_added,
            ChildStarted: self.child_started,
            CancelRequested: self.cancel_requested,
            PauseRequested: self.pause_requested,
            ResumeRequested: self.resume_requested,
        }

    def apply(self, event: Event) -> Sequence[Command]:
        """Fold *event* into the state and say what is to be done because of it, in order.

        Cost is proportional to the number of nodes that start, end or are skipped by it.
        """
        handler = self.handlers.get(type(event))
        if handler is None or self.over:
            return ()
        self.commands = []
        handler(event)
        if self.locks:
            self.hand_over()
        return self.commands

    # ------------------------------------------------------------ the run

    def run_started(self, event: RunStarted) -> None:
        """Begin at the trigger the event arrived at, or at every root of a document without triggers."""
        graph = self.plan.graph
        root = Activation("", graph, None, 0, {"input": event.input, "vars": dict(self.plan.vars)})
        if self.plan.timeout_s is not None:
            self.timer("#timeout", self.plan.timeout_s)
        if not graph.triggers:
            self.begin(root)
            return
        chosen = event.trigger if event.trigger is not None else next(iter(graph.triggers))
        if chosen not in graph.triggers:
            raise KernelBug(f"{chosen!r} is not a trigger of {self.plan.name!r}")
        self.activations[""] = root
        for id_, index in graph.triggers.items():
            node = graph.nodes[index]
            if id_ == chosen:
                self.note(StepStarted(id_, 1))
                self.note(StepFinished(id_, 1, event.input))
                root.status[index] = NodeState.DONE
                root.values[id_] = event.input
                self.leave(root, index, *node.exits["out"])
            else:
                self.note(StepSkipped(id_))
                root.status[index] = NodeState.SKIPPED
                self.leave(root, index, (), node.targets)
        self.check(root)

    def cancel_requested(self, _: CancelRequested) -> None:
        """Stop everything, compensate, end as cancelled."""
        self.halt("cancelled")

    def pause_requested(self, _: PauseRequested) -> None:
        """Start no attempt until resumed; what runs goes on."""
        self.paused = True

    def resume_requested(self, _: ResumeRequested) -> None:
        """Start what was held back."""
        self.paused = False
        waiting, self.deferred = self.deferred, []
        self.commands.extend(Start(step) for step in waiting)

    # ------------------------------------------------------------ steps

    def step_started(self, event: StepStarted) -> None:
        """An attempt has begun with these parameters."""
        step = self.steps.get(event.step)
        if step is None or event.attempt < step.attempt:
            return
        step.attempt = event.attempt
        step.phase = Phase.RUNNING
        step.input = event.input
        step.key = event.key
        behaviour = step.node.behaviour
        if step.undo or behaviour is Behaviour.ACTION:
            return
        if behaviour in CONTAINERS:
            self.open_box(step, event.input if isinstance(event.input, dict) else {})
        elif behaviour in WATCHED and step.work.timeout_s is not None:
            self.timer(f"{step.address}#timeout", step.work.timeout_s)

    def step_finished(self, event: StepFinished) -> None:
        """An attempt has succeeded."""
        step = self.running(event.step, event.attempt)
        if step is not None:
            self.finish(step, event.output, event.port)

    def step_failed(self, event: StepFailed) -> None:
        """An attempt has failed."""
        step = self.running(event.step, event.attempt)
        if step is not None:
            self.fail_attempt(step, event.error, event.chance)

    def step_lost(self, event: StepLost) -> None:
        """Nobody knows how an attempt ended: try again, unless that might do harm or the step kills its workers."""
        step = self.running(event.step, event.attempt)
        if step is None:
            return
        step.deaths += event.died
        if step.work.effect is Effect.UNSAFE:
            text = "The worker stopped during the attempt; whether its effect happened is not known"
            self.park(step, ErrorInfo("in_doubt", text, step.address, step.attempt))
        elif step.deaths >= POISONOUS:
            text = f"{step.deaths} workers died during this step; it is not tried again"
            self.park(step, ErrorInfo("poison", text, step.address, step.attempt))
        else:
            self.again(step)

    def step_resolved(self, event: Resolved) -> None:
        """A person chose how a parked step goes on."""
        step = self.parked.pop(event.step, None)
        if step is None:
            return
        step.phase = Phase.RUNNING
        error, step.error = step.error, None
        if event.choice == "retry" or error is None:
            step.deaths = 0
            self.again(step)
        elif event.choice == "done":
            port = "out" if step.undo or "out" in step.node.exits else next(iter(step.node.exits), "out")
            self.finish(step, event.output, port)
        else:
            self.fail(step, error, parks=False)

    def running(self, address: str, attempt: int) -> Step | None:
        """The step with this attempt in flight; None for a late or derived event."""
        step = self.steps.get(address)
        if step is None or step.phase is not Phase.RUNNING or step.attempt != attempt or step.box is not None:
            return None
        return step

    def child_started(self, event: ChildStarted) -> None:
        """A ``call`` has started its run."""
        step = self.steps.get(event.step)
        if step is not None:
            step.child = event.run

    def timer_fired(self, event: TimerFired) -> None:
        """Something waited for has come due."""
        address, _, what = event.timer.rpartition("#")
        if not address and what == "timeout":
            self.halt("failed", ErrorInfo("timed_out", f"The run did not end within {self.plan.timeout_s:g} s"))
            return
        step = self.steps.get(address)
        if step is None:
            return
        if what == "retry" and step.phase is Phase.RETRYING:
            step.attempt += 1
            step.phase = Phase.RUNNING
            self.attempt(step)
        elif what == "wait" and step.phase is Phase.RUNNING:
            self.derive_finish(step, {"at": event.at}, event.at)
        elif what == "timeout" and step.phase is Phase.RUNNING:
            self.expire(step)
        elif what == "pause" and step.phase is Phase.RUNNING:
            self.resume_loop(step)

    # ------------------------------------------------------------ bodies

    def item_added(self, event: ItemAdded) -> None:
        """A running foreach got one more item."""
        step = self.steps.get(event.step)
        if step is not None:
            self.add_item(step, event.item)

    def loop_decided(self, event: Decided) -> None:
        """A loop's condition is known."""
        step = self.steps.get(event.step)
        if step is None or step.phase is not Phase.RUNNING:
            return
        if event.error is None:
            self.decided(step, event.value)
        elif step.box is not None:
            self.break_box(step, step.box, event.error)

    def graph_finished(self, event: BodyFinished) -> None:
        """The output of a graph is known."""
        activation = self.activations.get(event.body)
        if activation is None:
            return
        if activation.owner is None:
            self.outcome = (RunStatus.SUCCEEDED, event.output, None)
            self.conclude()
        else:
            self.body_finished(activation, event.output)

    def graph_failed(self, event: BodyFailed) -> None:
        """The output of a graph, or the condition of a loop, could not be evaluated."""
        activation = self.activations.get(event.body)
        if activation is None:
            return
        activation.failure = event.error
        activation.ending = "failed"
        if activation.owner is None:
            self.wind_up(activation, "failed")
        else:
            self.body_failed(activation, event.error)
