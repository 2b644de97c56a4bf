"""What a run leaves behind: the events of its journal, and what is folded from them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from attrs import field, frozen

from automata.model.values import Json, JsonObject


class RunStatus(StrEnum):
    """Where a run stands; the last four are final."""

    QUEUED = "queued"
    """Accepted; no worker has taken it up yet."""
    RUNNING = "running"
    """A worker has taken it up."""
    WAITING = "waiting"
    """For a timer, a signal, a person or a child; nothing of it is in any process."""
    PAUSED = "paused"
    PARKED = "parked"
    """A person has to choose how to go on (``runs resolve``); its error says why."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def final(self) -> bool:
        """Whether nothing more can happen."""
        return self in FINAL


FINAL = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TIMED_OUT})


class StepStatus(StrEnum):
    """Where one node of one run stands."""

    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    PARKED = "parked"


@frozen
class ErrorInfo:
    """Why a step or a run failed; expressions see it as ``error``."""

    kind: str
    """The error class, in JSON ``class``: ``rate_limited``, ``timed_out`` ..."""
    message: str
    node: str = ""
    """Address of the step it arose in."""
    attempt: int = 1
    details: JsonObject = field(factory=dict)
    retry_after_s: float | None = None
    sent: bool = True
    """Whether the effect may have happened all the same."""

    def to_json(self) -> JsonObject:
        """The error object of the workflow document: class, message, node, attempt, details."""
        return {
            "class": self.kind,
            "message": self.message,
            "node": self.node,
            "attempt": self.attempt,
            "details": self.details,
        }


# The journal. Every event carries the address of its step: ids of nodes joined by "/", iterations in brackets,
# like "each[3]/fetch"; the address of a body is that of its node with the iteration, like "each[3]".


@frozen
class RunStarted:
    """The run exists."""

    input: Json
    trigger: str | None = None
    at: str = ""
    """RFC 3339 instant, UTC, as on every event that has one."""
    origin: str | None = None
    """``run id@number of events`` of the run this one was forked from, and how much of its journal was taken over."""


@frozen
class StepStarted:
    """An attempt begins; recorded before its effect."""

    step: str
    attempt: int
    input: Json = None
    """The evaluated parameters."""
    at: str = ""
    key: str | None = None
    """What the node's ``key`` evaluated to, when it has one; the same for every attempt."""


@frozen
class StepFinished:
    """A step has its output."""

    step: str
    attempt: int
    output: Json
    port: str = "out"
    at: str = ""
    signal: str | None = None
    """Id of the signal that was consumed, for a ``signal`` node."""


@frozen
class StepFailed:
    """An attempt failed; whether it is tried again follows from the plan and *chance*."""

    step: str
    attempt: int
    error: ErrorInfo
    chance: float = 0.0
    """The random draw in [0, 1) that spreads the next attempt."""
    at: str = ""


@frozen
class StepLost:
    """The worker died, or was stopped, during an attempt; whether its effect happened is not known."""

    step: str
    attempt: int
    died: bool = True
    """Whether that counts against the step: not when its worker was stopped in an orderly way."""
    at: str = ""


@frozen
class StepParked:
    """A step waits for a person's choice."""

    step: str
    attempt: int
    error: ErrorInfo
    """Why: ``in_doubt`` (an unsafe effect may have happened), ``poison`` (it killed its workers), or its own error."""
    at: str = ""


@frozen
class StepSkipped:
    """A step will never run in this run: its branch was not taken."""

    step: str


@frozen
class StepCancelled:
    """A step was stopped."""

    step: str
    at: str = ""


@frozen
class TimerSet:
    """Something is to happen at *due*."""

    timer: str
    due: str


@frozen
class TimerFired:
    """It is *due*, or later."""

    timer: str
    at: str = ""


@frozen
class Decided:
    """A loop's condition was evaluated."""

    step: str
    index: int
    value: bool
    error: ErrorInfo | None = None
    """Why it could not be evaluated."""


@frozen
class BodyFinished:
    """A graph is done and its output evaluated; the whole workflow has the address ``""``."""

    body: str
    output: Json


@frozen
class BodyFailed:
    """A graph is done but its output could not be evaluated."""

    body: str
    error: ErrorInfo


@frozen
class SignalReceived:
    """A signal was accepted; it stays until a ``signal`` node consumes it."""

    id: str
    name: str
    payload: Json
    at: str = ""


@frozen
class ChildStarted:
    """A ``call`` node started another run."""

    step: str
    run: str


@frozen
class ItemAdded:
    """A running ``foreach`` got one more item, from a signal."""

    step: str
    item: Json
    signal: str
    """Id of the signal that was consumed."""


@frozen
class Resolved:
    """A person chose how a parked step goes on."""

    step: str
    choice: Literal["retry", "done", "fail"]
    output: Json = None
    """Of the step, for ``done``."""
    by: str | None = None
    at: str = ""


@frozen
class CancelRequested:
    """Somebody asked to stop the run."""

    reason: str = ""
    at: str = ""


@frozen
class PauseRequested:
    """No new attempt starts until the run is resumed."""

    at: str = ""


@frozen
class ResumeRequested:
    """A paused run goes on."""

    at: str = ""


@frozen
class RunFinished:
    """The run is over; exactly one of these, and the last event."""

    status: RunStatus
    output: Json = None
    error: ErrorInfo | None = None
    at: str = ""


Event: TypeAlias = (
    RunStarted
    | StepStarted
    | StepFinished
    | StepFailed
    | StepLost
    | StepParked
    | StepSkipped
    | StepCancelled
    | TimerSet
    | TimerFired
    | Decided
    | BodyFinished
    | BodyFailed
    | SignalReceived
    | ItemAdded
    | ChildStarted
    | Resolved
    | CancelRequested
    | PauseRequested
    | ResumeRequested
    | RunFinished
)


@frozen(kw_only=True)
class Run:
    """One execution of one version of a workflow, as the store keeps it beside the journal."""

    id: str
    workflow: str
    version: str
    status: RunStatus = RunStatus.RUNNING
    key: str | None = None
    """Idempotency key of the start: the same key gives the same run."""
    parent: str | None = None
    """``run id#step address`` of the ``call`` node that started it."""
    org: str = ""
    """Opaque to the kernel."""
    epoch: int = 0
    """Fencing token: +1 at every claim; every write is conditional on it."""
    owner: str | None = None
    """Worker that holds it."""
    priority: int = 0
    """Higher ones are taken up first."""
    wake: datetime | None = None
    """When a worker is to take it up, while none holds it; None when only a message can wake it."""
    created: datetime | None = None
    """When it was accepted, by the store's clock; set by the store."""
    finished: datetime | None = None
    output: Json = None
    error: ErrorInfo | None = None
    """Why it failed, or why it is parked."""


# Messages: what reaches a run from outside. They are kept in its inbox until a turn of the run takes them.


@frozen(kw_only=True)
class Message:
    """Something sent to a run, durable once accepted, taken exactly once, in the order of acceptance."""

    id: str
    """Chosen by the sender; a second message of the same id to the same run is ignored."""
    body: SignalReceived | CancelRequested | PauseRequested | ResumeRequested | Resolved | Answered | ChildEnded


@frozen
class Answered:
    """A person answered an approval. Only in messages: the journal gets the step's end."""

    step: str
    answer: JsonObject


@frozen
class ChildEnded:
    """A run that a ``call`` started is over. Only in messages: the journal gets the step's end."""

    step: str
    run: str


@frozen(kw_only=True)
class Version:
    """One published version of a workflow, without its document."""

    workflow: str
    version: str
    """SHA-256 of the canonical document, in hexadecimal."""
    published: datetime
    current: bool
    """Whether a start that names no version gets this one."""
    enabled: bool
    """Whether triggers of the workflow start runs."""
    org: str = ""


@frozen(kw_only=True)
class Step:
    """What is known of one step, folded from the journal."""

    node: str
    """Its address."""
    use: str
    status: StepStatus
    attempt: int = 1
    input: Json = None
    output: Json = None
    port: str | None = None
    error: ErrorInfo | None = None
    started: str | None = None
    finished: str | None = None
