"""What a journal says happened from outside: the ends of effects, timers, signals, and what people asked for.

The rest of a journal follows from these and from the plan, and is decided again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

from attrs import frozen

from automata._core.history import node_at, use_of
from automata._core.plan import Behaviour, Plan, Work
from automata._core.plugins import KERNEL
from automata.model import (
    BodyFailed,
    BodyFinished,
    CancelRequested,
    Decided,
    Effect,
    Event,
    PauseRequested,
    Resolved,
    ResumeRequested,
    Run,
    RunStarted,
    SignalReceived,
    StepFailed,
    StepFinished,
    StepLost,
    StepStarted,
    TimerFired,
    TimerSet,
)

Attempt: TypeAlias = tuple[str, int]
"""Address of a step, and the number of its attempt."""
_ASKED = CancelRequested | PauseRequested | ResumeRequested | Resolved | StepLost | TimerFired
_PERFORMED = frozenset({Behaviour.ACTION, Behaviour.CALL, Behaviour.APPROVAL})


@frozen
class Alarm:
    """One setting of a timer."""

    delay_s: float
    fired: bool


class Record:
    """One run as it went, arranged for looking things up.

    Args:
        run: The row.
        plan: Of the version it ran.
        journal: Its events, or a prefix of them; the first is `RunStarted`.
    """

    def __init__(self, run: Run, plan: Plan, journal: tuple[Event, ...]) -> None:
        self.run = run
        self.plan = plan
        self.journal = journal
        first = journal[0]
        if not isinstance(first, RunStarted):
            raise TypeError(f"The journal of {run.id!r} begins with {type(first).__name__}")
        self.started = first
        self.starts: dict[str, list[StepStarted]] = {}
        self.ends: dict[Attempt, StepFinished | StepFailed] = {}
        """How attempts of effects, calls and approvals ended."""
        self.ports: dict[str, str] = {}
        """Address to the port a step left by."""
        self.bodies: dict[str, BodyFinished | BodyFailed] = {}
        self.decisions: dict[str, list[Decided]] = {}
        self.alarms: dict[str, list[Alarm]] = {}
        self._fired: set[str] = set()
        self._now = moment(first.at)
        for event in journal:
            self._now = time_of(event) or self._now
            self._keep(event)

    def _keep(self, event: Event) -> None:
        match event:
            case StepStarted(address):
                self.starts.setdefault(address, []).append(event)
            case StepFinished() | StepFailed():
                self._keep_end(event)
            case BodyFinished(address) | BodyFailed(address):
                self.bodies[address] = event
            case Decided(address):
                self.decisions.setdefault(address, []).append(event)
            case TimerSet(timer, due):
                delay = (moment(due) - self._now).total_seconds()
                self.alarms.setdefault(timer, []).append(Alarm(delay, fired=False))
            case TimerFired(timer):
                self._fired.add(timer)
                if self.alarms.get(timer):
                    self.alarms[timer][-1] = Alarm(self.alarms[timer][-1].delay_s, fired=True)
            case _:
                pass

    def _keep_end(self, event: StepFinished | StepFailed) -> None:
        address = event.step
        if isinstance(event, StepFinished):
            self.ports[address] = event.port
        start = next((s for s in reversed(self.starts.get(address, ())) if s.attempt == event.attempt), None)
        if start is None or start.input is None:
            return  # its parameters could not be evaluated: nothing was asked of anybody
        behaviour = behaviour_at(self.plan, address)
        if behaviour is Behaviour.ACTION and is_computed(work_at(self.plan, address)):
            return
        expired = behaviour is not Behaviour.ACTION and f"{address}#timeout" in self._fired
        if behaviour in _PERFORMED and not (expired and isinstance(event, StepFailed)):
            self.ends.setdefault((address, event.attempt), event)

    def began(self, address: str, attempt: int) -> bool:
        """Whether that attempt was made."""
        return any(start.attempt == attempt and start.input is not None for start in self.starts.get(address, ()))

    def use(self, address: str) -> str | None:
        """Name of the node type performed at *address*; None when there was none."""
        try:
            return use_of(self.plan, address)
        except KeyError:
            return None

    def from_outside(self, event: Event) -> bool:
        """Whether *event* was not the run's own doing."""
        if isinstance(event, StepFinished | StepFailed):
            return self.ends.get((event.step, event.attempt)) is event
        if isinstance(event, SignalReceived):
            return not self._sent_by_itself(event)
        return isinstance(event, _ASKED)

    def _sent_by_itself(self, signal: SignalReceived) -> bool:
        address, _, attempt = signal.id.rpartition("@")
        return attempt.isdecimal() and behaviour_at(self.plan, address) is Behaviour.SEND


def behaviour_at(plan: Plan, address: str) -> Behaviour | None:
    """Who performs the step at *address*; None when the plan has none there."""
    try:
        node = node_at(plan, address)
    except KeyError:
        return None
    return Behaviour.ACTION if address.endswith("~undo") else node.behaviour


def work_at(plan: Plan, address: str) -> Work:
    """What is done at *address*: the node's work, or that of its compensation.

    Raises:
        KeyError: The plan has no such node.
    """
    node = node_at(plan, address)
    return node.compensation if address.endswith("~undo") and node.compensation is not None else node.work


def is_computed(work: Work) -> bool:
    """Whether the kernel itself computes it, at once."""
    return work.effect is Effect.PURE and work.type.plugin == KERNEL


def moment(text: str) -> datetime:
    """An instant of an event; the beginning of time when it has none."""
    return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)


def time_of(event: Event) -> datetime | None:
    """When *event* happened, if it says so."""
    text = getattr(event, "at", "")
    return moment(text) if text else None
