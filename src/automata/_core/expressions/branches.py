"""Compiled operators: arithmetic and comparison with fast paths, equality, logic that absorbs errors, conditionals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Final

from automata._core.expressions import operators
from automata._core.expressions.limits import Frame
from automata._core.expressions.paths import Code
from automata._core.expressions.syntax import Span
from automata._core.expressions.values import INT_MAX, INT_MIN, Failure, Operation, Value, show

_SLOW: Final[dict[str, Operation]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "%": operators.remainder,
    "<": operators.less,
    "<=": operators.less_equal,
    ">": operators.greater,
    ">=": operators.greater_equal,
}
_ORDER: Final[dict[str, Callable[[Value, Value], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_PLAIN: Final = frozenset({int, float})


def guarded(work: Operation, left: Value, right: Value, span: Span) -> Value:
    """Do *work*, giving its complaint the place in the text."""
    try:
        return work(left, right)
    except (ValueError, OverflowError) as err:
        raise _failure(err, span) from err


def _failure(err: Exception, span: Span) -> Failure:
    message, _, hint = str(err).partition("; ")
    return Failure(message if isinstance(err, ValueError) else "The number is out of range", span, hint)


def binary(operator: str, left: Code, right: Code, span: Span) -> Code:
    """Compile arithmetic, comparison, equality or membership."""
    match operator:
        case "==" | "!=":
            return equality(left, right, wanted=operator == "==")
        case "in":
            return membership(left, right, span)
        case "<" | "<=" | ">" | ">=":
            return comparison(operator, left, right, span)
        case "+":
            return addition(left, right, span)
        case "-" | "*":
            return product(operator, left, right, span)
        case _:
            slow = _SLOW[operator]
            return lambda frame: guarded(slow, left(frame), right(frame), span)


def comparison(operator: str, left: Code, right: Code, span: Span) -> Code:
    """Compile an order; two plain numbers are compared at once."""
    fast, slow = _ORDER[operator], _SLOW[operator]

    def run(frame: Frame) -> Value:
        a = left(frame)
        b = right(frame)
        if type(a) in _PLAIN and type(b) in _PLAIN:
            return fast(a, b)
        return guarded(slow, a, b, span)

    return run


def addition(left: Code, right: Code, span: Span) -> Code:
    """Compile ``+``; joined lists and texts are paid for by their size."""
    slow = _SLOW["+"]

    def run(frame: Frame) -> Value:
        a = left(frame)
        b = right(frame)
        if type(a) in _PLAIN and type(b) in _PLAIN:
            result = a + b
            if type(result) is float or INT_MIN <= result <= INT_MAX:
                return result
        elif type(a) is list or type(a) is str:
            frame.spend(len(a) if type(a) is list else len(a) >> 6, span)
            if type(b) is list:
                frame.spend(len(b), span)
        return guarded(slow, a, b, span)

    return run


def product(operator: str, left: Code, right: Code, span: Span) -> Code:
    """Compile ``-`` or ``*``."""
    slow = _SLOW[operator]
    times = operator == "*"

    def run(frame: Frame) -> Value:
        a = left(frame)
        b = right(frame)
        if type(a) in _PLAIN and type(b) in _PLAIN:
            result = a * b if times else a - b
            if type(result) is float or INT_MIN <= result <= INT_MAX:
                return result
        return guarded(slow, a, b, span)

    return run


def equality(left: Code, right: Code, *, wanted: bool) -> Code:
    """Compile ``==`` (*wanted*) or ``!=``."""

    def run(frame: Frame) -> Value:
        a = left(frame)
        b = right(frame)
        if type(a) is str:
            return (type(b) is str and a == b) is wanted
        return operators.equal(a, b, frame.spend) is wanted

    return run


def membership(left: Code, right: Code, span: Span) -> Code:
    """Compile ``in``."""

    def run(frame: Frame) -> Value:
        a = left(frame)
        b = right(frame)
        if type(b) is dict and type(a) is str:
            return a in b
        try:
            return operators.contains(a, b, frame.spend)
        except ValueError as err:
            raise _failure(err, span) from err

    return run


def unary(operator: str, operand: Code, span: Span) -> Code:
    """Compile ``-`` or ``!``."""
    work = operators.negate if operator == "-" else operators.invert

    def run(frame: Frame) -> Value:
        try:
            return work(operand(frame))
        except ValueError as err:
            raise _failure(err, span) from err

    return run


def logic(operator: str, operands: Sequence[tuple[Code, Span]]) -> Code:
    """Compile ``&&`` or ``||``: an operand that decides wins over one that fails, whatever their order (CEL)."""
    decisive = operator == "||"

    def run(frame: Frame) -> Value:
        trouble: Failure | None = None
        for code, span in operands:
            try:
                value = code(frame)
                if value is decisive:
                    return decisive
                if value is not (not decisive):
                    trouble = trouble or Failure(f"{operator!r} takes bools, found {show(value)}", span)
            except Failure as err:
                if err.fatal:
                    raise
                trouble = trouble or err
        if trouble is not None:
            raise trouble
        return not decisive

    return run


def conditional(test: Code, then: Code, otherwise: Code, span: Span) -> Code:
    """Compile ``test ? then : otherwise``."""

    def run(frame: Frame) -> Value:
        value = test(frame)
        if value is True:
            return then(frame)
        if value is False:
            return otherwise(frame)
        raise Failure(f"The condition must be a bool, found {show(value)}", span)

    return run
