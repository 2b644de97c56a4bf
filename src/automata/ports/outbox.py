"""Where messages wait that steps have handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automata.model import Dispatch, ErrorInfo


class Outbox(Protocol):
    """The part of a `Store` where messages wait that steps have handed over; relays send them.

    Whoever takes a message sends it alone, for as long as the lease of that worker lasts.
    """

    async def upcoming(self) -> datetime | None:
        """When the next message that nobody is sending is due; None when there is none."""

    async def take(self, worker: str, limit: int) -> Sequence[Dispatch]:
        """Take messages that are due, oldest first; each counts one attempt more.

        Raises:
            Fenced: The worker's lease is over.
        """

    async def sent(self, worker: str, id_: str) -> bool:
        """Forget a message *worker* has taken and sent; False when it is not its own any more."""

    async def postpone(self, worker: str, id_: str, delay_s: float, error: ErrorInfo) -> bool:
        """Let a message *worker* has taken be due again in *delay_s* seconds; False as for `sent`."""

    async def give_up(self, worker: str, id_: str, error: ErrorInfo) -> bool:
        """Let a message *worker* has taken wait for a person; False as for `sent`."""

    async def waiting(self, limit: int = 100) -> Sequence[Dispatch]:
        """What was not sent, given-up messages first."""

    async def again(self, id_: str) -> None:
        """Have a message that was given up sent after all, as if for the first time.

        Raises:
            NotFound: There is none of that id.
        """

    async def discard(self, id_: str) -> None:
        """Forget a message that was given up.

        Raises:
            NotFound: There is none of that id.
        """
