"""Making text safe and neat for a terminal: no control characters from documents, aligned columns, wrapped messages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def safe(text: object, *, lines: bool = False) -> str:
    r"""Replace what a terminal would obey instead of show.

    Control characters, direction overrides and lone surrogates become escapes like ``\x1b``. Line breaks do too,
    unless *lines* is true. Every text that comes from a document passes through here before it is styled.
    """
    kept = "\n\t" if lines else ""
    return "".join(char if char in kept or not _obeyed(char) else _escaped(char) for char in str(text))


def width(text: str) -> int:
    """Columns *text* takes in a terminal: wide East Asian characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def pad(text: str, columns: int) -> str:
    """Fill *text* with spaces on the right up to *columns*."""
    return text + " " * (columns - width(text))


def shorten(text: str, columns: int) -> str:
    """Cut *text* so that it takes at most *columns*, saying so with an ellipsis."""
    if width(text) <= columns:
        return text
    taken, used = [], 1
    for char in text:
        used += _columns(char)
        if used > columns:
            break
        taken.append(char)
    return "".join(taken) + "…"


def columns(rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), indent: str = "  ") -> list[str]:
    """Lay rows out in aligned columns, the last one as long as it is."""
    shown = [list(header), *rows] if header else list(rows)
    if not shown:
        return []
    widths = [max(width(row[at]) for row in shown) for at in range(len(shown[0]))]
    return [
        (indent + "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True))).rstrip() for row in shown
    ]


def listed(names: Iterable[str]) -> str:
    """Join names for a sentence: ``'a', 'b' and 'c'``."""
    quoted = [repr(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def counted(number: int, noun: str) -> str:
    """Say how many: ``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _obeyed(char: str) -> bool:
    return char in _DIRECTION or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
