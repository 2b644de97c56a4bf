"""How a line of the function table is written."""

from __future__ import annotations

from collections.abc import Callable

from automata._core.expressions.values import Value
from automata.model import Function


def entry(name: str, call: Callable[..., Value], signatures: str, summary: str, *examples: tuple[str, str]) -> Function:
    """Make the record of one function; *signatures* are separated by semicolons."""
    texts = tuple(part.strip() for part in signatures.split(";"))
    return Function(name=name, call=call, signatures=texts, summary=summary, examples=examples)


def count(value: Value, what: str, *, highest: int = 10_000) -> int:
    """Check a number that says how much of something is wanted."""
    number = int(value)
    if not 0 <= number <= highest:
        raise ValueError(f"The {what} must be between 0 and {highest}, found {number}")
    return number
