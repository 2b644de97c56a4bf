"""Large values of the runs of one process: put out as soon as they come, fetched when somebody looks into them.

Bytes are written, read, hashed and parsed by threads; the loop does so only with what takes a few milliseconds. What
was fetched is kept for a while, within a limit.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable

from automata._core.blobs import put_out, read_value, require_fit, sized
from automata._core.large import INLINE_BYTES, Large, holds, opened, references, weight
from automata.errors import AutomataError, FixInput, StepError, StoreUnavailable
from automata.model import Json
from automata.ports import Blobs

BRIEF_BYTES = 1024 * 1024
"""A smaller value is fetched on the loop: that takes less than changing threads twice."""
EXPOSED_BYTES = 64 * 1024 * 1024
"""What an expression, or an action in the worker's process, may look into."""
KEPT_BYTES = 32 * 1024 * 1024
"""JSON of the fetched values that are kept."""


class Unopened(Exception):
    """A value has to be fetched first, which would hold up the loop."""

    def __init__(self, larges: Iterable[Large]) -> None:
        """Say which."""
        super().__init__()
        self.larges = tuple(larges)


class Depot:
    """The way to the large values of a store.

    Args:
        blobs: Where they are; None when values of any size stay with their events.
    """

    def __init__(self, blobs: Blobs | None) -> None:
        self._blobs = blobs
        self._kept: OrderedDict[str, tuple[int, Json | AutomataError]] = OrderedDict()
        self._bytes = 0
        self._runs: set[str] = set()
        """Runs of this process with references in their data."""

    def mark(self, run: str, values: Iterable[Json]) -> None:
        """Remember that *run* has large values, if one of *values* says so; other runs pay nothing for them."""
        if run not in self._runs and any(holds(value) for value in values):
            self._runs.add(run)

    def knows(self, run: str) -> bool:
        """Whether *run* has large values."""
        return run in self._runs

    def forget(self, run: str) -> None:
        """*run* is not driven here any more."""
        self._runs.discard(run)

    @property
    def blobs(self) -> Blobs | None:
        """Where the bytes are."""
        return self._blobs

    async def put_out(self, value: Json, what: str) -> Json:
        """Return what the journal keeps for *value*; a thread writes what is too large for it.

        Raises:
            TooLarge: It is larger than any value may be.
            StoreUnavailable: It cannot be kept now.
        """
        if weight(value, INLINE_BYTES) <= INLINE_BYTES:
            return value
        if self._blobs is None:
            require_fit(value, what)
            return value
        keep = self._blobs.keep
        return await asyncio.to_thread(lambda: put_out(value, keep, what=what))

    async def output(self, value: Json, run: str) -> Json:
        """`put_out` for what an action of *run* returned; waits as long as the store does not answer.

        Raises:
            StepError: ``payload_too_large``.
        """
        pause_s = 0.1
        while True:
            try:
                kept = await self.put_out(value, "The output")
            except FixInput as error:
                raise StepError(error.message, error_class="payload_too_large") from error
            except StoreUnavailable:
                await asyncio.sleep(pause_s)  # noqa: TID251 - of the process, not of the run
                pause_s = min(1.0, 2 * pause_s)
            else:
                self.mark(run, [kept])
                return kept

    async def open_all(self, value: Json) -> Json:
        """*value* with every reference in it replaced by what it stands for; threads read.

        Raises:
            StepError: One is too large for that, or is not there.
        """
        found = list(references(value))
        if not found:
            return value
        require_open(found)
        fetched = {large.name: await asyncio.to_thread(self._fetched, large) for large in found}
        return opened(value, lambda large: fetched[large.name])

    def open(self, large: Large, *, wait: bool = False) -> Json:
        """What a reference stands for.

        Args:
            large: The reference.
            wait: Whether to fetch it here and now, however long that takes.

        Raises:
            Unopened: It would take long, and *wait* says not to.
            StepError: It is too large for that, or is not there.
        """
        known = self._kept.get(large.name)
        if known is None:
            require_open([large])
            if not wait and large.size > BRIEF_BYTES:
                raise Unopened([large])
            value: Json | AutomataError = self._fetched(large)
            self._keep(large, value)
        else:
            self._kept.move_to_end(large.name)
            value = known[1]
        if isinstance(value, AutomataError):
            self._drop(large.name)  # The next one may have more luck.
            raise value
        return value

    async def fetch(self, larges: Iterable[Large], then: Callable[[], None] = lambda: None) -> None:
        """Have values ready for `open`, then call *then*; the error of one that cannot be had is kept for it too."""
        for large in larges:
            value: Json | AutomataError
            try:
                value = await asyncio.to_thread(self._fetched, large)
            except StepError as error:
                value = error
            self._keep(large, value)
        then()

    def _keep(self, large: Large, value: Json | AutomataError) -> None:
        self._drop(large.name)
        self._kept[large.name] = (large.size, value)
        self._bytes += large.size
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        size, _ = self._kept.pop(name, (0, None))
        self._bytes -= size

    def _fetched(self, large: Large) -> Json:
        if self._blobs is None:
            raise StepError(f"The large value {large.name} is in another store", error_class="not_found")
        try:
            return read_value(self._blobs.parts(large.name))
        except StoreUnavailable as error:
            raise StepError(error.message, error_class="transient", sent=False) from error
        except AutomataError as error:
            raise StepError(error.message, error_class="not_found", sent=False) from error


def require_open(larges: Iterable[Large], limit_bytes: int = EXPOSED_BYTES) -> None:
    """Refuse to look into what is too large for the worker's memory.

    Raises:
        StepError: ``payload_too_large``.
    """
    total = sum(large.size for large in larges)
    if total > limit_bytes:
        raise StepError(
            f"A value of {sized(total)} is too large to look into here, where {sized(limit_bytes)} fit: pass it "
            "on as a whole, as ${step.field} alone, to an action that runs in a process of its own",
            error_class="payload_too_large",
        )
