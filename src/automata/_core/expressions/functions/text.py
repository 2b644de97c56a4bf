"""Functions on strings. Positions count characters; nothing here depends on a locale."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import Final

from automata._core.expressions.functions.entry import count, entry
from automata._core.expressions.values import Value
from automata.model import Function

MAX_TEXT: Final = 256 * 1024
_TO_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_TO_UPPER: Final = str.maketrans(ascii_lowercase, ascii_uppercase)


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (
        entry(
            "startsWith",
            str.startswith,
            "string.startsWith(string) -> bool",
            "Whether the string begins with a prefix.",
            ("'order-17'.startsWith('order')", "true"),
        ),
        entry(
            "endsWith",
            str.endswith,
            "string.endsWith(string) -> bool",
            "Whether the string ends with a suffix.",
            ("'a.pdf'.endsWith('.pdf')", "true"),
        ),
        entry(
            "contains",
            lambda text, part: part in text,
            "string.contains(string) -> bool",
            "Whether the string holds another.",
            ("'automata'.contains('tom')", "true"),
        ),
        entry(
            "trim",
            str.strip,
            "string.trim() -> string",
            "The string without white space at both ends.",
            ("'  a b '.trim()", '"a b"'),
        ),
        entry(
            "lower",
            str.lower,
            "string.lower() -> string",
            "The string in lower case.",
            ("'ÄB'.lower()", '"äb"'),
        ),
        entry(
            "upper",
            lambda text: bounded(text.upper()),
            "string.upper() -> string",
            "The string in upper case.",
            ("'äb'.upper()", '"ÄB"'),
        ),
        entry(
            "lowerAscii",
            lambda text: text.translate(_TO_LOWER),
            "string.lowerAscii() -> string",
            "The string with A-Z in lower case, all else as it is.",
            ("'ÄB'.lowerAscii()", '"Äb"'),
        ),
        entry(
            "upperAscii",
            lambda text: text.translate(_TO_UPPER),
            "string.upperAscii() -> string",
            "The string with a-z in upper case, all else as it is.",
            ("'äb'.upperAscii()", '"äB"'),
        ),
        entry(
            "split",
            split,
            "string.split(string) -> list<string>; string.split(string, int) -> list<string>",
            "The parts between a separator, at most as many as said; an empty separator gives the characters.",
            ("'a,b,c'.split(',')", '["a", "b", "c"]'),
            ("'a,b,c'.split(',', 2)", '["a", "b,c"]'),
        ),
        entry(
            "join",
            join,
            "list<string>.join() -> string; list<string>.join(string) -> string",
            "The strings of a list one after the other, with a separator between them.",
            ("['a', 'b'].join(', ')", '"a, b"'),
        ),
        entry(
            "replace",
            replace,
            "string.replace(string, string) -> string; string.replace(string, string, int) -> string",
            "The string with every (or the first n) occurrences of a part replaced.",
            ("'a-b-c'.replace('-', '+')", '"a+b+c"'),
            ("'a-b-c'.replace('-', '+', 1)", '"a+b-c"'),
        ),
        entry(
            "substring",
            substring,
            "string.substring(int) -> string; string.substring(int, int) -> string",
            "The characters from a position on, up to but not including another.",
            ("'tacocat'.substring(4)", '"cat"'),
            ("'tacocat'.substring(0, 4)", '"taco"'),
        ),
        entry(
            "indexOf",
            index_of,
            "string.indexOf(string) -> int; string.indexOf(string, int) -> int",
            "Where a part first occurs, at or after a position; -1 if nowhere.",
            ("'hello'.indexOf('l')", "2"),
            ("'hello'.indexOf('z')", "-1"),
        ),
        entry(
            "lastIndexOf",
            lambda text, part: text.rfind(part),
            "string.lastIndexOf(string) -> int",
            "Where a part last occurs; -1 if nowhere.",
            ("'hello'.lastIndexOf('l')", "3"),
        ),
        entry(
            "charAt",
            char_at,
            "string.charAt(int) -> string",
            "The character at a position; empty just behind the end.",
            ("'abc'.charAt(1)", '"b"'),
        ),
        entry(
            "padStart",
            lambda text, width, fill=" ": pad(text, width, fill) + text,
            "string.padStart(int) -> string; string.padStart(int, string) -> string",
            "The string made at least so wide by filling on the left.",
            ("'7'.padStart(3, '0')", '"007"'),
        ),
        entry(
            "padEnd",
            lambda text, width, fill=" ": text + pad(text, width, fill),
            "string.padEnd(int) -> string; string.padEnd(int, string) -> string",
            "The string made at least so wide by filling on the right.",
            ("'ab'.padEnd(4, '.')", '"ab.."'),
        ),
        entry(
            "lines",
            str.splitlines,
            "string.lines() -> list<string>",
            "The lines of a text, without their ends.",
            (r"'a\nb'.lines()", '["a", "b"]'),
        ),
    )


def bounded(text: str) -> str:
    """Refuse a text that grew too long."""
    if len(text) > MAX_TEXT:
        raise ValueError("The text is longer than 256 KiB")
    return text


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """Split as CEL's string extension does: limit 0 gives none, a negative one gives all."""
    if limit == 0:
        return []
    if separator == "":
        return list(text) if limit < 0 else [*text[: limit - 1], *([text[limit - 1 :]] if len(text) >= limit else [])]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def join(items: list[Value], separator: str = "") -> str:
    """Join strings, and nothing else."""
    for item in items:
        if type(item) is not str:
            raise ValueError("join() takes a list of strings; write .map(x, string(x)) before it")
    if sum(map(len, items)) + len(separator) * len(items) > MAX_TEXT:
        raise ValueError("The text is longer than 256 KiB")
    return separator.join(items)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """Replace, checking the size before the work."""
    times = text.count(old)
    times = times if limit < 0 else min(times, limit)
    if len(text) + times * (len(new) - len(old)) > MAX_TEXT:
        raise ValueError("The text is longer than 256 KiB")
    return text.replace(old, new, times)


def substring(text: str, start: int, end: int | None = None) -> str:
    """Cut out; positions outside the text are errors, as in CEL's string extension."""
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise ValueError(f"The range {start} to {stop} is not inside a text of {len(text)} characters")
    return text[start:stop]


def index_of(text: str, part: str, start: int = 0) -> int:
    """Find from a position that must be inside the text."""
    if not 0 <= start <= len(text):
        raise ValueError(f"Position {start} is not inside a text of {len(text)} characters")
    return text.find(part, start)


def char_at(text: str, position: int) -> str:
    """Give one character."""
    if not 0 <= position <= len(text):
        raise ValueError(f"Position {position} is not inside a text of {len(text)} characters")
    return text[position : position + 1]


def pad(text: str, width: int, fill: str) -> str:
    """Give what is missing to *width*."""
    missing = count(width, "width") - len(text)
    if len(fill) != 1:
        raise ValueError("The filling must be one character")
    return fill * max(missing, 0)
