"""Regular expressions from strangers: only forms that cannot take exponential time, the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

LIMIT_PATTERN = 1_000
"""Characters a pattern may have."""
_LIMITS = (100_000, 10_000, 500, 200)
"""Characters a text may have for a pattern of none, one, two, three repetitions: time grows with their power."""
_LIMIT_OTHERS = 100
_REPEAT = re.compile(r"[*+]|\{\d*,?\d*\}")


def check_pattern(pattern: object) -> str | None:
    """Return why a pattern must not be used, or None.

    A pattern is refused when it looks around, refers back, or repeats a group that itself repeats or chooses: stricter
    than needed, and safe.
    """
    if not isinstance(pattern, str):
        return "A pattern is a string"
    if len(pattern) > LIMIT_PATTERN:
        return f"The pattern is longer than {LIMIT_PATTERN} characters"
    return _refused(pattern)


@lru_cache(1024)
def searcher(pattern: str) -> Callable[[str], bool | None]:
    """Return a function that tells whether the pattern occurs in a text; None means the text is too long to say."""
    kept = re.compile(pattern)
    count = len(_REPEAT.findall(_skeleton(pattern)))
    limit = _LIMITS[count] if count < len(_LIMITS) else _LIMIT_OTHERS
    return lambda text: None if len(text) > limit else kept.search(text) is not None


def _refused(pattern: str) -> str | None:
    shown = pattern[:80]
    if re.search(r"\(\?(?!:|P<)", pattern):
        return f"Look-around and flags are not supported in {shown!r}"
    if re.search(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?P=", pattern):
        return f"References to groups are not supported in {shown!r}"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"Not a pattern: {shown!r}, {error}"
    return f"A repeated group repeats or chooses in {shown!r}" if _nests(pattern) else None


def _skeleton(pattern: str) -> str:
    """The pattern with escapes and classes as ``x``, so that what is left of its operators can be counted."""
    plain = re.sub(r"\\.", "x", pattern, flags=re.DOTALL)
    return re.sub(r"\(\?(?::|P<\w+>)", "(", re.sub(r"\[\^?\]?[^\]]*\]", "x", plain))


def _nests(pattern: str) -> bool:
    """Whether a group that holds a repetition or a choice is itself repeated, at any depth."""
    text = _skeleton(pattern)
    opened: list[bool] = []
    for position, char in enumerate(text):
        if char == "(":
            opened.append(False)
        elif char == ")" and opened:
            inner = opened.pop()
            repeated = _REPEAT.match(text, position + 1) is not None
            if inner and repeated:
                return True
            if opened and (inner or repeated):
                opened[-1] = True
        elif char in "*+|{?" and opened and text[position - 1] != "(":
            opened[-1] = True
    return False
