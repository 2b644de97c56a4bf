"""What a run leaves behind: the events of its journal, and what is folded from them."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from attrs import field, frozen

from automata.model.values import Json, JsonObject


class RunStatus(StrEnum):
    """Where a run stands; the last five are final."""

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    PARKED = "parked"

    @property
    def final(self) -> bool:
        """Whether nothing more can happen."""
        return self not in {RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED}


class StepStatus(StrEnum):
    """Where one node of one run stands."""

    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


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


@frozen
class StepStarted:
    """An attempt begins; recorded before its effect."""

    step: str
    attempt: int
    input: Json = None
    """The evaluated parameters."""
    at: str = ""


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
    output: Json = None
    error: ErrorInfo | None = None


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
