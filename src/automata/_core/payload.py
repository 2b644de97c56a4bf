"""What may enter the journal from outside: JSON and nothing else, in copies that nobody else holds.

An action cannot change its recorded parameters or output afterwards, and what it returns is checked once, here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from automata._core.large import INLINE_BYTES, LARGEST_BYTES, Large
from automata.errors import ProviderBroke, StepError
from automata.model import Json, JsonObject

DEEPEST = 64
LARGEST = 2**53 - 1
"""The largest whole number every JSON reader keeps (RFC 8259, section 6)."""
PLAIN_KEYS = 30
"""Members with which an object of short texts is surely small enough for the journal."""
TEXT_LIMIT = 8 * 1024
SMALL = 4096
_SCALARS = frozenset({str, int, float, bool, type(None)})


def settle(value: object) -> Json:
    """Copy what an action returned, with tuples as lists and subclasses of the JSON types as those.

    Raises:
        ProviderBroke: It is not JSON: another type, NaN or infinite, a whole number beyond 2**53 - 1, text with a lone
            surrogate or NUL, or more than 64 levels deep.
        StepError: ``payload_too_large``: more than 128 MiB.
    """
    return measured(value)[0]


def measured(value: object) -> tuple[Json, int]:
    """Do what `settle` does, and say about how many bytes the JSON takes; 0 when those are few.

    References to large values stay what they are; what holds one counts as more than fits the journal.
    """
    if type(value) is dict and _plain(value):
        few = len(value) <= PLAIN_KEYS
        return dict(value), 0 if few else sum(len(key) + len(str(part)) for key, part in value.items())
    try:
        copier = _Copier()
        copy = copier.copy(value, 0)
        return copy, INLINE_BYTES + 1 if copier.large else LARGEST_BYTES - copier.left
    except _Refused as error:
        place = f" at {''.join(reversed(error.path))[:200]!r}" if error.path else ""
        raise ProviderBroke(f"The output is not JSON{place}: {error}") from None


def _plain(value: dict[object, object]) -> bool:
    """Whether it is a small object of short ASCII texts and whole numbers, as most outputs are."""
    for key, part in value.items():
        if type(key) is not str or not _short(key):
            return False
        if type(part) is str:
            fits = _short(part)
        elif type(part) is int:
            fits = -LARGEST <= part <= LARGEST
        else:
            fits = part is None or type(part) is bool
        if not fits:
            return False
    return len(value) <= SMALL


def _short(text: str) -> bool:
    return len(text) <= SMALL and text.isascii() and "\0" not in text


def copied(value: JsonObject) -> JsonObject:
    """Copy a JSON object, so that whoever gets it may change it."""
    return {key: part if type(part) in _SCALARS else _copied(part) for key, part in value.items()}


def _copied(value: Json) -> Json:
    if type(value) is Large:
        return value
    if isinstance(value, Mapping):
        return copied(value)
    if isinstance(value, list | tuple):
        return [_copied(part) for part in value]
    return value


def cleaned(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text of an error, fit for the journal: cut, without lone surrogates and NUL."""
    return text[:limit].encode("utf-8", "replace").decode().replace("\0", "?")


class _Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str] = []


class _Copier:
    def __init__(self) -> None:
        self.left = LARGEST_BYTES
        self.large = False
        """Whether there was a reference."""

    def copy(self, value: object, depth: int) -> Json:
        if value is None or isinstance(value, bool):
            self.pay(4)
            return value
        if type(value) is Large:
            self.large = True
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float):
            return self.number(value)
        if isinstance(value, dict | list | tuple):
            return self.container(value, depth + 1)
        raise _Refused(f"it is of the type {type(value).__name__!r}")

    def text(self, value: str) -> str:
        self.pay(len(value) + 2)
        if "\0" in value:
            raise _Refused("it has a NUL character")
        if not value.isascii():
            try:
                self.pay(len(value.encode()) - len(value))
            except UnicodeEncodeError:
                raise _Refused("it has half a surrogate pair") from None
        return str.__str__(value)

    def number(self, value: float) -> float:
        self.pay(8)
        if isinstance(value, int):
            if abs(value) > LARGEST:
                raise _Refused("it is a whole number beyond 2**53 - 1")
            return int(value)
        if not math.isfinite(value):
            raise _Refused("it is not a finite number")
        return float(value)

    def container(self, value: dict[object, object] | list[object] | tuple[object, ...], depth: int) -> Json:
        if depth > DEEPEST:
            raise _Refused(f"it nests more than {DEEPEST} levels deep")
        self.pay(2 + len(value))
        if isinstance(value, dict):
            return {self.key(key): self.part(key, part, depth) for key, part in value.items()}
        return [self.part(index, part, depth) for index, part in enumerate(value)]

    def key(self, key: object) -> str:
        if not isinstance(key, str):
            raise _Refused(f"it has a key of the type {type(key).__name__!r}")
        return self.text(key)

    def part(self, key: object, part: object, depth: int) -> Json:
        try:
            return self.copy(part, depth)
        except _Refused as error:
            error.path.append(cleaned(f"/{key}", 64))
            raise

    def pay(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise StepError(
                f"The output is larger than the {LARGEST_BYTES // 2**20} MiB of JSON a value may have: "
                "write it to a file or an object store, and return where it is",
                error_class="payload_too_large",
                details={"limit_bytes": LARGEST_BYTES},
            )
