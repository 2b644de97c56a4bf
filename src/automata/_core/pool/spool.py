"""A file that the kernel and one child process share, and nobody else can name: large values go through it.

Frames of the line hold references; the JSON of what they stand for lies in the file, so that neither side needs the
memory of a frame as large as that. The file has no name: it is gone with the processes, however they end.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from hashlib import sha256

from attrs import frozen

from automata._core.blobs import PART_BYTES
from automata._core.large import Large
from automata.model import Json


@frozen
class Place:
    """Where in the file the JSON of a value lies."""

    name: str
    start: int
    size: int

    def to_json(self) -> Json:
        """As it stands in a frame."""
        return [self.name, self.start, self.size]


class Spool:
    """One end of the file; neither end moves the other's position.

    Args:
        number: Of the open file.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        """A thread that is still at work when the file is closed must not meet another file of the same number."""
        self.end = 0
        """Where this end writes next."""
        self.places: list[Place] = []
        """What this end has written."""

    @classmethod
    def make(cls) -> Spool:
        """A new file, empty.

        Raises:
            OSError: The disk, or the limit of open files, says no.
        """
        with tempfile.TemporaryFile() as file:
            return cls(os.dup(file.fileno()))

    def fileno(self) -> int:
        """The number of the open file."""
        return self._number

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Write what comes in parts; its SHA-256 and size. Blocks."""
        digest, start = sha256(), self.end
        for part in parts:
            digest.update(part)
            view = memoryview(part)
            while view:
                with self._lock:
                    written = os.pwrite(self._number, view, self.end)
                self.end += written
                view = view[written:]
        place = Place(digest.hexdigest(), start, self.end - start)
        self.places.append(place)
        return place.name, place.size

    def parts(self, place: Place) -> Iterator[bytes]:
        """What lies at a place, in parts; less when the file is shorter. Blocks."""
        at, end = place.start, place.start + place.size
        while at < end and (part := self._read(min(PART_BYTES, end - at), at)):
            at += len(part)
            yield part

    def _read(self, count: int, at: int) -> bytes:
        with self._lock:
            return os.pread(self._number, count, at)

    def begin(self, after: Iterable[Place] = ()) -> None:
        """Forget what this end wrote, and write behind *after* from now on."""
        self.places = []
        self.end = max((place.start + place.size for place in after), default=0)

    def clear(self) -> None:
        """Give the space back; both ends have to `begin` anew."""
        self.begin()
        os.ftruncate(self._number, 0)

    def close(self) -> None:
        """Let go of the file; harmless a second time."""
        with self._lock:
            if self._number >= 0:
                os.close(self._number)
                self._number = -1


def places_of(given: Json) -> list[Place]:
    """Read the places a frame names, which may come from a stranger.

    Raises:
        ValueError: They are none.
    """
    found: list[Place] = []
    for part in given if isinstance(given, list) else [given]:
        match part:
            case [str(name), int(start), int(size)] if start >= 0 and size >= 0:
                found.append(Place(name, start, size))
            case _:
                raise ValueError(f"{part!r} is no place in the shared file")
    return found


def place_of(places: Iterable[Place], large: Large) -> Place:
    """The place of what a reference stands for.

    Raises:
        ValueError: It is not among them.
    """
    for place in places:
        if (place.name, place.size) == (large.name, large.size):
            return place
    raise ValueError("A reference leads to nothing in the shared file")
