"""Compiled calls: which function a name means, which overload fits, and what the call costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from automata._core.expressions.functions import METERED, PASSING, SHALLOW, VOLATILE, standard_functions
from automata._core.expressions.limits import Frame, too_long
from automata._core.expressions.paths import Code
from automata._core.expressions.signatures import Overload, classes_of, overloads
from automata._core.expressions.syntax import Call, Expression, Member, Name, Span
from automata._core.expressions.values import KINDS, Failure, Maybe, Value, show
from automata.model import Function

_MAX_TEXT = 256 * 1024
_FAILED = 20
"""Operations of a call that fails: some look far before they do, as for a time zone there is not."""


def namespace(node: Expression) -> str | None:
    """Give ``a.b`` for a chain of plain members, None for anything else."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member) and not node.optional:
        before = namespace(node.operand)
        return before and f"{before}.{node.name}"
    return None


def resolve(node: Call, functions: Mapping[str, Function], local: frozenset[str]) -> tuple[Function | None, bool]:
    """Find the function a call means, and whether it is called as a method."""
    if node.target is None:
        return functions.get(node.name), False
    prefix = namespace(node.target)
    if prefix is not None and prefix.partition(".")[0] not in local and f"{prefix}.{node.name}" in functions:
        return functions[f"{prefix}.{node.name}"], False
    return functions.get(node.name), True


def volatile(name: str, span: Span) -> Code:
    """Compile ``now()``, ``uuid()`` or ``random()``."""

    def run(frame: Frame) -> Value:
        source = frame.volatile
        if source is None:
            raise Failure(f"{name}() has no recorded answer here", span, "it may be used in parameters of a run only")
        match name:
            case "now":
                return source.now()
            case "uuid":
                return source.uuid()
            case _:
                return source.random()

    return run


def call(function: Function, inputs: Sequence[Code], node: Call, *, method: bool, free: bool) -> Code:
    """Compile the call of a function that takes *inputs* (receiver first)."""
    name, span = function.name, node.name_span
    standard = standard_functions().get(name) is function
    if standard and name in VOLATILE and not inputs:
        return volatile(name, span)
    fitting = [one for one in overloads(function, method=method) if len(one.inputs) == len(inputs)]
    kinds = [classes_of(one) for one in fitting]
    work = function.call
    pay = _shallow if standard and name in SHALLOW else _plain if standard else _deep
    if (
        standard
        and name not in SHALLOW
        and any(one.kind in {"dyn", "list", "map"} for o in fitting for one in o.inputs)
    ):
        pay = _deep
    metered = standard and name in METERED
    passing = standard and name in PASSING

    def run(frame: Frame) -> Value:
        values = [code(frame) for code in inputs]
        for classes in kinds:
            if all(wanted is None or type(value) in wanted for value, wanted in zip(values, classes, strict=True)):
                break
        else:
            raise mismatch(name, values, fitting, span)
        if free and (type(values[0]) is list or type(values[0]) is dict):
            frame.grant(len(values[0]))
        pay(values, frame, span)
        try:
            result = work(*values, frame) if metered else work(*values)
        except (ValueError, OverflowError) as err:
            frame.spend(_FAILED, span)
            message, _, hint = str(err).partition("; ")
            raise Failure(message, span, hint) from err
        if not standard:
            return foreign(result, name, frame, span)
        if not passing:
            _made(result, frame, span)
        return result

    return run


def _made(result: Value, frame: Frame, span: Span) -> None:
    """Pay for the size of what a function made."""
    kind = type(result)
    if kind is list or kind is dict:
        frame.spend(len(result) >> 3, span)
    elif kind is str or kind is bytes:
        frame.spend(len(result) >> 6, span)


def mismatch(name: str, values: Sequence[Value], fitting: Sequence[Overload], span: Span) -> Failure:
    """Make the failure of a call no overload fits."""
    given = ", ".join(show(value) for value in values) or "nothing"
    known = " or ".join(one.text for one in fitting[:4])
    return Failure(f"{name}() cannot take {given}", span, f"it is {known}")


def _plain(values: Sequence[Value], frame: Frame, span: Span) -> None:
    """Pay for texts by their length."""
    for value in values:
        if type(value) is str or type(value) is bytes:
            frame.spend(1 + (len(value) >> 6), span)


def _shallow(values: Sequence[Value], frame: Frame, span: Span) -> None:
    """Pay for the first level of lists and maps; ``size()`` and friends are cheap even so."""
    for value in values:
        if type(value) is list or type(value) is dict:
            frame.spend(1 + (len(value) >> 2), span)
        elif type(value) is str:
            frame.spend(1 + (len(value) >> 6), span)


def _deep(values: Sequence[Value], frame: Frame, span: Span) -> None:
    """Pay for everything inside; shared parts count as often as they are met."""
    todo = list(values)
    while todo:
        value = todo.pop()
        kind = type(value)
        if kind is list:
            frame.spend(1 + len(value), span)
            todo.extend(value)
        elif kind is dict:
            frame.spend(1 + len(value), span)
            todo.extend(value.values())
        elif kind is Maybe:
            todo.append(value.value)
        elif kind is str or kind is bytes:
            frame.spend(1 + (len(value) >> 6), span)


def foreign(value: Value, name: str, frame: Frame, span: Span) -> Value:
    """Check what a plugin's function returned: only values, made of exact kinds, of bounded size."""
    todo = [value]
    while todo:
        one = todo.pop()
        kind = type(one)
        if kind not in KINDS:
            raise Failure(f"{name}() returned something that is no value of an expression", span)
        if kind is list:
            frame.spend(len(one), span)
            todo.extend(one)
        elif kind is dict:
            frame.spend(len(one), span)
            if any(type(key) is not str for key in one):
                raise Failure(f"{name}() returned a map whose keys are not all strings", span)
            todo.extend(one.values())
        elif kind is Maybe:
            todo.append(one.value)
        elif kind is str and len(one) > _MAX_TEXT:
            raise too_long(span)
    return value
