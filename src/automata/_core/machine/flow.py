"""Edges, joins and dead paths: which nodes start or are skipped when one has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from automata._core.machine.commands import Command, Note, SetTimer, Start, Stop
from automata._core.machine.state import Activation, NodeState, RaceBox, Step
from automata._core.plan import Behaviour, Plan, PlanNode
from automata.model import ErrorInfo, Event, Json, StepSkipped


class Flow:
    """The lowest layer of the machine: moves along edges within one activation."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.commands: list[Command] = []
        """What the event being applied has led to so far."""
        self.steps: dict[str, Step] = {}
        """Address to step, for steps that have not ended."""
        self.activations: dict[str, Activation] = {}
        """Address to activation, for activations that have not ended."""
        self.parked: dict[str, Step] = {}
        """Address to step, for steps that wait for a person's choice."""
        self.paused = False
        self.deferred: list[Step] = []
        """Steps to start when the run is resumed."""

    # ------------------------------------------------------------ for the layers above to define

    def ended(self, activation: Activation) -> None:
        """Nothing lives in *activation* any more."""
        raise NotImplementedError

    def cancel(self, step: Step) -> None:
        """Stop *step*."""
        raise NotImplementedError

    # ------------------------------------------------------------ moving

    def begin(self, activation: Activation) -> None:
        """Start every root of *activation*."""
        self.activations[activation.address] = activation
        for index in activation.graph.roots:
            self.start(activation, index)
        self.check(activation)

    def start(self, activation: Activation, index: int) -> None:
        """Start the node *index*; a disabled one passes on at once."""
        node = activation.graph.nodes[index]
        if node.behaviour is Behaviour.PASS:
            activation.status[index] = NodeState.DONE
            self.leave(activation, index, *node.exits["out"])
            return
        step = Step(activation, node, node.work, activation.prefix + node.id)
        self.steps[step.address] = step
        activation.status[index] = NodeState.RUNNING
        activation.live += 1
        if activation.graph.branches:
            self.race(activation).live[activation.graph.branches[index]] += 1
        if node.doomed:
            self.doom(activation, node.doomed)
        self.attempt(step)

    def attempt(self, step: Step) -> None:
        """Ask for the next attempt of *step*, or remember it while the run is paused."""
        if self.paused:
            self.deferred.append(step)
        else:
            self.commands.append(Start(step))

    def leave(self, activation: Activation, source: int, taken: Sequence[int], dead: Sequence[int]) -> None:
        """Take and kill the outgoing edges of *source*, and follow up what that makes ready or dead."""
        pending, got, status, nodes = activation.pending, activation.taken, activation.status, activation.graph.nodes
        arrivals = deque((source, target, False) for target in dead) if dead else deque()
        arrivals.extend((source, target, True) for target in taken)
        while arrivals:
            origin, target, alive = arrivals.popleft()
            pending[target] -= 1
            if alive:
                got[target] += 1
                if origin in activation.caught:
                    activation.caught[target] = activation.caught[origin]
            if status[target]:
                continue
            ready = verdict(nodes[target], got[target], pending[target])
            if ready is None:
                continue
            if ready and nodes[target].behaviour is Behaviour.PASS:
                status[target] = NodeState.DONE
                onwards, nowhere = nodes[target].exits["out"]
                arrivals.extend((target, t, False) for t in nowhere)
                arrivals.extend((target, t, True) for t in onwards)
            elif ready:
                self.start(activation, target)
            else:
                status[target] = NodeState.SKIPPED
                self.commands.append(Note(StepSkipped(activation.prefix + nodes[target].id)))
                arrivals.extend((target, t, False) for t in nodes[target].targets)

    def remove(self, step: Step, state: NodeState) -> None:
        """Take *step* out of the living."""
        del self.steps[step.address]
        self.parked.pop(step.address, None)
        activation = step.activation
        if step.undo:
            return
        activation.live -= 1
        activation.status[step.index] = state
        if activation.graph.branches:
            self.race(activation).live[activation.graph.branches[step.index]] -= 1

    def doom(self, activation: Activation, doomed: Sequence[int]) -> None:
        """Stop what can only lead to a join that has just started."""
        for index in doomed:
            state = activation.status[index]
            if state is NodeState.IDLE:
                activation.status[index] = NodeState.CANCELLED
            elif state is NodeState.RUNNING:
                self.cancel(self.steps[activation.prefix + activation.graph.nodes[index].id])

    def check(self, activation: Activation) -> None:
        """Say so when nothing lives in *activation* any more."""
        if activation.live == 0 and not activation.busy and self.activations.get(activation.address) is activation:
            self.ended(activation)

    # ------------------------------------------------------------ small things every layer needs

    def note(self, event: Event) -> None:
        """Have a derived event written to the journal."""
        self.commands.append(Note(event))

    def timer(self, timer: str, delay_s: float) -> None:
        """Have *timer* fire in *delay_s* seconds."""
        self.commands.append(SetTimer(timer, delay_s))

    def stop(self, step: Step) -> None:
        """Have the attempt in flight of *step* cancelled, if there is one."""
        if step in self.deferred:
            self.deferred.remove(step)
        else:
            self.commands.append(Stop(step))

    def race(self, activation: Activation) -> RaceBox:
        """The race whose body *activation* is."""
        box = activation.owner.box if activation.owner is not None else None
        if not isinstance(box, RaceBox):
            raise TypeError(f"{activation.address!r} is not the body of a race")
        return box

    def lookup(self, activation: Activation, index: int, name: str) -> Json:
        """Value of a scope root for the node *index* of *activation*.

        Outputs and local roots of the innermost activation win; ``error`` is what the node's own branch handles.

        Raises:
            KeyError: There is none: the node of that name did not run, or nothing is called that.
        """
        for here in activation.chain():
            if name == "error" and index in here.caught:
                return here.caught[index].to_json()
            if name in here.values:
                return here.values[name]
            if name in here.locals:
                return here.locals[name]
            if here.owner is not None:
                index = here.owner.index
        raise KeyError(name)

    @staticmethod
    def catcher(step: Step, error: ErrorInfo) -> tuple[int, ...]:
        """Targets of the ``error`` edges that catch *error*; none when it is not caught."""
        anything: tuple[int, ...] = ()
        for kind, targets in step.node.catches:
            if kind == error.kind:
                return targets
            if kind is None:
                anything = targets
        return anything


def verdict(node: PlanNode, taken: int, pending: int) -> bool | None:
    """Whether a join runs (True), is skipped (False), or waits on (None), by its edges taken and pending."""
    if node.patient:
        return None if pending else taken > 0
    if taken >= node.need:
        return True
    return False if taken + pending < node.need else None
