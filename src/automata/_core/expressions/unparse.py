"""A syntax tree back to text; parsing that text gives the same tree."""

from __future__ import annotations

from typing import Final

from automata._core.expressions.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Macro,
    MapLiteral,
    Member,
    Name,
    Unary,
)
from automata._core.expressions.values import Uint, Value

_POWER: Final = {"==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_UNARY: Final = 6
_POSTFIX: Final = 7


def unparse(node: Expression) -> str:
    """Write *node* as text, with no more brackets than needed."""
    return _write(node)[0]


def _write(node: Expression) -> tuple[str, int]:  # noqa: PLR0911 - one line a kind
    """Give the text and how tightly its outermost operator binds."""
    match node:
        case Literal(value=value):
            text = literal(value)
            return text, _UNARY if text.startswith("-") else _POSTFIX
        case Name(name=name):
            return name, _POSTFIX
        case Member(operand=operand, name=name, optional=optional):
            return f"{_at(operand, _POSTFIX)}{'.?' if optional else '.'}{name}", _POSTFIX
        case Index(operand=operand, index=index, optional=optional):
            return f"{_at(operand, _POSTFIX)}[{'?' if optional else ''}{unparse(index)}]", _POSTFIX
        case Has(operand=operand):
            return f"has({unparse(operand)})", _POSTFIX
        case Call() | Macro():
            return _called(node), _POSTFIX
        case ListLiteral(items=items, optional=optional):
            parts = (("?" if mark else "") + unparse(item) for item, mark in zip(items, optional, strict=True))
            return f"[{', '.join(parts)}]", _POSTFIX
        case MapLiteral():
            return _map(node), _POSTFIX
        case _:
            return _operated(node)


def _operated(node: Unary | Binary | Logic | Conditional) -> tuple[str, int]:
    match node:
        case Unary(operator=operator, operand=operand):
            inner = _at(operand, _UNARY)
            number = operator == "-" and inner[0] in "0123456789."  # else the minus would join the literal
            return f"{operator}({inner})" if number else f"{operator}{inner}", _UNARY
        case Binary(operator=operator, left=left, right=right):
            power = _POWER[operator]
            return f"{_at(left, power)} {operator} {_at(right, power + 1)}", power
        case Logic(operator=operator, operands=operands):
            power = 2 if operator == "&&" else 1
            return f" {operator} ".join(_at(part, power + 1) for part in operands), power
        case Conditional(test=test, then=then, otherwise=otherwise):
            return f"{_at(test, 1)} ? {_at(then, 1)} : {unparse(otherwise)}", 0


def _at(node: Expression, power: int) -> str:
    text, own = _write(node)
    return text if own >= power else f"({text})"


def _called(node: Call | Macro) -> str:
    arguments = [unparse(argument) for argument in node.arguments]
    if isinstance(node, Macro):
        if node.name == "bind":
            return f"cel.bind({node.variable}, {unparse(node.target)}, {arguments[0]})"
        arguments = [node.variable, *arguments]
    target = "" if node.target is None else _at(node.target, _POSTFIX) + "."
    return f"{target}{node.name}({', '.join(arguments)})"


def _map(node: MapLiteral) -> str:
    parts = (
        f"{'?' if mark else ''}{unparse(key)}: {unparse(value)}"
        for key, value, mark in zip(node.keys, node.values, node.optional, strict=True)
    )
    return "{" + ", ".join(parts) + "}"


def literal(value: Value) -> str:
    """Write a literal value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Uint():
            return f"{int(value)}u"
        case str():
            return _quoted(value)
        case bytes():
            return "b'" + "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in value) + "'"  # noqa: PLR2004 - printable ASCII
        case _:
            return repr(value)


def _quoted(value: str) -> str:
    out = []
    for character in value:
        if character in "'\\":
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append(f"\\U{ord(character):08x}")
    return "'" + "".join(out) + "'"
