"""Which effects of a run would happen again when it is done over from some place on."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from automata._core.plan import Plan
from automata._core.replay.record import work_at
from automata.model import (
    ChildStarted,
    Effect,
    Event,
    Json,
    JsonObject,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepStarted,
)


@frozen(kw_only=True)
class Repeat:
    """An effect the old run had, or may have had, that the new one does not take over."""

    node: str
    """Address of the step; that of a ``call`` and ``>`` come first for a step of the run it called."""
    use: str
    effect: Effect
    would: str
    """The effect in words."""
    parameters: Json
    """As they were; the new run evaluates its own."""
    done: bool
    """Whether it is certain that it happened; otherwise it was tried, and nobody knows."""
    key: str | None = None
    """What the node's own ``key`` gave; with the same one, the receiver recognises the repetition."""

    @property
    def grave(self) -> bool:
        """Whether the far side would take it for a new one: it is not the same however often it is done."""
        return self.effect in {Effect.UNSAFE, Effect.KEYED, Effect.OUTBOX} and self.key is None

    def to_json(self) -> JsonObject:
        """The effect as the CLI and the API show it."""
        return {
            "node": self.node,
            "use": self.use,
            "effect": str(self.effect),
            "would": self.would,
            "parameters": self.parameters,
            "done": self.done,
            "key": self.key,
            "grave": self.grave,
        }


def repeats(plan: Plan, journal: Sequence[Event], at: int) -> tuple[Repeat, ...]:
    """The effects of the steps that ended, or were tried, after the first *at* events.

    Args:
        plan: The new run follows; steps it lacks are left out.
        journal: Of the old run.
        at: How many of its events are kept.
    """
    starts = _done_over(journal, at)
    done = {e.step for e in journal if isinstance(e, StepFinished)}
    sent = {e.step for e in journal if isinstance(e, StepFailed) and e.error.sent}
    refused = {e.step for e in journal if isinstance(e, StepFailed)} - sent - done
    found = (_repeat(plan, start, done=address in done) for address, start in starts.items() if address not in refused)
    return tuple(repeat for repeat in found if repeat is not None)


def called(journal: Sequence[Event], at: int) -> tuple[tuple[str, str], ...]:
    """The runs that steps started which would be done over: address of the step, id of the run."""
    again = _done_over(journal, at)
    return tuple((e.step, e.run) for e in journal if isinstance(e, ChildStarted) and e.step in again)


def _done_over(journal: Sequence[Event], at: int) -> dict[str, StepStarted]:
    """Address to last attempt of the steps that would be done over: tried after the cut, or under way at it."""
    starts: dict[str, StepStarted] = {}
    open_: dict[str, StepStarted] = {}
    for index, event in enumerate(journal):
        if isinstance(event, StepStarted) and event.input is not None:
            (open_ if index < at else starts)[event.step] = event
        elif isinstance(event, StepFinished | StepFailed | StepCancelled) and index < at:
            open_.pop(event.step, None)
    return {**open_, **starts}


def _repeat(plan: Plan, start: StepStarted, *, done: bool) -> Repeat | None:
    try:
        work = work_at(plan, start.step)
    except KeyError:
        return None
    if not work.effect.writes:
        return None
    return Repeat(
        node=start.step,
        use=work.type.name,
        effect=work.effect,
        would=f"{work.effect} {work.type.name}: {work.type.summary}",
        parameters=start.input,
        done=done,
        key=start.key,
    )
