"""Where each run's journal ends: its length and the digest of its last row, kept for the runs this process writes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeAlias

from automata._core.journal import count_events
from automata.sql.dialect import Link

Tail: TypeAlias = "tuple[int, bytes]"
"""How many events a journal has, and the digest of its last row."""

START: Tail = (0, b"")

_LAST = """
    SELECT j.run, j.position, j.events, j.chain
    FROM {each} JOIN automata_journal j ON j.run = x.value
    WHERE j.position = (SELECT max(l.position) FROM automata_journal l WHERE l.run = x.value)
"""


class Tails:
    """The ends this process knows; what a transaction adds counts once it is committed."""

    def __init__(self, kept: int = 50_000) -> None:
        self._kept = kept
        self._known: OrderedDict[str, Tail] = OrderedDict()
        self._fresh: dict[str, Tail] = {}

    def load(self, link: Link, runs: Iterable[str]) -> None:
        """Read the ends that are not known; one query."""
        known, fresh = self._known, self._fresh
        missing = [run for run in runs if run not in fresh and run not in known]
        if missing:
            found = {row[0]: (row[1] + count_events(row[2]), row[3]) for row in link.query(_LAST, missing)}
            fresh.update((run, found.get(run, START)) for run in missing)

    def get(self, run: str) -> Tail:
        """The end of a run that was loaded, or set."""
        found = self._fresh.get(run)
        return found if found is not None else self._known[run]

    def set(self, run: str, tail: Tail) -> None:
        """What the transaction made of it."""
        self._fresh[run] = tail

    def keep(self, ended: Iterable[str] = ()) -> None:
        """The transaction is durable; *ended* are runs nobody will write to."""
        known = self._known
        known.update(self._fresh)
        self._fresh.clear()
        for run in ended:
            known.pop(run, None)
        while len(known) > self._kept:
            known.popitem(last=False)

    def drop(self) -> None:
        """The transaction came to nothing."""
        self._fresh.clear()

    def forget(self, run: str) -> None:
        """What was set for a run was taken back; the database is asked again."""
        self._known.pop(run, None)
        self._fresh.pop(run, None)

    def clear(self) -> None:
        """Know nothing: whether the last transaction happened is not known."""
        self._known.clear()
        self._fresh.clear()
