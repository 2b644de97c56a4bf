"""In-memory store, virtual clock and seeded randomness: the default for tests and throw-away embedding.

Nothing here survives the process.
"""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import selectors
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from automata.errors import AutomataError, Conflict, Fenced, KernelBug, NotFound, Overloaded
from automata.model import Dispatch, ErrorInfo, Event, Message, Run, RunFinished, RunStatus, Version, Workflow
from automata.ports import Blobs, Clock, Outbox, RunQuery, Turn

T = TypeVar("T")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Where virtual time begins unless it is told otherwise."""


class MemoryStore:
    """A `Store` in dictionaries, for one process and one event loop; everything happens at once.

    Leases end with the worker's `leave` alone: whoever could take a run over lives and dies with its holder.

    Args:
        clock: Where time comes from; the system's when None.
        blobs: Where large values of runs are that come from another store; its own stay with their events.
    """

    shared = False

    def __init__(self, clock: Clock | None = None, blobs: Blobs | None = None) -> None:
        self.blobs = blobs
        self._clock = clock
        self._versions: dict[tuple[str, str], dict[str, tuple[Workflow, datetime]]] = {}
        self._heads: dict[tuple[str, str], tuple[str, bool]] = {}
        self._runs: dict[str, Run] = {}
        self._journals: dict[str, list[Event]] = {}
        self._digests: dict[str, str] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._inboxes: dict[str, dict[str, Message]] = {}
        self._taken: dict[str, set[str]] = {}
        self._workers: set[str] = set()
        self._key = secrets.token_bytes(32)
        self._dispatches = MemoryOutbox(self._now, self._leased)
        self.outbox: Outbox = self._dispatches

    # ------------------------------------------------------------ definitions

    async def publish(self, workflow: Workflow, version: str, *, org: str = "") -> None:
        """Keep a version and make it the current one."""
        name = (org, workflow.name)
        self._versions.setdefault(name, {}).setdefault(version, (workflow, await self.now()))
        self._heads[name] = (version, self._heads.get(name, ("", True))[1])

    async def workflow(self, name: str, version: str | None = None, *, org: str = "") -> tuple[str, Workflow] | None:
        """The current version, or the only one whose hash begins with *version*."""
        versions = self._versions.get((org, name), {})
        wanted = self._heads[org, name][0] if version is None and versions else version
        found = [v for v in versions if wanted is not None and v.startswith(wanted)]
        return (found[0], versions[found[0]][0]) if len(found) == 1 else None

    async def versions(self, name: str | None = None, *, org: str = "") -> Sequence[Version]:
        """The versions of one workflow, or the current one of each."""
        found = []
        for (owner, workflow), versions in sorted(self._versions.items()):
            current, enabled = self._heads[owner, workflow]
            for version, (_, published) in reversed(versions.items()):
                if owner == org and (name == workflow or (name is None and version == current)):
                    row = Version(
                        workflow=workflow,
                        version=version,
                        published=published,
                        current=version == current,
                        enabled=enabled,
                        org=org,
                    )
                    found.append(row)
        return found

    async def set_current(self, name: str, version: str, *, org: str = "") -> None:
        """Go back, or forward, to a published version."""
        if version not in self._versions.get((org, name), {}):
            raise NotFound(f"No version {version!r} of workflow {name!r}")
        self._heads[org, name] = (version, self._heads[org, name][1])

    async def set_enabled(self, name: str, *, enabled: bool, org: str = "") -> None:
        """Switch a workflow's triggers on or off."""
        if (org, name) not in self._heads:
            raise NotFound(f"No workflow {name!r}")
        self._heads[org, name] = (self._heads[org, name][0], enabled)

    # ------------------------------------------------------------ a run's life

    def create(self, run: Run, events: Sequence[Event], digest: str = "") -> asyncio.Future[Run]:
        """Accept a run, or return the one with the same key."""
        return _settled(lambda: self._create(run, events, digest))

    def _create(self, run: Run, events: Sequence[Event], digest: str) -> Run:
        known = self._keys.get((run.org, run.key)) if run.key is not None else None
        known = known or (run.id if run.id in self._runs else None)
        if known is not None:
            if self._digests[known] != digest:
                raise Conflict(
                    f"The key {run.key!r} was used for another start; choose a new key"
                    if run.key is not None and known != run.id
                    else f"There is a run {run.id!r} already"
                )
            return self._runs[known]
        if run.owner is not None and run.owner not in self._workers:
            raise Fenced(f"Worker {run.owner!r} has no lease")
        now = self._now()
        row = evolve(run, created=now, wake=None if run.owner is not None else run.wake or now)
        if run.key is not None:
            self._keys[run.org, run.key] = run.id
        self._digests[run.id] = digest
        self._journals[run.id] = []
        self._runs[run.id] = row
        self._write(row, events)
        return self._runs[run.id]

    def append(self, turn: Turn, *, urgent: bool = True) -> asyncio.Future[None]:  # noqa: ARG002 - all is urgent here
        """Add the events of a turn, unless another worker holds the run."""
        return _settled(lambda: self._append(turn))

    def _append(self, turn: Turn) -> None:
        row = self._row(turn.run)
        if row.epoch != turn.epoch or row.status.final:
            raise Fenced(f"Run {turn.run!r} is not held any more")
        if len(self._journals[turn.run]) != turn.after:
            raise KernelBug(f"The journal of {turn.run!r} has {len(self._journals[turn.run])} events, not {turn.after}")
        box, taken = self._inboxes.setdefault(turn.run, {}), self._taken.setdefault(turn.run, set())
        for id_ in turn.taken:
            box.pop(id_, None)
            taken.add(id_)
        if turn.status is not None:
            row = evolve(row, status=turn.status, error=turn.error)
        if turn.release:
            row = evolve(row, owner=None, wake=self._now() if box else turn.wake)
        self._runs[turn.run] = row
        self._write(row, turn.events)
        self._dispatches.put(turn.dispatches)
        for target, message in turn.sent:
            if target in self._runs and not self._runs[target].status.final:
                self._put(target, message)

    def _write(self, row: Run, events: Sequence[Event]) -> None:
        self._journals[row.id].extend(events)
        last = events[-1] if events else None
        if isinstance(last, RunFinished):
            self._runs[row.id] = evolve(
                row,
                status=last.status,
                output=last.output,
                error=last.error,
                owner=None,
                wake=None,
                finished=self._now(),
            )

    async def send(self, run: str, message: Message) -> bool:
        """Put a message into an inbox, once for each id."""
        row = self._row(run)
        if message.id in self._taken.get(run, ()) or message.id in self._inboxes.get(run, ()):
            return False
        if row.status.final:
            raise Conflict(f"Run {run!r} is over: {row.status}")
        if len(self._inboxes.get(run, ())) >= INBOX_LIMIT:
            raise Overloaded(f"More than {INBOX_LIMIT} messages wait for run {run!r}")
        self._put(run, message)
        return True

    def _put(self, run: str, message: Message) -> None:
        row, box = self._runs[run], self._inboxes.setdefault(run, {})
        if message.id not in self._taken.get(run, ()):
            box.setdefault(message.id, message)
        if row.owner is None:
            self._runs[run] = evolve(row, wake=self._now())

    async def inbox(self, run: str) -> Sequence[Message]:
        """What has not been taken."""
        return list(self._inboxes.get(run, {}).values())

    # ------------------------------------------------------------ workers

    async def register(self, worker: str, lease_s: float) -> None:  # noqa: ARG002 - the port's
        """Begin a lease."""
        self._workers.add(worker)

    async def renew(self, worker: str, lease_s: float) -> datetime:  # noqa: ARG002 - the port's
        """Prolong a lease."""
        self._leased(worker)
        return self._now()

    async def leave(self, worker: str) -> None:
        """End a lease."""
        self._workers.discard(worker)
        self._dispatches.free(worker)
        now = self._now()
        self._runs.update({id_: evolve(r, owner=None, wake=now) for id_, r in self._runs.items() if r.owner == worker})

    async def claim(self, worker: str, limit: int, among: Sequence[str] | None = None) -> Sequence[Run]:
        """Take up what is due, by priority, then by age."""
        self._leased(worker)
        now = self._now()
        rows = [r for r in self._runs.values() if among is None or r.id in among]
        due = [r for r in rows if r.owner is None and r.wake is not None and r.wake <= now]
        due.sort(key=lambda row: (-row.priority, row.wake))
        claimed = [_held(row, worker) for row in due[:limit]]
        self._runs.update({row.id: row for row in claimed})
        return claimed

    async def sweep(self) -> int:
        """Nothing: no lease ends by itself."""
        return 0

    async def mail(self, worker: str) -> Sequence[str]:
        """Runs of *worker* that have messages."""
        return [run for run, box in self._inboxes.items() if box and self._runs[run].owner == worker]

    def _leased(self, worker: str) -> None:
        if worker not in self._workers:
            raise Fenced(f"Worker {worker!r} has no lease")

    # ------------------------------------------------------------ reading

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events in order."""
        self._row(run)
        return self._journals[run][after:]

    async def run(self, run: str) -> Run | None:
        """The current row."""
        return self._runs.get(run)

    async def runs(self, query: RunQuery) -> Sequence[Run]:
        """Newest first."""
        rows = [r for r in self._runs.values() if _fits(r, query) and r.created is not None]
        rows.sort(key=lambda row: (row.created or EPOCH, row.id), reverse=True)
        return rows[: query.limit]

    async def close(self) -> None:
        """Nothing is held."""

    async def instance_key(self) -> bytes:
        """Made with the store."""
        return self._key

    async def now(self) -> datetime:
        """The clock's time."""
        return self._now()

    def _now(self) -> datetime:
        return self._clock.now() if self._clock is not None else datetime.now(UTC)  # noqa: TID251 - the system's, then

    def _row(self, run: str) -> Run:
        row = self._runs.get(run)
        if row is None:
            raise NotFound(f"No run {run!r}")
        return row


class MemoryOutbox:
    """The `automata.ports.Outbox` of a store in memory.

    Args:
        now: Where time comes from.
        leased: Raises `Fenced` for a worker without a lease.
    """

    def __init__(self, now: Callable[[], datetime], leased: Callable[[str], None]) -> None:
        self._now = now
        self._leased = leased
        self._rows: dict[str, tuple[Dispatch, str | None]] = {}
        """Messages by id, each with the worker that sends it now."""

    def put(self, dispatches: Iterable[Dispatch]) -> None:
        """Accept messages."""
        for one in dispatches:
            self._rows.setdefault(one.id, (evolve(one, due=self._now()), None))

    def free(self, worker: str) -> None:
        """Leave what *worker* was sending to others."""
        self._rows.update({id_: (one, None) for id_, (one, owner) in self._rows.items() if owner == worker})

    async def upcoming(self) -> datetime | None:
        """When the next message that nobody is sending is due."""
        return min((one.due for one, owner in self._rows.values() if _is_free(one, owner) and one.due), default=None)

    async def take(self, worker: str, limit: int) -> Sequence[Dispatch]:
        """Take messages that are due."""
        self._leased(worker)
        now = self._now()
        due = [one for one, owner in self._rows.values() if _is_free(one, owner) and (one.due or now) <= now]
        taken = [evolve(one, attempts=one.attempts + 1) for one in due[:limit]]
        self._rows.update({one.id: (one, worker) for one in taken})
        return taken

    async def sent(self, worker: str, id_: str) -> bool:
        """Forget a message that was sent."""
        return self._has(worker, id_) and self._rows.pop(id_, None) is not None

    async def postpone(self, worker: str, id_: str, delay_s: float, error: ErrorInfo) -> bool:
        """Let a message wait for its next attempt."""
        return self._put_back(worker, id_, due=self._now() + timedelta(seconds=delay_s), error=error)

    async def give_up(self, worker: str, id_: str, error: ErrorInfo) -> bool:
        """Let a message wait for a person."""
        return self._put_back(worker, id_, dead=True, error=error)

    async def waiting(self, limit: int = 100) -> Sequence[Dispatch]:
        """What was not sent, given-up messages first."""
        return sorted((one for one, _ in self._rows.values()), key=lambda one: not one.dead)[:limit]

    async def again(self, id_: str) -> None:
        """Have a message that was given up sent after all."""
        self._rows[id_] = (evolve(self._dead(id_), dead=False, attempts=0, due=self._now()), None)

    async def discard(self, id_: str) -> None:
        """Forget a message that was given up."""
        del self._rows[self._dead(id_).id]

    def _has(self, worker: str, id_: str) -> bool:
        return self._rows.get(id_, (None, None))[1] == worker

    def _put_back(self, worker: str, id_: str, **changes: Any) -> bool:
        if not self._has(worker, id_):
            return False
        self._rows[id_] = (evolve(self._rows[id_][0], **changes), None)
        return True

    def _dead(self, id_: str) -> Dispatch:
        one, _ = self._rows.get(id_, (None, None))
        if one is None or not one.dead:
            raise NotFound(f"No message {id_!r} that was given up")
        return one


def _is_free(one: Dispatch, owner: str | None) -> bool:
    return owner is None and not one.dead


INBOX_LIMIT = 1_000


def _held(row: Run, worker: str) -> Run:
    """A run as it is once *worker* has claimed it; one that is parked or paused stays so."""
    begins = row.status in {RunStatus.QUEUED, RunStatus.WAITING}
    status = RunStatus.RUNNING if begins else row.status
    return evolve(row, owner=worker, wake=None, epoch=row.epoch + 1, status=status)


def _fits(row: Run, query: RunQuery) -> bool:
    before = query.before is None or (row.created or EPOCH, row.id) < query.before
    return (
        before
        and row.org == query.org
        and query.workflow in {None, row.workflow}
        and query.parent in {None, row.parent}
        and row.id.startswith(query.prefix)
        and (not query.statuses or row.status in query.statuses)
    )


def _settled(work: Callable[[], T]) -> asyncio.Future[T]:
    """A future that has the result, or the error, already."""
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    try:
        future.set_result(work())
    except AutomataError as error:
        future.set_exception(error)
    return future


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
