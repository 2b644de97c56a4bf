"""Run the tests that live in a document, in virtual time, with everything but pure nodes mocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from attrs import field, frozen

from automata._core.canonical import canonical
from automata._core.dryrun import mocked
from automata._core.durations import parse_duration
from automata._core.engine import Engine
from automata._core.history import plain
from automata._core.machine import Step as MachineStep
from automata._core.pool.thread import perform_here
from automata.errors import NotFound, StepError
from automata.model import (
    CancelRequested,
    Case,
    Effect,
    Event,
    Json,
    JsonObject,
    Outcome,
    Run,
    RunStarted,
    Step,
    StepStarted,
    StepStatus,
    Workflow,
)
from automata.ports import Context

HORIZON = timedelta(days=200 * 365)
"""Virtual time no workflow waits for: longer than any duration a document may hold."""
STUCK = "Nothing can happen any more: it waits for a signal or an answer nobody sends"


@frozen
class CaseResult:
    """How a test case went."""

    name: str
    failures: tuple[str, ...]
    """What differs from what the case expects, one sentence each; empty when it passed."""
    run: Run
    steps: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


@frozen
class Mocked:
    """A performer that computes pure nodes and answers for every other one from the case's mocks."""

    mocks: Mapping[str, Json]
    missing: list[str] = field(factory=list)
    """Addresses that had no mock; filled as the run goes on."""

    def answer(self, step: MachineStep, parameters: Json) -> Outcome | StepError | None:  # noqa: ARG002 - the protocol's
        """The mock of the step, if there is one."""
        return mocked(self.mocks, step.address, step.attempt)

    async def perform(self, step: MachineStep, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Compute a pure node; anything else should have been mocked."""
        run = step.work.type.run
        if step.work.effect is Effect.PURE and run is not None:
            return await perform_here(run, context, parameters)
        if step.undo:
            return None  # a compensation is assumed to work unless the case says otherwise
        self.missing.append(step.address)
        raise StepError(f"The case has no mock for {plain(step.address)!r}", error_class="no_mock", sent=False)


async def play(engine: Engine, workflow: Workflow, case: Case, inbox: Post) -> Run:
    """Start a run for *case* and send it the signals and answers of the case when their time has come.

    Args:
        engine: On a virtual clock, with a `Mocked` performer and *inbox* among its observers.
        workflow: The document.
        case: One of its tests.
        inbox: The post office of this case.
    """
    run_id = engine.fresh_id()
    inbox.open(engine, run_id)
    give_up(engine, run_id)
    return await engine.wait(await engine.start(workflow, case.event, trigger=case.trigger, run_id=run_id))


class Post:
    """Sends a case's signals and approvals: an observer of the run it belongs to."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._engine: Engine | None = None
        self._run = ""

    def open(self, engine: Engine, run: str) -> None:
        """From now on, belong to *run*."""
        self._engine, self._run = engine, run

    def __call__(self, run: str, event: Event) -> None:
        """Send the case's signals from the start on; answer an approval the case has an answer for."""
        if run == self._run and isinstance(event, RunStarted) and self._engine is not None:
            for signal in self._case.signals:
                send = partial(self._engine.signal, run, str(signal["name"]), signal.get("payload"))
                self._later(signal.get("after"), send)
        if run != self._run or not isinstance(event, StepStarted):
            return
        answers = self._case.approvals
        answer = answers.get(event.step, answers.get(plain(event.step)))
        if answer is not None:
            self._later(answer.get("after"), lambda: self._approve(event.step, answer))

    def _approve(self, address: str, answer: JsonObject) -> None:
        form, by, comment = answer.get("form"), answer.get("by"), answer.get("comment")
        if self._engine is None:
            return
        self._engine.approve(
            self._run,
            address,
            approved=answer.get("approved") is True,
            by=by if isinstance(by, str) else None,
            comment=comment if isinstance(comment, str) else None,
            form=form if isinstance(form, dict) else None,
        )

    def _later(self, after: Json, act: Callable[[], None]) -> None:
        if self._engine is None:
            return
        clock = self._engine.host.clock
        clock.call_at(clock.now() + parse_duration(str(after or "0s")), lambda: _if_running(act))


def give_up(engine: Engine, run: str) -> None:
    """Cancel a run in virtual time when nothing can happen to it any more, as that is when time gets to the horizon."""
    clock = engine.host.clock
    clock.call_at(clock.now() + HORIZON, lambda: _if_running(partial(engine.cancel, run, STUCK)))


def _if_running(act: Callable[[], None]) -> None:
    try:
        act()
    except NotFound:
        return  # the run, or the wait, was over before its post came


def compare(
    case: Case, run: Run, steps: tuple[Step, ...], missing: list[str], events: Sequence[Event]
) -> tuple[str, ...]:
    """What differs between what *case* expects and what happened."""
    expect = case.expect
    failures = [STUCK for event in events if isinstance(event, CancelRequested) and event.reason == STUCK]
    failures += [f"Step {address!r} has no mock; add mocks.{plain(address)}" for address in dict.fromkeys(missing)]
    status = expect.status or ("failed" if expect.error is not None else "succeeded")
    if str(run.status) != status:
        why = f": {run.error.message}" if run.error is not None else ""
        failures.append(f"Expected status {status!r}, got {str(run.status)!r}{why}")
    path = tuple(
        s.node for s in steps if "/" not in s.node and "~" not in s.node and s.status is not StepStatus.SKIPPED
    )
    if expect.path is not None and expect.path != path:
        failures.append(f"Expected path {list(expect.path)}, got {list(path)}")
    if expect.has_output and not _same(expect.output, run.output):
        failures.append(f"Expected output {expect.output!r}, got {run.output!r}")
    if expect.error is not None:
        failures.extend(_error_differences(expect.error, run))
    return tuple(failures)


def _error_differences(expected: JsonObject, run: Run) -> list[str]:
    got = {} if run.error is None else run.error.to_json()
    return [
        f"Expected error {name} {value!r}, got {got.get(name)!r}"
        for name, value in expected.items()
        if not _same(value, got.get(name))
    ]


def _same(left: Json, right: Json) -> bool:
    return canonical(left) == canonical(right)
