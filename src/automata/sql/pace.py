"""Work on a database in transactions short enough that nobody waits: their size follows from how long they take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from attrs import evolve, field, frozen

_FIRST, _SMALLEST = 0.1, 0.02
"""Parts of the largest transaction. Below the smallest, a slow disk makes the wait for it longer than the work."""


@frozen(kw_only=True)
class Pace:
    """How gently."""

    runs: int = 500
    """Most runs of a transaction."""
    weight: int = 2_500
    """Most journal rows of a transaction, each counted once more for every 4 KiB it has."""
    pages: int = 500
    """Most pages given back at a time (SQLite)."""
    target_s: float = 0.02
    """What a transaction should take."""
    pause: Callable[[float], None] = time.sleep
    """Waits between two transactions, so that others have their turn."""


@frozen(kw_only=True)
class Pruned:
    """What went, or would go."""

    runs: int = 0
    by_status: Mapping[str, int] = field(factory=dict)
    journal: int = 0
    """Rows of journals."""
    messages: int = 0
    occurrences: int = 0
    blobs: int = 0
    freed_bytes: int = 0
    """By which the file is smaller (SQLite)."""
    slowest_s: float = 0.0
    """The longest transaction: what a writer may have had to wait."""


class Work:
    """Statements, one short transaction after the other.

    Args:
        engine: A synchronous engine.
        pace: How gently.
        dry_run: Change nothing.
        progress: Called after each transaction with what went so far.
    """

    def __init__(
        self, engine: sa.Engine, pace: Pace, *, dry_run: bool, progress: Callable[[Pruned], None] = lambda _: None
    ) -> None:
        self.engine, self.pace, self.dry_run = engine, pace, dry_run
        self.done = Pruned()
        self._progress = progress
        self._scale = 1.0 if dry_run else _FIRST

    @property
    def runs(self) -> int:
        """Runs the next transaction may take."""
        return max(1, int(self.pace.runs * self._scale))

    @property
    def weight(self) -> int:
        """Weight of journal rows the next transaction may take."""
        return max(1, int(self.pace.weight * self._scale))

    @property
    def pages(self) -> int:
        """Pages the next transaction may give back."""
        return max(1, int(self.pace.pages * self._scale))

    def read(self, query: sa.Select[Any], **given: object) -> Sequence[Any]:
        """Rows of a query."""
        with self.engine.connect() as connection:
            return connection.execute(query, given).all()

    def count(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        """How many rows there are."""
        return int(self.read(sa.select(sa.func.count()).select_from(table).where(which))[0][0])

    def delete(self, *statements: sa.Delete) -> None:
        """Remove rows in one transaction, then give others their turn."""
        began = time.perf_counter()
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)
        self.took(time.perf_counter() - began)

    def took(self, seconds: float) -> None:
        """Learn from a transaction, and pause as long as it took."""
        if seconds > self.pace.target_s:
            self._scale = max(_SMALLEST, self._scale * max(0.2, self.pace.target_s / seconds))
        elif seconds < self.pace.target_s / 2:
            self._scale = min(1.0, self._scale * 1.5)
        self.tell(slowest_s=max(self.done.slowest_s, seconds))
        self.pace.pause(max(seconds, 0.001))

    def tell(self, **changed: Any) -> None:
        """Note what went."""
        self.done = evolve(self.done, **changed)
        self._progress(self.done)
