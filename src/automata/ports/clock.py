"""Where time and chance come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Clock(Protocol):
    """Where time comes from. No code of the kernel reads the system's clock itself."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC; never goes backwards within a process."""

    async def sleep_until(self, when: datetime) -> None:
        """Return once `now` is at or past *when*; cancellable."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* once on the running loop when `now` is at or past *when*.

        Returns:
            A function that forgets the call.
        """


class Random(Protocol):
    """Where chance comes from, so that a run can be repeated from a seed."""

    def random(self) -> float:
        """A float in [0, 1)."""

    def identifier(self) -> str:
        """A fresh identifier: 32 lower-case hexadecimal digits, unique, not guessable in production."""
