"""Where large values go follows from the database, unless somebody says otherwise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata._core.system import SystemClock
from automata.errors import FixInput
from automata.sql.blobs import Both, FileBlobs, TableBlobs
from automata.sql.database import Database
from automata.sql.places import folder_of, place_blobs
from automata.sql.upgrade import migrate

LITE = sa.make_url("sqlite:////data/runs.db")
POSTGRES = sa.make_url("postgresql+psycopg://app@db/app")


@pytest.fixture
def database(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/runs.db")
    migrate(engine)
    yield Database(engine, SystemClock())
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "choice", "folder"),
    [
        (LITE, None, "/data/runs.db.blobs"),
        (LITE, "files", "/data/runs.db.blobs"),
        (LITE, "table", None),
        (LITE, "/large", "/large"),
        (POSTGRES, None, None),
        (POSTGRES, "table", None),
        (POSTGRES, "/large", "/large"),
    ],
)
def test_the_folder_is_that_of_the_database_or_of_the_setting(url, choice, folder):
    assert folder_of(url, choice) == (None if folder is None else Path(folder))


def test_files_beside_what_is_no_file_are_refused():
    with pytest.raises(FixInput, match="name a folder that every worker shares, or 'table'"):
        folder_of(POSTGRES, "files")


@pytest.mark.parametrize(("choice", "first"), [(None, FileBlobs), ("table", TableBlobs)])
def test_what_was_put_before_the_setting_changed_is_still_found(database, choice, first):
    other = place_blobs(database, "table" if choice is None else None)
    name = asyncio.run(other.put(b"before"))

    place = place_blobs(database, choice)

    assert isinstance(place, Both)
    assert isinstance(place.places[0], first)
    assert asyncio.run(place.get(name)) == b"".join(place.parts(name)) == b"before"
    assert asyncio.run(place.exists(name))
    assert place.keep([b"after"]) == place.places[0].keep([b"after"])
