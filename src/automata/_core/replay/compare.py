"""Compare a recorded run with what it would have done under another version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from automata._core.history import error_json, node_at, steps_of
from automata._core.plan import CONTAINERS, Behaviour, Plan, Work
from automata._core.replay.decide import Redecided, redecide
from automata._core.replay.difference import Change, RunDifference, StepDifference, changes
from automata._core.replay.record import Record, work_at
from automata.model import Effect, ErrorInfo, Json, RunStatus, Step, StepStarted, StepStatus


def replay_diff(plan: Plan, record: Record) -> RunDifference:
    """What the run of *record* would have done otherwise under *plan*."""
    again = redecide(plan, record)
    final = record.run
    would_be = again.finished.status if again.finished is not None else RunStatus.WAITING
    output = again.finished.output if again.finished is not None else None
    error = again.finished.error if again.finished is not None else None
    end = (
        *changes("status", str(final.status), str(would_be)),
        *(changes("output", final.output, output) if final.status is would_be is RunStatus.SUCCEEDED else ()),
        *_errors(final.error, error),
    )
    return RunDifference(
        run=final.id,
        version=final.version,
        status=final.status,
        would_be=would_be,
        waits=again.waits,
        steps=tuple(_steps(plan, record, again)),
        end=end,
    )


def _steps(plan: Plan, record: Record, again: Redecided) -> Iterator[StepDifference]:
    old = {step.node: step for step in steps_of(record.plan, record.journal) if step.attempt > 0}
    new = {step.node: step for step in steps_of(plan, again.journal) if step.attempt > 0}
    old_keys, new_keys = _keys(record.journal), _keys(again.journal)
    for address in dict.fromkeys((*old, *new)):
        before, after = old.get(address), new.get(address)
        guess = address in again.suspect
        if after is None and before is not None:
            yield StepDifference(node=address, use=before.use, effect=work_at(record.plan, address).effect, kind="gone")
        elif after is not None and (before is None or before.use != after.use):
            yield _new(plan, after, again)
        elif before is not None and after is not None:
            work = work_at(plan, address)
            found = _step(plan, work, before, after)
            found += changes("key", old_keys.get(address), new_keys.get(address)) if work.effect.writes else ()
            if found or address in again.guessed:
                would = _would(work) if address in again.guessed else None
                yield StepDifference(
                    node=address,
                    use=after.use,
                    effect=work.effect,
                    kind="changed",
                    changes=found,
                    would=would,
                    parameters=after.input if would is not None else None,
                    guess=guess,
                )


def _new(plan: Plan, step: Step, again: Redecided) -> StepDifference:
    work = work_at(plan, step.node)
    would = _would(work) if step.node in again.guessed else None
    return StepDifference(
        node=step.node,
        use=step.use,
        effect=work.effect,
        kind="new",
        would=would,
        parameters=step.input if would is not None else None,
        guess=step.node in again.suspect,
    )


def _step(plan: Plan, work: Work, before: Step, after: Step) -> tuple[Change, ...]:
    """How a step that ran in both differs. Parameters of pure nodes are seen in what they give."""
    found: tuple[Change, ...] = ()
    if work.effect is not Effect.PURE or node_at(plan, after.node).behaviour in CONTAINERS | {Behaviour.CALL}:
        found += changes("parameters", before.input, after.input)
    if before.status is not after.status:
        return (*found, *changes("status", str(before.status), str(after.status)), *_errors(before.error, after.error))
    if after.status is StepStatus.SUCCEEDED:
        found += changes("output", before.output, after.output)
        found += changes("port", before.port, after.port)
    elif after.status is StepStatus.FAILED:
        found += _errors(before.error, after.error)
    return found


def _errors(before: ErrorInfo | None, after: ErrorInfo | None) -> tuple[Change, ...]:
    return changes("error", _plain(before), _plain(after))


def _plain(error: ErrorInfo | None) -> Json:
    """An error without what two runs never have in common: tracebacks."""
    told = error_json(error)
    if isinstance(told, dict) and isinstance(told.get("details"), Mapping):
        details = told["details"]
        told = {**told, "details": {k: v for k, v in details.items() if k != "traceback"}}
    return told


def _would(work: Work) -> str:
    return f"{work.effect} {work.type.name}: {work.type.summary}"


def _keys(journal: Iterable[object]) -> dict[str, Json]:
    """Address to the key the node's own ``key`` gave."""
    return {event.step: event.key for event in journal if isinstance(event, StepStarted) and event.key is not None}
