"""Opening the database a command works on, and closing it again whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.errors import NotFound, StoreUnavailable

if TYPE_CHECKING:
    from automata._core.operations import Definitions, Runs
    from automata.ports import Store

T = TypeVar("T")


@frozen
class Desk:
    """What commands work with."""

    store: Store
    runs: Runs
    definitions: Definitions


@asynccontextmanager
async def opened(option: str | None) -> AsyncIterator[Desk]:
    """Open the database of ``--database``, of the setting, or of this project.

    Raises:
        StoreUnavailable: It cannot be reached, or its tables are older than the program.
    """
    from automata._core.operations import Definitions, Runs
    from automata._core.system import SystemRandom
    from automata.sql import open_store

    store = open_store(chosen(option), blobs=chosen_blobs())
    try:
        random = SystemRandom()
        yield Desk(store, Runs(store, random), Definitions(store, random))
    finally:
        await store.close()


def at_desk(
    option: str | None,
    work: Callable[[Desk], Awaitable[T]],
    *,
    look: str = "automata runs list",
    makes: bool = False,
) -> T:
    """Do *work* with the database, on a loop of its own.

    Args:
        option: What ``--database`` says.
        work: What to do.
        look: The command that shows what there is, for whoever named what there is not.
        makes: Whether a SQLite file somebody named is made when it is not there, rather than taken for a mistake.

    Raises:
        Failure: It cannot be done; says what helps.
    """
    if not makes:
        _require(option)

    async def main() -> T:
        async with opened(option) as desk:
            return await work(desk)

    with helpful(look):
        return asyncio.run(main())


@contextmanager
def helpful(look: str = "") -> Iterator[None]:
    """Add the command that helps to what is raised inside.

    Args:
        look: The command that shows what there is.

    Raises:
        Failure: Something is not there, or the database does not answer.
    """
    try:
        yield
    except NotFound as error:
        raise Failure(error.message, exit=Exit.NOT_FOUND, fix=look) from error
    except StoreUnavailable as error:
        raise Failure(error.message, exit=Exit.UNAVAILABLE, fix="automata db status") from error


def _require(option: str | None) -> None:
    """Refuse a file that is not there, where somebody has named it."""
    from automata._core.settings import load_settings
    from automata.cli.database import SETTING, is_there, shown

    settings = load_settings(folder=Path.cwd(), partial=True)
    named = option or settings.text(SETTING)
    if named and not is_there(settings, option):
        raise Failure(
            f"There is no database {shown(named)!r}",
            exit=Exit.NOT_FOUND,
            fix="name one that is there, or make it: automata db upgrade",
        )


def chosen(option: str | None) -> str:
    """The URL of the database."""
    from automata._core.settings import load_settings
    from automata.cli.database import database_url

    return database_url(load_settings(folder=Path.cwd(), partial=True), option)


def chosen_blobs() -> str | None:
    """Where the setting says that large values are."""
    from automata._core.settings import load_settings

    return load_settings(folder=Path.cwd(), partial=True).text("AUTOMATA_BLOBS")
