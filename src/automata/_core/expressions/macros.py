"""Compiled macros: the only loops there are. A whole loop is paid for before it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from automata._core.expressions.limits import Frame
from automata._core.expressions.operators import comparable
from automata._core.expressions.paths import Code
from automata._core.expressions.syntax import Span
from automata._core.expressions.values import NONE, Failure, Maybe, Value, show


@frozen
class Loop:
    """What the parts of a macro compiled to."""

    name: str
    target: Code
    bodies: Sequence[Code]
    slot: int
    """Where the frame keeps the variable."""
    cost: int
    """Operations of one turn."""
    free: bool
    """Whether the target is the scope's own data at the outermost level, so that its size earns fuel."""
    span: Span
    """Of the macro's name."""


def macro(loop: Loop) -> Code:
    """Compile a macro."""
    match loop.name:
        case "bind":
            return _bind(loop)
        case "optMap" | "optFlatMap":
            return _optional(loop)
        case "map" if len(loop.bodies) == 1:
            return _map(loop)
        case "map" | "filter":
            return _filter(loop)
        case "sortBy":
            return _sorted(loop)
        case "exists_one":
            return _exists_one(loop)
        case _:
            return _quantified(loop)


def _items(loop: Loop) -> Callable[[Frame], Value]:
    """Compile the reading of what is walked: a list, or the keys of a map."""
    target, cost, free, span, name = loop.target, loop.cost, loop.free, loop.span, loop.name

    def read(frame: Frame) -> Value:
        items = target(frame)
        if type(items) is not list:
            if type(items) is not dict:
                hint = f"write .orValue([]).{name}(...)" if type(items) is Maybe else ""
                raise Failure(f"{name}() walks a list or a map, found {show(items)}", span, hint)
            items = list(items)
        count = len(items)
        if free:
            frame.grant(count)
        frame.fuel -= count * cost
        if frame.fuel < 0:
            frame.spend(0, span)
        return items

    return read


def _map(loop: Loop) -> Code:
    items, slot, body = _items(loop), loop.slot, loop.bodies[0]

    def run(frame: Frame) -> Value:
        source = items(frame)
        slots = frame.slots
        return [body(frame) for slots[slot] in source]

    return run


def _filter(loop: Loop) -> Code:
    """Compile ``filter(x, test)``, and ``map(x, test, value)`` which filters first."""
    items, slot, test, span = _items(loop), loop.slot, loop.bodies[0], loop.span
    value = loop.bodies[1] if len(loop.bodies) > 1 else None

    def run(frame: Frame) -> Value:
        source = items(frame)
        slots = frame.slots
        out = []
        for slots[slot] in source:
            passed = test(frame)
            if passed is True:
                out.append(slots[slot] if value is None else value(frame))
            elif passed is not False:
                raise _no_bool(loop.name, passed, span)
        return out

    return run


def _quantified(loop: Loop) -> Code:
    """Compile ``all`` and ``exists``; like ``&&`` and ``||``, a deciding item wins over a failing one."""
    items, slot, test, span, name = _items(loop), loop.slot, loop.bodies[0], loop.span, loop.name
    decisive = name == "exists"

    def run(frame: Frame) -> Value:
        trouble: Failure | None = None
        slots = frame.slots
        for slots[slot] in items(frame):
            try:
                passed = test(frame)
                if passed is decisive:
                    return decisive
                if passed is not (not decisive):
                    trouble = trouble or _no_bool(name, passed, span)
            except Failure as err:
                if err.fatal:
                    raise
                trouble = trouble or err
        if trouble is not None:
            raise trouble
        return not decisive

    return run


def _exists_one(loop: Loop) -> Code:
    items, slot, test, span = _items(loop), loop.slot, loop.bodies[0], loop.span

    def run(frame: Frame) -> Value:
        slots = frame.slots
        found = 0
        for slots[slot] in items(frame):
            passed = test(frame)
            if passed is True:
                found += 1
            elif passed is not False:
                raise _no_bool("exists_one", passed, span)
        return found == 1

    return run


def _sorted(loop: Loop) -> Code:
    items, slot, key, span = _items(loop), loop.slot, loop.bodies[0], loop.span

    def run(frame: Frame) -> Value:
        source = items(frame)
        slots = frame.slots
        keys = [key(frame) for slots[slot] in source]
        try:
            for one in keys:
                comparable(keys[0], one)
        except ValueError as err:
            raise Failure(str(err).partition("; ")[0], span) from err
        order = sorted(range(len(source)), key=keys.__getitem__)
        return [source[place] for place in order]

    return run


def _bind(loop: Loop) -> Code:
    target, slot, body = loop.target, loop.slot, loop.bodies[0]

    def run(frame: Frame) -> Value:
        frame.slots[slot] = target(frame)
        return body(frame)

    return run


def _optional(loop: Loop) -> Code:
    target, slot, body, span, name = loop.target, loop.slot, loop.bodies[0], loop.span, loop.name

    def run(frame: Frame) -> Value:
        found = target(frame)
        if type(found) is not Maybe:
            raise Failure(f"{name}() is called on an optional, found {show(found)}", span)
        if not found.present:
            return NONE
        frame.slots[slot] = found.value
        result = body(frame)
        if name == "optMap":
            return Maybe(result)
        if type(result) is not Maybe:
            raise Failure(f"optFlatMap() must give an optional, found {show(result)}", span)
        return result

    return run


def _no_bool(name: str, value: Value, span: Span) -> Failure:
    return Failure(f"The test of {name}() must be a bool, found {show(value)}", span)
