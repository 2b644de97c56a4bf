"""What the operators do with two values: arithmetic, order, equality, membership.

JSON-number mode: int and double mix freely (docs/decisions/0010-expression-fuel.md names the differences from CEL).
Functions raise ValueError with a sentence; the caller knows the place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from automata._core.expressions.values import INT_MAX, INT_MIN, UINT_MAX, Maybe, Uint, Value, show

_NUMBERS: Final = frozenset({int, float, Uint})
_MAX_TEXT: Final = 256 * 1024
_ORDERED: Final = (str, bytes, bool, datetime, timedelta)


class Spend(Protocol):
    """Pays for work by its size; raises when the fuel is gone."""

    def __call__(self, amount: int, /) -> None:
        """Pay *amount* operations."""


def whole(value: int, *, unsigned: bool = False) -> int:
    """Check that a whole number fits 64 bits."""
    if unsigned:
        if not 0 <= value <= UINT_MAX:
            raise ValueError("The result does not fit an unsigned 64-bit integer")
        return Uint(value)
    if INT_MIN <= value <= INT_MAX:
        return value
    raise ValueError("The result does not fit a 64-bit integer")


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Work out two numbers of any kinds, or two values of other kinds that the operator joins."""
    a, b = type(left), type(right)
    if a in _NUMBERS and b in _NUMBERS:
        if float in {a, b}:
            return _double(operator, float(left), float(right))
        return whole(_integer(operator, int(left), int(right)), unsigned=a is b is Uint)
    if operator == "+":
        return _joined(left, right)
    if operator == "-":
        return _apart(left, right)
    raise ValueError(f"Cannot use '{operator}' on {show(left)} and {show(right)}")


def _integer(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            pass
    if right == 0:
        raise ValueError("Division by zero" if operator == "/" else "Remainder by zero")
    quotient = abs(left) // abs(right)
    quotient = quotient if (left < 0) == (right < 0) else -quotient
    return quotient if operator == "/" else left - quotient * right


def _double(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            if right == 0:
                raise ValueError("Division by zero")
            return left / right
        case _:
            raise ValueError("'%' takes whole numbers; write int(...) round the operands")


def _joined(left: Value, right: Value) -> Value:
    a, b = type(left), type(right)
    if a is b and (a is str or a is bytes):
        if len(left) + len(right) > _MAX_TEXT:
            raise ValueError("The text is longer than 256 KiB")
        return left + right
    if a is b is list:
        return left + right
    if {a, b} in ({datetime, timedelta}, {timedelta}):
        return _moved(lambda: left + right)
    if str in {a, b}:
        other = right if a is str else left
        raise ValueError(f"Cannot add {show(other)} to a string; write string(...) round it")
    raise ValueError(f"Cannot add {show(left)} and {show(right)}")


def _apart(left: Value, right: Value) -> Value:
    a, b = type(left), type(right)
    if a is b and a in {datetime, timedelta}:
        return _moved(lambda: left - right)
    if a is datetime and b is timedelta:
        return _moved(lambda: left - right)
    raise ValueError(f"Cannot subtract {show(right)} from {show(left)}")


def _moved(work: Callable[[], Value]) -> Value:
    try:
        return work()
    except OverflowError as err:
        raise ValueError("The time is out of range") from err


def add(left: Value, right: Value) -> Value:
    """``left + right``."""
    return _arithmetic("+", left, right)


def subtract(left: Value, right: Value) -> Value:
    """``left - right``."""
    return _arithmetic("-", left, right)


def multiply(left: Value, right: Value) -> Value:
    """``left * right``."""
    return _arithmetic("*", left, right)


def divide(left: Value, right: Value) -> Value:
    """``left / right``; whole numbers truncate towards zero."""
    return _arithmetic("/", left, right)


def remainder(left: Value, right: Value) -> Value:
    """``left % right``; the sign is the left one's."""
    return _arithmetic("%", left, right)


def negate(value: Value) -> Value:
    """``-value``."""
    kind = type(value)
    if kind is int:
        return whole(-value)
    if kind is float:
        return -value
    if kind is timedelta:
        return -value
    raise ValueError(f"Cannot negate {show(value)}")


def invert(value: Value) -> Value:
    """``!value``."""
    if value is True:
        return False
    if value is False:
        return True
    raise ValueError(f"'!' takes a bool, found {show(value)}")


def comparable(left: Value, right: Value) -> None:
    """Check that two values have an order."""
    a, b = type(left), type(right)
    if (a in _NUMBERS and b in _NUMBERS) or (a is b and a in _ORDERED):
        return
    hint = "; a value may be null: compare it with null first" if left is None or right is None else ""
    raise ValueError(f"Cannot compare {show(left)} with {show(right)}{hint}")


def less(left: Value, right: Value) -> bool:
    """``left < right``."""
    comparable(left, right)
    return bool(left < right)


def less_equal(left: Value, right: Value) -> bool:
    """``left <= right``."""
    comparable(left, right)
    return bool(left <= right)


def greater(left: Value, right: Value) -> bool:
    """``left > right``."""
    comparable(left, right)
    return bool(left > right)


def greater_equal(left: Value, right: Value) -> bool:
    """``left >= right``."""
    comparable(left, right)
    return bool(left >= right)


def equal(left: Value, right: Value, spend: Spend) -> bool:  # noqa: C901, PLR0912 - one branch a kind, without calls: hot
    """``left == right`` by CEL: numbers by value whatever their kind, other kinds only among themselves.

    Iterative, and paid for by every pair looked at: shared parts may make a value far larger than its memory.
    """
    todo = [(left, right)]
    while todo:
        one, other = todo.pop()
        a, b = type(one), type(other)
        if a is not b:
            if a in _NUMBERS and b in _NUMBERS and one == other:
                continue
            return False
        if a is list:
            if len(one) != len(other):
                return False
            spend(len(one))
            todo.extend(zip(one, other, strict=True))
        elif a is dict:
            if one.keys() != other.keys():
                return False
            spend(len(one))
            todo.extend((one[key], other[key]) for key in one)
        elif a is str:
            spend(len(one) >> 6)
            if one != other:
                return False
        elif a is Maybe and one.present and other.present:
            todo.append((one.value, other.value))
        elif one != other:
            return False
    return True


def contains(item: Value, container: Value, spend: Spend) -> bool:
    """``item in container``."""
    if type(container) is dict:
        return type(item) is str and item in container
    if type(container) is not list:
        raise ValueError(f"'in' looks into a list or a map, found {show(container)}")
    spend((len(container) >> 3) * (1 + (len(item) >> 9 if type(item) is str else 0)))
    if type(item) is str:
        return item in container
    return any(equal(item, entry, spend) for entry in container)


def key_of(value: Value, spend: Spend) -> Value:
    """Give a hashable stand-in for *value*: two are the same exactly when the values are equal."""
    kind = type(value)
    spend(1)
    if kind is list:
        return ("list", tuple(key_of(item, spend) for item in value))
    if kind is dict:
        return ("map", frozenset((key, key_of(item, spend)) for key, item in value.items()))
    if kind is Maybe:
        return ("optional", value.present, key_of(value.value, spend))
    if kind in _NUMBERS:
        return ("nan", id(value)) if value != value else ("number", value)  # noqa: PLR0124 - only NaN differs from itself
    return (kind.__name__, value)


def is_finite(value: float) -> bool:
    """Say whether *value* is a number JSON can write."""
    return math.isfinite(value)
