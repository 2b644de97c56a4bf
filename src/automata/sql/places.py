"""Where a database has its large values: files beside a SQLite file, the table in PostgreSQL, or as a setting says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automata.errors import FixInput
from automata.sql.blobs import Both, FileBlobs, TableBlobs
from automata.sql.database import Database

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SETTING = "AUTOMATA_BLOBS"


def place_blobs(database: Database, choice: str | None) -> Both | TableBlobs:
    """The place for the large values of a database. What lies in the other one is found too, and pruned.

    Args:
        database: Whose values.
        choice: As for `folder_of`.

    Raises:
        FixInput: As `folder_of`.
    """
    engine = database.engine
    table, folder = TableBlobs(engine, database.now_ms), folder_of(engine.url, choice)
    if folder is not None:
        return Both(FileBlobs(folder, database.now_ms), table)
    beside = _beside(engine.url)
    return table if beside is None else Both(table, FileBlobs(beside, database.now_ms))


def folder_of(url: URL, choice: str | None) -> Path | None:
    """The folder values are put into; None for the table.

    Args:
        url: Of the database.
        choice: ``table``, ``files`` for the folder beside a SQLite file, or the path of a folder that no other
            database has; by None that of the database's kind is meant.

    Raises:
        FixInput: ``files`` says nothing of a database that is no file.
    """
    beside = _beside(url)
    if choice == "table":
        return None
    if choice in {None, "", "files"}:
        if beside is None and choice == "files":
            raise FixInput(
                f"{SETTING} is 'files', but the database is no file; name a folder that every worker shares, or 'table'"
            )
        return beside
    return Path(str(choice)).absolute()


def _beside(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    file = Path(url.database).absolute()
    return file.with_name(file.name + ".blobs")
