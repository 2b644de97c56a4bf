"""Files below one folder, opened component by component so that no name leads out of it.

A name from a document is a label, never a path handed to the system: each part is opened below the folder before it,
following no symbolic link (openat(2) with O_NOFOLLOW). Blocking; actions call it in a thread.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from attrs import frozen

from automata.sdk import InvalidInput, JsonObject, PermissionDenied, ProviderBroke
from automata_files.errors import naming

MAX_BYTES = 10 * 1024 * 1024
"""Largest file read or written by default."""

MAX_DEPTH = 32
"""Most parts a path may have."""

MAX_SEEN = 100_000
"""Most directory entries one listing looks at."""

_SUPPORTED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_TEMPORARY = ".automata-"


@frozen
class Store:
    """The files below *root*."""

    root: str
    max_bytes: int = MAX_BYTES

    def read(self, path: str) -> bytes:
        """Whole content of the file *path*.

        Raises:
            StepError: It is missing, no regular file, reached through a link, or larger than allowed.
        """
        flags = os.O_RDONLY | _FILE
        with self._parent(path) as (folder, name), naming(path), _opened(name, flags, folder) as handle:
            self._check_regular(handle, path)
            return self._read_bounded(handle, path)

    def write(self, path: str, content: bytes) -> int:
        """Put *content* in the place of the file *path*, whole or not at all; returns the bytes written.

        The content goes to a temporary file beside it, is flushed to the disk, and then takes the name.
        """
        self._check_size(path, len(content))
        with self._parent(path, make=True) as (folder, name), naming(path):
            self._check_replaceable(folder, name, path)
            temporary = f"{_TEMPORARY}{secrets.token_hex(8)}"
            try:
                with _opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, folder) as handle:
                    _write_all(handle, content)
                    os.fsync(handle)
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
            os.fsync(folder)
        return len(content)

    def append(self, path: str, content: bytes) -> int:
        """Add *content* at the end of the file *path*, making it if needed; returns the file's size."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FILE
        place = self._parent(path, make=True)
        with place as (folder, name), naming(path), _opened(name, flags, folder) as handle:
            self._check_regular(handle, path)
            self._check_size(path, os.fstat(handle).st_size + len(content))
            _write_all(handle, content)
            os.fsync(handle)
            return os.fstat(handle).st_size

    def entries(self, path: str, pattern: str, *, recursive: bool, limit: int) -> list[JsonObject]:
        """Regular files of the folder *path* whose name matches *pattern*, sorted by path.

        Links and special files are left out; with *recursive* the folders below are looked through too.

        Raises:
            InvalidInput: More than *limit* match, or more than 100,000 entries had to be looked at.
        """
        found: list[JsonObject] = []
        parts = _parts(path) if path not in {"", "."} else ()
        with self._folder(parts, path, make=False) as folder, naming(path or "."):
            for label, status in _walk(folder, "/".join(parts), recursive=recursive):
                if not fnmatch.fnmatchcase(label.rpartition("/")[2], pattern):
                    continue
                if len(found) >= limit:
                    raise InvalidInput(f"More than {limit} files match {pattern!r}; narrow it or raise 'limit'")
                found.append(_entry(label, status))
        return sorted(found, key=lambda entry: str(entry["path"]))

    @contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder *path* is in, and the last part of its name."""
        *folders, name = _parts(path)
        with self._folder(tuple(folders), path, make=make) as folder:
            yield folder, name

    @contextmanager
    def _folder(self, parts: tuple[str, ...], path: str, *, make: bool) -> Iterator[int]:
        if not _SUPPORTED:
            raise PermissionDenied("Files are not available on this system: it cannot open below a folder safely")
        handle = self._open_root()
        try:
            for part in parts:
                with naming(path):
                    below = _enter(handle, part, make=make)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    def _open_root(self) -> int:
        try:
            return os.open(
                self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            )  # the operator's own path: links are fine
        except OSError as error:
            raise InvalidInput(
                f"Folder {self.root!r} of AUTOMATA_FILES_ROOT cannot be opened: {error.strerror}", sent=False
            ) from error

    def _check_regular(self, handle: int, path: str) -> None:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(mode):
            raise PermissionDenied(f"File {path!r} is not a regular file", sent=False)

    def _check_replaceable(self, folder: int, name: str, path: str) -> None:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise PermissionDenied(f"File {path!r} is a link or no regular file, and is left alone", sent=False)

    def _check_size(self, path: str, size: int) -> None:
        if size > self.max_bytes:
            raise InvalidInput(f"File {path!r} would have {size} bytes; {self.max_bytes} are allowed", sent=False)

    def _read_bounded(self, handle: int, path: str) -> bytes:
        content = bytearray()
        while chunk := os.read(handle, 1 << 20):
            content += chunk
            if len(content) > self.max_bytes:
                raise ProviderBroke(
                    f"File {path!r} is larger than {self.max_bytes} bytes; raise 'max_bytes'", sent=False
                )
        return bytes(content)


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a relative path, every one a plain name."""
    if not path:
        raise InvalidInput("Path is empty", sent=False)
    for bad, why in (("\x00", "a NUL"), ("\\", "a backslash; separate folders by /")):
        if bad in path:
            raise InvalidInput(f"Path {path!r} has {why}", sent=False)
    if path.startswith("/"):
        raise InvalidInput(f"Path {path!r} is absolute; write it relative to AUTOMATA_FILES_ROOT", sent=False)
    parts = tuple(path.removeprefix("./").split("/"))
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidInput(f"Path {path!r} has an empty part, '.' or '..'", sent=False)
    if len(parts) > MAX_DEPTH:
        raise InvalidInput(f"Path {path[:80]!r} has more than {MAX_DEPTH} parts", sent=False)
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"Path {path!r} has a character that is not Unicode text", sent=False) from error
    return parts


def _enter(folder: int, name: str, *, make: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, 0o777, dir_fd=folder)
    return os.open(name, _FOLDER, dir_fd=folder)


@contextmanager
def _opened(name: str, flags: int, folder: int) -> Iterator[int]:
    handle = os.open(name, flags, 0o666, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def _walk(folder: int, label: str, *, recursive: bool) -> Iterator[tuple[str, os.stat_result]]:
    """Regular files below an open folder as (path below the root, status); bounded in depth and number."""
    seen = 0
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        parts = waiting.pop()
        with _reopened(folder, parts) as handle:
            for name in os.listdir(handle):  # noqa: PTH208 - pathlib knows no open folder
                seen += 1
                if seen > MAX_SEEN:
                    raise InvalidInput(f"Folder {label or '.'!r} has more than {MAX_SEEN} entries", sent=False)
                with suppress(FileNotFoundError):
                    status = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and not name.startswith(_TEMPORARY):
                        yield "/".join(filter(None, (label, *parts, name))), status
                    elif recursive and stat.S_ISDIR(status.st_mode) and len(parts) < MAX_DEPTH:
                        waiting.append((*parts, name))


@contextmanager
def _reopened(folder: int, parts: tuple[str, ...]) -> Iterator[int]:
    handle = os.dup(folder) if not parts else folder
    try:
        for part in parts:
            below = os.open(part, _FOLDER, dir_fd=handle)
            if handle != folder:
                os.close(handle)
            handle = below
        yield handle
    finally:
        if handle != folder:
            os.close(handle)


def _entry(label: str, status: os.stat_result) -> JsonObject:
    changed = datetime.fromtimestamp(int(status.st_mtime), UTC).isoformat().replace("+00:00", "Z")
    return {"path": label, "name": label.rpartition("/")[2], "size": status.st_size, "changed": changed}
