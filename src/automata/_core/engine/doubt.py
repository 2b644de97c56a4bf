"""A store that failed may have kept a turn or not: find out, and see to it that it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from automata._core.engine.host import Host
from automata.errors import StoreUnavailable
from automata.ports import Turn

PAUSES_S = (0.1, 0.2, 0.5, 1.0)
"""Pauses between attempts; the last one repeats."""


async def make_certain(host: Host, turn: Turn, given_up: Callable[[], bool]) -> None:
    """Return once the store has *turn*, handing it in again if it has not; or once *given_up* says so.

    Raises:
        AutomataError: The store answers, and refuses it.
    """
    count = 0
    while not given_up():
        await host.clock.sleep_until(host.clock.now() + timedelta(seconds=PAUSES_S[min(count, len(PAUSES_S) - 1)]))
        count += 1
        if given_up():
            return
        try:
            if not turn.events or not await host.store.journal(turn.run, turn.after):
                await host.store.append(turn)
        except StoreUnavailable:
            continue
        return
