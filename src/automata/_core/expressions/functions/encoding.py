"""Functions that turn values into texts and back: JSON, Base64, URLs, hashes, patterns."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import NoReturn

from automata._core.expressions.functions.entry import entry
from automata._core.expressions.limits import MAX_NESTING, Frame
from automata._core.expressions.values import Value
from automata.model import Function


def functions() -> tuple[Function, ...]:
    """Give the table of this family."""
    return (
        entry(
            "json.encode",
            encode_json,
            "(any) -> string",
            "The JSON text of a value, without white space.",
            ("json.encode({'a': [1, true]})", r'"{\"a\":[1,true]}"'),
        ),
        entry(
            "json.decode",
            _decode,
            "(string) -> any",
            "The value of a JSON text; strict: no repeated keys, no NaN.",
            ("""json.decode('{"a": [1]}').a[0]""", "1"),
        ),
        entry(
            "base64.encode",
            lambda value: base64.b64encode(_raw(value)).decode(),
            "(bytes) -> string; (string) -> string",
            "The Base64 text of bytes, or of a string's UTF-8.",
            ("base64.encode('hello')", '"aGVsbG8="'),
        ),
        entry(
            "base64.decode",
            decode_base64,
            "(string) -> bytes",
            "The bytes of a Base64 text, of either alphabet.",
            ("string(base64.decode('aGVsbG8='))", '"hello"'),
        ),
        entry(
            "url.encode",
            _quote,
            "(string) -> string",
            "The string with everything escaped that has a meaning in a URL.",
            ("url.encode('a b/c')", '"a%20b%2Fc"'),
        ),
        entry(
            "url.decode",
            _unquote,
            "(string) -> string",
            "The string with `%` escapes resolved.",
            ("url.decode('a%20b')", '"a b"'),
        ),
        entry(
            "hex.encode",
            lambda value: _raw(value).hex(),
            "(bytes) -> string; (string) -> string",
            "The bytes, or a string's UTF-8, as hexadecimal digits.",
            ("hex.encode('hi')", '"6869"'),
        ),
        entry(
            "hex.decode",
            decode_hex,
            "(string) -> bytes",
            "The bytes hexadecimal digits stand for.",
            ("string(hex.decode('6869'))", '"hi"'),
        ),
        entry(
            "hash.sha256",
            _sha256,
            "(bytes) -> string; (string) -> string",
            "The SHA-256 of bytes, or of a string's UTF-8, as hexadecimal digits.",
            ("hash.sha256('abc').substring(0, 8)", '"ba7816bf"'),
        ),
    )


def _raw(value: Value) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")


def _sha256(value: Value) -> str:
    import hashlib  # imported when used: start-up

    return hashlib.sha256(_raw(value)).hexdigest()


def _quote(text: str) -> str:
    from urllib.parse import quote  # imported when used: start-up

    return quote(text, safe="", errors="replace")


def _unquote(text: str) -> str:
    from urllib.parse import unquote  # imported when used: start-up

    return unquote(text)


def encode_json(value: Value) -> str:
    """Write JSON; kinds JSON does not have become text, as in a result."""
    from automata._core.expressions.output import to_json  # a result is written by the same rules

    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _decode(text: str, frame: Frame) -> Value:
    frame.spend(len(text) >> 5)
    return decode_json(text)


def decode_json(text: str) -> Value:
    """Read JSON strictly; depth is bounded before reading, since Python's reader recurses."""
    depth = deepest = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            quoted, escaped = (character != '"' or escaped), (character == "\\" and not escaped)
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    if deepest > MAX_NESTING:
        raise ValueError(f"The JSON text nests more than {MAX_NESTING} levels deep")
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as err:
        raise ValueError(f"The text is no JSON: {err.msg} at character {err.pos}") from err


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("The JSON text has a key twice")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"The text is no JSON: {name} is no number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > 2**53 - 1:  # noqa: PLR2004 - digits of 2**53, and the sign
        raise ValueError(f"The whole number {digits[:20]} is beyond 2**53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"The number {digits[:20]} is too large")
    return number


def decode_base64(text: str) -> bytes:
    """Read Base64 (RFC 4648 sections 4 and 5), padded or not."""
    try:
        plain = text.replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as err:
        raise ValueError("The text is no Base64") from err


def decode_hex(text: str) -> bytes:
    """Read hexadecimal digits."""
    try:
        if any(character.isspace() for character in text):
            raise ValueError("space")  # noqa: TRY301 - one message for all that is wrong
        return bytes.fromhex(text)
    except ValueError as err:
        raise ValueError("The text is not made of pairs of hexadecimal digits") from err
