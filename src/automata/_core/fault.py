"""Named places where a test can kill the process or break its I/O; nothing happens there in production.

``AUTOMATA_FAULTS`` holds instructions, comma-separated; it is read once, when this module is imported:

``kill:NAME:K``
    The process kills itself (SIGKILL) at the K-th hit of the point NAME; ``*`` is any point.
``error:NAME:K`` or ``error:NAME:K:forever``
    The K-th hit of NAME raises `OSError`; with ``forever`` every hit from the K-th on.
``log:PATH``
    Every hit appends its name to the file, unbuffered, before anything else happens there.

NAME may be ``sql`` too: it is hit before every SQL statement and every commit, and its error is one of the driver.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import threading
from collections import Counter
from typing import Any, TypeVar, cast

from attrs import field, frozen

T = TypeVar("T")

VARIABLE = "AUTOMATA_FAULTS"
ANY = "*"
SQL = "sql"
POINTS = (
    "start.before_commit",
    "start.after_commit",
    "claim.before_commit",
    "claim.after_commit",
    "attempt_started.before_commit",
    "attempt_started.after_commit",
    "effect.before",
    "effect.after",
    "completion.begin",
    "completion.in_tx",
    "completion.before_commit",
    "completion.after_commit",
    "schedule_next",
    "fanout.snapshot",
    "join",
    "timer.arm",
    "timer.fire",
    "signal.store",
    "signal.consume",
    "cancel.request",
    "cancel.apply",
    "outbox.insert",
    "outbox.send",
    "outbox.mark",
    "blob.write",
    "blob.rename",
    "lease.renew",
    "terminal.before_commit",
    "terminal.after_commit",
)
"""Every name `point` is called with."""

_FORM = re.compile(r"(?P<act>kill|error):(?P<name>[a-z_.]+|\*):(?P<hit>[1-9][0-9]{0,8})(?P<forever>:forever)?")


@frozen
class Instruction:
    """What to do at which hit of which point."""

    act: str
    name: str
    hit: int
    forever: bool = False

    def applies(self, name: str, own: int, total: int) -> bool:
        """Whether it is time: *own* hits of *name* so far, *total* of all named points, this one included."""
        if self.name not in {name, ANY} or (self.name == ANY and name == SQL):
            return False
        count = total if self.name == ANY else own
        return count >= self.hit if self.forever else count == self.hit


@frozen
class Faults:
    """The instructions of one process, and what has been hit so far."""

    instructions: tuple[Instruction, ...]
    log: int | None = None
    """File descriptor, opened for appending."""
    hits: Counter[str] = field(factory=Counter)
    _lock: threading.Lock = field(factory=threading.Lock)

    def hit(self, name: str) -> None:
        """Count a hit, and do what is due.

        Raises:
            OSError: An instruction says so.
        """
        with self._lock:
            self.hits[name] += 1
            own, total = self.hits[name], self.hits.total() - self.hits[SQL] + (name == SQL)
            if self.log is not None:
                os.write(self.log, f"{name}\n".encode())
            due = [one.act for one in self.instructions if one.applies(name, own, total)]
            if "kill" in due:
                os.kill(os.getpid(), signal.SIGKILL)
        if "error" in due:
            raise OSError(errno.EIO, f"Injected at {name}")


_active: list[Faults] = []


def point(name: str) -> None:
    """Mark a place; does nothing unless faults are installed.

    Args:
        name: One of `POINTS`, written out.
    """
    if _active:
        _active[0].hit(name)


def installed() -> bool:
    """Whether there are faults: saves working out which points to hit."""
    return bool(_active)


def install(text: str) -> Faults:
    """Put instructions into force in this process, in the place of earlier ones.

    Raises:
        ValueError: *text* holds something that is no instruction.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    logs = [part.removeprefix("log:") for part in parts if part.startswith("log:")]
    instructions = tuple(_instruction(part) for part in parts if not part.startswith("log:"))
    log = os.open(logs[-1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if logs else None
    remove()
    _active.append(Faults(instructions, log))
    if log is not None or any(one.name == SQL for one in instructions):
        _watch_statements()
    return _active[0]


def remove() -> None:
    """Let every point do nothing again."""
    while _active:
        log = _active.pop().log
        if log is not None:
            os.close(log)


def watched(connection: T) -> T:
    """*connection* of a database driver; while faults are installed, one that hits ``sql`` before each statement."""
    return cast("T", _Watched(connection)) if _active else connection


class _Watched:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name in {"execute", "executemany", "commit"}:
            try:
                point(SQL)
            except OSError as error:
                driver = sys.modules[type(self._connection).__module__.partition(".")[0]]
                raise driver.OperationalError(str(error)) from error
        return found


def _instruction(text: str) -> Instruction:
    match = _FORM.fullmatch(text)
    if match is None or match["name"] not in {*POINTS, ANY, SQL}:
        raise ValueError(f"{text!r} in {VARIABLE} is no instruction, such as 'kill:effect.after:3'")
    return Instruction(match["act"], match["name"], int(match["hit"]), match["forever"] is not None)


def _watch_statements() -> None:
    """Hit ``sql`` before every statement and commit of every SQLAlchemy engine of this process; once is enough."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    for name, listener in (("before_cursor_execute", _statement), ("commit", _commit)):
        if not event.contains(Engine, name, listener):
            event.listen(Engine, name, listener)


def _statement(*_: Any) -> None:
    point(SQL)


def _commit(*_: Any) -> None:
    point(SQL)


_given = os.environ.get(VARIABLE)
if _given:
    install(_given)
