"""Where a journal may be cut, so that a run can go on from there.

That is between any two of its events, but for those that only happen together: a signal is kept with its use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from automata._core.history import plain
from automata.errors import FixInput, NotFound
from automata.model import (
    Event,
    ItemAdded,
    RunFinished,
    SignalReceived,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)


@frozen(kw_only=True)
class Prefix:
    """The part of a journal that is kept."""

    events: tuple[Event, ...]
    reason: str
    """Where it was cut, in words."""
    finished: tuple[str, ...]
    """Addresses of steps that have their output within it, in order."""
    running: tuple[str, ...]
    """Addresses of steps that had started and not ended where it was cut."""

    @property
    def at(self) -> int:
        """How many events are kept."""
        return len(self.events)

    def explain(self) -> str:
        """One sentence about what is kept."""
        kept = f"{len(self.finished)} finished step{'' if len(self.finished) == 1 else 's'}"
        text = f"Kept: {self.at} event{'' if self.at == 1 else 's'} and {kept}, {self.reason}"
        return f"{text}; in progress there: {', '.join(self.running)}" if self.running else text


def prefix(
    journal: Sequence[Event], *, at: int | None = None, before: str | None = None, after: str | None = None
) -> Prefix:
    """Cut a journal in one place.

    Args:
        journal: Of a run, whole.
        at: How many events to keep.
        before: Address of a step; everything before its first start is kept. The address of a node stands for its
            first iteration.
        after: Address of a step; everything up to its end is kept.

    Raises:
        NotFound: No step of that address has started, or ended.
        FixInput: None, or several, of the places are given, or *at* is not within the journal.
    """
    if [at, before, after].count(None) != 2:  # noqa: PLR2004 - all but one
        raise FixInput("Say one place to cut at: a number of events, before a step, or after one")
    if before is not None:
        return _cut(journal, _start(journal, before), f"up to the start of {before!r}")
    if after is not None:
        return _cut(journal, _end(journal, after), f"up to the end of {after!r}")
    most = len(journal) - isinstance(journal[-1], RunFinished)
    if at is None or not 1 <= at <= most:
        raise FixInput(f"The journal has {len(journal)} events; between 1 and {most} of them can be kept, not {at}")
    return _cut(journal, at, f"the first {at} of {len(journal)} events")


def _cut(journal: Sequence[Event], at: int, reason: str) -> Prefix:
    while at < len(journal) and _belongs(journal[at - 1], journal[at]):
        at += 1
    events = tuple(journal[:at])
    finished: dict[str, None] = {}
    running: dict[str, None] = {}
    for event in events:
        match event:
            case StepStarted(address):
                running[address] = None
            case StepFinished(address):
                running.pop(address, None)
                finished[address] = None
            case StepFailed(address) | StepCancelled(address):
                running.pop(address, None)
            case _:
                pass
    return Prefix(events=events, reason=reason, finished=tuple(finished), running=tuple(running))


def _belongs(before: Event, event: Event) -> bool:
    """Whether *event* and the one before it are one thing: a signal and its sending, or its use, which is at once."""
    if isinstance(event, SignalReceived):
        return isinstance(before, StepFinished) and event.id == f"{before.step}@{before.attempt}"
    return isinstance(event, StepFinished | ItemAdded) and event.signal is not None


def _start(journal: Sequence[Event], address: str) -> int:
    place = _place(journal, address, lambda event: isinstance(event, StepStarted))
    if place is None:
        raise NotFound(_unknown(journal, address, "started"))
    if place == 0:
        raise FixInput(f"Nothing comes before {address!r}")
    return place


def _end(journal: Sequence[Event], address: str) -> int:
    backwards = list(reversed(journal))
    place = _place(backwards, address, lambda event: isinstance(event, StepFinished | StepFailed))
    if place is None:
        raise NotFound(_unknown(journal, address, "ended"))
    return len(journal) - place


def _place(journal: Sequence[Event], address: str, wanted: Callable[[Event], bool]) -> int | None:
    """The first event of a step of that address; failing that, of any iteration of the node of that address."""
    for name in (str, plain):
        for index, event in enumerate(journal):
            if wanted(event) and name(getattr(event, "step", "")) == address:
                return index
    return None


def _unknown(journal: Sequence[Event], address: str, what: str) -> str:
    skipped = any(isinstance(e, StepSkipped) and e.step == address for e in journal)
    if skipped:
        return f"The step {address!r} was skipped in this run"
    known = list(dict.fromkeys(e.step for e in journal if isinstance(e, StepStarted)))
    shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")  # noqa: PLR2004 - enough to see the pattern
    return f"No step {address!r} has {what} in this run; those that did: {shown or 'none'}"
