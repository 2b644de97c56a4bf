"""Drive one run in this process, in turns.

Everything that can be decided and computed at once is; the events of the turn are committed together; only then do
effects start that depend on them. What happens meanwhile waits for the next turn. A run has no task of its own: a turn
is a callback, so that thousands of runs cost little more than their data.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from automata._core.blobs import values_of
from automata._core.engine.attempt import Attempt
from automata._core.engine.children import caller_of, child_id, end_of, perform_call
from automata._core.engine.dispatch import Tray
from automata._core.engine.doubt import make_certain
from automata._core.engine.host import Host
from automata._core.engine.interpreter import Interpreter
from automata._core.engine.office import Office
from automata._core.engine.record import instant
from automata._core.engine.recovery import Recovery
from automata._core.engine.timers import Timers
from automata._core.engine.transaction import Transactions
from automata._core.machine import Step
from automata._core.payload import copied
from automata._core.plan import Behaviour, Plan
from automata.errors import Fenced, NotFound, StoreUnavailable, TooLarge
from automata.model import (
    Answered,
    CancelRequested,
    ChildEnded,
    Effect,
    Event,
    JsonObject,
    Message,
    Run,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepLost,
)
from automata.ports import Turn

LINGER_S = 1.0
"""How long a run that waits stays in the process, in case what it waits for comes soon."""

NEAR_S = 5.0
"""A run whose next timer is nearer than this stays in the process."""

_log = logging.getLogger(__name__)


class Driver:
    """One run in this process."""

    def __init__(self, host: Host, run: Run, plan: Plan, office: Office) -> None:
        self.host = host
        self.run = run
        self.plan = plan
        self.office = office
        self.timers = Timers(host.clock, self.post)
        self.work = Interpreter(host, run, plan, self.timers, self._stop)
        self.closed = False
        self._count = 0
        """Events in the journal."""
        self._inbox: deque[tuple[Event | None, str | None]] = deque()
        """What has happened, with the id of the message it came by."""
        self._taken: list[str] = []
        self._seen: set[str] = set()
        """Messages read; kept, since a look into the inbox may be older than the turn that took them out of it."""
        self._sent: list[tuple[str, Message]] = []
        self._turn_out: Turn | None = None
        """The turn being committed."""
        self._scheduled = False
        self._attempts: dict[str, Attempt] = {}
        self._leaving: set[Attempt] = set()
        """Attempts that were stopped and are cleaning up."""
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._transactions = Transactions(host, run, self, office)
        self._tray = Tray(host, run)
        self._recorded: Sequence[Event] = ()
        """What the journal has already, and the machine has not heard of."""
        self._linger: asyncio.TimerHandle | None = None
        self._firm = False
        """Whether the next turn records the end of an effect: it may not wait, or a crash puts that in doubt."""
        self._draining = False
        self._reading = False
        self._reported = False

    # ------------------------------------------------------------ taking a run up

    def begin(self, started: RunStarted) -> Sequence[Event]:
        """Compute the first turn; its events are to be stored with the run itself."""
        self.work.begin(started.at)
        self.work.happen(started)
        batch, self.work.batch = self.work.batch, []
        self._scheduled = True  # What happens before the run is stored, a short timer's end for one, has to wait.
        return batch

    def accepted(self, events: Sequence[Event]) -> None:
        """The run and its first turn are stored: go on."""
        self._count = len(events)
        self._scheduled = False
        self.host.tell(self.run.id, events)
        self._go_on()

    def restore(self, journal: Sequence[Event]) -> None:
        """Go on where *journal* ends."""
        self._count = len(journal)
        self.host.depot.mark(self.run.id, values_of(journal))
        for event in Recovery(self.work).restore(journal):
            self.post(event)
        self._schedule()

    # ------------------------------------------------------------ from outside

    def post(self, event: Event | None, message: str | None = None) -> None:
        """Let something happen to the run; it takes effect in its next turn."""
        self.host.depot.mark(self.run.id, values_of([event]))
        self._inbox.append((event, message))
        self._schedule()

    def approve(self, address: str, answer: JsonObject, message: str | None = None) -> None:
        """Answer the approval waiting at *address*.

        Raises:
            NotFound: None waits there.
        """
        step = self.work.mailbox.approval(address)
        self.work.mailbox.forget(step)
        port = "approved" if answer.get("approved") is True else "rejected"
        self.post(StepFinished(step.address, step.attempt, answer, port, instant(self.host)), message)

    async def read_mail(self) -> None:
        """Take what has come into the run's inbox."""
        await self.take(await self.host.store.inbox(self.run.id))

    async def take(self, messages: Sequence[Message]) -> None:
        """Let what came by mail happen; the run is not let go before."""
        self._reading = True
        try:
            for message in messages:
                if message.id not in self._seen and not self.closed:
                    await self._open(message)
        finally:
            self._reading = False
            self._schedule()

    async def _open(self, message: Message) -> None:
        body = message.body
        self._seen.add(message.id)
        if isinstance(body, Answered):
            try:
                self.approve(body.step, body.answer, message.id)
            except NotFound:
                self.post(None, message.id)  # the wait was over before the answer came
        elif isinstance(body, ChildEnded):
            try:
                step = self.work.machine.steps.get(body.step)
                found = None if step is None else await end_of(self.host, self.run, step, body.run)
            except BaseException:
                self._seen.discard(message.id)
                raise
            self.post(found, message.id)
        else:
            self.post(body, message.id)

    # ------------------------------------------------------------ a turn

    def _schedule(self) -> None:
        if not self._scheduled and self._turn_out is None and not self.closed:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if self._turn_out is not None or self.closed:
            return
        try:
            self._react()
        except Exception as error:  # noqa: BLE001 - the fence: one run's trouble is not the worker's
            self._give_up(error)

    def _react(self) -> None:
        work = self.work
        if work.missing and not self.work.fetching:
            work.drain()
        recorded, self._recorded = self._recorded, ()
        for known in recorded:
            work.happen(known, recorded=True)
        while self._inbox and work.finished is None and not work.missing:
            event, message = self._inbox.popleft()
            if message is not None:
                self._taken.append(message)
            if event is None:
                continue
            if isinstance(event, StepFinished | StepFailed):
                if not work.machine.running(event.step, event.attempt):
                    continue
                self._tray.record(event)
            work.happen(event)
        self._commit()

    def _fetched(self) -> None:
        """What an expression looks into is ready."""
        self.work.fetching = False
        self._schedule()

    def _commit(self) -> None:
        """Make the turn durable; then effects may start."""
        work = self.work
        if work.finished is not None:
            self._wind_up(work.finished)
        if not work.batch and not self._taken and not self._sent:
            self._go_on()
            return
        batch, work.batch = work.batch, []
        turn = Turn(
            run=self.run.id,
            epoch=self.run.epoch,
            after=self._count,
            events=batch,
            taken=self._taken,
            sent=self._sent,
            dispatches=self._tray.empty(),
        )
        self._taken, self._sent = [], []
        may_wait, self._firm = not (self._firm or self._transactions or work.finished), False
        if self.reports() and not self._reported:
            self._turn_out = turn
            self.office.spawn(self._report, turn)
        elif may_wait and {step.work.effect for step in work.effects} == {Effect.PURE}:
            self._submit(turn, urgent=False)
            self._count += len(batch)
            self._launch()
        else:
            self._turn_out = turn
            self._submit(turn)

    def _wind_up(self, end: RunFinished) -> None:
        """The last turn tells the run that called this one."""
        caller, batch = caller_of(self.run), self.work.batch
        if caller is not None and batch and batch[-1] is end:
            self._sent.append((caller[0], Message(id=f"child:{self.run.id}", body=ChildEnded(caller[1], self.run.id))))

    def _submit(self, turn: Turn, *, urgent: bool = True) -> None:
        future = self.host.store.append(turn, urgent=urgent)
        future.add_done_callback(lambda done: self._committed(turn, done))

    def _committed(self, turn: Turn, future: asyncio.Future[None]) -> None:
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if self.closed:
            return
        if error is not None:
            self.refused(turn, error)
            return
        try:
            self._kept(turn)
        except Exception as bug:  # noqa: BLE001 - the fence: one run's trouble is not the worker's
            self._give_up(bug)

    def _kept(self, turn: Turn) -> None:
        self.host.tell(self.run.id, turn.events)
        for target, _ in turn.sent:
            self.office.hint(target)
        if turn.dispatches:
            self.office.sending()
        if turn is self._turn_out:
            self._turn_out = None
            self._count += len(turn.events)
            if turn.release:
                self._close()
            else:
                self._go_on()

    def _go_on(self) -> None:
        if self.work.finished is not None:
            self._close_calmly()
            return
        self._launch()
        if self._transactions:
            self._turn_out = self._transactions.begin(self._count)
        elif self._inbox and not self.work.missing:
            self._turn()
        else:
            self._rest()

    # ------------------------------------------------------------ trouble with the store

    def transacted(self, recorded: Sequence[Event], failure: Event | None = None) -> None:
        """A tx step is over: the journal has *recorded* already, or there is a *failure* to record."""
        self._turn_out = None
        self._count += len(recorded)
        self._recorded = recorded
        self.host.tell(self.run.id, recorded)
        if failure is not None:
            self._inbox.append((failure, None))
        self._turn()

    def refused(self, turn: Turn, error: BaseException) -> None:
        if isinstance(error, StoreUnavailable):
            if self._turn_out is turn:
                self.office.spawn(self._find_out, turn)
            else:
                self.abandon(error)  # what followed that turn hangs in the air: the engine takes the run up anew
        elif isinstance(error, TooLarge):
            self._turn_out, self._count = None, turn.after
            self._taken, self._sent = [*turn.taken], [*turn.sent]
            self.work.fail(error)
            self._commit()
        elif isinstance(error, Fenced):
            _log.info("Another worker has taken a run over", extra={"run": self.run.id})
            self.abandon(error)
        else:
            self._give_up(error if isinstance(error, Exception) else RuntimeError(str(error)))

    def _give_up(self, error: Exception) -> None:
        _log.error("A run cannot be driven on", exc_info=error, extra={"run": self.run.id})
        self.abandon(error)

    async def _find_out(self, turn: Turn) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            await make_certain(self.host, turn, lambda: self.closed)
        except Exception as error:  # noqa: BLE001 - the fence: whatever it is, the run is given up here
            kept.set_exception(error)
        else:
            kept.set_result(None)
        self._committed(turn, kept)

    # ------------------------------------------------------------ effects

    def _launch(self) -> None:
        if self.work.missing and not self.work.fetching:
            self.work.fetching = True
            self.office.spawn(self.host.depot.fetch, self.work.missing, self._fetched)
        effects, self.work.effects = self.work.effects, []
        for step in effects:
            if self.work.machine.steps.get(step.address) is not step:
                continue
            if step.node.behaviour is Behaviour.CALL and not step.undo:
                self._calls[step.address] = self.office.spawn(self._call, step)
            elif step.work.effect is Effect.TX and self.host.real:
                self._transactions.add(step)
            elif step.work.effect is Effect.OUTBOX and self.host.real:
                self._firm = True
                self.post(self._tray.put(step))
            else:
                parameters = copied(step.input) if isinstance(step.input, dict) else {}
                timeout_s = step.work.timeout_s or self.host.default_timeout_s
                context = self.work.context(step)
                self._attempts[step.address] = Attempt(self.host, step, context, parameters, timeout_s, self._ended)

    def _ended(self, attempt: Attempt, event: Event | None) -> None:
        self._leaving.discard(attempt)
        if self._attempts.get(attempt.step.address) is attempt:
            del self._attempts[attempt.step.address]
        if event is not None:
            self._firm |= attempt.step.work.effect.writes
            self._inbox.append((event, None))
            if self._attempts:
                self._schedule()  # others may end in the same moment
            elif not self._scheduled:
                self._turn()
        elif self.work.finished is not None and self._turn_out is None:
            self._close_calmly()
        else:
            self._schedule()

    def _stop(self, step: Step) -> None:
        attempt = self._attempts.pop(step.address, None)
        if attempt is not None:
            self._leaving.add(attempt)
            attempt.stop()
        self._transactions.drop(step)
        self._tray.drop(step)
        if step.node.behaviour is Behaviour.CALL and not step.undo:
            call = self._calls.pop(step.address, None)
            if call is not None:
                call.cancel()
            child = child_id(self.run.id, step)
            body = CancelRequested("The calling run was cancelled", instant(self.host))
            self._sent.append((child, Message(id=f"caller:{self.run.id}", body=body)))

    async def _call(self, step: Step) -> None:
        try:
            await perform_call(self.office, self.host, self.run, step, self.post)
        finally:
            self._calls.pop(step.address, None)

    async def report(self) -> None:
        """Have the workflow that handles failures started, if there is one and the run has failed."""
        self._reported = True
        if self.reports() and self.work.finished is not None and self.plan.errors_workflow is not None:
            await self.office.report(self.run, self.work.finished, self.plan.errors_workflow)

    async def _report(self, turn: Turn) -> None:
        await self.report()
        self._submit(turn)

    def reports(self) -> bool:
        """Whether the run has failed and a workflow is to be told."""
        end = self.work.finished
        failing = end is not None and end.status in {RunStatus.FAILED, RunStatus.TIMED_OUT}
        return failing and self.plan.errors_workflow is not None

    # ------------------------------------------------------------ rest, and the end

    @property
    def busy(self) -> bool:
        """Whether something of the run goes on in this process."""
        going_on = self._transactions or self._attempts or self._leaving or self._calls or self._inbox or self._turn_out
        return bool(going_on) or self._scheduled or self._reading or bool(self.work.missing)

    def _rest(self) -> None:
        """Nothing is to be done now: see whether the run need stay."""
        if self.busy or self.closed or self.work.finished is not None:
            return
        due, machine = self.timers.next(), self.work.machine
        if self._draining:
            self._release(None, self.host.clock.now())
        elif machine.parked and due is None and not self.work.mailbox.waits:
            self._release(RunStatus.PARKED, None)
        elif self.office.lets_go and self._linger is None:
            self._linger = asyncio.get_running_loop().call_later(LINGER_S, self._lingered)

    def _lingered(self) -> None:
        self._linger = None
        if self.busy or self.closed:
            return  # the next rest lingers anew
        due, machine = self.timers.next(), self.work.machine
        if due is not None and due < self.host.clock.now() + timedelta(seconds=NEAR_S):
            self._linger = asyncio.get_running_loop().call_later(NEAR_S, self._lingered)
            return
        waiting = RunStatus.PAUSED if machine.paused else RunStatus.WAITING
        self._release(RunStatus.PARKED if machine.parked else waiting, due)

    def _release(self, status: RunStatus | None, wake: datetime | None) -> None:
        """Give the run back to the store."""
        error = next((s.error for s in self.work.machine.parked.values()), None)
        turn = Turn(
            run=self.run.id,
            epoch=self.run.epoch,
            after=self._count,
            status=status,
            error=error if status is RunStatus.PARKED else None,
            release=True,
            wake=wake,
        )
        self._turn_out = turn
        self._submit(turn)

    def drain(self) -> None:
        """Start nothing more here; let the run go as soon as what runs has ended."""
        self._draining = True
        self.work.holding = True
        self._rest()

    def interrupt(self) -> None:
        """Stop what still runs, and let the run go; what was stopped counts as lost, not as failed."""
        for attempt in list(self._attempts.values()):
            step = attempt.step
            self._attempts.pop(step.address)
            self._leaving.add(attempt)
            attempt.stop()
            self.post(StepLost(step.address, step.attempt, False, instant(self.host)))
        for step in self._transactions.clear():
            self.post(StepLost(step.address, step.attempt, False, instant(self.host)))
        for call in self._calls.values():
            call.cancel()

    def abandon(self, error: Exception | None = None) -> None:
        """Forget the run: it belongs to another worker, or cannot be driven."""
        if not self.closed:
            for attempt in [*self._attempts.values(), *self._leaving]:
                attempt.stop()
            for call in self._calls.values():
                call.cancel()
            self._close(error)

    def _close_calmly(self) -> None:
        """Close once everything that was stopped has cleaned up."""
        if not self._leaving and not self._attempts:
            self._close()

    def _close(self, error: Exception | None = None) -> None:
        if self.closed:
            return
        self.closed = True
        self.timers.clear()
        self._transactions.clear()
        if self._linger is not None:
            self._linger.cancel()
        self.office.over(self, error)
