"""What the operating system says about a file, in the words of the error tree."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from automata.sdk import InvalidInput, PermissionDenied, ResourceConflict, ResourceNotFound, StepError, Transient

_CLASSES: dict[int | None, tuple[type[StepError], str]] = {
    errno.ENOENT: (ResourceNotFound, "does not exist"),
    errno.ELOOP: (PermissionDenied, "is a symbolic link; links are not followed"),
    errno.EMLINK: (PermissionDenied, "is a symbolic link; links are not followed"),
    errno.ENOTDIR: (PermissionDenied, "leads through something that is not a folder, or through a symbolic link"),
    errno.EACCES: (PermissionDenied, "may not be accessed by this process"),
    errno.EPERM: (PermissionDenied, "may not be accessed by this process"),
    errno.EROFS: (PermissionDenied, "is on a read-only file system"),
    errno.EISDIR: (ResourceConflict, "is a folder"),
    errno.EEXIST: (ResourceConflict, "exists already"),
    errno.ENXIO: (PermissionDenied, "is not a regular file"),
    errno.ENAMETOOLONG: (InvalidInput, "has a name that is too long"),
    errno.ENOSPC: (Transient, "does not fit: the disk is full"),
}


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Raise what goes wrong inside as a step error about *path*."""
    try:
        yield
    except OSError as error:
        kind, what = _CLASSES.get(error.errno, (Transient, f"cannot be used: {error.strerror}"))
        raise kind(f"File {path!r} {what}", details={"path": path}, sent=False) from error
