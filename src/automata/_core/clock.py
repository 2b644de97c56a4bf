"""A clock that follows the store's, so that no worker's own clock decides when anything is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class StoreClock:
    """A `Clock` that counts on from the last time the store told.

    It is never ahead of the store's clock by more than the two drift apart between two calibrations: the store's time
    is older than the moment its answer arrives. Between calibrations the machine's monotonic clock counts, so that
    steps of the machine's wall clock change nothing.
    """

    def __init__(self) -> None:
        self._base = datetime.now(UTC)  # noqa: TID251 - until the first calibration
        self._read = time.monotonic()  # noqa: TID251 - this is a clock

    def calibrate(self, store: datetime) -> None:
        """*store* was the store's time a moment ago."""
        self._base = store
        self._read = time.monotonic()  # noqa: TID251 - this is a clock

    def now(self) -> datetime:
        """The store's present, or a moment before it."""
        return self._base + timedelta(seconds=time.monotonic() - self._read)  # noqa: TID251 - this is a clock

    async def sleep_until(self, when: datetime) -> None:
        """Sleep, and sleep again where the store's clock was set back meanwhile."""
        while (left := (when - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(min(left, 3600.0))  # noqa: TID251 - this is a clock

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once the store's clock has come to *when*."""
        alarm = _Alarm(self, when, callback)
        alarm.arm()
        return alarm.cancel


class _Alarm:
    def __init__(self, clock: StoreClock, when: datetime, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._when = when
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        left = (self._when - self._clock.now()).total_seconds()
        if left <= 0 and self._handle is not None:
            self._callback()
        else:
            self._handle = asyncio.get_running_loop().call_later(min(max(0.0, left), 60.0), self.arm)

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
