"""What the writer executes: one small record for each call, with the future that waits for it."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field

from automata.errors import Undone
from automata.model import Run, RunFinished
from automata.model.admission import Rules
from automata.ports import Turn

if TYPE_CHECKING:
    import sqlalchemy as sa

    from automata.sql.dialect import Link


@define(eq=False, slots=True)
class Create:
    """Accept a run."""

    run: Run
    data: bytes
    """Its first events."""
    count: int
    """How many those are."""
    digest: str
    last: RunFinished | None = None
    """Their last one, when it ends the run."""
    rules: Rules | None = None
    """What its workflow demands of a start."""
    future: Future[Any] | None = None
    result: Any = None
    error: BaseException | None = None


@define(eq=False, slots=True)
class Append:
    """Commit a turn."""

    turn: Turn
    data: bytes
    """Its events; empty when it has none."""
    worker: str | None
    """Who holds the run, when this process knows."""
    last: RunFinished | None = None
    future: Future[Any] | None = None
    result: Any = None
    error: BaseException | None = None

    @property
    def ends(self) -> bool:
        """Whether nobody holds the run any more after it."""
        return self.turn.release or self.last is not None


@define(eq=False, slots=True)
class Send:
    """Put a message into an inbox."""

    run: str
    id: str
    body: bytes
    future: Future[Any] | None = None
    result: Any = None
    error: BaseException | None = None


@define(eq=False, slots=True)
class Call:
    """Anything else: a function of the writer's connection, in a savepoint of its own."""

    act: Callable[[Link], Any]
    patient: bool = True
    """Whether it may take long: it never runs on the loop's thread."""
    future: Future[Any] | None = None
    result: Any = None
    error: BaseException | None = None


@define(eq=False, slots=True)
class Transact:
    """Execute a function of a caller in the writer's transaction, and commit the turn it returns with it."""

    run: str
    epoch: int
    turn_of: Callable[[sa.Connection], Turn]
    append_of: Callable[[Turn], Append]
    limit_s: float
    """How long the function may take."""
    append: Append | None = None
    """The turn it returned, once it has."""
    spoiled: Undone | None = None
    """Why the function, whose failure undid the whole transaction, is not called again."""
    future: Future[Any] | None = None
    result: Any = None
    error: BaseException | None = None


Grouped: TypeAlias = Create | Append | Send
"""What is executed by bulk statements."""
Operation: TypeAlias = Grouped | Call | Transact


@define
class Segment:
    """Operations in order that bulk statements may execute, one kind after the other."""

    creates: list[Create] = field(factory=list)
    appends: list[Append] = field(factory=list)
    sends: list[Send] = field(factory=list)

    def add(self, operation: Grouped) -> None:
        """Put it to its kind."""
        if type(operation) is Append:
            self.appends.append(operation)
        elif type(operation) is Create:
            self.creates.append(operation)
        else:
            self.sends.append(operation)  # type: ignore[arg-type]  # what is left


def segments(operations: Sequence[Operation]) -> list[list[Grouped] | Call | Transact]:
    """Cut a batch where the order between kinds matters.

    After a run has been let go or has ended nothing more of it may be in the same segment, and a run or a key is
    created once in it.
    """
    found: list[list[Grouped] | Call | Transact] = []
    current: list[Grouped] = []
    closed: set[object] = set()
    for operation in operations:
        if type(operation) is Call or type(operation) is Transact:
            found.extend([current, operation] if current else [operation])
            current, closed = [], set()
            continue
        names = _names(operation)  # type: ignore[arg-type]  # the others are gone
        if closed and not closed.isdisjoint(names):
            found.append(current)
            current, closed = [], set()
        current.append(operation)  # type: ignore[arg-type]
        if type(operation) is Create or (type(operation) is Append and operation.ends):
            closed.update(names)
    if current:
        found.append(current)
    return found


def _names(operation: Grouped) -> tuple[object, ...]:
    """What must not be closed before it, and what it closes."""
    if type(operation) is Append:
        return (operation.turn.run,)
    if type(operation) is Create:
        run = operation.run
        return (("new", run.id),) if run.key is None else (("new", run.id), (run.org, run.key))
    return (operation.run,)  # type: ignore[union-attr]
