"""The real clock and real randomness: the only place of the kernel that reads them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime


class SystemClock:
    """A `Clock` on the system's time; steps backwards of the system's clock are not passed on."""

    def __init__(self) -> None:
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The present instant."""
        self._latest = max(self._latest, datetime.now(UTC))  # noqa: TID251 - this is the clock
        return self._latest

    async def sleep_until(self, when: datetime) -> None:
        """Sleep, and sleep again where the loop wakes early."""
        while (left := (when - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(left)  # noqa: TID251 - this is the clock

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back on the running loop."""
        delay = max(0.0, (when - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(delay, callback).cancel


class SystemRandom:
    """A `Random` on the operating system's generator."""

    def random(self) -> float:
        """A float in [0, 1)."""
        return secrets.randbits(53) / (1 << 53)

    def identifier(self) -> str:
        """128 random bits."""
        return secrets.token_hex(16)
