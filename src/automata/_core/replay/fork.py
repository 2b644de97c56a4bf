"""Make a new run out of the beginning of an old one: a new generation, with effects and keys of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import evolve, field, frozen

from automata._core.plan import Behaviour, Plan
from automata._core.replay.misfit import Misfit, misfits, taken_up
from automata._core.replay.prefix import Prefix, prefix
from automata._core.replay.record import Record, behaviour_at, time_of, work_at
from automata._core.replay.repeat import Repeat, repeats
from automata._core.stamp import text_of
from automata.errors import FixInput
from automata.model import (
    CancelRequested,
    ChildStarted,
    Effect,
    Event,
    Json,
    JsonObject,
    PauseRequested,
    Resolved,
    ResumeRequested,
    Run,
    RunStarted,
    RunStatus,
    SignalReceived,
    StepFailed,
    StepFinished,
    StepLost,
    StepStarted,
    TimerFired,
    TimerSet,
)

_EDITABLE = frozenset({Behaviour.ACTION, Behaviour.CALL, Behaviour.APPROVAL, Behaviour.SIGNAL})


@frozen(kw_only=True)
class ForkPlan:
    """A fork that is ready to be made, or why it cannot be."""

    run: Run
    """The new one, queued, so that any worker takes it up."""
    events: tuple[Event, ...]
    """Its first events."""
    kept: Prefix
    repeats: tuple[Repeat, ...]
    """Effects the old run had, or may have had, that are not kept: they would happen again."""
    misfits: tuple[Misfit, ...]
    """Why it cannot be made; empty when it can."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing, one sentence each."""

    @property
    def origin(self) -> str:
        """``run id@number of events`` it comes from."""
        first = self.events[0]
        return (first.origin if isinstance(first, RunStarted) else None) or ""

    def to_json(self) -> JsonObject:
        """The plan as the CLI and the API show it."""
        return {
            "run": self.run.id,
            "workflow": self.run.workflow,
            "version": self.run.version,
            "origin": self.origin,
            "kept": {"events": self.kept.at, "steps": list(self.kept.finished), "running": list(self.kept.running)},
            "repeats": [repeat.to_json() for repeat in self.repeats],
            "misfits": [misfit.to_json() for misfit in self.misfits],
            "notes": list(self.notes),
        }


@frozen(kw_only=True)
class Place:
    """Where to cut, and what to set by hand."""

    at: int | None = None
    """How many events to keep."""
    before: str | None = None
    """Address of the step to start with."""
    after: str | None = None
    """Address of the last step to keep."""
    edits: Mapping[str, Json] = field(factory=dict)
    """Address to output, in place of what the step gave."""
    input: Json = None
    """Of the new run."""
    new_input: bool = False
    """Whether *input* takes the place of the recorded one."""


def fork(record: Record, plan: Plan, place: Place, *, run_id: str, now: datetime) -> ForkPlan:
    """Plan a new run that begins as an old one did.

    What was in progress where the journal is cut is tried anew. Timers that were armed there get the time they had
    left.

    Args:
        record: The old run, with its whole journal and the plan of its version.
        plan: Of the version the new run is to have.
        place: Where to cut.
        run_id: Id of the new run.
        now: The present.

    Raises:
        NotFound: There is no such step in the old run.
        FixInput: The place makes no sense.
    """
    old, journal = record.run, record.journal
    cut = _cut(journal, place)
    events = tuple(_edited(record, cut.events, place))
    events = (_first(record, place, f"{old.id}@{cut.at}"), *events[1:])
    found: tuple[Misfit, ...] = ()
    if plan.version != old.version or place.edits or place.new_input:
        found = misfits(plan, Record(old, record.plan, events), record, place.edits)
    run = Run(
        id=run_id,
        workflow=plan.name,
        version=plan.version,
        status=RunStatus.QUEUED,
        org=old.org,
        priority=old.priority,
    )
    if not found:
        kept = tuple(_kept(events, cut, now))
        lost, found = taken_up(plan, run, kept)
        events = (*kept, *_again(plan, kept, lost))
    return ForkPlan(
        run=run,
        events=events,
        kept=cut,
        repeats=repeats(plan, journal, cut.at),
        misfits=found,
        notes=tuple(_notes(journal, cut)),
    )


def _cut(journal: tuple[Event, ...], place: Place) -> Prefix:
    """The prefix to keep; just after the last edited step where nothing else is said."""
    if (place.at, place.before, place.after) != (None, None, None):
        return prefix(journal, at=place.at, before=place.before, after=place.after)
    if place.edits:
        return max((prefix(journal, after=address) for address in place.edits), key=lambda each: each.at)
    return prefix(journal, at=1)


def _first(record: Record, place: Place, origin: str) -> RunStarted:
    return evolve(record.started, input=place.input if place.new_input else record.started.input, origin=origin)


def _edited(record: Record, events: tuple[Event, ...], place: Place) -> Iterator[Event]:
    """The events with the outputs that were set by hand.

    Raises:
        FixInput: A step to edit has no end among them, or not one that may be set.
    """
    ends = {e.step: i for i, e in enumerate(events) if isinstance(e, StepFinished | StepFailed)}
    for address in place.edits:
        _require_editable(record, events, address, ends.get(address))
    for index, event in enumerate(events):
        if isinstance(event, StepFinished | StepFailed) and event.step in place.edits and ends[event.step] == index:
            yield _set(event, place.edits[event.step])
        else:
            yield event


def _require_editable(record: Record, events: tuple[Event, ...], address: str, end: int | None) -> None:
    if end is None:
        raise FixInput(f"The step {address!r} has not ended where the journal is cut; cut it after that step")
    behaviour = behaviour_at(record.plan, address)
    if behaviour not in _EDITABLE or (isinstance(events[end], StepFailed) and behaviour is not Behaviour.ACTION):
        raise FixInput(f"The output of {address!r} follows from what happened in it; edit a step inside, or after it")
    later = any(isinstance(event, StepStarted) for event in events[end:])
    if later and (address, _attempt(events[end])) not in record.ends:
        raise FixInput(f"The output of {address!r} is computed; to edit it, cut right after that step")


def _attempt(event: Event) -> int:
    return event.attempt if isinstance(event, StepFinished | StepFailed) else 0


def _set(event: StepFinished | StepFailed, output: Json) -> StepFinished:
    if isinstance(event, StepFinished):
        return evolve(event, output=output)
    return StepFinished(event.step, event.attempt, output, "out", event.at)


# ---------------------------------------------------------------- what is in progress at the cut


def _kept(events: tuple[Event, ...], cut: Prefix, now: datetime) -> Iterator[Event]:
    """The events as the new run holds them: no children of the old one, timers with as long left as they had."""
    last = max((when for event in events if (when := time_of(event)) is not None), default=now)
    armed = {e.timer: i for i, e in enumerate(events) if isinstance(e, TimerSet)}
    fired = {e.timer: i for i, e in enumerate(events) if isinstance(e, TimerFired)}
    for index, event in enumerate(events):
        if isinstance(event, ChildStarted) and event.step in cut.running:
            continue
        pending = isinstance(event, TimerSet) and armed[event.timer] == index and fired.get(event.timer, -1) < index
        if isinstance(event, TimerSet) and pending and not _is_absolute(events, event.timer):
            yield evolve(event, due=text_of(datetime.fromisoformat(event.due) + (now - last)))
        else:
            yield event


def _is_absolute(events: tuple[Event, ...], timer: str) -> bool:
    """Whether a timer waits for an instant the workflow names, which no fork moves."""
    address, _, what = timer.rpartition("#")
    starts = (e for e in events if isinstance(e, StepStarted) and e.step == address)
    return what == "wait" and any(isinstance(e.input, dict) and e.input.get("until") is not None for e in starts)


def _again(plan: Plan, events: tuple[Event, ...], lost: tuple[StepLost, ...]) -> Iterator[Event]:
    """Have attempts that were under way tried anew: they belong to the old run, whatever became of them there."""
    for event in lost:
        yield evolve(event, died=False, at=_last(events))
        if _effect(plan, event.step) is Effect.UNSAFE:
            yield Resolved(event.step, "retry", None, "fork", _last(events))
    paused = [e for e in events if isinstance(e, PauseRequested | ResumeRequested)]
    if paused and isinstance(paused[-1], PauseRequested):
        yield ResumeRequested(_last(events))


def _last(events: tuple[Event, ...]) -> str:
    return next((text for event in reversed(events) if (text := getattr(event, "at", ""))), "")


def _effect(plan: Plan, address: str) -> Effect:
    return work_at(plan, address).effect


def _notes(journal: tuple[Event, ...], cut: Prefix) -> Iterator[str]:
    rest = journal[cut.at :]
    signals = [event for event in rest if isinstance(event, SignalReceived)]
    if signals:
        names = ", ".join(dict.fromkeys(repr(signal.name) for signal in signals))
        yield f"Signals that came later are not taken over; send them again if they are needed: {names}"
    if any(isinstance(event, CancelRequested) for event in cut.events):
        yield "The old run had been asked to stop by then, so the new one stops too"
    if cut.running:
        yield f"What was in progress there is tried anew: {', '.join(cut.running)}"
