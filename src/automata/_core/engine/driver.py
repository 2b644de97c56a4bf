"""Drive one run: perform the machine's commands on asyncio, and feed what happens back to it.

In turns: everything that can be decided and computed at once is; the events of the turn are committed together; only
then do effects start that depend on them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from automata._core.engine.attempt import describe, ended, failed, finished, instant, perform, stamped
from automata._core.engine.children import Children
from automata._core.engine.context import StepContext
from automata._core.engine.evaluation import Evaluation
from automata._core.engine.host import Host
from automata._core.engine.mailbox import Mailbox
from automata._core.engine.payload import copied
from automata._core.engine.timers import Timers, due_of
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
from automata.errors import KernelBug, StepError, TryLater
from automata.model import (
    BodyFailed,
    BodyFinished,
    Decided,
    Effect,
    ErrorInfo,
    Event,
    ItemAdded,
    Json,
    JsonObject,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepFailed,
    StepFinished,
    StepStarted,
)


class Driver:
    """One run in this process, from its first event to its last."""

    def __init__(self, host: Host, run: Run, plan: Plan, children: Children) -> None:
        self.host = host
        self.run = run
        self.plan = plan
        self.children = children
        self.machine = Machine(plan)
        self.mailbox = Mailbox(self.machine, self.matches)
        self.finished: RunFinished | None = None
        self._inbox: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._commands: deque[Command] = deque()
        self._batch: list[Event] = []
        self._effects: list[Step] = []
        """Steps to start once the turn is committed."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._chosen: dict[str, str] = {}
        """Address of a step to what its ``key`` evaluated to, once for all attempts."""
        self._timers = Timers(host.clock, self.post)
        self._evaluate = Evaluation(host, run, self.machine, "")

    # ------------------------------------------------------------ from outside

    def post(self, event: Event) -> None:
        """Let something happen to the run; it takes effect in its next turn."""
        self._inbox.append(event)
        self._wake.set()

    def approve(self, address: str, answer: JsonObject) -> None:
        """Answer the approval waiting at *address*.

        Raises:
            NotFound: None waits there.
        """
        step = self.mailbox.approval(address)
        self.mailbox.forget(step)
        port = "approved" if answer.get("approved") is True else "rejected"
        self.post(StepFinished(step.address, step.attempt, answer, port, instant(self.host)))

    async def drive(self, started: RunStarted) -> RunFinished:
        """Run to the end.

        Args:
            started: The run's first event, which the store holds already.
        """
        self._evaluate = Evaluation(self.host, self.run, self.machine, started.at)
        trouble: Exception | None = None
        async with asyncio.TaskGroup() as group:
            try:
                self._react(started)
                await self._rounds(group)
            except Exception as error:  # noqa: BLE001 - raised below, as itself and not as a group of one
                trouble = error
            finally:
                self._let_go()
        if trouble is not None:
            raise trouble
        if self.finished is None:
            raise KernelBug(f"The run {self.run.id!r} stopped before its end")
        return self.finished

    async def _rounds(self, group: asyncio.TaskGroup) -> None:
        await self._commit()
        while self.finished is None:
            self._launch(group)
            await self._listen()
            await self._commit()

    # ------------------------------------------------------------ a turn

    def _react(self, event: Event) -> None:
        """Apply *event*, and do all it leads to but effects and waiting, before anything else happens."""
        try:
            self._commands.extend(self.machine.apply(event))
            if isinstance(event, SignalReceived):
                self._deliver(self.mailbox.keep(event))
            while self._commands:
                self._perform(self._commands.popleft())
        except KernelBug as error:
            self._end(End(RunStatus.FAILED, None, ErrorInfo("bug", error.message)))

    def _perform(self, command: Command) -> None:
        match command:
            case Start(step):
                self._start(step)
            case Note(event):
                self._batch.append(stamped(self.host, event))
            case Conclude(activation):
                self._conclude(activation)
            case Decide(step, index):
                self._decide(step, index)
            case SetTimer(timer, delay_s):
                self._batch.append(self._timers.arm_in(timer, delay_s))
            case ClearTimer(timer):
                self._timers.disarm(timer)
            case Stop(step):
                self._stop(step)
            case End():
                self._end(command)

    def _feed(self, event: Event) -> None:
        self._batch.append(event)
        self._commands.extend(self.machine.apply(event))

    async def _commit(self) -> None:
        """Make the turn's events durable, then tell whoever watches."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        await self.host.store.append(self.run.id, self.run.epoch, batch)
        self.host.tell(self.run.id, batch)

    def _launch(self, group: asyncio.TaskGroup) -> None:
        effects, self._effects = self._effects, []
        for step in effects:
            if self.machine.steps.get(step.address) is step:
                calls = step.node.behaviour is Behaviour.CALL and not step.undo
                work = self._call(step) if calls else self._attempt(step)
                self._tasks[step.address] = group.create_task(work)

    async def _listen(self) -> None:
        """Wait until something has happened, and react to it; one event at a time, as recovery will."""
        while not self._inbox:
            self._wake.clear()
            await self._wake.wait()
        while self._inbox and self.finished is None:
            event = self._inbox.popleft()
            if not isinstance(event, StepFinished | StepFailed) or self.machine.running(event.step, event.attempt):
                self._batch.append(event)
                self._react(event)

    def _let_go(self) -> None:
        self._timers.clear()
        for task in self._tasks.values():
            task.cancel()

    # ------------------------------------------------------------ steps

    def _start(self, step: Step) -> None:
        if self.machine.steps.get(step.address) is not step:
            return
        if step.input is None:
            try:
                parameters = self._parameters(step)
            except StepError as error:
                self._feed(StepStarted(step.address, step.attempt, None, instant(self.host)))
                self._feed(failed(self.host, step, error))
                return
        else:
            parameters = step.input
        self._feed(StepStarted(step.address, step.attempt, parameters, instant(self.host)))
        if self.machine.steps.get(step.address) is step:
            self._begin(step, parameters)

    def _parameters(self, step: Step) -> Json:
        value = self._evaluate(step.work.parameters, step.activation, step.index)
        if step.work.written and isinstance(value, dict):
            return {**value, **step.work.written}
        return value

    def _begin(self, step: Step, parameters: Json) -> None:
        """Perform an attempt here and now where that needs no waiting; otherwise see to it that its end is heard of."""
        behaviour = Behaviour.ACTION if step.undo else step.node.behaviour
        if behaviour in CONTAINERS:
            if isinstance(step.box, ForeachBox) and step.box.more is not None:
                self._deliver(self.mailbox.wait_for_items(step))
            return
        known = self.host.performer.answer(step, parameters)
        if known is not None:
            self._feed(ended(self.host, step, known))
            return
        match behaviour:
            case Behaviour.RETURN:
                output = parameters.get("output") if isinstance(parameters, dict) else None
                self._feed(StepFinished(step.address, step.attempt, output, "out", instant(self.host)))
            case Behaviour.WAIT:
                self._wait(step, parameters)
            case Behaviour.SIGNAL:
                self._deliver(self.mailbox.wait_for_signal(step))
            case Behaviour.SEND:
                self._send(step, parameters)
            case Behaviour.APPROVAL:
                self.mailbox.wait_for_approval(step)
            case _ if step.work.effect is Effect.PURE and step.work.type.plugin == KERNEL:
                self._compute(step, parameters)
            case _:
                self._effects.append(step)

    def _compute(self, step: Step, parameters: Json) -> None:
        """Run one of the kernel's own pure actions, which never wait, without a task."""
        run = step.work.type.run
        if run is None or not isinstance(parameters, dict):
            raise KernelBug(f"{step.address!r} cannot be computed")
        try:
            run(self._context(step), parameters).__await__().send(None)
        except StopIteration as result:
            self._feed(finished(self.host, step, result.value))
        except KernelBug:
            raise
        except Exception as error:  # noqa: BLE001 - the fence: a broken evaluation is the failure of this step
            self._feed(failed(self.host, step, error))
        else:
            raise KernelBug(f"The pure node type {step.work.type.name!r} waits for something")

    def _context(self, step: Step) -> StepContext:
        return StepContext(
            self.host,
            self.run,
            step,
            key=self._key(step),
            timeout_s=step.work.timeout_s or self.host.default_timeout_s,
            evaluate=lambda path: self._evaluate(step.work.lazy[path], step.activation, step.index),
        )

    def _key(self, step: Step) -> Callable[[], str]:
        def key() -> str:
            template = step.work.key
            if template is not None and step.address not in self._chosen:
                self._chosen[step.address] = str(self._evaluate(template, step.activation, step.index))
            return self.host.idempotency_key(self.run, step, self._chosen.get(step.address))

        return key

    async def _attempt(self, step: Step) -> None:
        parameters = copied(step.input) if isinstance(step.input, dict) else {}
        timeout_s = step.work.timeout_s or self.host.default_timeout_s
        self.post(await perform(self.host, step, self._context(step), parameters, timeout_s))

    async def _call(self, step: Step) -> None:
        parameters = step.input if isinstance(step.input, dict) else {}
        try:
            output = await self.children.call(self.run, step, parameters, self.post)
        except TryLater as error:
            self.post(failed(self.host, step, StepError(error.message, error_class="transient")))
        except Exception as error:  # noqa: BLE001 - the fence: trouble with the child is the failure of this step
            self.post(failed(self.host, step, error))
        else:
            self.post(finished(self.host, step, output))

    def _stop(self, step: Step) -> None:
        self._timers.disarm(f"{step.address}#wait")
        self.mailbox.forget(step)
        task = self._tasks.pop(step.address, None)
        if task is not None:
            task.cancel()

    # ------------------------------------------------------------ waits

    def _wait(self, step: Step, parameters: Json) -> None:
        try:
            due = due_of(parameters, self.host.clock.now())
        except ValueError as error:
            self._feed(failed(self.host, step, StepError(str(error), error_class="invalid_input")))
        else:
            self._batch.append(self._timers.arm(f"{step.address}#wait", due))

    def _deliver(self, deliveries: Sequence[tuple[Step, SignalReceived | StepError]]) -> None:
        for step, found in deliveries:
            if isinstance(found, StepError):
                self._feed(failed(self.host, step, found))
            elif step.node.behaviour is Behaviour.FOREACH:
                self._feed(ItemAdded(step.address, found.payload, found.id))
            else:
                self._feed(StepFinished(step.address, step.attempt, found.payload, "out", instant(self.host), found.id))

    def _send(self, step: Step, parameters: Json) -> None:
        """Send a signal from the run to itself: one turn holds the sending, the signal, and what it wakes."""
        given = parameters if isinstance(parameters, dict) else {}
        at = instant(self.host)
        signal = SignalReceived(f"{step.address}@{step.attempt}", str(given.get("name")), given.get("payload"), at)
        self._feed(StepFinished(step.address, step.attempt, given.get("payload"), "out", at))
        self._feed(signal)
        self._deliver(self.mailbox.keep(signal))

    def matches(self, step: Step, payload: Json) -> bool:
        """Whether a signal is the one *step* waits for.

        Raises:
            ExpressionFailed: Its ``match`` fails.
        """
        template = step.work.lazy.get("match")
        return template is None or self._evaluate(template, step.activation, step.index, {"signal": payload}) is True

    # ------------------------------------------------------------ bodies and the end

    def _conclude(self, activation: Activation) -> None:
        if self.machine.activations.get(activation.address) is not activation:
            return
        try:
            output = self._evaluate(activation.graph.output, activation)
        except StepError as error:
            self._feed(BodyFailed(activation.address, _error(activation.address, error)))
        else:
            self._feed(BodyFinished(activation.address, output))

    def _decide(self, step: Step, index: int) -> None:
        if self.machine.steps.get(step.address) is not step or step.box is None:
            return
        name = "while" if "while" in step.work.lazy else "until"
        names = step.box.names() if isinstance(step.box, LoopBox | ForeachBox) else {}
        try:
            value = self._evaluate(step.work.lazy[name], step.activation, step.index, names)
        except StepError as error:
            self._feed(Decided(step.address, index, False, describe(step, error)))
        else:
            self._feed(Decided(step.address, index, value is True))

    def _end(self, command: End) -> None:
        self.finished = RunFinished(command.status, command.output, command.error, instant(self.host))
        self._batch.append(self.finished)
        self._commands.clear()


def _error(address: str, error: StepError) -> ErrorInfo:
    return ErrorInfo(error.kind, error.message, address, 1, error.details)
