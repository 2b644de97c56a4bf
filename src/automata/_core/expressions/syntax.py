"""The syntax tree of an expression. Every node knows its place in the text; equality ignores places."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from automata._core.expressions.values import Value

Span: TypeAlias = tuple[int, int]
"""Start and end offset, in characters."""


@frozen
class Literal:
    """``1``, ``2u``, ``1.5``, ``'text'``, ``b'bytes'``, ``true``, ``null``."""

    value: Value
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Name:
    """A root of the scope or a macro variable."""

    name: str
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Member:
    """``operand.name`` or ``operand.?name``."""

    operand: Expression
    name: str
    optional: bool = False
    span: Span = field(eq=False, kw_only=True, default=(0, 0))
    name_span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Index:
    """``operand[index]`` or ``operand[?index]``."""

    operand: Expression
    index: Expression
    optional: bool = False
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Call:
    """``name(arguments)``, or a method when there is a *target*: ``target.name(arguments)``."""

    name: str
    target: Expression | None
    arguments: tuple[Expression, ...]
    span: Span = field(eq=False, kw_only=True, default=(0, 0))
    name_span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Has:
    """``has(operand)``; the operand is a chain of members, or a root alone."""

    operand: Expression
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Macro:
    """A form that binds a variable: ``target.map(x, ...)``, ``cel.bind(x, value, body)``."""

    name: str
    """``all exists exists_one map filter sortBy optMap optFlatMap bind``."""
    target: Expression
    variable: str
    arguments: tuple[Expression, ...]
    span: Span = field(eq=False, kw_only=True, default=(0, 0))
    name_span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Unary:
    """``-operand`` or ``!operand``."""

    operator: str
    operand: Expression
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Binary:
    """Arithmetic, comparison, equality and ``in``."""

    operator: str
    left: Expression
    right: Expression
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Logic:
    """``a && b && ...`` or ``a || b || ...``, flat."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class Conditional:
    """``test ? then : otherwise``."""

    test: Expression
    then: Expression
    otherwise: Expression
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class ListLiteral:
    """``[a, ?b]``; *optional* marks the items written with a question mark."""

    items: tuple[Expression, ...]
    optional: tuple[bool, ...]
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


@frozen
class MapLiteral:
    """``{key: value, ?key: value}``."""

    keys: tuple[Expression, ...]
    values: tuple[Expression, ...]
    optional: tuple[bool, ...]
    span: Span = field(eq=False, kw_only=True, default=(0, 0))


Expression: TypeAlias = (
    Literal
    | Name
    | Member
    | Index
    | Call
    | Has
    | Macro
    | Unary
    | Binary
    | Logic
    | Conditional
    | ListLiteral
    | MapLiteral
)


def children(node: Expression) -> tuple[Expression, ...]:  # noqa: PLR0911 - one line a kind
    """Give the direct parts of *node*, in order of the text."""
    match node:
        case Member(operand=operand) | Unary(operand=operand) | Has(operand=operand):
            return (operand,)
        case Index(operand=operand, index=index):
            return (operand, index)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Macro(target=target, arguments=arguments):
            return (target, *arguments)
        case Binary(left=left, right=right):
            return (left, right)
        case Logic(operands=operands) | ListLiteral(items=operands):
            return operands
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case MapLiteral(keys=keys, values=values):
            return (*keys, *values)
        case _:
            return ()


def size(node: Expression) -> int:
    """Count the nodes of a tree."""
    count, todo = 0, [node]
    while todo:
        count += 1
        todo.extend(children(todo.pop()))
    return count
