"""Large values by their SHA-256: in a folder of files, or in the table ``automata_blob`` of the database.

Files are the default beside a SQLite database, the table in PostgreSQL (docs/decisions/0064-large-values.md). A file is
written aside, made durable and renamed, so that its name leads to all of it or to nothing. Neither ever holds a value
as a whole: it comes and goes in parts.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from automata._core.blobs import PART_BYTES
from automata._core.fault import point
from automata._core.large import LARGEST_BYTES
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
        raise _missing(name)

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Keep what comes in parts, and give its name and size; blocks."""
        with _disk(self._folder):
            self._make(self._folder)
            with tempfile.NamedTemporaryFile(dir=self._folder / "writing", delete=False) as file:
                try:
                    point("blob.write")
                    name, size = _copied(parts, file)
                    file.flush()
                    os.fsync(file.fileno())
                    path = self._path(name)
                    self._make(path.parent)
                    point("blob.rename")
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            _sync(path.parent)
        return name, size

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of that name in parts, compared with it at the end; blocks."""
        path = self._path(name)
        for place in (path, _aside(path), path):
            with suppress(FileNotFoundError), _disk(self._folder), place.open("rb") as file:
                yield from _compared(name, iter(lambda: file.read(PART_BYTES), b""))
                return
        raise _missing(name)

    def names(self) -> Iterator[str]:
        """Every value there is."""
        for path in sorted(self._folder.glob("??/*")):
            if _NAME.fullmatch(path.name):
                yield path.name

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
            raise _missing(name)
        return _verified(name, bytes(data))

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Keep what comes in parts, and give its name and size; blocks.

        The name has to be known first, so the parts wait in a temporary file.
        """
        with tempfile.TemporaryFile() as file:
            name, size = _copied(parts, file)
            file.seek(0)
            point("blob.write")
            with worded(self._engine), self._engine.begin() as connection:
                row = {"name": name, "size": size, "now": self._milliseconds()}
                self._fill(connection, row, iter(lambda: file.read(_ROW_BYTES), b""))
                point("blob.rename")
        return name, size

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of that name in parts, compared with it at the end; blocks."""
        yield from _compared(name, self._read_parts(name))

    def _fill(self, connection: sa.Connection, row: dict[str, Any], parts: Iterator[bytes]) -> None:
        """Write one row; PostgreSQL gets its parts one by one and joins them itself."""
        if connection.dialect.name == "sqlite":
            connection.execute(_PUT, {**row, "data": b"".join(parts)})
            return
        connection.execute(_PARTS)
        for number, data in enumerate(parts):
            connection.execute(_PART, {"number": number, "data": data})
        connection.execute(_JOIN, row)

    def _read_parts(self, name: str) -> Iterator[bytes]:
        with worded(self._engine), self._engine.connect() as connection:
            size = connection.execute(sa.select(BLOBS.c.size).where(BLOBS.c.hash == name)).scalar_one_or_none()
            if size is None:
                raise _missing(name)
            for start in range(0, size, _ROW_BYTES):
                yield bytes(
                    connection.execute(_SLICE, {"name": name, "start": start + 1, "count": _ROW_BYTES}).scalar_one()
                )

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


class Both:
    """Values in one place, and what was put into another one before: after a setting was changed, or from a backup.

    Args:
        first: Where values are put.
        second: Where values are looked for that are not in the first.
    """

    def __init__(self, first: FileBlobs | TableBlobs, second: FileBlobs | TableBlobs) -> None:
        self.places = (first, second)
        self._first, self._second = first, second

    async def put(self, data: bytes) -> str:
        """Keep *data* in the first place, and give its name."""
        return await self._first.put(data)

    async def get(self, name: str) -> bytes:
        """The bytes of that name, wherever they are."""
        return await asyncio.to_thread(self.read, name)

    async def exists(self, name: str) -> bool:
        """Whether they are in one of the places."""
        return await self._first.exists(name) or await self._second.exists(name)

    def read(self, name: str) -> bytes:
        """Do what `get` does, blocking."""
        try:
            return self._first.read(name)
        except NotFound:
            return self._second.read(name)

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Keep what comes in parts in the first place; blocks."""
        return self._first.keep(parts)

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of that name in parts, wherever they are; blocks."""
        found = self._first.parts(name)
        try:
            yield next(found, b"")
        except NotFound:
            found = self._second.parts(name)
        yield from found


_ROW_BYTES = 4 * PART_BYTES
"""What is sent to a database, or asked of it, at a time."""
_PARTS = sa.text("CREATE TEMPORARY TABLE automata_blob_part (number int, data bytea) ON COMMIT DROP")
_PART = sa.text("INSERT INTO automata_blob_part VALUES (:number, :data)")
_JOIN = sa.text(
    "INSERT INTO automata_blob (hash, size, data, used_ms) "
    "SELECT :name, :size, coalesce(string_agg(data, ''::bytea ORDER BY number), ''::bytea), :now "
    "FROM automata_blob_part "
    "ON CONFLICT (hash) DO UPDATE SET size = excluded.size, data = excluded.data, used_ms = excluded.used_ms"
)
_SLICE = sa.text("SELECT substr(data, :start, :count) FROM automata_blob WHERE hash = :name")
_REFRESH = sa.text("UPDATE automata_blob SET used_ms = :now WHERE hash = :name")
_PUT = sa.text(
    "INSERT INTO automata_blob (hash, size, data, used_ms) VALUES (:name, :size, :data, :now) "
    "ON CONFLICT (hash) DO UPDATE SET size = excluded.size, data = excluded.data, used_ms = excluded.used_ms"
)


def _named(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise FixInput(f"A value of {len(data)} bytes is larger than {LARGEST_BYTES} bytes")
    return sha256(data).hexdigest()


def _copied(parts: Iterable[bytes], file: IO[bytes]) -> tuple[str, int]:
    """Write parts to a file; name and size of the whole."""
    digest, size = sha256(), 0
    for part in parts:
        size += len(part)
        if size > LARGEST_BYTES:
            raise FixInput(f"A value is larger than {LARGEST_BYTES} bytes")
        digest.update(part)
        file.write(part)
    return digest.hexdigest(), size


def _compared(name: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Pass parts on, and say at the end if they are not what the name says."""
    digest = sha256()
    for part in parts:
        digest.update(part)
        yield part
    if digest.hexdigest() != name:
        raise _damaged(name)


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no large value {name}; it may have been removed, or lie in a folder of another database")


def _damaged(name: str) -> Damaged:
    return Damaged(f"The large value {name} does not match its hash; restore it from a backup")


def _verified(name: str, data: bytes) -> bytes:
    if sha256(data).hexdigest() != name:
        raise _damaged(name)
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
