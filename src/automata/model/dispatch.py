"""What waits in the outbox: a message that an outbox step has handed over and a relay is to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from automata.model.values import JsonObject

if TYPE_CHECKING:
    from datetime import datetime

    from automata.model.run import ErrorInfo


@frozen(kw_only=True)
class Dispatch:
    """One message in the outbox."""

    id: str
    """The idempotency key of its step: whoever receives the message twice knows it by this."""
    run: str
    step: str
    """Address of the step."""
    body: JsonObject
    """What is to be sent, as the relay reads it: node type, parameters, connection, time limit, retries."""
    attempts: int = 0
    """How often a relay has taken it up."""
    due: datetime | None = None
    """When it is to be sent; None stands for now."""
    error: ErrorInfo | None = None
    """Why the last attempt failed."""
    dead: bool = False
    """Whether it was given up; a person may have it tried again."""
