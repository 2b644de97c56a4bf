"""Large values by their SHA-256: in a folder of files, or in the table ``automata_blob`` of the database.

The table is the default, since a backup of the database then has everything. Files suit values that would make the
database large: a file is written aside, made durable and renamed, so that its name leads to all of it or to nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from automata._core.blobs import LARGEST_BYTES
from automata._core.fault import point
from automata.errors import Damaged, FixInput, NotFound, StoreUnavailable
from automata.sql.tables import BLOBS
from automata.sql.trouble import worded

_NAME = re.compile(r"[0-9a-f]{64}")
_ABANDONED_MS = 24 * 60 * 60 * 1000
"""Age of a file that was being written when its writer must be dead."""


class FileBlobs:
    """Values as files below a folder that no two databases share.

    Args:
        folder: Made if it is missing. It must be on a local file system: renames have to be atomic.
        milliseconds: The present, since 1970; must be the clock of the file system.
    """

    def __init__(self, folder: Path, milliseconds: Callable[[], int]) -> None:
        self._folder = folder
        self._milliseconds = milliseconds

    async def put(self, data: bytes) -> str:
        """Keep *data* and give its name."""
        return await asyncio.to_thread(self.write, data)

    async def get(self, name: str) -> bytes:
        """The bytes of that name, compared with it."""
        return await asyncio.to_thread(self.read, name)

    async def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return bool(_NAME.fullmatch(name)) and await asyncio.to_thread(self._path(name).is_file)

    def write(self, data: bytes) -> str:
        """Do what `put` does, blocking."""
        name, path = _named(data), self._path(_named(data))
        with _disk(self._folder):
            if not self._refreshed(path, data):
                self._make(path.parent)
                self._write(path, data)
        return name

    def read(self, name: str) -> bytes:
        """Do what `get` does, blocking."""
        path = self._path(name)
        for place in (path, _aside(path), path):  # It may be looked at by `discard`, which puts back what is young.
            with suppress(FileNotFoundError), _disk(self._folder):
                return _verified(name, place.read_bytes())
        raise NotFound(f"There is no large value {name}")

    def stale(self, before_ms: int) -> Iterator[str]:
        """Names of values not put since *before_ms*; files nobody finished writing are removed on the way."""
        for path in sorted(self._folder.glob("writing/*")):
            if _age(path, self._milliseconds()) > _ABANDONED_MS:
                path.unlink(missing_ok=True)
        for path in sorted(self._folder.glob("??/*.gone")):  # Whoever removed it was killed.
            path.replace(path.with_suffix(""))
        for path in sorted(self._folder.glob("??/*")):
            if _NAME.fullmatch(path.name) and _changed(path) < before_ms:
                yield path.name

    def discard(self, name: str, before_ms: int) -> bool:
        """Remove a value, unless it was put again since *before_ms*; False then."""
        path = self._path(name)
        aside = _aside(path)
        with suppress(FileNotFoundError):
            path.rename(aside)
            if _changed(aside) >= before_ms:  # Put between the look and the renaming: whoever did so counts on it.
                aside.rename(path)
                return False
            aside.unlink()
            return True
        return False

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound(f"{name!r} is not the name of a large value")
        return self._folder / name[:2] / name

    def _refreshed(self, path: Path, data: bytes) -> bool:
        """Whether the file is there, whole, and now as young as a new one."""
        try:
            if path.read_bytes() != data:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _make(self, folder: Path) -> None:
        for each in (self._folder / "writing", folder):
            if not each.is_dir():
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync(each.parent)

    def _write(self, path: Path, data: bytes) -> None:
        point("blob.write")
        number, name = tempfile.mkstemp(dir=self._folder / "writing")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            point("blob.rename")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync(path.parent)


class TableBlobs:
    """Values as rows of ``automata_blob``.

    Args:
        engine: Of the database; a synchronous engine, whose connections any thread may use.
        milliseconds: The present, since 1970, where the database has no clock of its own (SQLite).
    """

    def __init__(self, engine: sa.Engine, milliseconds: Callable[[], int]) -> None:
        self._engine = engine
        self._milliseconds = milliseconds

    async def put(self, data: bytes) -> str:
        """Keep *data* and give its name."""
        return await asyncio.to_thread(self.write, data)

    async def get(self, name: str) -> bytes:
        """The bytes of that name, compared with it."""
        return await asyncio.to_thread(self.read, name)

    async def exists(self, name: str) -> bool:
        """Whether there is a row of that name."""
        return await asyncio.to_thread(self._exists, name)

    def write(self, data: bytes) -> str:
        """Do what `put` does, blocking."""
        name = _named(data)
        point("blob.write")
        with worded(self._engine), self._engine.begin() as connection:
            now = self._milliseconds()
            row = {"name": name, "size": len(data), "data": data, "now": now}
            if connection.execute(_REFRESH, row).rowcount == 0 or not self._whole(connection, name):
                connection.execute(_PUT, row)
            point("blob.rename")
        return name

    def read(self, name: str) -> bytes:
        """Do what `get` does, blocking."""
        query = sa.select(BLOBS.c.data).where(BLOBS.c.hash == name)
        with worded(self._engine), self._engine.connect() as connection:
            data = connection.execute(query).scalar_one_or_none()
        if data is None:
            raise NotFound(f"There is no large value {name}")
        return _verified(name, bytes(data))

    def stale(self, before_ms: int) -> Iterator[str]:
        """Names of values not put since *before_ms*."""
        query = sa.select(BLOBS.c.hash).where(BLOBS.c.used_ms < before_ms).order_by(BLOBS.c.hash)
        with worded(self._engine), self._engine.connect() as connection:
            yield from connection.execute(query).scalars().all()

    def discard(self, name: str, before_ms: int) -> bool:
        """Remove a value, unless it was put again since *before_ms*; False then."""
        gone = BLOBS.delete().where(BLOBS.c.hash == name, BLOBS.c.used_ms < before_ms)
        with worded(self._engine), self._engine.begin() as connection:
            return connection.execute(gone).rowcount > 0

    def _exists(self, name: str) -> bool:
        query = sa.select(sa.true()).where(BLOBS.c.hash == name)
        with worded(self._engine), self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none() is not None

    def _whole(self, connection: sa.Connection, name: str) -> bool:
        data = connection.execute(sa.select(BLOBS.c.data).where(BLOBS.c.hash == name)).scalar_one_or_none()
        return data is not None and sha256(data).hexdigest() == name


_REFRESH = sa.text("UPDATE automata_blob SET used_ms = :now WHERE hash = :name")
_PUT = sa.text(
    "INSERT INTO automata_blob (hash, size, data, used_ms) VALUES (:name, :size, :data, :now) "
    "ON CONFLICT (hash) DO UPDATE SET size = excluded.size, data = excluded.data, used_ms = excluded.used_ms"
)


def _named(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise FixInput(f"A value of {len(data)} bytes is larger than {LARGEST_BYTES} bytes")
    return sha256(data).hexdigest()


def _verified(name: str, data: bytes) -> bytes:
    if sha256(data).hexdigest() != name:
        raise Damaged(f"The large value {name} does not match its hash; restore it from a backup")
    return data


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Word what the file system refuses; a missing file is the caller's to judge."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreUnavailable(f"Cannot keep large values in {folder}: {error.strerror or error}") from error


def _sync(folder: Path) -> None:
    """Make the entries of a folder durable; Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _aside(path: Path) -> Path:
    return path.with_suffix(".gone")


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns // 1_000_000


def _age(path: Path, now_ms: int) -> int:
    with suppress(FileNotFoundError):
        return now_ms - _changed(path)
    return 0
