"""Text to tokens, after the lexical part of the CEL specification (cel-spec doc/langdef.md, "Syntax").

Positions are offsets into the whole text handed in, also when only a part of it is read (templates).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from automata._core.expressions.limits import MAX_SOURCE
from automata._core.expressions.syntax import Span
from automata._core.expressions.values import INT_MAX, UINT_MAX, Uint, Value
from automata.errors import InvalidExpression


class Malformed(InvalidExpression):
    """The expression does not parse.

    Attributes:
        span: Start and end offset of the offending part.
        hint: The way out, or "".
    """

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.hint = hint


class Token(NamedTuple):
    """One word: *kind* is ``literal``, ``name``, ``end`` or the operator itself."""

    kind: str
    value: Value
    start: int
    end: int


_SKIP: Final = re.compile(r"(?:[ \t\n\r\f]+|//[^\n]*)+")
_NUMBER: Final = re.compile(
    r"0[xX][0-9a-fA-F]+[uU]?|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[uU]?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PREFIX: Final = re.compile(r"(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"|'''|\"|')")
_OPERATOR: Final = re.compile(r"&&|\|\||[=!<>]=|\.\?|\[\?|[-+*/%!<>?:.,()\[\]{}]")
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"`?])|x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))"
)
_SIMPLE: Final = dict(zip("abfnrtv\\'\"`?", "\a\b\f\n\r\t\v\\'\"`?", strict=True))
_WORDS: Final = {"true": True, "false": False, "null": None}
_DIGITS: Final = 400
_MAX_CODE_POINT: Final = 0x10FFFF


def tokenize(text: str, start: int = 0, *, braces: bool = False) -> list[Token]:
    """Split *text* from *start* on; with *braces* stop at the ``}`` that closes the enclosing ``${``.

    The last token has kind ``end``; its start is where reading stopped.

    Raises:
        Malformed: A character that starts no token, an open string, a number out of range.
    """
    if len(text) - start > MAX_SOURCE:
        raise Malformed("The expression is longer than 64 KiB", (start, start + 1))
    tokens: list[Token] = []
    position, depth = start, 0
    while True:
        if skipped := _SKIP.match(text, position):
            position = skipped.end()
        if position >= len(text):
            break
        token = _next(text, position)
        if token.kind == "{":
            depth += 1
        elif token.kind == "}":
            if braces and depth == 0:
                break
            depth -= 1
        tokens.append(token)
        position = token.end
    if braces and position >= len(text):
        raise Malformed(
            "'${' is never closed", (start - 2, len(text)), "close it with '}', or write '$${' for the two characters"
        )
    tokens.append(Token("end", None, position, position))
    return tokens


def _next(text: str, at: int) -> Token:
    if match := _PREFIX.match(text, at):
        return _string(text, at, match)
    if match := _NAME.match(text, at):
        word = match.group()
        if word in _WORDS:
            return Token("literal", _WORDS[word], at, match.end())
        return Token("in" if word == "in" else "name", word, at, match.end())
    if match := _NUMBER.match(text, at):
        return _number(text, at, match.end())
    if match := _OPERATOR.match(text, at):
        return Token(match.group(), None, at, match.end())
    hints = {"=": "compare with '=='", "&": "write '&&'", "|": "write '||'", "$": "inside '${...}' names stand bare"}
    raise Malformed(f"Unexpected character {text[at]!r}", (at, at + 1), hints.get(text[at], ""))


def _number(text: str, start: int, end: int) -> Token:
    word = text[start:end]
    span = (start, end)
    if len(word) > _DIGITS:
        raise Malformed("The number has too many digits", span)
    if _NAME.match(text, end):
        raise Malformed(f"Malformed number {text[start : end + 1]!r}", (start, end + 1))
    body = word.rstrip("uU")
    if body[:2] in {"0x", "0X"}:
        number: Value = int(body, 16)
    elif any(mark in body for mark in ".eE"):
        number = float(body)
    else:
        number = int(body)
    if body != word:
        return Token("literal", _unsigned(number, word, span), start, end)
    if isinstance(number, float) and number == float("inf"):
        raise Malformed(f"The number {word} is too large for a double", span)
    if isinstance(number, int) and number > INT_MAX + 1:
        raise Malformed(f"The number {word} does not fit 64 bits", span)
    return Token("literal", number, start, end)


def _unsigned(number: Value, word: str, span: Span) -> Uint:
    if not isinstance(number, int) or number > UINT_MAX:
        raise Malformed(f"The number {word} is no unsigned 64-bit integer", span)
    return Uint(number)


def _string(text: str, start: int, opening: re.Match[str]) -> Token:
    prefix = opening.group().rstrip("'\"").lower()
    quote = opening.group()[len(prefix) :]
    body, end = _body(text, opening.end(), quote, raw="r" in prefix, start=start)
    if "b" in prefix:
        return Token("literal", _bytes(body, opening.end(), raw="r" in prefix), start, end)
    if "r" not in prefix and "\\" in body:
        body = _unescape(body, opening.end())
    return Token("literal", body, start, end)


def _body(text: str, at: int, quote: str, *, raw: bool, start: int) -> tuple[str, int]:
    position = at
    while position < len(text):
        if text.startswith(quote, position):
            return text[at:position], position + len(quote)
        character = text[position]
        if character == "\n" and len(quote) == 1:
            break
        position += 2 if character == "\\" and not raw else 1
    raise Malformed("The string is never closed", (start, min(position, len(text))), f"close it with {quote}")


def _pieces(body: str, offset: int) -> list[tuple[str, re.Match[str] | None]]:
    """Split a string body into plain runs and escapes."""
    pieces: list[tuple[str, re.Match[str] | None]] = []
    position = 0
    while (slash := body.find("\\", position)) >= 0:
        match = _ESCAPE.match(body, slash)
        if match is None:
            span = (offset + slash, offset + slash + 2)
            raise Malformed(
                f"Unknown escape {body[slash : slash + 2]!r}", span, "write '\\\\' for a backslash, or r'...'"
            )
        pieces.append((body[position:slash], match))
        position = match.end()
    pieces.append((body[position:], None))
    return pieces


def _unescape(body: str, offset: int) -> str:
    out: list[str] = []
    for plain, escape in _pieces(body, offset):
        out.append(plain)
        if escape is None:
            continue
        simple, x, big_x, u, big_u, octal = escape.groups()
        code = ord(_SIMPLE[simple]) if simple else int(x or big_x or u or big_u or octal, 8 if octal else 16)
        if code > _MAX_CODE_POINT or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates of UTF-16
            raise Malformed("The escape names no character", (offset + escape.start(), offset + escape.end()))
        out.append(chr(code))
    return "".join(out)


def _bytes(body: str, offset: int, *, raw: bool) -> bytes:
    if raw:
        return body.encode("utf-8", "replace")
    out = bytearray()
    for plain, escape in _pieces(body, offset):
        out += plain.encode("utf-8", "replace")
        if escape is None:
            continue
        simple, x, big_x, u, big_u, octal = escape.groups()
        if u or big_u:
            raise Malformed(
                "Bytes have no \\u escapes", (offset + escape.start(), offset + escape.end()), "write \\xNN"
            )
        out.append(ord(_SIMPLE[simple]) if simple else int(x or big_x or octal, 8 if octal else 16))
    return bytes(out)
