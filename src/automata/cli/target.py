"""What ``automata run`` runs, a document or a published workflow, and where the run lives: in memory or a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automata.cli.documents import SUFFIXES, nearest
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.errors import NotFound

if TYPE_CHECKING:
    from automata.cli.store import Desk
    from automata.model import Workflow


def is_document(target: str) -> bool:
    """Whether *target* is meant as a file (``-`` is standard input), and not as the name of a published workflow."""
    path = Path(target)
    return target == "-" or path.exists() or path.suffix.lower() in SUFFIXES


def home(target: str, option: str | None, *, detached: bool) -> str | None:
    """The URL of the database a run lives in; None for one that lives and ends with this process.

    A document is run in a database if one is named, by ``--database`` or the setting. A published workflow has one
    anyway, and so has a run nobody stands by: without a name it is the project's own, or the user's.

    Args:
        target: A file, or the name of a published workflow.
        option: What ``--database`` says.
        detached: Whether the run is left to the workers.

    Raises:
        Failure: *target* is no file, and there is no database to look for a workflow of that name.
    """
    from automata._core.settings import load_settings
    from automata.cli.database import SETTING, database_url, is_there

    settings = load_settings(folder=Path.cwd(), partial=True)
    if option or settings.text(SETTING):
        return database_url(settings, option)
    if is_document(target):
        return database_url(settings) if detached else None
    if not is_there(settings):
        raise Failure(
            f"No file {target!r}, and no database that could have a workflow of that name",
            exit=Exit.NOT_FOUND,
            fix=nearest(target) or "automata run FILE, or name a database: --database URL",
        )
    return database_url(settings)


def published(url: str, name: str) -> Workflow:
    """The current version of a published workflow.

    Raises:
        Failure: There is no such workflow; the fix names a file that may have been meant.
    """
    from automata.cli.store import at_desk

    async def work(desk: Desk) -> Workflow:
        try:
            _, workflow = await desk.definitions.document(name)
        except NotFound as error:
            fix = nearest(name) or "automata workflows list"
            raise Failure(f"No file {name!r}. {error.message}", exit=Exit.NOT_FOUND, fix=fix) from error
        return workflow

    return at_desk(url, work)
