"""A backup has what lay in the folder."""

from __future__ import annotations

import time

import sqlalchemy as sa

from automata.sql.backup import backup
from automata.sql.blobs import FileBlobs, TableBlobs
from automata.sql.keepsake import take_in
from automata.sql.upgrade import migrate


def now():
    return int(time.time() * 1000)


def made(file):
    engine = sa.create_engine(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    return engine.url


def table_of(file):
    return TableBlobs(sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool), now)


def test_a_backup_is_one_file_with_the_large_values(tmp_path):
    url, files = made(tmp_path / "runs.db"), FileBlobs(tmp_path / "runs.db.blobs", now)
    name = files.write(b"large")

    backup(url, tmp_path / "copy.db", blobs=tmp_path / "runs.db.blobs")

    assert table_of(tmp_path / "copy.db").read(name) == b"large"


def test_a_damaged_value_does_not_spoil_the_backup(tmp_path):
    made(tmp_path / "copy.db")
    files = FileBlobs(tmp_path / "blobs", now)
    good, bad = files.write(b"good"), files.write(b"bad")
    (tmp_path / "blobs" / bad[:2] / bad).write_bytes(b"worse")

    assert take_in(tmp_path / "copy.db", tmp_path / "blobs") == 1
    assert table_of(tmp_path / "copy.db").read(good) == b"good"


def test_no_folder_is_no_values(tmp_path):
    made(tmp_path / "copy.db")

    assert take_in(tmp_path / "copy.db", tmp_path / "missing") == 0
