"""Decide a recorded run again, under its own plan or another one, with what happened outside taken from the record.

The order of the record is kept: each thing that happened is given to the run when it did, if the run waits for it by
then, and as soon as it does otherwise. What the kernel computes is computed. Nothing outside is touched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush

from attrs import frozen

from automata._core.engine.interpreter import Interpreter
from automata._core.engine.record import failed, finished
from automata._core.machine import Machine, Phase, Step
from automata._core.plan import Behaviour, Plan
from automata._core.replay.recall import Memory, Place, Recall
from automata._core.replay.record import Record, moment, time_of
from automata._core.replay.world import Alarms, World
from automata._core.sample import sample
from automata._core.stamp import text_of
from automata.model import (
    Effect,
    ErrorInfo,
    Event,
    Json,
    Outcome,
    RunFinished,
    RunStatus,
    StepFailed,
    StepFinished,
    StepLost,
    TimerFired,
)

LONGEST = 200_000
"""Events after which a run is given up."""


@frozen(kw_only=True)
class Redecided:
    """A run as it would have gone."""

    journal: tuple[Event, ...]
    finished: RunFinished | None
    """None when it would wait for something nobody sends, or stops where it is told to."""
    guessed: frozenset[str]
    """Addresses of steps without a record, whose output is a sample."""
    suspect: frozenset[str]
    """Addresses of steps whose values rest on a guess, the guessed ones included."""
    waits: tuple[str, ...] = ()
    """Addresses of steps that wait for what nobody sends."""


def redecide(plan: Plan, record: Record, *, onwards: bool = True, original: Record | None = None) -> Redecided:
    """Decide the run of *record* again under *plan*.

    Args:
        plan: Of the version to try.
        record: The run as it went.
        onwards: Whether to go on where the record ends or has nothing to say, with samples for outputs; otherwise
            the run stops there.
        original: The run as it really went, when *record* was edited: clocks and chance are those of that one.
    """
    first = record.started
    triggers = plan.graph.triggers
    if triggers and first.trigger is not None and first.trigger not in triggers:
        error = ErrorInfo("not_found", f"There is no trigger {first.trigger!r} any more", first.trigger)
        end = RunFinished(RunStatus.FAILED, None, error, first.at)
        return Redecided(journal=(first, end), finished=end, guessed=frozenset(), suspect=frozenset())
    return _Redecision(plan, record, original or record, onwards=onwards).result()


class _Redecision:
    def __init__(
        self, plan: Plan, record: Record, source: Record, *, onwards: bool, learning: dict[Place, Memory] | None = None
    ) -> None:
        """Begin; with *learning*, it is the recorded run itself, whose evaluations are to be remembered there."""
        self.record = record
        self.source = source
        self.onwards = onwards
        self.world = World(moment(record.started.at))
        host = self.world.host()
        self.alarms = Alarms(self.world, record.alarms, self._delays if learning is None else None)
        self.work = Interpreter(host, record.run, plan, self.alarms, self._stopped)
        self.machine: Machine = self.work.machine
        self.pending: dict[str, Step] = {}
        """Address to step, for effects whose end is to come."""
        self.passed: dict[tuple[str, int], int] = {}
        """Attempts whose end the record has told, and its place."""
        self.ready: list[tuple[int, str, int]] = []
        """Heap of attempts among the pending ones whose end the record has told, by its place."""
        self.unknown: deque[Step] = deque()
        """Pending steps the record does not know."""
        self.guessed: set[str] = set()
        self._memory: dict[Place, Memory] = {}
        self._original: _Redecision | None = None
        self.recall = Recall(host, record, self.machine, self.world, self._memories, learning)
        self.work.evaluate = self.recall

    def _memories(self) -> Mapping[Place, Memory]:
        """What the evaluations of the recorded run gave."""
        self._learn()
        return self._memory

    def _delays(self) -> Mapping[str, list[float]]:
        """For how long the recorded run set its timers."""
        return self._learn().alarms.delays

    def _learn(self) -> _Redecision:
        """The recorded run decided again under its own plan, once, when it is first needed."""
        if self._original is None:
            source = self.source
            self._original = _Redecision(source.plan, source, source, onwards=False, learning=self._memory)
            self._original.result()
        return self._original

    def result(self) -> Redecided:
        """Go through the record, and on if wanted."""
        self.work.happen(self.record.started)
        for place, event in enumerate(self.record.journal[1:], 1):
            self._settle()
            if self.work.finished is not None:
                break
            self._advance(event)
            if self.record.from_outside(event):
                self._repeat(place, event)
        self._settle()
        while self.onwards and self.work.finished is None and len(self.work.batch) < LONGEST and self._go_on():
            self._settle()
        return Redecided(
            journal=tuple(self.work.batch),
            finished=self.work.finished,
            guessed=frozenset(self.guessed),
            suspect=frozenset(self.recall.suspect | self.guessed),
            waits=() if self.work.finished is not None else tuple(self.machine.steps),
        )

    # ------------------------------------------------------------ the record

    def _advance(self, event: Event) -> None:
        """Let virtual time pass up to *event*; timers the record knows nothing of fire on the way."""
        when = time_of(event)
        if when is None or when <= self.world.when:
            return
        while self.work.finished is None and (due := self.alarms.due(when)) is not None:
            self._fire(*due)
            self._settle()
        self.world.when = max(when, self.world.when)

    def _repeat(self, place: int, event: Event) -> None:
        """Let what the record tells happen, if the run waits for it."""
        match event:
            case StepFinished(address, attempt) | StepFailed(address, attempt):
                self.passed[address, attempt] = place
                waiting = self.pending.get(address)
                if waiting is not None and waiting.attempt == attempt and self._recorded(waiting):
                    heappush(self.ready, (place, address, attempt))
                self._answer_approval(event)
            case TimerFired(timer):
                armed = self.alarms.set.get(timer)
                if armed is not None and armed.recorded:
                    self.alarms.disarm(timer)
                    self.work.happen(event)
            case StepLost(address, attempt):
                if self.machine.running(address, attempt) is not None:
                    self.pending.pop(address, None)
                    self.work.happen(event)
            case _:
                self.work.happen(event)

    def _answer_approval(self, event: StepFinished | StepFailed) -> None:
        step = self.machine.running(event.step, event.attempt)
        if step is not None and step.node.behaviour is Behaviour.APPROVAL and not step.undo:
            self.work.mailbox.forget(step)
            self.work.happen(event)

    # ------------------------------------------------------------ effects

    def _settle(self) -> None:
        """Answer attempts whose end is known by now, in the order of the record, then those it knows nothing of."""
        while self.work.finished is None:
            for effect in self.work.effects:
                self._sort(effect)
            self.work.effects.clear()
            step = self._next()
            if step is None:
                return
            self.work.happen(self._end(self.pending.pop(step.address)))

    def _sort(self, step: Step) -> None:
        """Put a new attempt where it belongs: its end is known, is to come, or is not recorded."""
        self.pending[step.address] = step
        key = (step.address, step.attempt)
        if not self._recorded(step):
            self.unknown.append(step)
        elif key in self.passed:
            heappush(self.ready, (self.passed[key], *key))

    def _next(self) -> Step | None:
        while self.ready:
            _, address, attempt = heappop(self.ready)
            step = self.pending.get(address)
            if step is not None and step.attempt == attempt:
                return step
        while self.onwards and self.unknown:
            step = self.unknown.popleft()
            if self.pending.get(step.address) is step:
                return step
        return None

    def _recorded(self, step: Step) -> bool:
        """Whether the record tells of this attempt at all; an attempt of another kind of node is another attempt."""
        return self.record.began(step.address, step.attempt) and self.record.use(step.address) == step.work.type.name

    def _end(self, step: Step) -> Event:
        """How the attempt of *step* ends: as recorded, computed when it is pure, or guessed."""
        end = self.record.ends.get((step.address, step.attempt)) if self._recorded(step) else None
        if step.work.effect is Effect.PURE and not (end is not None and self._same_input(step)):
            computed = self._computed(step)
            if computed is not None:
                return computed
        if end is not None:
            return end
        return self._guess(step)

    def _same_input(self, step: Step) -> bool:
        starts = self.record.starts.get(step.address, ())
        return any(start.attempt == step.attempt and start.input == step.input for start in starts)

    def _computed(self, step: Step) -> Event | None:
        """Perform a pure action of a plugin; None when it waits for something, so that it cannot be pure."""
        run = step.work.type.run
        if run is None or not isinstance(step.input, dict):
            return None
        action = run(self.work.context(step), dict(step.input)).__await__()
        try:
            action.send(None)
        except StopIteration as result:
            return finished(self.work.host, step, result.value)
        except Exception as error:  # noqa: BLE001 - the fence: a broken action is the failure of this step
            return failed(self.work.host, step, error)
        action.close()
        return None

    def _guess(self, step: Step) -> StepFinished:
        self.guessed.add(step.address)
        self.recall.suspect.add(step.address)
        made = _made_up(step)
        return StepFinished(step.address, step.attempt, made.output, made.port, text_of(self.world.when))

    def _stopped(self, step: Step) -> None:
        self.pending.pop(step.address, None)

    # ------------------------------------------------------------ where the record ends

    def _go_on(self) -> bool:
        """Let one more thing happen that the record does not tell; False when nothing can."""
        if self.pending:
            step = next(iter(self.pending.values()))
            self.work.happen(self._end(self.pending.pop(step.address)))
            return True
        due = self.alarms.due()
        if due is not None:
            self._fire(*due)
            return True
        waiting = next((s for s in self.machine.steps.values() if self._is_new_wait(s)), None)
        if waiting is None:
            return False
        self.work.mailbox.forget(waiting)
        self.work.happen(self._guess(waiting))
        return True

    def _fire(self, timer: str, due: datetime) -> None:
        self.world.when = max(self.world.when, due)
        self.alarms.disarm(timer)
        self.work.happen(TimerFired(timer, text_of(due)))

    def _is_new_wait(self, step: Step) -> bool:
        """Whether *step* waits for a signal or a person the recorded run never waited for."""
        waits = step.node.behaviour in {Behaviour.SIGNAL, Behaviour.APPROVAL} and not step.undo
        return waits and step.phase is Phase.RUNNING and not self._recorded(step)


def _made_up(step: Step) -> Outcome:
    """A plausible end of a step nothing is known of."""
    if step.node.behaviour is Behaviour.APPROVAL and not step.undo:
        answer: dict[str, Json] = {"approved": True, "by": None, "comment": None, "form": {}}
        return Outcome(answer, "approved")
    ports = tuple(step.node.exits)
    return Outcome(sample(step.work.type.output), "out" if step.undo or "out" in ports or not ports else ports[0])
