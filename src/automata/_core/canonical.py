"""The one byte form of a JSON value (RFC 8785) and its digest, on which versions and keys rest."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from json.encoder import encode_basestring

from automata.model import Json

SAFE_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 7493, 2.2)."""

_PLAIN_BELOW = 21
"""ECMAScript writes numbers below 10**21 without an exponent."""
_TINY_ABOVE = -6
"""... and those from 10**-6 on."""


def canonical(value: Json) -> bytes:
    """Write *value* by the JSON Canonicalization Scheme (RFC 8785): UTF-8, sorted keys, ECMAScript numbers.

    Linear but for sorting keys; recursive, so the caller bounds the depth (a document has at most 64 levels).

    Raises:
        ValueError: A number that no double holds (NaN, infinite, an integer that would change) or a lone surrogate.
        TypeError: Not a JSON value.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def digest(value: Json) -> str:
    """Give the SHA-256 of the canonical form as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def format_number(number: float) -> str:
    """Write a number as ECMAScript's Number::toString does (ECMA-262, 6.1.6.1.20), which RFC 8785, 3.2.2.3 prescribes.

    Raises:
        ValueError: NaN, infinite, or an integer that a double would round.
    """
    if isinstance(number, int) and -SAFE_INTEGER <= number <= SAFE_INTEGER:
        return str(number)
    try:
        double = float(number)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double):
        raise ValueError("A number must be finite and fit a double")
    if double != number:
        raise ValueError(f"The integer {number} cannot be kept exactly")
    return _format_double(double)


def _write(value: Json, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        parts.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int | float):
        parts.append(format_number(value))
    elif isinstance(value, Mapping):
        _write_object(value, parts)
    elif isinstance(value, list | tuple):
        parts.append("[")
        for index, item in enumerate(value):
            if index:
                parts.append(",")
            _write(item, parts)
        parts.append("]")
    else:
        raise TypeError(f"{type(value).__name__} is not a JSON value")


def _write_object(value: Mapping[str, Json], parts: list[str]) -> None:
    mark = "{"
    for key in sorted(value, key=_utf16):
        parts.append(f"{mark}{encode_basestring(key)}:")
        _write(value[key], parts)
        mark = ","
    parts.append("{}" if mark == "{" else "}")


def _utf16(key: str) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"An object's key is a string, not {key!r}")
    return key.encode("utf-16-be")


def _format_double(number: float) -> str:
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    if len(digits) <= point <= _PLAIN_BELOW:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _PLAIN_BELOW:
        return f"{digits[:point]}.{digits[point:]}"
    if _TINY_ABOVE < point <= 0:
        return f"0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"
