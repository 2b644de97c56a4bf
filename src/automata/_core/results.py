"""What the kernel gives back: reports of validation, results of runs, and a handle on a run in progress."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from automata._core.codec import Source
from automata._core.engine import Engine, Waiting
from automata._core.history import run_json
from automata.model import Event, Json, JsonObject, Problem, Run, Severity, Step, Workflow


@frozen
class Report:
    """What validating one text found."""

    source: Source | None
    workflow: Workflow | None
    """None when the text is not a workflow document."""
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether it may be published and run; warnings do not matter."""
        return self.workflow is not None and all(p.severity is not Severity.ERROR for p in self.problems)


@frozen(kw_only=True)
class RunResult:
    """How a run ended, and everything that happened on the way."""

    run: Run
    steps: tuple[Step, ...]
    journal: tuple[Event, ...]

    def to_json(self) -> JsonObject:
        """``{run, workflow, version, status, output, error, steps}``, as ``automata run --json`` prints it."""
        return run_json(self.run, self.steps)


@frozen
class RunHandle:
    """A run in progress, for whoever watches it: it may be cancelled, signalled and answered."""

    engine: Engine
    run: str

    def cancel(self, reason: str = "") -> None:
        """Stop the run in an orderly way; idempotent."""
        self.engine.cancel(self.run, reason)

    def signal(self, name: str, payload: Json = None) -> None:
        """Send a signal."""
        self.engine.signal(self.run, name, payload)

    def approve(self, node: str, *, approved: bool, by: str | None = None, comment: str | None = None) -> None:
        """Answer the approval that waits at *node*; raises `NotFound` when none does."""
        self.engine.approve(self.run, node, approved=approved, by=by, comment=comment)

    def waiting(self) -> tuple[Waiting, ...]:
        """The approvals the run waits for."""
        return self.engine.waiting(self.run)


Watcher = Callable[[RunHandle, Event], None]
"""Told every event of a run once it is committed."""


class Relay:
    """Passes events on to a watcher once the run it watches is known."""

    def __init__(self, watcher: Watcher | None) -> None:
        self._watcher = watcher
        self._handle: RunHandle | None = None

    def open(self, engine: Engine, run: str) -> None:
        """Watch *run* from its first event on."""
        self._handle = RunHandle(engine, run)

    def __call__(self, run: str, event: Event) -> None:
        """Pass an event on."""
        if self._watcher is not None and self._handle is not None and run == self._handle.run:
            self._watcher(self._handle, event)
