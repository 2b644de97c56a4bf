"""`Relay`: sends what outbox steps have handed over, after their runs have committed that.

At least once: a message is marked when it was sent, and sent again when that mark could not be made. Every attempt has
the same idempotency key. A message is taken for as long as the lease of its worker lasts, so that one relay sends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from automata._core import fault
from automata._core.engine.attempt import GRACE_S, opened
from automata._core.engine.dispatch import Letter, SendingContext
from automata._core.engine.host import Host
from automata._core.engine.record import describe_at
from automata._core.payload import copied
from automata._core.retry import retry_delay
from automata.errors import AutomataError, Damaged, Fenced, StepError, StoreUnavailable, TimedOut, Transient
from automata.model import Dispatch, Effect, ErrorInfo, NodeType

AT_ONCE = 20
"""Messages a relay sends side by side."""
LOOK_S = 1.0
"""How often it looks for messages others have accepted; it is told of those of its own process."""
PAUSE_S = 0.2
"""Between attempts to tell a store that does not answer what became of a message."""

_log = logging.getLogger(__name__)


class Relay:
    """The relay of one worker.

    Args:
        host: The surroundings.
        types: Finds a node type by its name; raises `NotFound`.
        worker: The worker it belongs to at the moment.
    """

    def __init__(self, host: Host, types: Callable[[str], NodeType], worker: Callable[[], str]) -> None:
        self._host = host
        self._types = types
        self._worker = worker
        self._outbox = host.store.outbox
        self._awake = asyncio.Event()
        self._moved = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._sending: set[asyncio.Task[None]] = set()
        self._over = False

    # ------------------------------------------------------------ on duty

    async def watch(self) -> None:
        """Send whatever becomes due, until `end`."""
        async with self._group:
            while not self._over:
                self._awake.clear()
                try:
                    pause_s = await self._look()
                except StoreUnavailable:
                    pause_s = LOOK_S
                except Fenced:
                    pause_s = LOOK_S  # the shift is about to begin anew
                except Exception:  # noqa: BLE001 - the fence: what is wrong with one look is not wrong with the next
                    _log.exception("The outbox cannot be looked into")
                    pause_s = LOOK_S
                await self._pause(pause_s)

    def look(self) -> None:
        """There may be something to send: look now."""
        self._awake.set()

    async def end(self, seconds: float, *, empty: bool) -> None:
        """Take nothing more, and give what is being sent some time.

        Args:
            seconds: How long.
            empty: Whether to send first what is waiting, since nobody else will.
        """
        try:
            async with asyncio.timeout(seconds):
                while empty and await self._is_busy():
                    await self._moved.wait()
        except (TimeoutError, AutomataError):
            _log.exception("Messages are left in the outbox")
        self._over = True
        self.look()
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)
        for task in self._sending:
            task.cancel()

    async def _is_busy(self) -> bool:
        self._moved.clear()
        return bool(self._sending) or await self._outbox.upcoming() is not None

    async def _look(self) -> float | None:
        """Begin to send what is due; how long to wait then, at most."""
        room, worker = AT_ONCE - len(self._sending), self._worker()
        if room <= 0:
            return LOOK_S
        due = await self._outbox.upcoming()
        wait_s = None if due is None else (due - self._host.clock.now()).total_seconds()
        if wait_s is None or wait_s > 0:
            return wait_s if not self._host.store.shared else min(LOOK_S, wait_s or LOOK_S)
        taken = await self._outbox.take(worker, room)
        for dispatch in taken:
            task = self._group.create_task(self._contained(worker, dispatch))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return 0.0 if taken else PAUSE_S

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._moved.set()
        self.look()

    async def _pause(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(None if seconds is None else max(0.0, seconds)):
                await self._awake.wait()
        except TimeoutError:
            return

    # ------------------------------------------------------------ one message

    async def _contained(self, worker: str, dispatch: Dispatch) -> None:
        try:
            await self._deliver(worker, dispatch)
        except Exception:  # noqa: BLE001 - the fence: one message's trouble is not the relay's
            _log.exception("A message cannot be sent", extra={"run": dispatch.run, "message_id": dispatch.id})

    async def _deliver(self, worker: str, dispatch: Dispatch) -> None:
        """Send a message once, and say what became of it."""
        outbox, id_ = self._outbox, dispatch.id
        try:
            letter = Letter(dispatch)
        except Damaged as broken:
            unread = _described(dispatch, StepError(str(broken), error_class="bug"))
            await self._settle(lambda: outbox.give_up(worker, id_, unread))
            return
        error = await self._attempt(dispatch, letter)
        if error is None:
            await self._settle(lambda: outbox.sent(worker, id_))
            return
        info = _described(dispatch, error)
        delay_s = retry_delay(letter.policy, Effect.OUTBOX, dispatch.attempts, info, self._host.random.random())
        if delay_s is not None:
            await self._settle(lambda: outbox.postpone(worker, id_, delay_s, info))
            return
        _log.error("A message is given up: %s", info.message, extra={"run": dispatch.run, "message_id": id_})
        await self._settle(lambda: outbox.give_up(worker, id_, info))

    async def _attempt(self, dispatch: Dispatch, letter: Letter) -> BaseException | None:
        """Have the action send it; what it raised, within its time."""
        if dispatch.attempts > letter.policy.attempts:
            return StepError("Workers died while they sent it", error_class="poison")
        action = asyncio.get_running_loop().create_task(self._act(dispatch, letter))
        try:
            await asyncio.wait({action}, timeout=letter.timeout_s)
            if not action.done():
                action.cancel()
                await asyncio.wait({action}, timeout=GRACE_S)
                return TimedOut(f"No result within {letter.timeout_s:g} s")
        except asyncio.CancelledError:
            action.cancel()
            raise
        return action.result()

    async def _act(self, dispatch: Dispatch, letter: Letter) -> BaseException | None:
        try:
            fault.point("outbox.send")
        except OSError as error:
            return Transient(str(error))
        try:
            context = SendingContext(self._host, dispatch, letter.connection, letter.timeout_s)
            assert self._host.deliver is not None  # noqa: S101 - else there is no relay
            parameters = await opened(self._host.depot, copied(letter.parameters))
            await self._host.deliver(self._types(letter.use), context, parameters)
        except BaseException as error:  # noqa: BLE001 - the fence: whatever an action raises is its own
            return error
        return None

    async def _settle(self, tell: Callable[[], Awaitable[bool]]) -> None:
        """Say what became of a message, until the store has heard it."""
        while True:
            try:
                fault.point("outbox.mark")
                if not await tell():
                    _log.warning("A message belongs to another worker, which sends it again")
            except (StoreUnavailable, OSError):
                await asyncio.sleep(PAUSE_S)  # noqa: TID251 - of the process
            else:
                return


def _described(dispatch: Dispatch, error: BaseException) -> ErrorInfo:
    return describe_at(dispatch.step, dispatch.attempts, error)
