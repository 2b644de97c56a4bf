"""Lends the writer's connection to a `tx` action: within limits, and without the end of the transaction.

Other runs' work is in the same transaction, so the action gets a savepoint of its own; whatever it raises undoes that
and nothing else. Its time is limited, for everybody waits: a statement under way is ended by the database, a further
one is refused, and what comes too late is undone. Python code that hangs between two statements nobody can end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from automata.errors import FixInput, ResourceConflict, TimedOut, Transient, Undone
from automata.ports import Turn
from automata.sql.dialect import Link
from automata.sql.trouble import BUSY

STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the time."""

_ENDS = re.compile(
    r"\s*(?:BEGIN|COMMIT|END|ABORT|START|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(?:WORK\s+)?TO))\b", re.IGNORECASE
)
_BACK = re.compile(r"\s*(?:ROLLBACK|RELEASE)\b", re.IGNORECASE)
_STOPPED = {"57014", "SQLITE_INTERRUPT"}
_REFUSAL = "A tx action may not commit or roll back: the store commits with the step"


def borrow(link: Link, turn_of: Callable[[sa.Connection], Turn], limit_s: float) -> Turn:
    """Call a function with the connection.

    Raises:
        Undone: It raised, did not end in time, or left a savepoint open; what it did is to be undone.
    """
    try:
        with _limited(link, limit_s), _lent(link) as connection:
            turn = turn_of(connection)
    except BaseException as error:
        raise Undone(_late(limit_s) if link.is_rolled_back else _classified(error, limit_s)) from error
    if perf_counter() > link.due:
        raise Undone(_late(limit_s))
    return turn


class Lent(sa.Connection):
    """The writer's connection in an action's hands: as any other, but that the transaction is not its own to end."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.connection.engine, connection=link.connection.connection)
        self._due = link.due
        super().begin()
        for name, listener in (("commit", _refuse), ("rollback", _refuse), ("before_cursor_execute", self._look)):
            sa.event.listen(self, name, listener)

    def begin(self) -> Any:
        """Refuse: it has begun.

        Raises:
            FixInput: Always.
        """
        raise FixInput(
            "The transaction of a tx action has begun already; for a savepoint use connection.begin_nested()"
        )

    def commit(self) -> None:
        """Refuse: others are in the transaction.

        Raises:
            FixInput: Always.
        """
        raise FixInput(_REFUSAL)

    def rollback(self) -> None:
        """Refuse: others are in the transaction.

        Raises:
            FixInput: Always.
        """
        raise FixInput(_REFUSAL)

    def close(self) -> None:
        """Refuse: it is the store's.

        Raises:
            FixInput: Always.
        """
        raise FixInput("A tx action may not close the connection: it is the store's")

    def _look(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if _ENDS.match(statement):
            raise FixInput(_REFUSAL)
        if perf_counter() > self._due and not _BACK.match(statement):
            raise TimedOut("The time of the tx action is over", sent=False)


def _refuse(_connection: object) -> None:
    raise FixInput(_REFUSAL)


@contextmanager
def _lent(link: Link) -> Iterator[Lent]:
    """Let a caller's function use the connection; savepoints it leaves open are taken back."""
    lent = Lent(link)
    try:
        yield lent
        if lent.get_nested_transaction() is not None:
            raise FixInput("A tx action left a savepoint open; write: with connection.begin_nested()")
    finally:
        _unwind(link, lent)


def _unwind(link: Link, lent: Lent) -> None:
    while (nested := lent.get_nested_transaction()) is not None:
        try:
            nested.rollback()
        except sa.exc.DBAPIError:
            if not link.is_rolled_back:
                raise


@contextmanager
def _limited(link: Link, limit_s: float) -> Iterator[None]:
    """Have the database itself end a statement that takes too long."""
    link.due = perf_counter() + limit_s
    if link.dialect.name != "sqlite":
        link.run(f"SET LOCAL statement_timeout = {max(1, round(limit_s * 1000))}")
        yield
        link.run("SET LOCAL statement_timeout TO DEFAULT")
        return
    watch: Any = link.raw.set_progress_handler
    watch(lambda: perf_counter() > link.due, STEPS)
    try:
        yield
    finally:
        watch(None, 0)


def _classified(error: BaseException, limit_s: float) -> BaseException:
    """What the database refused, as errors a step's `retry` and `error` edges know."""
    if isinstance(error, sa.exc.IntegrityError):
        return ResourceConflict(f"The database refuses it: {_said(error)}", sent=False)
    if not isinstance(error, sa.exc.DBAPIError):
        return error
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    if code in _STOPPED:
        return _late(limit_s)
    if code in BUSY:
        return Transient(f"Another transaction is in the way: {_said(error)}", sent=False)
    return error


def _late(limit_s: float) -> TimedOut:
    return TimedOut(f"The tx action did not end within {limit_s:g} s, and was undone", sent=False)


def _said(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).partition("\n")[0].strip()
