"""What stands in the place of a value that is kept elsewhere, and how it is told from an object of a user.

A reference is written ``{"$blob": SHA-256, "size": bytes, "type": "application/json"}``; a user's own object with the
key ``$blob`` as ``{"$blob": null, "value": object}``. Pure: whoever fetches the bytes is the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from automata.model import Json

INLINE_BYTES: Final = 256 * 1024
"""A value whose JSON is larger goes out of the journal."""
LARGEST_BYTES: Final = 128 * 1024 * 1024
"""A value whose JSON is larger is refused."""
MARK: Final = "$blob"
MARKED: Final = b'"$blob":'
"""Stands in every stored text with a reference, or with an object that has to be told from one."""
TYPE: Final = "application/json"
_FIELDS: Final = (MARK, "size", "type")
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


class Large(Mapping[str, Json]):
    """A value that is not here but in the store for large values; as a mapping it is its own reference."""

    __slots__ = ("name", "size")

    def __init__(self, name: str, size: int) -> None:
        """Refer to *size* bytes of JSON whose SHA-256 is *name*."""
        self.name = name
        self.size = size

    def __getitem__(self, key: str) -> Json:
        """A field of the reference."""
        if key == MARK:
            return self.name
        if key == "size":
            return self.size
        if key == "type":
            return TYPE
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        """The fields of the reference."""
        return iter(_FIELDS)

    def __len__(self) -> int:
        """How many fields a reference has."""
        return len(_FIELDS)

    def __hash__(self) -> int:
        """Of its name."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Name and size, never the value."""
        return f"Large({self.name[:12]!r}, {self.size})"


def holds(value: Json) -> bool:
    """Whether a reference is somewhere in *value*."""
    return next(references(value), None) is not None


def references(value: Json) -> Iterator[Large]:
    """Every reference in *value*, depth first; of the order of its size."""
    open_: list[Any] = [value]
    while open_:
        part = open_.pop()
        kind = type(part)
        if kind in _SCALARS:
            continue
        if kind is Large:
            yield part
        elif isinstance(part, Mapping):
            open_.extend(part.values())
        elif isinstance(part, list | tuple):
            open_.extend(part)


def opened(value: Json, fetch: Callable[[Large], Json]) -> Json:
    """Copy *value* with what *fetch* gives in the place of each reference; itself when there is none."""
    return _replaced(value, fetch) if holds(value) else value


def _replaced(value: Json, fetch: Callable[[Large], Json]) -> Json:
    if type(value) is Large:
        return fetch(value)
    if isinstance(value, Mapping):
        return {key: _replaced(part, fetch) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, fetch) for part in value]
    return value


def written(value: Any) -> Any:
    """Make *value* what is stored: references as their objects, and objects that look like one told apart."""
    if type(value) is Large:
        return dict(value)
    if isinstance(value, Mapping):
        inner = {key: written(part) for key, part in value.items()}
        return {MARK: None, "value": inner} if MARK in inner else inner
    if isinstance(value, list | tuple):
        return [written(part) for part in value]
    return value


def restored(value: Any) -> Any:
    """Undo `written`."""
    if isinstance(value, list):
        return [restored(part) for part in value]
    if not isinstance(value, dict):
        return value
    if MARK in value:
        name, size = value[MARK], value.get("size")
        if isinstance(name, str) and isinstance(size, int):
            return Large(name, size)
        if name is None and isinstance(value.get("value"), dict):
            return {key: restored(part) for key, part in value["value"].items()}
    return {key: restored(part) for key, part in value.items()}


def weight(value: Json, cap: int) -> int:
    """How many bytes the JSON of *value* takes; whatever is more than *cap* once it is more than that.

    Exact but for escapes, and for numbers, which count as long as they can be.
    """
    left = cap
    open_: list[Any] = [value]
    while open_ and left >= 0:
        part = open_.pop()
        if isinstance(part, str):
            left -= 2 + (len(part) if part.isascii() else len(part.encode("utf-8", "surrogatepass")))
        elif type(part) is Large:
            left -= 128
        elif isinstance(part, Mapping):
            left -= 2 + sum(
                (len(key) if key.isascii() else len(key.encode("utf-8", "surrogatepass"))) + 4 for key in part
            )
            open_.extend(part.values())
        elif isinstance(part, list | tuple):
            left -= 2 + len(part)
            open_.extend(part)
        else:
            left -= 5 if part is None or isinstance(part, bool) else len(repr(part))
    return cap - left
