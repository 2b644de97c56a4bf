"""Perform `tx` steps: each within the store's transaction, which commits what it wrote and its completion together.

Such a completion is a turn of its own. The action runs in the store's thread while its transaction is open; to decide
there what follows from its output would mean to wait for the loop with everybody's transaction open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, cast

from automata._core import fault
from automata._core.engine.attempt import opened, settled
from automata._core.engine.host import Host
from automata._core.engine.record import failed
from automata._core.machine import Step
from automata._core.payload import copied
from automata._core.plan import Plan, PlanGraph, PlanNode
from automata._core.stamp import text_of
from automata.errors import FixInput, StepError, StoreUnavailable, Undone
from automata.model import Blocking, Effect, Event, Json, JsonObject, Run, StepFinished
from automata.ports import Transactor, Turn

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automata._core.engine.office import Office
    from automata.model.nodetype import TxRun

LIMIT_S = 5.0
"""How long a tx action may take at most; its node's ``timeout`` may say less."""
PAUSE_S = 0.2
"""Between attempts to find out what a store that failed has kept."""

_log = logging.getLogger("automata.run")


class Owner(Protocol):
    """The run whose steps these are."""

    closed: bool

    def transacted(self, recorded: Sequence[Event], failure: Event | None = None) -> None:
        """A tx step is over: the journal has *recorded* already, or there is a *failure* to record."""

    def refused(self, turn: Turn, error: BaseException) -> None:
        """The store did not take the turn, for another reason than that it does not answer."""


class Transactions:
    """The tx steps of one run, performed one after the other."""

    def __init__(self, host: Host, run: Run, owner: Owner, office: Office) -> None:
        self._host = host
        self._run = run
        self._owner = owner
        self._office = office
        self._waiting: deque[Step] = deque()

    def __bool__(self) -> bool:
        """Whether any waits."""
        return bool(self._waiting)

    def add(self, step: Step) -> None:
        """Have a step performed when the run has nothing else to commit."""
        self._waiting.append(step)

    def drop(self, step: Step) -> None:
        """Forget a step that was stopped before its time came."""
        if step in self._waiting:
            self._waiting.remove(step)

    def clear(self) -> Sequence[Step]:
        """Forget all; they are returned."""
        steps = tuple(self._waiting)
        self._waiting.clear()
        return steps

    def begin(self, after: int) -> Turn:
        """Perform the next one.

        Args:
            after: How many events the journal has.

        Returns:
            A turn without events, which stands for the one that is being made until the owner is told.
        """
        step = self._waiting.popleft()
        turn = Turn(run=self._run.id, epoch=self._run.epoch, after=after)
        parameters = step.input if isinstance(step.input, dict) else {}
        if self._host.depot.knows(self._run.id):
            self._office.spawn(self._opened, turn, step, parameters)
        else:
            self._hand_in(turn, step, parameters)
        return turn

    async def _opened(self, turn: Turn, step: Step, parameters: JsonObject) -> None:
        """Fetch large values among the parameters first."""
        try:
            parameters = await opened(self._host.depot, parameters)
        except Exception as error:  # noqa: BLE001 - the fence: it is the failure of this step
            if not self._owner.closed:
                self._owner.transacted((), failed(self._host, step, error))
        else:
            if not self._owner.closed:
                self._hand_in(turn, step, parameters)

    def _hand_in(self, turn: Turn, step: Step, parameters: JsonObject) -> None:
        late = asyncio.get_running_loop().call_later(2 * _limit_s(step), self._warn, step)
        future = self._handed_in(turn, step, parameters)
        future.add_done_callback(lambda _: late.cancel())
        future.add_done_callback(lambda done: self._over(turn, step, done))

    def _warn(self, step: Step) -> None:
        text = "The action of %r does not end; everything this worker has to commit waits for it"
        _log.error(text, step.work.type.name, extra={"run": self._run.id, "step": step.address})

    def _handed_in(self, turn: Turn, step: Step, parameters: JsonObject) -> asyncio.Future[Turn]:
        store, action = self._host.store, step.work.type.run
        if not isinstance(store, Transactor) or not isinstance(action, Blocking):
            return _refusal(step, isinstance(store, Transactor))
        call = _Call(self._host, self._run, step, turn.after, parameters)
        return store.transact(self._run.id, self._run.epoch, call.turn, _limit_s(step))

    def _over(self, turn: Turn, step: Step, done: asyncio.Future[Turn]) -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if self._owner.closed:
            return
        if error is None:
            self._owner.transacted(done.result().events)
        elif isinstance(error, Undone):
            self._owner.transacted((), failed(self._host, step, error.error))
        elif isinstance(error, StoreUnavailable):
            self._office.spawn(self._find_out, turn, step)
        else:
            self._owner.refused(turn, error)

    async def _find_out(self, turn: Turn, step: Step) -> None:
        """The store may have kept the turn or not: look, and perform the step again when it has not."""
        while not self._owner.closed:
            await self._host.clock.sleep_until(self._host.clock.now() + timedelta(seconds=PAUSE_S))
            try:
                found = await self._host.store.journal(self._run.id, turn.after)
            except StoreUnavailable:
                continue
            except Exception as error:  # noqa: BLE001 - the fence: whatever it is, the run is given up here
                self._owner.refused(turn, error)
                return
            if not found:
                self._waiting.appendleft(step)
            self._owner.transacted(found)
            return


class _Call:
    """One call of an action; it may be made several times, until its transaction commits."""

    def __init__(self, host: Host, run: Run, step: Step, after: int, parameters: JsonObject) -> None:
        self._host = host
        self._run = run
        self._step = step
        self._after = after
        self._parameters = parameters
        self._begun = host.clock.now()
        self._ticks = perf_counter()
        self._key = host.idempotency_key(run, step)

    def turn(self, connection: Connection) -> Turn:
        """Perform the action, in the store's thread."""
        step = self._step
        action = cast("TxRun", cast("Blocking", step.work.type.run).function)
        context = WritingContext(connection, self._host.setting, self._run.id, step, self._begun, self._key)
        fault.point("effect.before")
        outcome = settled(action(context, copied(self._parameters)))
        fault.point("effect.after")
        at = text_of(self._begun + timedelta(seconds=perf_counter() - self._ticks))
        event = StepFinished(step.address, step.attempt, outcome.output, outcome.port, at)
        return Turn(run=self._run.id, epoch=self._run.epoch, after=self._after, events=[event])


class WritingContext:
    """The `automata.ports.TxContext` of an attempt."""

    def __init__(
        self,
        connection: Connection,
        setting: Callable[[str], str | None],
        run_id: str,
        step: Step,
        begun: datetime,
        idempotency_key: str,
    ) -> None:
        self.connection = connection
        self.setting = setting
        self.run_id = run_id
        self.node = step.address
        self.attempt = step.attempt
        self.idempotency_key = idempotency_key
        self._begun = begun

    def now(self) -> datetime:
        """The instant the attempt began."""
        return self._begun

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""
        _log.info(message, extra={"run": self.run_id, "step": self.node, "facts": facts})


def _limit_s(step: Step) -> float:
    return min(step.work.timeout_s or LIMIT_S, LIMIT_S)


def _refusal(step: Step, in_database: bool) -> asyncio.Future[Turn]:  # noqa: FBT001 - two callers below
    name = step.work.type.name
    text = f"The action of {name!r} is async, and its effect is tx" if in_database else _homeless(step.address, name)
    refused: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
    refused.set_exception(Undone(StepError(text, error_class="invalid_input", sent=False)))
    return refused


def _homeless(place: str, name: str) -> str:
    return (
        f"Step {place!r} ({name}) writes to the database the runs are in, but these runs are in memory; "
        "give the kernel a database: Kernel(database='sqlite:///runs.db')"
    )


def require_database(plan: Plan, host: Host) -> None:
    """Refuse to start what could not be performed.

    Raises:
        FixInput: A step is a `tx`, and runs live in memory.
    """
    if isinstance(host.store, Transactor):
        return
    for node in _nodes(plan.graph):
        for work in (node.work, node.compensation):
            if work is not None and work.effect is Effect.TX:
                raise FixInput(_homeless(node.id, work.type.name))


def _nodes(graph: PlanGraph | None) -> Sequence[PlanNode]:
    if graph is None:
        return ()
    return [n for node in graph.nodes for n in (node, *_nodes(node.body), *_nodes(node.finally_))]
