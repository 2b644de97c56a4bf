"""What the commands that look after a database share: reaching it, wording its trouble, asking before data goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from automata.cli.database import SETTING, shown
from automata.cli.exits import Exit
from automata.cli.failure import Failure, from_error
from automata.cli.fan import STOPWATCH, Fan
from automata.cli.store import chosen
from automata.errors import AutomataError, Damaged

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import URL

    from automata.cli.console import Console


def url_of(option: str | None) -> URL:
    """The database of ``--database``, of the setting, or of this project.

    Raises:
        Failure: It is not written as a URL has to be.
    """
    import sqlalchemy as sa

    text = chosen(option)
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise Failure(
            f"{shown(text)!r} is not the URL of a database",
            exit=Exit.USAGE,
            fix=f"set {SETTING} or --database to sqlite:///PATH or postgresql://USER@HOST/NAME",
        ) from None


@contextmanager
def engine_of(url: URL) -> Iterator[sa.Engine]:
    """An engine with the store's tuning, ended afterwards.

    Raises:
        Failure: The driver is not installed.
    """
    from automata.sql.database import make_engine

    try:
        engine = make_engine(url)
    except ModuleNotFoundError as error:
        raise Failure(
            f"The driver of PostgreSQL is not installed: {error.name}",
            exit=Exit.UNAVAILABLE,
            fix="pip install 'automata-kernel[postgres]'",
        ) from error
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def trouble() -> Iterator[None]:
    """Word what is wrong with a database for the command line; damaged data is no crash of the program."""
    try:
        yield
    except Damaged as error:
        raise Failure(error.message, exit=Exit.UNEXPECTED, code="damaged", fix="automata db restore FILE") from error
    except AutomataError as error:
        raise from_error(error) from error


def is_there(url: URL) -> bool:
    """Whether a SQLite file exists; a server is asked later."""
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def confirm(out: Console, question: str, *, yes: bool) -> None:
    """Ask before data goes.

    Raises:
        Failure: The answer is no, or nobody can be asked.
    """
    if yes:
        return
    if not out.can_ask:
        raise Failure(question.rstrip("?"), exit=Exit.USAGE, code="confirm", fix="give --yes to do it without asking")
    if not out.ask(question):
        raise Failure("Nothing was changed", exit=Exit.CANCELLED)


class Meter:
    """Tells now and then how far long work is."""

    def __init__(self, out: Console, noun: str) -> None:
        now = STOPWATCH()
        self._out = out
        self._fan = Fan(noun, 0, now, now)

    def __call__(self, done: int, total: int) -> None:
        """So many parts of so many are done."""
        self._fan.done, self._fan.total, self._fan.now_s = done, total, STOPWATCH()
        if self._fan.due():
            self._out.say(f"  {self._fan.node}  {self._fan.note}")


def sized(size_bytes: int) -> str:
    """A number of bytes for people: ``12 KiB``, ``3.4 MiB``."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004 - the next unit
            return f"{size:.0f} {unit}" if unit in {"B", "KiB"} or size >= 100 else f"{size:.1f} {unit}"  # noqa: PLR2004 - three digits
        size /= 1024
    return f"{size:.1f} TiB"
