"""Whether every value one JSON Schema admits is still admitted by another; conservative where it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from automata._core.diff.record import Change, Level
from automata.model import Json, JsonSchema

_NOTES = frozenset({"title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"})
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_ANY = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})


def schema_changes(old: JsonSchema | None, new: JsonSchema | None, *, subject: str = "input") -> tuple[Change, ...]:
    """Compare the input schemas of two documents; None admits everything.

    A value that was admitted and may not be any more makes a change major, one that is admitted in addition minor.
    """
    return tuple(_compare(old or {}, new or {}, subject))


def _compare(old: JsonSchema, new: JsonSchema, at: str) -> Iterator[Change]:
    yield from _types(old, new, at)
    yield from _required(old, new, at)
    yield from _properties(old, new, at)
    before, after = old.get("items"), new.get("items")
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        yield from _compare(_mapping(before), _mapping(after), f"{at}[]")
    done = {"type", "required", "properties", "items", "additionalProperties", "enum"}
    for name in dict.fromkeys((*old, *new)):
        if name not in done and old.get(name) != new.get(name):
            yield _keyword(name, old.get(name), new.get(name), at)


def _types(old: JsonSchema, new: JsonSchema, at: str) -> Iterator[Change]:
    before, after = _type_set(old.get("type")), _type_set(new.get("type"))
    if before - after:
        yield _narrowed(
            at, f"it may no longer be {' or '.join(sorted(before - after))}", old.get("type"), new.get("type")
        )
    elif after - before:
        yield _widened(at, f"it may also be {' or '.join(sorted(after - before))}", old.get("type"), new.get("type"))
    first, second = old.get("enum"), new.get("enum")
    if first == second:
        return
    if isinstance(second, Sequence) and (not isinstance(first, Sequence) or any(v not in second for v in first)):
        yield _narrowed(at, "values that were admitted are not any more", first, second)
    else:
        yield _widened(at, "more values are admitted", first, second)


def _required(old: JsonSchema, new: JsonSchema, at: str) -> Iterator[Change]:
    before, after = _names(old.get("required")), _names(new.get("required"))
    for name in after:
        if name not in before:
            yield _narrowed(f"{at}.{name}", "callers must now give it", False, True)
    for name in before:
        if name not in after:
            yield _widened(f"{at}.{name}", "callers may now leave it out", True, False)


def _properties(old: JsonSchema, new: JsonSchema, at: str) -> Iterator[Change]:
    before, after = _mapping(old.get("properties")), _mapping(new.get("properties"))
    closed = new.get("additionalProperties") is False
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            change = _narrowed if closed else _widened
            reason = "callers may no longer give it" if closed else "it is no longer checked"
            yield change(f"{at}.{name}", reason, before[name], None)
        elif name not in before:
            yield _added(old, after[name], f"{at}.{name}")
        else:
            yield from _compare(_mapping(before[name]), _mapping(after[name]), f"{at}.{name}")
    first, second = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if first != second:
        change = _widened if second is True or first is False else _narrowed
        yield change(at, "what other members it may have changed", first, second)


def _added(old: JsonSchema, schema: Json, at: str) -> Change:
    if old.get("additionalProperties") is False or schema in ({}, True):
        return _widened(at, "callers may now give it", None, schema)
    return _narrowed(at, "a member of that name was not checked before, and is now", None, schema)


def _keyword(name: str, before: Json, after: Json, at: str) -> Change:
    if name in _NOTES:
        return Change(
            kind="input_described",
            subject=at,
            level=Level.PATCH,
            reason=f"only its {name} changed",
            before=before,
            after=after,
        )
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    looser = after is None or (
        numbers and ((name in _LOWER and after < before) or (name in _UPPER and after > before))  # type: ignore[operator] # both are numbers
    )
    change = _widened if looser else _narrowed
    return change(at, f"its {name} changed" if after is not None else f"its {name} is gone", before, after)


def _narrowed(at: str, reason: str, before: Json, after: Json) -> Change:
    return Change(kind="input_narrowed", subject=at, level=Level.MAJOR, reason=reason, before=before, after=after)


def _widened(at: str, reason: str, before: Json, after: Json) -> Change:
    return Change(kind="input_widened", subject=at, level=Level.MINOR, reason=reason, before=before, after=after)


def _type_set(value: Json) -> frozenset[str]:
    names = (value,) if isinstance(value, str) else _names(value)
    found = frozenset(names) or _ANY
    return found | {"integer"} if "number" in found else found


def _names(value: Json) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()


def _mapping(value: Json) -> JsonSchema:
    return value if isinstance(value, Mapping) else {}
