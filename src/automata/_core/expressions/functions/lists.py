"""Functions on lists and maps. None changes what it is given."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

from automata._core.expressions.functions.entry import count, entry
from automata._core.expressions.operators import add, comparable, key_of
from automata._core.expressions.values import NONE, Maybe, Value, show
from automata.model import Function, Json

_NUMBERS: Final = frozenset({int, float})


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (*_order(), *_shape(), *_sums(), *_maps())


def _order() -> tuple[Function, ...]:
    return (
        entry(
            "size",
            len,
            "(string) -> int; (bytes) -> int; (list<T>) -> int; (map<T>) -> int; "
            "string.size() -> int; bytes.size() -> int; list<T>.size() -> int; map<T>.size() -> int",
            "How many characters, bytes, items or keys there are.",
            ("size('héllo')", "5"),
            ("[1, 2].size()", "2"),
        ),
        entry(
            "sort",
            ordered,
            "list<T>.sort() -> list<T>",
            "The items in ascending order; all numbers, all strings, or all of one other kind that has an order.",
            ("[3, 1, 2].sort()", "[1, 2, 3]"),
        ),
        entry(
            "reverse",
            lambda value: value[::-1],
            "list<T>.reverse() -> list<T>; string.reverse() -> string",
            "The items (or characters) from last to first.",
            ("[1, 2].reverse()", "[2, 1]"),
            ("'abc'.reverse()", '"cba"'),
        ),
        entry(
            "distinct",
            distinct,
            "list<T>.distinct() -> list<T>",
            "The items without repetitions, in order of their first occurrence.",
            ("[1, 2, 1.0].distinct()", "[1, 2]"),
        ),
        entry(
            "first",
            lambda items: Maybe(items[0]) if items else NONE,
            "list<T>.first() -> optional<T>",
            "The first item, as an optional.",
            ("[7, 8].first().orValue(0)", "7"),
            ("[].first().orValue(0)", "0"),
        ),
        entry(
            "last",
            lambda items: Maybe(items[-1]) if items else NONE,
            "list<T>.last() -> optional<T>",
            "The last item, as an optional.",
            ("[7, 8].last().orValue(0)", "8"),
        ),
    )


def _shape() -> tuple[Function, ...]:
    return (
        entry(
            "slice",
            cut,
            "list<T>.slice(int, int) -> list<T>",
            "The items from a position up to but not including another.",
            ("[1, 2, 3].slice(1, 3)", "[2, 3]"),
        ),
        entry(
            "flatten",
            flattened,
            "list<T>.flatten() -> list<any>; list<T>.flatten(int) -> list<any>",
            "The list with lists inside it opened, one level or as many as said.",
            ("[1, [2, [3]]].flatten()", "[1, 2, [3]]"),
            ("[1, [2, [3]]].flatten(2)", "[1, 2, 3]"),
        ),
        entry(
            "range",
            lambda end: list(range(count(end, "length of a range"))),
            "(int) -> list<int>",
            "The whole numbers from 0 up to but not including another; at most 10,000.",
            ("range(3)", "[0, 1, 2]"),
        ),
        entry(
            "zip",
            lambda one, other: [list(pair) for pair in zip(one, other, strict=False)],
            "list<T>.zip(list<U>) -> list<list<any>>",
            "Pairs of the items of two lists, as many as the shorter has.",
            ("[1, 2].zip(['a', 'b'])", '[[1, "a"], [2, "b"]]'),
        ),
        entry(
            "chunk",
            chunked,
            "list<T>.chunk(int) -> list<list<T>>",
            "The items in lists of the given length, the last one perhaps shorter.",
            ("[1, 2, 3].chunk(2)", "[[1, 2], [3]]"),
        ),
    )


def _sums() -> tuple[Function, ...]:
    return (
        entry(
            "sum",
            total,
            "list<int>.sum() -> int; list<number>.sum() -> number; list<duration>.sum() -> duration",
            "The sum of numbers or durations; 0 for an empty list.",
            ("[1, 2, 3.5].sum()", "6.5"),
        ),
        entry(
            "min",
            lambda items: extreme(items, -1),
            "list<T>.min() -> T",
            "The smallest item; an empty list is an error.",
            ("[3, 1, 2].min()", "1"),
        ),
        entry(
            "max",
            lambda items: extreme(items, 1),
            "list<T>.max() -> T",
            "The largest item; an empty list is an error.",
            ("['a', 'c', 'b'].max()", '"c"'),
        ),
        entry(
            "avg",
            average,
            "list<number>.avg() -> number",
            "The mean of numbers; an empty list is an error.",
            ("[1, 2].avg()", "1.5"),
        ),
    )


def _maps() -> tuple[Function, ...]:
    return (
        entry(
            "keys",
            list,
            "map<T>.keys() -> list<string>",
            "The keys, in order.",
            ("{'b': 1, 'a': 2}.keys()", '["b", "a"]'),
        ),
        entry(
            "values",
            lambda value: list(value.values()),
            "map<T>.values() -> list<T>",
            "The values, in order of their keys.",
            ("{'b': 1, 'a': 2}.values()", "[1, 2]"),
        ),
        entry(
            "entries",
            lambda value: [{"key": key, "value": part} for key, part in value.items()],
            "map<T>.entries() -> list<any>",
            "The pairs as maps with `key` and `value`.",
            ("{'a': 1}.entries()", '[{"key": "a", "value": 1}]'),
        ),
        entry(
            "merge",
            lambda one, other: {**one, **other},
            "map<T>.merge(map<U>) -> map<any>",
            "Both maps in one; where both have a key, the second one's value.",
            ("{'a': 1, 'b': 2}.merge({'b': 3})", '{"a": 1, "b": 3}'),
        ),
        entry(
            "pick",
            lambda value, names: {name: value[name] for name in strings(names) if name in value},
            "map<T>.pick(list<string>) -> map<T>",
            "The map with these keys only, as far as it has them.",
            ("{'a': 1, 'b': 2}.pick(['a', 'c'])", '{"a": 1}'),
        ),
        entry(
            "omit",
            omitted,
            "map<T>.omit(list<string>) -> map<T>",
            "The map without these keys.",
            ("{'a': 1, 'b': 2}.omit(['a'])", '{"b": 2}'),
        ),
        entry(
            "fromEntries",
            from_entries,
            "list<map<any>>.fromEntries() -> map<any>",
            "A map of pairs with `key` and `value`; a later pair wins.",
            ("[{'key': 'a', 'value': 1}].fromEntries()", '{"a": 1}'),
        ),
    )


def strings(items: list[Value]) -> list[str]:
    """Check that every item is a string."""
    for item in items:
        if type(item) is not str:
            raise ValueError(f"The keys must be strings, found {show(item)}")
    return items


def omitted(value: dict[str, Value], names: list[Value]) -> dict[str, Value]:
    """Leave out keys."""
    unwanted = set(strings(names))
    return {name: part for name, part in value.items() if name not in unwanted}


def ordered(items: list[Value]) -> list[Value]:
    """Sort items that have an order among each other."""
    for item in items:
        comparable(items[0], item)
    return sorted(items)


def distinct(items: list[Value]) -> list[Value]:
    """Drop repetitions; the work is paid for by the whole size of the list."""
    found: dict[Value, Value] = {}
    for item in items:
        found.setdefault(key_of(item, lambda _: None), item)
    return list(found.values())


def cut(items: list[Value], start: int, end: int) -> list[Value]:
    """Cut out; positions outside the list are errors."""
    if not 0 <= start <= end <= len(items):
        raise ValueError(f"The range {start} to {end} is not inside a list of {len(items)} items")
    return items[start:end]


def flattened(items: list[Value], *options: Value) -> list[Value]:
    """Open lists inside the list, one level or as many as said; the last option is the frame, which is paid."""
    *levels, frame = options
    for _ in range(count(levels[0] if levels else 1, "number of levels", highest=32)):
        out: list[Value] = []
        for item in items:
            if type(item) is list:
                out.extend(item)
            else:
                out.append(item)
            if len(out) > 100_000:  # noqa: PLR2004 - more could never be paid for
                raise ValueError("The flattened list is too long")
        frame.spend(len(out) >> 3)
        items = out
    return items


def chunked(items: list[Value], length: int) -> list[Value]:
    """Cut into pieces."""
    if length < 1:
        raise ValueError("The length of a chunk must be at least 1")
    return [items[start : start + length] for start in range(0, len(items), length)]


def total(items: list[Value]) -> Value:
    """Add up numbers or durations."""
    if not items:
        return 0
    for item in items:
        if type(item) not in {int, float, timedelta}:
            raise ValueError(f"sum() adds numbers or durations, found {show(item)}")
    result = items[0]
    for item in items[1:]:
        result = add(result, item)
    return result


def extreme(items: list[Value], sign: int) -> Value:
    """Find the smallest (sign -1) or largest (sign 1) item."""
    if not items:
        raise ValueError("The list is empty; guard with size() > 0")
    best = items[0]
    for item in items:
        comparable(best, item)
        if (item < best) if sign < 0 else (item > best):
            best = item
    return best


def average(items: list[Value]) -> float:
    """Give the mean."""
    if not items:
        raise ValueError("The list is empty; guard with size() > 0")
    if any(type(item) not in _NUMBERS for item in items):
        raise ValueError("avg() takes a list of numbers")
    return math.fsum(items) / len(items)


def from_entries(items: list[Value]) -> dict[str, Json]:
    """Build a map of pairs."""
    out: dict[str, Json] = {}
    for item in items:
        if type(item) is not dict or type(item.get("key")) is not str or "value" not in item:
            raise ValueError("fromEntries() takes maps with 'key' (a string) and 'value'")
        out[item["key"]] = item["value"]
    return out
