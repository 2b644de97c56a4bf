"""Compiled access to the scope's data: names, members, indexes, ``has()`` and optional chains.

Strict: what is missing is an error that names the nearest key, never null (workflow-document.md, "Data").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import frozen

from automata._core.expressions.limits import Frame
from automata._core.expressions.syntax import Span
from automata._core.expressions.values import NONE, Failure, Maybe, TypeName, Value, show

Code: TypeAlias = Callable[[Frame], Value]
"""A compiled part: reads its frame, gives a value, raises `Failure`."""


@frozen
class Step:
    """One ``.name`` of a path."""

    name: str
    optional: bool
    span: Span


def root(name: str, span: Span, kind: str | None = None) -> Code:
    """Read a root; *kind* is the type the bare word means when the scope has no such root."""

    def read(frame: Frame) -> Value:
        try:
            return frame.roots[name]
        except KeyError:
            pass
        if kind is not None:
            return TypeName(kind)
        raise absent(name, span)

    return read


def absent(name: str, span: Span) -> Failure:
    """Make the failure of a root that is not there."""
    hint = f"guard it with has({name}.field) ? ... : ..., or {name}.?field.orValue(...)"
    return Failure(f"{name!r} has no value here: that node did not run", span, hint)


def member(operand: Code, step: Step, text: str) -> Code:
    """Read one key of whatever *operand* gives."""
    name, span, optional = step.name, step.span, step.optional

    def read(frame: Frame) -> Value:
        value = operand(frame)
        if type(value) is dict:
            try:
                found = value[name]
            except KeyError:
                if optional:
                    return NONE
                raise missing(value, name, text, span) from None
            return Maybe(found) if optional else found
        return select(value, step, text)

    return read


def path(root_name: str, names: Sequence[Step], texts: Sequence[str], span: Span) -> Code:  # noqa: C901 - unrolled: hot
    """Read ``root.a.b`` with plain steps; up to three of them without a loop."""
    keys = [step.name for step in names]

    def explain(frame: Frame) -> Value:
        if root_name not in frame.roots:
            raise absent(root_name, span)
        value = frame.roots[root_name]
        for step, text in zip(names, texts, strict=True):
            value = select(value, step, text)
        return value

    if len(keys) == 1:
        (first,) = keys

        def read(frame: Frame) -> Value:
            try:
                return frame.roots[root_name][first]
            except (KeyError, TypeError):
                return explain(frame)

        return read
    if len(keys) == 2:  # noqa: PLR2004 - unrolled
        first, second = keys

        def read_two(frame: Frame) -> Value:
            try:
                return frame.roots[root_name][first][second]
            except (KeyError, TypeError):
                return explain(frame)

        return read_two

    def read_all(frame: Frame) -> Value:
        try:
            value = frame.roots[root_name]
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):
            return explain(frame)
        return value

    return read_all


def local_member(slot: int, step: Step, text: str) -> Code:
    """Read ``x.name`` of a macro variable."""
    name = step.name

    def read(frame: Frame) -> Value:
        try:
            return frame.slots[slot][name]
        except (KeyError, TypeError):
            return select(frame.slots[slot], step, text)

    return read


def select(value: Value, step: Step, text: str) -> Value:
    """Take a key out of any value, optionals included, or say why not."""
    kind = type(value)
    if kind is Maybe:
        if not value.present:
            return NONE
        return select(value.value, Step(step.name, optional=True, span=step.span), text)
    if kind is dict:
        if step.name in value:
            return Maybe(value[step.name]) if step.optional else value[step.name]
        if step.optional:
            return NONE
        raise missing(value, step.name, text, step.span)
    if value is None and step.optional:
        return NONE
    hint = f"write {text}.?{step.name}.orValue(...) if it may be null" if value is None else ""
    raise Failure(f"{text!r} is {show(value)}: it has no field {step.name!r}", step.span, hint)


def missing(value: dict[str, Value], name: str, text: str, span: Span) -> Failure:
    """Make the failure of a key that is not there."""
    hint = f"write {text}.?{name}.orValue(...) if it may be missing"
    return Failure(f"No field {name!r} in {text!r}", span, hint, more=lambda: _nearest(name, value))


def _nearest(name: str, value: dict[str, Value]) -> str:
    from automata._core.suggest import did_you_mean  # imported when used: start-up

    return did_you_mean(name, [key for key in value if type(key) is str][:1000])


def index(operand: Code, position: Code, span: Span, *, optional: bool) -> Code:
    """Read ``operand[position]`` of a list, by whole number, or a map, by string."""

    def read(frame: Frame) -> Value:
        return pick(operand(frame), position(frame), span, optional=optional)

    return read


def pick(value: Value, position: Value, span: Span, *, optional: bool) -> Value:
    """Take an item of a list or a value of a map."""
    kind = type(value)
    if kind is Maybe:
        return pick(value.value, position, span, optional=True) if value.present else NONE
    if kind is list:
        found = _item(value, position, span)
    elif kind is dict:
        if type(position) is not str:
            raise Failure(f"The keys of a map are strings, found {show(position)}", span)
        found = Maybe(value[position]) if position in value else NONE
    elif value is None and optional:
        found = NONE
    else:
        raise Failure(f"Only a list or a map has items, found {show(value)}", span)
    if optional:
        return found
    if not found.present:
        raise _not_there(value, position, span)
    return found.value


def _item(items: list[Value], position: Value, span: Span) -> Maybe:
    if type(position) is float and position.is_integer():
        position = int(position)
    if not isinstance(position, int) or isinstance(position, bool):
        raise Failure(f"The position in a list is a whole number, found {show(position)}", span)
    return Maybe(items[position]) if 0 <= position < len(items) else NONE


def _not_there(value: Value, position: Value, span: Span) -> Failure:
    if type(value) is list:
        hint = "positions count from 0; write [?i].orValue(...) if it may be missing"
        return Failure(f"No item {int(position)} in a list of {len(value)}", span, hint)
    return Failure(f"No key {position!r} in the map", span, more=lambda: _nearest(position, value))


def has_root(name: str) -> Code:
    """Say whether a root is there: ``has(node)``."""
    return lambda frame: name in frame.roots


def has_member(operand: Code, name: str, text: str, span: Span) -> Code:
    """Say whether a key is there; *operand* gives `Maybe` or a plain value."""

    def read(frame: Frame) -> Value:
        value = operand(frame)
        if type(value) is Maybe:
            if not value.present:
                return False
            value = value.value
        if type(value) is dict:
            return name in value
        if value is None:
            return False
        raise Failure(f"{text!r} is {show(value)}: it has no fields", span)

    return read


def lenient_root(name: str) -> Code:
    """Read a root as an optional."""
    return lambda frame: Maybe(frame.roots[name]) if name in frame.roots else NONE
