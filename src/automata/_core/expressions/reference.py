"""The functions page of the reference, generated from the function table so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterable

from automata._core.expressions.functions import (
    conversion,
    encoding,
    lists,
    numbers,
    standard_functions,
    text,
    times,
)
from automata.model import Function

_FAMILIES = (
    ("Conversions and optionals", conversion),
    ("Strings", text),
    ("Lists and maps", lists),
    ("Numbers", numbers),
    ("Time", times),
    ("Encoding", encoding),
)


def reference() -> str:
    """Give the page as Markdown: every function with its signatures and examples, by family."""
    lines = ["# Functions of expressions", "", "Generated from the function table; every example is executed.", ""]
    named: set[str] = set()
    for title, family in _FAMILIES:
        records = family.functions()
        named.update(record.name for record in records)
        lines.extend(_section(title, records))
    others = [record for name, record in standard_functions().items() if name not in named]
    lines.extend(_section("Patterns and recorded values", others))
    return "\n".join(lines)


def _section(title: str, records: Iterable[Function]) -> list[str]:
    lines = [f"## {title}", ""]
    for record in records:
        lines += [f"### `{record.name}`", "", record.summary, ""]
        lines += [f"- `{record.name if one.startswith('(') else ''}{one}`" for one in record.signatures]
        lines += ["", "```text", *(f"{expression}  →  {result}" for expression, result in record.examples), "```", ""]
    return lines
