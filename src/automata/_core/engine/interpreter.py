"""Perform the machine's commands as far as that needs no waiting; what does need it is handed on as effects.

Everything here happens at once, within one turn of a run: evaluating, computing, delivering signals, arming timers.
Nothing is stored and nothing is awaited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from attrs import evolve

from automata._core import fault
from automata._core.engine.context import StepContext
from automata._core.engine.depot import Unopened
from automata._core.engine.evaluation import Evaluation
from automata._core.engine.host import Host
from automata._core.engine.mailbox import Mailbox
from automata._core.engine.record import describe, ended, failed, finished, instant, stamped
from automata._core.engine.timers import Timers, due_of
from automata._core.large import Large
from automata._core.machine import (
    Activation,
    ClearTimer,
    Command,
    Conclude,
    Decide,
    End,
    ForeachBox,
    LoopBox,
    Machine,
    Note,
    SetTimer,
    Start,
    Step,
    Stop,
)
from automata._core.plan import CONTAINERS, Behaviour, Plan
from automata._core.plugins import KERNEL
from automata.errors import KernelBug, StepError, TooLarge
from automata.model import (
    BodyFailed,
    BodyFinished,
    CancelRequested,
    Decided,
    Effect,
    ErrorInfo,
    Event,
    ItemAdded,
    Json,
    Run,
    RunFinished,
    RunStatus,
    SignalReceived,
    StepFinished,
    StepStarted,
)


class Interpreter:
    """What a run computes.

    Args:
        host: The surroundings.
        run: The row.
        plan: Of its version.
        timers: Of this run.
        stop: Told of a step whose attempt, or child, is to be stopped.
    """

    def __init__(self, host: Host, run: Run, plan: Plan, timers: Timers, stop: Callable[[Step], None]) -> None:
        self.host = host
        self.run = run
        self.plan = plan
        self.timers = timers
        self.stop = stop
        self.machine = Machine(plan)
        self.mailbox = Mailbox(self.machine, self.matches)
        self.commands: deque[Command] = deque()
        self.batch: list[Event] = []
        """Events of the turn, in order."""
        self.effects: list[Step] = []
        """Steps to perform once the turn is committed."""
        self.finished: RunFinished | None = None
        self.holding = False
        """Whether no further attempt is to start here: another worker will."""
        self.missing: tuple[Large, ...] = ()
        """What has to be fetched before the next command can be performed."""
        self.fetching = False
        """Whether somebody does so."""
        self.evaluate = Evaluation(host, run, self.machine, "")

    def begin(self, started: str) -> None:
        """Say when the run began, which expressions may ask for."""
        self.evaluate = Evaluation(self.host, self.run, self.machine, started)

    def happen(self, event: Event, *, recorded: bool = False) -> None:
        """Record *event*, and do all it leads to but effects and waiting, before anything else happens.

        Args:
            event: What has happened.
            recorded: Whether the journal has it already.
        """
        if not recorded:
            self.batch.append(event)
        if isinstance(event, CancelRequested):
            fault.point("cancel.apply")
        try:
            self.commands.extend(self.machine.apply(event))
            if isinstance(event, SignalReceived):
                self.deliver(self.mailbox.keep(event))
            self.drain()
        except KernelBug as error:
            self._end(End(RunStatus.FAILED, None, ErrorInfo("bug", error.message)))

    def drain(self) -> None:
        """Perform every command there is, or as many as can be before a large value has to be fetched."""
        missing, self.missing = self.missing, ()
        if missing and self.commands:  # What else this command needs it fetches itself, so that it gets done.
            self.evaluate.waits = True
            self._perform(self.commands.popleft())
            self.evaluate.waits = False
        while self.commands:
            command = self.commands.popleft()
            try:
                self._perform(command)
            except Unopened as unopened:
                self.commands.appendleft(command)  # Nothing of it has happened.
                self.missing = unopened.larges
                return

    def fail(self, error: TooLarge) -> None:
        """End the run for what it has made of its parts, like the list of a ``foreach``: no store takes that turn."""
        for step in list(self.machine.steps.values()):
            self.stop(step)
        self.batch, self.effects = [], []
        self._end(End(RunStatus.FAILED, None, ErrorInfo("payload_too_large", error.message)))

    def feed(self, event: Event) -> None:
        """Record *event* and let the machine react."""
        self.batch.append(event)
        self.commands.extend(self.machine.apply(self.shown(event)))

    def shown(self, event: Event) -> Event:
        """The event as the machine has to see it: that of a ``foreach`` with the items it walks.

        Raises:
            Unopened: They have to be fetched first.
            StepError: They are too many, or not there.
        """
        if type(event) is not StepStarted or not self.host.depot.knows(self.run.id):
            return event
        step, parameters = self.machine.steps.get(event.step), event.input
        if step is None or step.node.behaviour is not Behaviour.FOREACH or not isinstance(parameters, dict):
            return event
        items = parameters.get("items")
        if type(items) is not Large:
            return event
        return evolve(event, input={**parameters, "items": self.evaluate.open(items)})

    def _perform(self, command: Command) -> None:
        match command:
            case Start(step):
                self._start(step)
            case Note(event):
                self.batch.append(stamped(self.host, event))
            case Conclude(activation):
                self._conclude(activation)
            case Decide(step, index):
                self._decide(step, index)
            case SetTimer(timer, delay_s):
                self.batch.append(self.timers.arm_in(timer, delay_s))
            case ClearTimer(timer):
                self.timers.disarm(timer)
            case Stop(step):
                self.timers.disarm(f"{step.address}#wait")
                self.mailbox.forget(step)
                self.stop(step)
            case End():
                self._end(command)

    # ------------------------------------------------------------ steps

    def _start(self, step: Step) -> None:
        if self.holding or self.machine.steps.get(step.address) is not step:
            return
        if step.node.indegree > 1:
            fault.point("join")
        if step.node.behaviour is Behaviour.FOREACH:
            fault.point("fanout.snapshot")
        at, key = instant(self.host), step.key
        parameters = step.input
        if parameters is None:
            try:
                parameters = self._parameters(step)
                key = self._key(step)
                self.shown(StepStarted(step.address, step.attempt, parameters))
            except StepError as error:
                self.feed(StepStarted(step.address, step.attempt, None, at))
                self.feed(failed(self.host, step, error))
                return
        self.feed(StepStarted(step.address, step.attempt, parameters, at, key))
        if self.machine.steps.get(step.address) is step:
            self.enter(step, parameters)

    def _parameters(self, step: Step) -> Json:
        value = self.evaluate(step.work.parameters, step.activation, step.index)
        if step.work.written and isinstance(value, dict):
            return {**value, **step.work.written}
        return value

    def _key(self, step: Step) -> str | None:
        template = step.work.key
        return None if template is None else str(self.evaluate(template, step.activation, step.index))

    def enter(self, step: Step, parameters: Json) -> None:
        """Perform an attempt here and now where that needs no waiting; otherwise see to it that its end is heard of."""
        behaviour = Behaviour.ACTION if step.undo else step.node.behaviour
        if behaviour in CONTAINERS:
            if isinstance(step.box, ForeachBox) and step.box.more is not None:
                self.deliver(self.mailbox.wait_for_items(step))
            return
        known = self.host.performer.answer(step, parameters)
        if known is not None:
            self.feed(ended(self.host, step, known))
            return
        match behaviour:
            case Behaviour.RETURN:
                output = parameters.get("output") if isinstance(parameters, dict) else None
                self.feed(StepFinished(step.address, step.attempt, output, "out", instant(self.host)))
            case Behaviour.WAIT:
                self._wait(step, parameters)
            case Behaviour.SIGNAL:
                self.deliver(self.mailbox.wait_for_signal(step))
            case Behaviour.SEND:
                self._send(step, parameters)
            case Behaviour.APPROVAL:
                self.mailbox.wait_for_approval(step)
            case _ if step.work.effect is Effect.PURE and step.work.type.plugin == KERNEL:
                self._compute(step, parameters)
            case _:
                self.effects.append(step)

    def _compute(self, step: Step, parameters: Json) -> None:
        """Run one of the kernel's own pure actions, which never wait, without a task."""
        run = step.work.type.run
        if run is None or not isinstance(parameters, dict):
            raise KernelBug(f"{step.address!r} cannot be computed")
        try:
            run(self.context(step), parameters).__await__().send(None)
        except StopIteration as result:
            self.feed(finished(self.host, step, result.value))
        except KernelBug:
            raise
        except Exception as error:  # noqa: BLE001 - the fence: a broken evaluation is the failure of this step
            self.feed(failed(self.host, step, error))
        else:
            raise KernelBug(f"The pure node type {step.work.type.name!r} waits for something")

    def context(self, step: Step) -> StepContext:
        """What an attempt of *step* may use."""
        return StepContext(
            self.host,
            self.run,
            step,
            timeout_s=step.work.timeout_s or self.host.default_timeout_s,
            evaluate=lambda path: self.evaluate.patient(step.work.lazy[path], step.activation, step.index),
        )

    # ------------------------------------------------------------ waits

    def _wait(self, step: Step, parameters: Json) -> None:
        try:
            due = due_of(parameters, self.host.clock.now())
        except ValueError as error:
            self.feed(failed(self.host, step, StepError(str(error), error_class="invalid_input")))
        else:
            self.batch.append(self.timers.arm(f"{step.address}#wait", due))

    def deliver(self, deliveries: Sequence[tuple[Step, SignalReceived | StepError]]) -> None:
        """Give signals to the steps that waited for them."""
        for step, found in deliveries:
            fault.point("signal.consume")
            if isinstance(found, StepError):
                self.feed(failed(self.host, step, found))
            elif step.node.behaviour is Behaviour.FOREACH:
                self.feed(ItemAdded(step.address, found.payload, found.id))
            else:
                self.feed(StepFinished(step.address, step.attempt, found.payload, "out", instant(self.host), found.id))

    def _send(self, step: Step, parameters: Json) -> None:
        """Send a signal from the run to itself: one turn holds the sending, the signal, and what it wakes."""
        given = parameters if isinstance(parameters, dict) else {}
        at = instant(self.host)
        signal = SignalReceived(f"{step.address}@{step.attempt}", str(given.get("name")), given.get("payload"), at)
        self.feed(StepFinished(step.address, step.attempt, given.get("payload"), "out", at))
        self.feed(signal)
        self.deliver(self.mailbox.keep(signal))

    def matches(self, step: Step, payload: Json) -> bool:
        """Whether a signal is the one *step* waits for.

        Raises:
            ExpressionFailed: Its ``match`` fails.
        """
        template = step.work.lazy.get("match")
        return (
            template is None
            or self.evaluate.patient(template, step.activation, step.index, {"signal": payload}) is True
        )

    # ------------------------------------------------------------ bodies and the end

    def _conclude(self, activation: Activation) -> None:
        if self.machine.activations.get(activation.address) is not activation:
            return
        try:
            output = self.evaluate(activation.graph.output, activation)
        except StepError as error:
            info = ErrorInfo(error.kind, error.message, activation.address, 1, error.details)
            self.feed(BodyFailed(activation.address, info))
        else:
            self.feed(BodyFinished(activation.address, output))

    def _decide(self, step: Step, index: int) -> None:
        if self.machine.steps.get(step.address) is not step or step.box is None:
            return
        name = "while" if "while" in step.work.lazy else "until"
        names = step.box.names() if isinstance(step.box, LoopBox | ForeachBox) else {}
        try:
            value = self.evaluate(step.work.lazy[name], step.activation, step.index, names)
        except StepError as error:
            self.feed(Decided(step.address, index, False, describe(step, error)))
        else:
            self.feed(Decided(step.address, index, value is True))

    def _end(self, command: End) -> None:
        self.finished = RunFinished(command.status, command.output, command.error, instant(self.host))
        self.batch.append(self.finished)
        self.commands.clear()
