"""What the machine asks of the engine. A command holds references into the machine's state; it is never stored."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from automata._core.machine.state import Activation, Step
from automata.model import ErrorInfo, Event, Json, RunStatus


@frozen
class Start:
    """Evaluate the parameters of *step* (unless an earlier attempt has) and perform its next attempt."""

    step: Step


@frozen
class Stop:
    """Cancel the attempt of *step* that is in flight; its result is of no interest any more."""

    step: Step


@frozen
class Decide:
    """Evaluate the condition of a loop, or the ``until`` of a foreach."""

    step: Step
    index: int


@frozen
class Conclude:
    """Evaluate the output of a graph whose nodes have all ended."""

    activation: Activation


@frozen
class SetTimer:
    """Fire *timer* in *delay_s* seconds."""

    timer: str
    delay_s: float


@frozen
class ClearTimer:
    """Forget *timer*."""

    timer: str


@frozen
class Note:
    """Write a derived event to the journal; it changes nothing when it is read back."""

    event: Event


@frozen
class End:
    """The run is over."""

    status: RunStatus
    output: Json
    error: ErrorInfo | None


Command: TypeAlias = Start | Stop | Decide | Conclude | SetTimer | ClearTimer | Note | End
