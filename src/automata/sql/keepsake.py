"""Large values from a folder into the table of a backup, so that one file has everything."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa

from automata.errors import Damaged, NotFound
from automata.sql.blobs import FileBlobs, TableBlobs
from automata.sql.trouble import worded


def take_in(file: Path, folder: Path) -> int:
    """Put the values of *folder* into the table of the SQLite database *file*; how many those were.

    Whatever the copy refers to is there: values are put before what refers to them is committed. One that goes while it
    is read was nobody's any more; one that is damaged stays out, and is found out by whoever reads it.
    """
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    files, table, taken = FileBlobs(folder, _now_ms), TableBlobs(engine, _now_ms), 0
    with worded(engine):
        for name in files.names():
            try:
                table.keep(files.parts(name))
            except (NotFound, Damaged):
                continue
            taken += 1
    return taken


def _now_ms() -> int:
    return time.time_ns() // 1_000_000  # As old as the copy, whatever clock the store goes by.
