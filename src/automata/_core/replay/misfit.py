"""Whether a run can go on from a prefix under another version, or with other values in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from automata._core.engine.interpreter import Interpreter
from automata._core.engine.recovery import Recovery
from automata._core.machine import Phase
from automata._core.plan import Plan
from automata._core.replay.decide import redecide
from automata._core.replay.difference import changes
from automata._core.replay.record import Record, behaviour_at, moment
from automata._core.replay.world import Alarms, World
from automata.model import Event, Json, JsonObject, Run, StepFinished, StepLost, StepStarted


@frozen
class Misfit:
    """A reason why a prefix does not fit."""

    node: str
    """Address of the step, or empty."""
    message: str

    def to_json(self) -> JsonObject:
        """The reason as the CLI and the API show it."""
        return {"node": self.node, "message": self.message}


def misfits(plan: Plan, record: Record, original: Record, given: Iterable[str] = ()) -> tuple[Misfit, ...]:
    """Why the prefix in *record* is not what a run under *plan* would have come to; empty when it is.

    Args:
        plan: Under which to go on.
        record: A prefix, perhaps edited, with the plan it was made under.
        original: The run it is a prefix of.
        given: Addresses of steps whose output was set by hand.
    """
    again = redecide(plan, record, onwards=False, original=original).journal
    return tuple(_misfits(plan, record.journal, again, frozenset(given)))


def _misfits(plan: Plan, before: Sequence[Event], after: Sequence[Event], given: frozenset[str]) -> Iterator[Misfit]:
    started = {(e.step, e.attempt): e for e in after if isinstance(e, StepStarted)}
    finished = {e.step: e for e in after if isinstance(e, StepFinished)}
    told: set[str] = set()
    for event in before:
        if not isinstance(event, StepStarted | StepFinished) or event.step in told:
            continue
        if isinstance(event, StepStarted):
            now = started.get((event.step, event.attempt))
            said = _missing(plan, event.step) if now is None else _other("parameters", event.input, now.input)
        elif event.step in given:
            said = None
        else:
            end = finished.get(event.step)
            said = (
                "It would not have ended by then"
                if end is None
                else _other("output", [event.output, event.port], [end.output, end.port])
            )
        if said is not None:
            told.add(event.step)
            yield Misfit(event.step, said)


def _missing(plan: Plan, address: str) -> str:
    if behaviour_at(plan, address) is None:
        return "There is no such step in that version"
    return "It would not have started by then"


def _other(what: str, before: Json, after: Json) -> str | None:
    found = changes(what, before, after)
    if not found:
        return None
    if what == "output":
        return f"It would have another output: {_brief(after)} instead of {_brief(before)}"
    first = found[0]
    place = f" at {first.path!r}" if first.path else ""
    return f"It would have other parameters{place}: {_brief(first.after)} instead of {_brief(first.before)}"


def _brief(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - one line


def taken_up(plan: Plan, run: Run, events: tuple[Event, ...]) -> tuple[tuple[StepLost, ...], tuple[Misfit, ...]]:
    """What a worker that takes up *events* finds: attempts that were under way, and steps it would never start.

    Args:
        plan: Of the run.
        run: The row.
        events: A prefix of a journal.
    """
    first = events[0]
    world = World(moment(getattr(first, "at", "")))
    work = Interpreter(world.host(), run, plan, Alarms(world, {}, None), lambda _: None)
    lost = [e for e in Recovery(work).restore(events) if isinstance(e, StepLost)]
    begun = {(e.step, e.attempt) for e in (*events, *work.batch) if isinstance(e, StepStarted)}
    forgotten = (
        s
        for s in work.machine.steps.values()
        if s.phase is Phase.RUNNING and (s.address, s.attempt) not in begun and s not in work.machine.deferred
    )
    return tuple(lost), tuple(Misfit(s.address, "It would have started before this point") for s in forgotten)
