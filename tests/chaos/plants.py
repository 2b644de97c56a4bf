"""Mistakes a durable engine could make, planted on purpose: the matrix is worth its time if it finds each of them."""

import asyncio
from datetime import timedelta

from attrs import evolve

from automata._core.engine.context import StepContext
from automata._core.engine.recovery import Recovery
from automata._core.engine.timers import Timers
from automata._core.machine.core import Machine
from automata._core.stamp import text_of
from automata.model import TimerSet
from automata.sql.outbox import SqlOutbox
from automata.sql.store import SqlStore


def _acknowledge(method: str) -> None:
    """Say that something is durable as soon as it is handed in."""
    original = getattr(SqlStore, method)

    def hand_in(self, given, *arguments, **options):
        original(self, given, *arguments, **options).add_done_callback(lambda done: done.exception())
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(given if method == "create" else None)
        return answer

    setattr(SqlStore, method, hand_in)


def _key_of_attempt() -> None:
    original = StepContext.idempotency_key.fget
    StepContext.idempotency_key = property(lambda self: f"{original(self)}{self.attempt}")


def _forget_last_event() -> None:
    original = Recovery.restore
    Recovery.restore = lambda self, journal: original(self, journal[:-1] if len(journal) > 1 else journal)


def _repeat_unsafe() -> None:
    def step_lost(self, event):
        step = self.running(event.step, event.attempt)
        if step is not None:
            self.again(step)

    Machine.step_lost = step_lost


def _leave_mail() -> None:
    original = SqlStore.append
    SqlStore.append = lambda self, turn, **options: original(self, evolve(turn, taken=()), **options)


def _hurry() -> None:
    original = Timers.arm

    def arm(self, timer, due):
        original(self, timer, due - timedelta(milliseconds=15))
        return TimerSet(timer, text_of(due))

    Timers.arm = arm


def _mark_first() -> None:
    original = SqlOutbox.take

    async def take(self, worker, limit):
        taken = await original(self, worker, limit)
        for dispatch in taken:
            await self.sent(worker, dispatch.id)
        return taken

    SqlOutbox.take = take


PLANTS = {
    "a start is acknowledged before its commit": lambda: _acknowledge("create"),
    "a turn is acknowledged before its commit": lambda: _acknowledge("append"),
    "a new key for each attempt": _key_of_attempt,
    "recovery forgets the last event": _forget_last_event,
    "an attempt in doubt is repeated": _repeat_unsafe,
    "what a turn used stays in the inbox": _leave_mail,
    "timers fire early": _hurry,
    "a message is marked before it is sent": _mark_first,
}
"""What is wrong, to the function that makes it so in this process and in those it forks."""
