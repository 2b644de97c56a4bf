"""Nodes with bodies, together: foreach and loop, race, scope, and how a body that ends moves its owner."""

from __future__ import annotations

from collections import deque

from automata._core.machine.bodies import base_of, body_of, box_of, owner_of
from automata._core.machine.commands import ClearTimer, Conclude, Decide
from automata._core.machine.rounds import Rounds
from automata._core.machine.state import Activation, ForeachBox, LoopBox, NodeState, Phase, RaceBox, ScopeBox, Step
from automata._core.plan import Behaviour, Plan
from automata.errors import KernelBug
from automata.model import ErrorInfo, Json, JsonObject


class Containers(Rounds):
    """The upper layer of the machine: what the ends of bodies add up to."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.locks: dict[str, deque[tuple[Step, ScopeBox]]] = {}
        """Name of a lock to the scopes that want it; the first has it."""

    def open_box(self, step: Step, parameters: JsonObject) -> None:
        """The parameters of a node with bodies are evaluated: open the first of them."""
        if step.work.timeout_s is not None:
            self.timer(f"{step.address}#timeout", step.work.timeout_s)
        match step.node.behaviour:
            case Behaviour.FOREACH:
                self.open_foreach(step, parameters)
            case Behaviour.LOOP:
                self.open_loop(step, parameters)
            case Behaviour.RACE:
                step.box = box = RaceBox()
                box.live = dict.fromkeys(body_of(step).roots, 0)
                self.open_body(step, body_of(step), base_of(step), 0, {})
            case _:
                step.box = scope = ScopeBox(parameters.get("lock"))
                if scope.lock is None:
                    self.open_scope(step, scope)
                else:
                    self.queue(step, scope, scope.lock)

    # ------------------------------------------------------------ a body ends

    def body_ended(self, activation: Activation, owner: Step) -> None:
        """The last node of a body has ended: evaluate its output, or see what its failure means."""
        box = owner.box
        if isinstance(box, RaceBox):
            self.close(activation, box)
            self.race_ended(owner, box, activation)
        elif activation.ending is None:
            self.commands.append(Conclude(activation))
        else:
            self.body_failed(activation, activation.failure)

    def body_finished(self, activation: Activation, output: Json) -> None:
        """The output of a body is known."""
        owner = owner_of(activation)
        box = box_of(owner)
        self.close(activation, box)
        if isinstance(box, ScopeBox):
            self.scope_moved(owner, box, output=output)
        elif self.box_failed(owner, box):
            return
        elif isinstance(box, ForeachBox):
            self.item_ended(owner, box, activation.index, output)
        elif isinstance(box, LoopBox):
            box.last = output
            if "until" in owner.work.lazy:
                self.commands.append(Decide(owner, box.index))
            else:
                box.index += 1
                self.pause_round(owner, box)

    def body_failed(self, activation: Activation, error: ErrorInfo | None) -> None:
        """A body ended with *error*, or was stopped when that is None."""
        owner = owner_of(activation)
        box = box_of(owner)
        self.close(activation, box)
        if isinstance(box, ScopeBox):
            self.scope_moved(owner, box, error=error)
        elif self.box_failed(owner, box):
            return
        elif isinstance(box, ForeachBox) and box.enough:
            self.fill(owner, box)
        elif error is None:
            return
        elif isinstance(box, ForeachBox) and box.failures < box.allowed:
            box.failures += 1
            self.item_ended(owner, box, activation.index, {"error": error.to_json()})
        else:
            self.break_box(owner, box, error)

    def cancel_bodies(self, step: Step) -> bool:
        """Stop the bodies of *step*; False when none is left open."""
        box = box_of(step)
        if isinstance(box, LoopBox):
            self.commands.append(ClearTimer(f"{step.address}#pause"))
        if isinstance(box, ScopeBox):
            box.cancelled = True
            if box.finishing:
                return bool(box.open)
        for activation in list(box.open.values()):
            if activation.ending is None:
                self.stop_all(activation, "cancelled")
        return bool(box.open)

    def expire(self, step: Step) -> None:
        """The timeout of *step* is over."""
        error = ErrorInfo("timed_out", f"{step.node.id!r} did not end in time", step.address, step.attempt)
        if step.box is None:
            self.stop(step)
            self.derive_failure(step, error)
        elif isinstance(step.box, ScopeBox) and step.box.open and not step.box.finishing:
            for activation in list(step.box.open.values()):
                activation.failure = error
                self.stop_all(activation, "failed")
        else:
            self.break_box(step, step.box, error)

    # ------------------------------------------------------------ scope

    def open_scope(self, step: Step, box: ScopeBox) -> None:
        """Open the body of a scope with its variables over those around it."""
        box.begun = True
        variables = step.input.get("vars", {}) if isinstance(step.input, dict) else {}
        outer = self.lookup(step.activation, step.index, "vars")
        merged = {**outer, **variables} if isinstance(variables, dict) and isinstance(outer, dict) else variables
        self.open_body(step, body_of(step), base_of(step), 0, {"vars": merged})

    def queue(self, step: Step, box: ScopeBox, lock: str) -> None:
        """Have a scope wait its turn, unless one around it holds the same lock."""
        around = (here.owner.box for here in step.activation.chain() if here.owner is not None)
        if any(isinstance(outer, ScopeBox) and outer.lock == lock for outer in around):
            self.open_scope(step, box)
        else:
            self.locks.setdefault(lock, deque()).append((step, box))

    def hand_over(self) -> None:
        """Give every free lock to the scope that waited for it longest; at the end of an event, when all is calm."""
        for waiting in self.locks.values():
            while waiting and not self.holds(*waiting[0]):
                waiting.popleft()
            if waiting and not waiting[0][1].begun:
                self.open_scope(*waiting[0])

    def holds(self, step: Step, box: ScopeBox) -> bool:
        """Whether a scope still wants or has its lock: it has neither ended nor been stopped nor failed an attempt."""
        return step.box is box and self.steps.get(step.address) is step

    def scope_moved(self, step: Step, box: ScopeBox, *, output: Json = None, error: ErrorInfo | None = None) -> None:
        """The body or the ``finally`` of a scope has ended."""
        if not box.finishing:
            box.output = output
            box.error = error
            graph = step.node.finally_
            if graph is not None:
                box.finishing = True
                locals_: dict[str, Json] = {} if error is None else {"error": error.to_json()}
                self.open_body(step, graph, f"{base_of(step)}~finally", 0, locals_)
                return
        elif error is not None:
            box.error = error
        step.box = None
        if box.cancelled:
            self.cancelled(step)
        elif box.error is not None:
            self.derive_failure(step, box.error)
        else:
            self.derive_finish(step, box.output)

    # ------------------------------------------------------------ race

    def branch_moved(self, step: Step, output: Json) -> None:
        """A step of a branch has its output; when it was the branch's last, the branch has won."""
        activation = step.activation
        box = self.race(activation)
        branch = activation.graph.branches[step.index]
        if activation.status[step.index] is NodeState.DONE:
            box.last[branch] = output
        if box.live[branch] == 0 and box.winner is None and activation.ending is None:
            box.winner = branch
            self.stop_all(activation, "won")

    def branch_failed(self, step: Step, error: ErrorInfo) -> None:
        """A branch is out; when it was the last one running, the race has failed."""
        activation = step.activation
        branches = activation.graph.branches
        branch = branches[step.index]
        activation.failure = error
        activation.busy = True
        for index, owner in enumerate(branches):
            if owner == branch and activation.status[index] is NodeState.IDLE:
                activation.status[index] = NodeState.CANCELLED
            elif owner == branch and activation.status[index] is NodeState.RUNNING:
                self.cancel(self.steps[activation.prefix + activation.graph.nodes[index].id])
        activation.busy = False
        self.check(activation)

    def race_ended(self, step: Step, box: RaceBox, activation: Activation) -> None:
        """Every branch of a race has ended or been stopped."""
        if step.phase is Phase.CANCELLING or box.error is not None:
            self.box_failed(step, box)
        elif box.winner is not None:
            winner = activation.graph.nodes[box.winner].id
            self.derive_finish(step, {"winner": winner, "output": box.last.get(box.winner)})
        elif activation.failure is not None:
            box.error = activation.failure
            self.box_failed(step, box)
        elif activation.graph.roots:  # every branch is of disabled nodes alone
            self.derive_finish(step, {"winner": activation.graph.nodes[activation.graph.roots[0]].id, "output": None})
        else:
            raise KernelBug(f"The race {step.address!r} has no branches")
