"""In-memory store, virtual clock and seeded randomness: the default for tests and throw-away embedding.

Nothing here survives the process.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import selectors
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from automata.errors import Conflict, NotFound
from automata.model import Event, Run, RunFinished, RunStarted, Workflow

T = TypeVar("T")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Where virtual time begins unless it is told otherwise."""


class MemoryStore:
    """A `Store` in dictionaries."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[str, Workflow]] = {}
        self._runs: dict[str, Run] = {}
        self._journals: dict[str, list[Event]] = {}
        self._keys: dict[tuple[str, str], str] = {}

    async def publish(self, workflow: Workflow, version: str) -> None:
        """Keep a version and make it the current one."""
        versions = self._versions.setdefault(workflow.name, {})
        versions.pop(version, None)
        versions[version] = workflow

    async def workflow(self, name: str, version: str | None = None) -> tuple[str, Workflow] | None:
        """The current version, or the only one whose hash begins with *version*."""
        versions = self._versions.get(name, {})
        if version is None:
            return next(reversed(versions.items()), None)
        found = [v for v in versions if v.startswith(version)]
        return (found[0], versions[found[0]]) if len(found) == 1 else None

    async def create(self, run: Run, events: Sequence[Event]) -> Run:
        """Accept a run, or return the one with the same key."""
        known = None if run.key is None else self._keys.get((run.org, run.key))
        if known is not None:
            return self._same(self._runs[known], run, events)
        if run.id in self._runs:
            raise Conflict(f"There is a run {run.id!r} already")
        if run.key is not None:
            self._keys[run.org, run.key] = run.id
        self._runs[run.id] = run
        self._journals[run.id] = list(events)
        return run

    def _same(self, known: Run, run: Run, events: Sequence[Event]) -> Run:
        first = self._journals[known.id][0]
        started = next((e for e in events if isinstance(e, RunStarted)), None)
        same = isinstance(first, RunStarted) and started is not None and _text(first) == _text(started)
        if (known.workflow, known.version) != (run.workflow, run.version) or not same:
            raise Conflict(f"The key {run.key!r} was used for another start; choose a new key")
        return known

    async def append(self, run: str, epoch: int, events: Sequence[Event]) -> None:
        """Add events, unless another worker holds the run."""
        row = self._row(run)
        if row.epoch != epoch:
            raise Conflict(f"Run {run!r} was claimed by another worker")
        if row.status.final:
            raise Conflict(f"Run {run!r} is over")
        self._journals[run].extend(events)
        last = events[-1] if events else None
        if isinstance(last, RunFinished):
            self._runs[run] = evolve(row, status=last.status, output=last.output, error=last.error)

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events in order."""
        self._row(run)
        return self._journals[run][after:]

    async def run(self, run: str) -> Run | None:
        """The current row."""
        return self._runs.get(run)

    async def runs(self, workflow: str | None = None, limit: int = 100) -> Sequence[Run]:
        """Newest first."""
        rows = [r for r in reversed(self._runs.values()) if workflow is None or r.workflow == workflow]
        return rows[:limit]

    def _row(self, run: str) -> Run:
        row = self._runs.get(run)
        if row is None:
            raise NotFound(f"No run {run!r}")
        return row


def _text(started: RunStarted) -> str:
    """The input as text: 1, 1.0 and true are three inputs, though Python has them equal."""
    return json.dumps(started.input, sort_keys=True)


class SeededRandom:
    """A `Random` that gives the same draws for the same seed; never for keys or tokens."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def random(self) -> float:
        """A float in [0, 1)."""
        return self._random.random()

    def identifier(self) -> str:
        """32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"


class VirtualClock:
    """A `Clock` that reads the time of the `VirtualLoop` it runs on."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._start = start

    def now(self) -> datetime:
        """The start, plus the loop's virtual seconds."""
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep_until(self, when: datetime) -> None:
        """Let virtual time pass."""
        await asyncio.sleep((when - self.now()).total_seconds())  # noqa: TID251 - this is a clock

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when virtual time has come."""
        loop = asyncio.get_running_loop()
        return loop.call_at((when - self._start).total_seconds(), callback).cancel


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer whenever nothing else is to be done.

    Real file descriptors still work: as long as one is being read or written the loop waits for it a little in real
    time before it lets virtual time jump. While a thread works virtual time stands still.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self.threads = 0
        """Calls at work in executors."""
        super().__init__(_Jump(self))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._seconds

    def run_in_executor(  # type: ignore[override]  # typeshed has this stricter than BaseEventLoop
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Have a thread do something, and virtual time wait for it."""

        def done(_: asyncio.Future[T]) -> None:
            self.threads -= 1

        future = super().run_in_executor(executor, func, *args)
        self.threads += 1
        future.add_done_callback(done)
        return future

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._seconds += seconds
        # A timer is due when it lies within the clock's resolution; after half a year a float is coarser than that.
        self._clock_resolution = max(1e-9, 2 * math.ulp(self._seconds))


class _Jump(selectors.DefaultSelector):
    """Waits in virtual time."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; virtual time passes when nothing is."""
        waits_for_files = len(self.get_map()) > 1
        if timeout and self._loop.threads:
            return super().select(None)
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout and waits_for_files:
            ready = super().select(min(timeout, 0.05))
        if not ready and timeout:
            self._loop.advance(timeout)
        return ready


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* to its end in virtual time: a wait of a week takes no time at all."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
