"""One transaction for many operations: in bulk where all of them may happen, one by one where some may not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from automata.errors import Fenced, FixInput, KernelBug, StoreUnavailable, Undone
from automata.ports import Turn
from automata.sql import admission, inbox, milestones, outbox, starts, turns
from automata.sql.dialect import Link
from automata.sql.leases import leased
from automata.sql.lending import borrow
from automata.sql.operations import Append, Call, Create, Grouped, Operation, Segment, Transact, segments
from automata.sql.starts import Admission
from automata.sql.tails import Tails


class _Spoiled(Exception):
    """A statement that was ended by force took the whole transaction with it, as SQLite does with one that writes."""


class Batch:
    """Executes operations on one connection; what it knows of journals and limits lasts from batch to batch."""

    def __init__(self, link: Link, tails: Tails, admission: Admission) -> None:
        self._link = link
        self._tails = tails
        self._admission = admission
        self._failed: set[tuple[str, int]] = set()

    def execute(self, operations: Sequence[Operation]) -> None:
        """Execute and commit; every operation has its result or its own error afterwards.

        Whatever is raised is the database's doing, or a bug, and nothing of the batch is known to have happened.
        """
        while not self._execute([o for o in operations if not _spoiled(o)]):
            for operation in operations:
                operation.result = operation.error = None

    def _execute(self, operations: Sequence[Operation]) -> bool:
        """As `execute`; False when one of them has undone them all, and is to be left out."""
        link = self._link
        self._failed.clear()
        link.run(link.dialect.begin)
        try:
            self._parts(segments(operations))
        except _Spoiled:
            self._tails.drop()
            return False
        milestones.before_commit(operations)
        link.run("COMMIT")
        milestones.after_commit(operations)
        self._tails.keep(o.turn.run for o in operations if type(o) is Append and o.last is not None)
        return True

    def _parts(self, parts: Sequence[list[Grouped] | Call | Transact]) -> None:
        for part in parts:
            if isinstance(part, list):
                self._bulk(part, alone=len(parts) == 1)
            else:
                self._single(part)

    def within(self, operation: Grouped) -> None:
        """Execute one operation in a transaction that somebody else began and will end."""
        self._guarded(operation, lambda: self._apply([operation]))

    def _bulk(self, part: list[Grouped], *, alone: bool) -> None:
        link = self._link
        if len(part) == 1 and not alone:
            self._guarded(part[0], lambda: self._apply(part))
            return
        if not alone:
            link.run("SAVEPOINT segment")
        try:
            self._apply(part)
        except Exception as error:
            if not link.is_guilt(error):
                raise
            self._tails.drop() if alone else self._tails.clear()
            link.run("ROLLBACK" if alone else "ROLLBACK TO SAVEPOINT segment")
        else:
            if not alone:
                link.run("RELEASE SAVEPOINT segment")
            return
        if alone:
            link.run(link.dialect.begin)
            link.at(None if link.dialect.name != "sqlite" else link.now)
        for operation in part:
            operation.result = operation.error = None
            self._guarded(operation, lambda operation=operation: self._apply([operation]))  # type: ignore[misc]

    def _single(self, operation: Call | Transact) -> None:
        if type(operation) is Call:
            self._guarded(operation, lambda: self._call(operation))
        else:
            self._guarded(operation, lambda: self._transact(operation))  # type: ignore[arg-type]

    def _call(self, operation: Call) -> None:
        operation.result = operation.act(self._link)

    def _transact(self, operation: Transact) -> None:
        operation.append = None
        turn = borrow(self._link, operation.turn_of, operation.limit_s)
        append = operation.append = operation.append_of(turn)
        self._apply([append])
        if append.error is not None:
            raise append.error
        operation.result = turn

    def _guarded(self, operation: Operation, act: Callable[[], None]) -> None:
        """Execute one operation in a savepoint; what is wrong with it is its own error."""
        error = self._attempt(operation, act)
        if error is not None and type(operation) is Create and self._link.is_repeated(error):
            error = self._attempt(operation, act)  # Another process accepted it meanwhile, and now it is seen.
        if error is None and operation.error is None:
            return
        operation.error = operation.error or self._verdict(operation, error)
        if type(operation) is Append:
            self._failed.add((operation.turn.run, operation.turn.epoch))

    def _attempt(self, operation: Operation, act: Callable[[], None]) -> Exception | None:
        link = self._link
        link.run("SAVEPOINT operation")
        try:
            self._refuse_followers(operation)
            act()
        except Exception as error:
            if link.is_lost and isinstance(error, Undone):
                raise StoreUnavailable("The connection to the database was lost during a tx action") from error
            if not link.is_guilt(error):
                raise
            self._forget(operation)
            if isinstance(error, Undone) and link.is_rolled_back:
                operation.spoiled = error  # type: ignore[union-attr]  # only a function's error is this
                raise _Spoiled from error
            link.run("ROLLBACK TO SAVEPOINT operation")
            link.run("RELEASE SAVEPOINT operation")
            return error
        link.run("RELEASE SAVEPOINT operation")
        return None

    def _forget(self, operation: Operation) -> None:
        if type(operation) is Append:
            self._tails.forget(operation.turn.run)
        elif type(operation) is Create:
            self._tails.forget(operation.run.id)
        else:
            self._tails.clear()

    def _refuse_followers(self, operation: Operation) -> None:
        turn = operation.turn if type(operation) is Append else operation
        if isinstance(turn, Turn | Transact) and (turn.run, turn.epoch) in self._failed:
            raise Fenced(f"An earlier turn of run {turn.run!r} did not happen")

    def _apply(self, part: Sequence[Grouped]) -> None:
        """Execute a segment by kinds."""
        segment = Segment()
        for operation in part:
            segment.add(operation)
        link = self._link
        segment = leased(link, segment)
        segment.creates = self._admission.limits.apply(link, segment.creates)
        ending = [a.turn.run for a in segment.appends if a.last is not None]
        freed = admission.lock(link, (c.rules for c in segment.creates), ending)
        if segment.creates:
            starts.create(link, self._tails, self._admission, segment.creates)
        statuses = inbox.lock(link, segment.appends, segment.sends)
        if segment.appends:
            turns.write_journal(link, self._tails, segment.appends)
            milestones.written(segment.appends)
            outbox.put(link, segment.appends)
        inbox.put(link, segment.appends, segment.sends, statuses)
        if segment.appends:
            turns.write_runs(link, segment.appends)
        admission.release(link, freed)

    def _verdict(self, operation: Operation, error: Exception | None) -> BaseException:
        append = operation.append if type(operation) is Transact else operation
        if isinstance(error, turns.Short) and type(append) is Append:
            return turns.why(self._link, append)
        if type(append) is Append and self._link.is_repeated(error):
            return Fenced(f"Somebody else wrote to the journal of run {append.turn.run!r}")
        if self._link.refuses(error):
            return FixInput(f"The database cannot hold it: {error}")
        return error or KernelBug("An operation without result and error")


def _spoiled(operation: Operation) -> bool:
    """Whether it is a function that undid everything before; it has its error, and is not called again."""
    if type(operation) is not Transact or operation.spoiled is None:
        return False
    operation.error = operation.spoiled
    return True
