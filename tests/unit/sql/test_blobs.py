"""Large values in files and in the table: whole or not there, whoever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256

import pytest
import sqlalchemy as sa

from automata.errors import Damaged, NotFound, StoreUnavailable
from automata.sql.blobs import FileBlobs, TableBlobs
from automata.sql.tables import BLOBS
from automata.sql.upgrade import migrate
from automata.testing.blobs import BlobSuite

DAY_MS = 24 * 60 * 60 * 1000


def now():
    return int(time.time() * 1000)


@pytest.fixture
def files(tmp_path):
    return FileBlobs(tmp_path / "blobs", now)


@pytest.fixture
def table(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    yield TableBlobs(engine, now)
    engine.dispose()


@pytest.fixture(params=["files", "table"])
def either(request):
    return request.getfixturevalue(request.param)


class TestFiles(BlobSuite):
    @pytest.fixture
    def blobs(self, files):
        return files


class TestSqliteTable(BlobSuite):
    @pytest.fixture
    def blobs(self, table):
        return table


class TestPostgresTable(BlobSuite):
    @pytest.fixture
    def blobs(self, postgres_url):
        engine = sa.create_engine(postgres_url)
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(BLOBS.delete())
        yield TableBlobs(engine, now)
        engine.dispose()


def test_a_damaged_file_is_told_and_healed_by_putting_it_again(files, tmp_path):
    name = files.write(b"whole")
    path = tmp_path / "blobs" / name[:2] / name
    path.write_bytes(b"whale")

    with pytest.raises(Damaged, match="does not match its hash"):
        files.read(name)
    assert files.write(b"whole") == name
    assert files.read(name) == b"whole"


def test_a_damaged_row_is_told_and_healed_by_putting_it_again(table):
    name = table.write(b"whole")
    with table._engine.begin() as connection:
        connection.execute(BLOBS.update().values(data=b"whale"))

    with pytest.raises(Damaged, match="does not match its hash"):
        table.read(name)
    assert table.write(b"whole") == name
    assert table.read(name) == b"whole"


def test_only_what_was_not_put_lately_can_be_discarded(either):
    name = either.write(b"old")

    assert list(either.stale(now() - DAY_MS)) == []
    assert list(either.stale(now() + DAY_MS)) == [name]
    assert not either.discard(name, now() - DAY_MS)
    assert either.read(name) == b"old"
    assert either.discard(name, now() + DAY_MS)
    assert not either.discard(name, now() + DAY_MS)
    with pytest.raises(NotFound):
        either.read(name)


def test_putting_again_makes_a_file_young(files, tmp_path):
    name = files.write(b"old")
    path = tmp_path / "blobs" / name[:2] / name
    os.utime(path, (1, 1))
    assert list(files.stale(now() - DAY_MS)) == [name]

    files.write(b"old")

    assert list(files.stale(now() - DAY_MS)) == []


def test_a_file_whose_remover_was_killed_is_still_there(files, tmp_path):
    name = files.write(b"kept")
    path = tmp_path / "blobs" / name[:2] / name
    path.rename(path.with_suffix(".gone"))

    assert files.read(name) == b"kept"
    assert list(files.stale(0)) == []
    assert path.is_file()


def test_files_nobody_finished_writing_go_after_a_day(files, tmp_path):
    files.write(b"x")
    young, old = tmp_path / "blobs" / "writing" / "young", tmp_path / "blobs" / "writing" / "old"
    young.write_bytes(b"")
    old.write_bytes(b"")
    os.utime(old, (1, 1))

    list(files.stale(0))

    assert (young.exists(), old.exists()) == (True, False)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "blobs").write_text("a file")

    with pytest.raises(StoreUnavailable, match="Cannot keep large values"):
        FileBlobs(tmp_path / "blobs", now).write(b"x")


def test_a_name_cannot_leave_the_folder(files):
    with pytest.raises(NotFound, match="not the name"):
        files.read("../x")
    assert not asyncio.run(files.exists("../x"))


WRITER = """
import sys, time, os
from pathlib import Path
import sqlalchemy as sa
from automata.sql.blobs import FileBlobs, TableBlobs
now = lambda: int(time.time() * 1000)
kind, place = sys.argv[1:]
blobs = FileBlobs(Path(place), now) if kind == "files" else TableBlobs(sa.create_engine(place), now)
for at in range(10_000_000):
    name = blobs.write(str(at).encode() * 20_000)
    os.write(1, f"{at} {name}\\n".encode())
"""


@pytest.mark.parametrize("kind", ["files", "table"])
def test_a_writer_killed_at_any_moment_leaves_whole_values(kind, tmp_path):
    place = str(tmp_path / "blobs")
    blobs = FileBlobs(tmp_path / "blobs", now)
    if kind == "table":
        place = f"sqlite:///{tmp_path}/y.db"
        migrate(sa.create_engine(place))
        blobs = TableBlobs(sa.create_engine(place), now)
    acknowledged = {}
    for count in (3, 17):
        with subprocess.Popen([sys.executable, "-c", WRITER, kind, place], stdout=subprocess.PIPE, text=True) as writer:
            for _ in range(count):
                at, name = writer.stdout.readline().split()
                acknowledged[name] = at
            writer.send_signal(signal.SIGKILL)

    for name in blobs.stale(now() + DAY_MS):
        assert sha256(blobs.read(name)).hexdigest() == name
    assert all(blobs.read(name) == at.encode() * 20_000 for name, at in acknowledged.items())


@pytest.mark.parametrize("place", ["blob.write", "blob.rename"])
@pytest.mark.parametrize("kind", ["files", "table"])
def test_a_writer_killed_at_a_named_place_can_do_it_again(kind, place, tmp_path):
    where = str(tmp_path / "blobs") if kind == "files" else f"sqlite:///{tmp_path}/y.db"
    blobs = FileBlobs(tmp_path / "blobs", now)
    if kind == "table":
        migrate(sa.create_engine(where))
        blobs = TableBlobs(sa.create_engine(where), now)
    environment = {**os.environ, "AUTOMATA_FAULTS": f"kill:{place}:1"}

    done = subprocess.run(
        [sys.executable, "-c", WRITER, kind, where], check=False, env=environment, stdout=subprocess.PIPE
    )

    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
    assert list(blobs.stale(now() + DAY_MS)) == []
    assert blobs.read(blobs.write(b"0" * 20_000)) == b"0" * 20_000
