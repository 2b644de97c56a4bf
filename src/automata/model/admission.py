"""What a start has to pass before its run may begin: the limits of a workflow's settings, their keys evaluated."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

from attrs import frozen

Policy: TypeAlias = Literal["queue", "drop_newest", "cancel_oldest", "replace", "round_robin"]


@frozen(kw_only=True)
class Slot:
    """A place the run holds from its beginning to its end."""

    id: str
    """Starts with the same one compete."""
    limit: int
    """Places there are."""
    policy: Policy = "queue"
    lane: str = ""
    """With ``round_robin``: whose turn it takes."""


@frozen(kw_only=True)
class Quota:
    """No more than *limit* runs begin within any *period*."""

    id: str
    limit: int
    period: timedelta


@frozen(kw_only=True)
class Quiet:
    """A run begins once no other start has come for *pause*, or *longest* after the first one."""

    id: str
    pause: timedelta
    longest: timedelta | None = None


@frozen(kw_only=True)
class Rules:
    """Everything one start has to pass; what is None does not limit it."""

    slot: Slot | None = None
    quota: Quota | None = None
    quiet: Quiet | None = None
