"""Functions on numbers, all below ``math.``."""

from __future__ import annotations

import math
from collections.abc import Callable

from automata._core.expressions.functions.entry import entry
from automata._core.expressions.functions.lists import extreme
from automata._core.expressions.operators import whole
from automata._core.expressions.values import Value
from automata.model import Function


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (
        entry(
            "math.abs",
            lambda x: abs(x) if isinstance(x, float) else whole(abs(x)),
            "(int) -> int; (number) -> number",
            "The number without its sign.",
            ("math.abs(-3)", "3"),
        ),
        entry(
            "math.sign",
            lambda x: (x > 0) - (x < 0),
            "(number) -> int",
            "-1, 0 or 1.",
            ("math.sign(-2.5)", "-1"),
        ),
        entry(
            "math.ceil", _rounding(math.ceil), "(number) -> int", "The next whole number up.", ("math.ceil(1.2)", "2")
        ),
        entry("math.floor", _rounding(math.floor), "(number) -> int", "The next one down.", ("math.floor(-1.2)", "-2")),
        entry("math.trunc", _rounding(math.trunc), "(number) -> int", "The whole part.", ("math.trunc(-1.9)", "-1")),
        entry(
            "math.round",
            rounded,
            "(number) -> int; (number, int) -> number",
            "The nearest whole number, or the nearest with so many decimals (0 to 15); halves away from zero.",
            ("math.round(2.5)", "3"),
            ("math.round(2.345, 1)", "2.3"),
        ),
        entry(
            "math.sqrt",
            root,
            "(number) -> number",
            "The square root; of a negative number an error.",
            ("math.sqrt(9)", "3"),
        ),
        entry(
            "math.pow",
            power,
            "(number, number) -> number",
            "The first number to the power of the second; whole if both are and the second is not negative.",
            ("math.pow(2, 10)", "1024"),
        ),
        entry(
            "math.greatest",
            lambda *numbers: greatest(numbers, 1),
            "(list<number>) -> number; (number, number) -> number; (number, number, number) -> number",
            "The largest of two or three numbers, or of a list.",
            ("math.greatest(1, 3, 2)", "3"),
        ),
        entry(
            "math.least",
            lambda *numbers: greatest(numbers, -1),
            "(list<number>) -> number; (number, number) -> number; (number, number, number) -> number",
            "The smallest of two or three numbers, or of a list.",
            ("math.least([4, 2])", "2"),
        ),
        entry(
            "math.isFinite",
            math.isfinite,
            "(number) -> bool",
            "Whether it is neither infinite nor NaN.",
            ("math.isFinite(1.5)", "true"),
        ),
        entry("math.isNaN", math.isnan, "(number) -> bool", "Whether it is not a number.", ("math.isNaN(1)", "false")),
    )


def _rounding(way: Callable[[float], int]) -> Callable[[Value], int]:
    def call(number: Value) -> int:
        if not math.isfinite(number):
            raise ValueError("An infinite number or NaN has no whole part")
        return whole(way(number))

    return call


def rounded(number: Value, digits: int | None = None) -> Value:
    """Round halves away from zero, as people and CEL do (not to even, as Python does)."""
    if not math.isfinite(number):
        raise ValueError("An infinite number or NaN cannot be rounded")
    if digits is None:
        return whole(math.floor(abs(number) + 0.5) * (1 if number >= 0 else -1))
    if not 0 <= digits <= 15:  # noqa: PLR2004 - a double has no more decimals
        raise ValueError("The number of decimals must be between 0 and 15")
    from decimal import ROUND_HALF_UP, Decimal, localcontext  # imported when used: start-up

    with localcontext() as context:
        context.prec = 400
        return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def root(number: Value) -> float:
    """Give the square root."""
    if number < 0:
        raise ValueError("A negative number has no square root")
    return math.sqrt(number)


def power(base: Value, exponent: Value) -> Value:
    """Raise to a power, within 64 bits."""
    if not isinstance(base, float) and not isinstance(exponent, float) and exponent >= 0:
        if abs(base) > 1 and exponent > 64:  # noqa: PLR2004 - would not fit 64 bits
            raise ValueError("The result does not fit a 64-bit integer")
        return whole(
            int(base) ** (min(exponent, 64) if abs(base) > 1 else exponent % 2 if base == -1 else min(exponent, 1))
        )
    try:
        result = math.pow(base, exponent)
    except (OverflowError, ValueError) as err:
        raise ValueError("The power is no number a double can hold") from err
    return result


def greatest(numbers: tuple[Value, ...], sign: int) -> Value:
    """Find the extreme of numbers given one by one or as a list."""
    items = numbers[0] if isinstance(numbers[0], list) else list(numbers)
    if any(type(item) not in {int, float} for item in items):
        raise ValueError("Only numbers have a greatest and a least")
    return extreme(items, sign)
