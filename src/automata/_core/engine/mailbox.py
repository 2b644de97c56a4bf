"""Signals and approvals of one run: what has come, what is waited for, and who gets what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from automata._core.machine import ForeachBox, Machine, Step
from automata.errors import NotFound, StepError
from automata.model import Json, SignalReceived

Delivery: TypeAlias = tuple[Step, SignalReceived | StepError]
"""A waiting step, and the signal it consumes or why its ``match`` failed."""


class Mailbox:
    """Delivers signals in the order they were accepted, each to one step; early ones are kept."""

    def __init__(self, machine: Machine, matches: Callable[[Step, Json], bool]) -> None:
        self._machine = machine
        self._matches = matches
        self._kept: list[SignalReceived] = []
        self._listening: list[Step] = []
        self._asking: dict[str, Step] = {}

    def keep(self, signal: SignalReceived) -> Sequence[Delivery]:
        """Accept a signal; at most one step that waits for it gets it."""
        for step in list(self._listening):
            delivery = self._offer(step, signal)
            if delivery is not None:
                if not isinstance(step.box, ForeachBox):
                    self._listening.remove(step)
                if isinstance(delivery[1], SignalReceived):
                    return [delivery]
                return [delivery, *self.keep(signal)]
        self._kept.append(signal)
        return []

    def wait_for_signal(self, step: Step) -> Sequence[Delivery]:
        """*step* waits; a signal that came early is delivered at once, unless the step takes none of those."""
        ignores = _member(step.input, "early") == "ignore"
        for signal in () if ignores else self._kept:
            delivery = self._offer(step, signal)
            if delivery is not None:
                if isinstance(delivery[1], SignalReceived):
                    self._kept.remove(signal)
                return [delivery]
        self._listening.append(step)
        return []

    def wait_for_items(self, step: Step) -> Sequence[Delivery]:
        """The foreach *step* takes every signal of a name as one more item, those that came early first."""
        early = [signal for signal in self._kept if self._offer(step, signal) is not None]
        self._kept = [signal for signal in self._kept if signal not in early]
        if step not in self._listening:
            self._listening.append(step)
        return [(step, signal) for signal in early]

    def listen(self, step: Step) -> None:
        """*step* has been waiting since before this process took the run up; what came early was not for it."""
        self._listening.append(step)

    def restore(self, signals: Iterable[SignalReceived]) -> None:
        """Keep signals nobody has consumed."""
        self._kept = list(signals)

    @property
    def waits(self) -> bool:
        """Whether any step waits for a signal or a person."""
        return bool(self._listening or self._asking)

    def wait_for_approval(self, step: Step) -> None:
        """*step* waits for a person."""
        self._asking[step.address] = step

    def approval(self, address: str) -> Step:
        """The approval waiting at *address*.

        Raises:
            NotFound: None does.
        """
        step = self._asking.get(address)
        if step is None or self._machine.steps.get(address) is not step:
            raise NotFound(f"No approval waits at {address!r}")
        return step

    def approvals(self) -> Sequence[Step]:
        """Every approval that waits, oldest first."""
        return [s for a, s in self._asking.items() if self._machine.steps.get(a) is s]

    def forget(self, step: Step) -> None:
        """*step* does not wait any more."""
        if step in self._listening:
            self._listening.remove(step)
        self._asking.pop(step.address, None)

    def _offer(self, step: Step, signal: SignalReceived) -> Delivery | None:
        wanted = step.box.wanted if isinstance(step.box, ForeachBox) else _member(step.input, "name")
        if wanted != signal.name or self._machine.steps.get(step.address) is not step:
            return None
        try:
            return (step, signal) if self._matches(step, signal.payload) else None
        except StepError as error:
            return step, error


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
