"""Take a run up where its journal ends: fold the journal, and find what was asked for and has not happened.

A journal is a record of turns. Within a turn the machine's commands are performed first in, first out, and each leaves
its event behind; so an event that a command explains answers that command and those before it. Commands that no event
answers are still to be performed, wherever the journal was cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from automata._core.engine.interpreter import Interpreter
from automata._core.engine.record import instant
from automata._core.machine import (
    ClearTimer,
    Command,
    Conclude,
    Decide,
    ForeachBox,
    Note,
    Phase,
    SetTimer,
    Start,
    Step,
    Stop,
)
from automata._core.plan import CONTAINERS, Behaviour
from automata._core.plugins import KERNEL
from automata.model import (
    BodyFailed,
    BodyFinished,
    Decided,
    Effect,
    Event,
    ItemAdded,
    RunStarted,
    SignalReceived,
    StepFinished,
    StepLost,
    StepStarted,
    TimerFired,
    TimerSet,
)


class Recovery:
    """Brings an `Interpreter` to the end of a journal."""

    def __init__(self, work: Interpreter) -> None:
        self._work = work
        self._commands: deque[Command] = deque()
        self._due: dict[str, str] = {}
        self._begun: dict[str, int] = {}
        self._signals: dict[str, SignalReceived] = {}

    def restore(self, journal: Sequence[Event]) -> Sequence[Event]:
        """Fold *journal*, arm its timers, let its steps wait again, and perform what is left of its last turn.

        Returns:
            What has happened meanwhile, to be applied as if it came from outside: attempts that were lost.
        """
        first = journal[0]
        self._work.begin(first.at if isinstance(first, RunStarted) else "")
        self._work.evaluate.waits = True
        for event in journal:
            self._fold(event)
        self._work.commands.extend(self._commands)
        self._work.mailbox.restore(self._signals.values())
        waiting = {c.step.address for c in self._commands if isinstance(c, Start)}
        lost = [e for s in list(self._work.machine.steps.values()) if s.address not in waiting for e in self._wake(s)]
        for timer, due in self._due.items():
            self._work.timers.arm(timer, datetime.fromisoformat(due))
        self._work.drain()
        self._work.evaluate.waits = False
        return lost

    def _fold(self, event: Event) -> None:
        self._answer(event)
        match event:
            case TimerSet(timer, due):
                self._due[timer] = due
            case TimerFired(timer):
                self._due.pop(timer, None)
            case StepStarted(step, attempt):
                self._begun[step] = attempt
            case SignalReceived(id_):
                self._signals[id_] = event
            case StepFinished(signal=str(id_)) | ItemAdded(signal=str(id_)):
                self._signals.pop(id_, None)
            case _:
                pass
        self._commands.extend(self._work.machine.apply(self._work.shown(event)))

    def _answer(self, event: Event) -> None:
        """Take out the command *event* answers, and those before it, which left nothing behind."""
        place = next((i for i, c in enumerate(self._commands) if _explains(c, event)), None)
        if place is None:
            return
        for _ in range(place + 1):
            command = self._commands.popleft()
            if isinstance(command, ClearTimer):
                self._due.pop(command.timer, None)
            elif isinstance(command, Stop):
                self._due.pop(f"{command.step.address}#wait", None)

    def _wake(self, step: Step) -> Sequence[Event]:
        """See to it that the end of a living step will be heard of."""
        work, begun = self._work, self._begun.get(step.address) == step.attempt
        if step.phase is not Phase.RUNNING or not begun or step in work.machine.deferred:
            return ()
        behaviour = Behaviour.ACTION if step.undo else step.node.behaviour
        if behaviour in CONTAINERS:
            if isinstance(step.box, ForeachBox) and step.box.more is not None:
                work.mailbox.listen(step)
        elif behaviour is Behaviour.SIGNAL:
            work.mailbox.listen(step)
        elif behaviour is Behaviour.APPROVAL:
            work.mailbox.wait_for_approval(step)
        elif behaviour is Behaviour.CALL:
            work.effects.append(step)
        elif behaviour is Behaviour.WAIT and f"{step.address}#wait" in self._due:
            return ()
        elif behaviour is not Behaviour.ACTION or (step.work.effect is Effect.PURE and step.work.type.plugin == KERNEL):
            work.enter(step, step.input)
        else:
            return (StepLost(step.address, step.attempt, True, instant(work.host)),)
        return ()


def _explains(command: Command, event: Event) -> bool:
    """Whether *event* is what performing *command* leaves in the journal."""
    match command:
        case Start(step):
            return isinstance(event, StepStarted) and event.step == step.address and event.attempt == step.attempt
        case Note(noted):
            return type(noted) is type(event) and getattr(noted, "step", "") == getattr(event, "step", "")
        case Conclude(activation):
            return isinstance(event, BodyFinished | BodyFailed) and event.body == activation.address
        case Decide(step, index):
            return isinstance(event, Decided) and event.step == step.address and event.index == index
        case SetTimer(timer, _):
            return isinstance(event, TimerSet) and event.timer == timer
        case _:
            return False
