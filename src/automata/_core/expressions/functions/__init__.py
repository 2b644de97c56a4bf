"""The functions expressions can call, one module a family; the table is public as `standard_functions`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, NoReturn

from automata._core.expressions.functions import conversion, encoding, lists, numbers, text, times
from automata._core.expressions.functions.entry import entry
from automata._core.expressions.limits import Frame
from automata.model import Function

VOLATILE: Final = frozenset({"now", "uuid", "random"})
"""Functions answered by the scope's `Volatile`, not by their record's `call`."""
METERED: Final = frozenset({"matches", "flatten", "json.decode"})
"""Functions whose `call` takes the frame as a last argument, to pay for work that its inputs do not tell."""
PASSING: Final = frozenset({"orValue", "value", "dyn"})
"""Functions that give back what they were given, so that the size of their result is no work."""
SHALLOW: Final = frozenset(
    {"size", "first", "last", "slice", "reverse", "keys", "values", "entries", "merge", "pick", "omit", "sum", "min"}
    | {"max", "avg", "zip", "chunk", "join", "type", "dyn", "value", "orValue", "or", "hasValue", "optional.of"}
    | {"optional.none", "optional.ofNonZeroValue", "sort", "math.greatest", "math.least", "flatten", "fromEntries"}
)
"""Functions that touch only the first level of what they are given, and pay for that alone."""


@cache
def standard_functions() -> Mapping[str, Function]:
    """Give the kernel's own functions by name; a plugin's are merged over it by the catalog."""
    table = (*conversion.functions(), *text.functions(), *_patterns(), *lists.functions(), *numbers.functions())
    table += (*times.functions(), *encoding.functions(), *_volatile())
    return MappingProxyType({function.name: function for function in table})


def _patterns() -> tuple[Function, ...]:
    return (
        entry(
            "matches",
            _matches,
            "(string, string) -> bool; string.matches(string) -> bool",
            "Whether a regular expression (RE2's syntax, without look-around and back-references) matches anywhere.",
            ("'order-17'.matches('^[a-z]+-[0-9]+$')", "true"),
        ),
    )


def _matches(value: str, pattern: str, frame: Frame) -> bool:
    from automata._core.expressions.automaton import Search  # imported when used: start-up

    search = frame.searches.get(pattern)
    if search is None:
        search = frame.searches[pattern] = Search(pattern, frame.spend)
    return search.finds(value)


def _volatile() -> tuple[Function, ...]:
    return (
        entry(
            "now",
            _recorded,
            "() -> timestamp",
            "The instant of the evaluation, recorded with the run.",
            ("now() == now()", "true"),
        ),
        entry("uuid", _recorded, "() -> string", "A fresh UUID, recorded with the run.", ("size(uuid())", "36")),
        entry(
            "random", _recorded, "() -> double", "A number in [0, 1), recorded with the run.", ("random() < 1", "true")
        ),
    )


def _recorded() -> NoReturn:
    raise ValueError("Nothing records the answer here")
