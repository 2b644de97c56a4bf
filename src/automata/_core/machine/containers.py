"""Nodes with bodies: foreach, loop, race, scope. Opens their bodies round by round and folds how those ended."""

from __future__ import annotations

from collections import deque

from automata._core.durations import parse_duration
from automata._core.machine.commands import ClearTimer, Conclude, Decide
from automata._core.machine.endings import Endings
from automata._core.machine.state import Activation, Box, ForeachBox, LoopBox, NodeState, Phase, RaceBox, ScopeBox, Step
from automata._core.plan import Behaviour, Plan, PlanGraph
from automata.errors import KernelBug
from automata.model import ErrorInfo, Json, JsonObject


class Containers(Endings):
    """The upper layer of the machine: what the rounds of a body add up to."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.locks: dict[str, deque[tuple[Step, ScopeBox]]] = {}
        """Name of a lock to the scopes that want it; the first has it."""

    # ------------------------------------------------------------ opening

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
                box.live = dict.fromkeys(_body(step).roots, 0)
                self.open_body(step, _body(step), _base(step), 0, {})
            case _:
                step.box = scope = ScopeBox(parameters.get("lock"))
                if scope.lock is None:
                    self.open_scope(step, scope)
                else:
                    self.queue(step, scope, scope.lock)

    def open_body(self, step: Step, graph: PlanGraph, address: str, index: int, locals_: dict[str, Json]) -> None:
        """Begin one body of *step*."""
        activation = Activation(address, graph, step, index, locals_)
        _box(step).open[address] = activation
        self.begin(activation)

    def open_foreach(self, step: Step, parameters: JsonObject) -> None:
        """Start as many bodies as may run at once."""
        try:
            step.box = box = _foreach(parameters)
        except ValueError as error:
            self.refuse(step, error)
        else:
            self.fill(step, box)

    def refuse(self, step: Step, error: ValueError) -> None:
        """The parameters of *step* turned out to make no sense."""
        self.derive_failure(step, ErrorInfo("invalid_input", str(error), step.address, step.attempt))

    def fill(self, step: Step, box: ForeachBox) -> None:
        """Keep the window of a foreach full; finish it when all items are done."""
        while box.next < box.total and len(box.open) < box.concurrency and box.error is None:
            index = box.next
            box.next += 1
            self.open_body(
                step, _body(step), f"{_base(step)}[{index}]", index, {box.name: box.item(index), "index": index}
            )
            if step.box is not box or step.address not in self.steps:
                return
        if not box.open and box.next >= box.total and box.error is None:
            self.derive_finish(step, box.results)

    def add_item(self, step: Step, item: Json) -> None:
        """A signal brought one more item; it is too late when what there is suffices, or does not do any more."""
        box = step.box
        if isinstance(box, ForeachBox) and box.wanted is not None and step.phase is Phase.RUNNING:
            box.add(item)
            self.fill(step, box)

    def item_ended(self, step: Step, box: ForeachBox, index: int, entry: Json) -> None:
        """The entry of one item is known: ask whether that is enough, if the foreach has an ``until``."""
        box.results[index] = entry
        box.known.add(index)
        if "until" in step.work.lazy:
            self.commands.append(Decide(step, len(box.known) - 1))
        else:
            self.fill(step, box)

    def suffice(self, step: Step, box: ForeachBox) -> None:
        """The entries there are suffice: start no other body, stop those that run, and finish once they have."""
        box.next = box.total
        box.enough = True
        if not box.open:
            self.fill(step, box)
        for activation in list(box.open.values()):
            if activation.ending is None:
                self.stop_all(activation, "cancelled")

    def open_loop(self, step: Step, parameters: JsonObject) -> None:
        """Try the condition of a ``while``, or begin the first round of an ``until``."""
        try:
            step.box = box = _loop(parameters)
        except ValueError as error:
            self.refuse(step, error)
        else:
            self.next_round(step, box)

    def next_round(self, step: Step, box: LoopBox) -> None:
        """Begin the next round, after its condition if that comes first."""
        if "while" in step.work.lazy:
            self.commands.append(Decide(step, box.index))
        else:
            self.open_round(step, box)

    def open_round(self, step: Step, box: LoopBox) -> None:
        """Begin a round, unless there have been too many."""
        if box.index >= box.maximum:
            error = ErrorInfo(
                "loop_limit", f"The loop did not end within {box.maximum} rounds", step.address, step.attempt
            )
            self.derive_failure(step, error)
            return
        locals_: dict[str, Json] = {"last": box.last, "index": box.index}
        self.open_body(step, _body(step), f"{_base(step)}[{box.index}]", box.index, locals_)

    def decided(self, step: Step, value: bool) -> None:  # noqa: FBT001 - it is the answer itself
        """A condition was evaluated: of a loop, or the ``until`` of a foreach."""
        box = step.box
        if isinstance(box, ForeachBox) and box.error is None and not box.enough:
            act = self.suffice if value else self.fill
            act(step, box)
        if not isinstance(box, LoopBox):
            return
        if "while" in step.work.lazy:
            if value:
                self.open_round(step, box)
            else:
                self.derive_finish(step, box.last)
        elif value:
            self.derive_finish(step, box.last)
        else:
            box.index += 1
            self.pause_round(step, box)

    def pause_round(self, step: Step, box: LoopBox) -> None:
        """Wait between two rounds, when the loop says so."""
        if box.pause_s:
            self.timer(f"{step.address}#pause", box.pause_s)
        else:
            self.next_round(step, box)

    def resume_loop(self, step: Step) -> None:
        """The pause between two rounds is over."""
        if isinstance(step.box, LoopBox):
            self.next_round(step, step.box)

    # ------------------------------------------------------------ closing

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
        owner = _owner(activation)
        box = _box(owner)
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
        owner = _owner(activation)
        box = _box(owner)
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

    def break_box(self, step: Step, box: Box, error: ErrorInfo) -> None:
        """*step* fails with *error* once its other bodies have stopped."""
        box.error = error
        for activation in list(box.open.values()):
            if activation.ending is None:
                self.stop_all(activation, "cancelled")
        self.box_failed(step, box)

    def box_failed(self, step: Step, box: Box) -> bool:
        """End a failing or stopped step when its last body has; whether it is failing or stopped at all."""
        failing = box.error is not None or step.phase is Phase.CANCELLING
        if not failing or box.open or step.address not in self.steps or step.box is not box:
            return failing
        step.box = None
        if step.phase is Phase.CANCELLING or box.error is None:
            self.cancelled(step)
        else:
            self.derive_failure(step, box.error)
        return True

    def close(self, activation: Activation, box: Box) -> None:
        """Forget an activation that has ended."""
        self.activations.pop(activation.address, None)
        box.open.pop(activation.address, None)

    def cancel_bodies(self, step: Step) -> bool:
        """Stop the bodies of *step*; False when none is left open."""
        box = _box(step)
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
        self.open_body(step, _body(step), _base(step), 0, {"vars": merged})

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
                self.open_body(step, graph, f"{_base(step)}~finally", 0, locals_)
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


def _body(step: Step) -> PlanGraph:
    if step.node.body is None:
        raise KernelBug(f"{step.address!r} has no body; the document was not validated")
    return step.node.body


def _box(step: Step) -> Box:
    if step.box is None:
        raise KernelBug(f"{step.address!r} has no open bodies")
    return step.box


def _owner(activation: Activation) -> Step:
    if activation.owner is None:
        raise KernelBug("The workflow itself is nobody's body")
    return activation.owner


def _base(step: Step) -> str:
    return step.address if step.attempt == 1 else f"{step.address}@{step.attempt}"


def _foreach(parameters: JsonObject) -> ForeachBox:
    """The box of a foreach.

    Raises:
        ValueError: A computed parameter makes no sense.
    """
    items, name, more = parameters.get("items"), parameters.get("as", "item"), parameters.get("more")
    if not isinstance(items, list):
        raise ValueError("The items are not a list")  # noqa: TRY004 - one kind of refusal for all of them
    if not isinstance(name, str) or not isinstance(more, str | None):
        raise ValueError("The name of the item or of its signal is not a text")  # noqa: TRY004 - one kind of refusal for all of them
    return ForeachBox(
        items,
        name=name,
        concurrency=_number(parameters, "concurrency", 1),
        batch=_number(parameters, "batch", 1),
        tolerate=parameters.get("tolerate", 0),
        more=more,
    )


def _loop(parameters: JsonObject) -> LoopBox:
    """The box of a loop.

    Raises:
        ValueError: A computed parameter makes no sense.
    """
    every = parameters.get("every")
    return LoopBox(
        last=parameters.get("initial"),
        maximum=_number(parameters, "max", 100),
        pause_s=None if every is None else parse_duration(str(every)).total_seconds(),
    )


def _number(parameters: JsonObject, name: str, default: int) -> int:
    value = parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name!r} is {value!r}, not a whole number of at least 1")
    return value
