"""What a condition proves: which paths are present or not null where it holds, or where it does not."""

from __future__ import annotations

from typing import Literal, TypeAlias

from automata._core.expressions.syntax import Binary, Call, Expression, Has, Index, Logic, Member, Name, Unary
from automata._core.expressions.syntax import Literal as LiteralNode
from automata._core.expressions.unparse import unparse

Fact: TypeAlias = tuple[Literal["present", "filled"], str]
"""A path, as text, that is there, or that is not null."""
Facts: TypeAlias = frozenset[Fact]
NOTHING: Facts = frozenset()


def proves(test: Expression, *, holds: bool) -> Facts:
    """Give what is known where *test* is true (*holds*) or false."""
    match test:
        case Unary(operator="!", operand=operand):
            return proves(operand, holds=not holds)
        case Logic(operator=operator, operands=operands) if (operator == "&&") is holds:
            return frozenset[Fact]().union(*(proves(part, holds=holds) for part in operands))
        case Has(operand=operand) if holds:
            return reached(operand)
        case Call(name="hasValue", target=Member() | Index() as target) if holds:
            return reached(target)
        case Binary(operator=operator, left=left, right=right) if (operator == "!=") is holds and operator in {
            "==",
            "!=",
        }:
            return _not_null(left, right)
    return NOTHING


def _not_null(left: Expression, right: Expression) -> Facts:
    if right == LiteralNode(None):
        return _filled(left)
    if left == LiteralNode(None):
        return _filled(right)
    return NOTHING


def _filled(node: Expression) -> Facts:
    text = key_of(node)
    if text is None:
        return NOTHING
    own: Facts = frozenset({("filled", text)})
    return own | reached(node)


def reached(node: Expression) -> Facts:
    """Give what is known where *node* was read: it and all before it are present, all before it not null."""
    facts: set[Fact] = set()
    current: Expression | None = node
    while current is not None:
        text = key_of(current)
        if text is None:
            break
        facts.add(("present", text))
        if current is not node:
            facts.add(("filled", text))
        current = current.operand if isinstance(current, Member | Index) else None
    return frozenset(facts)


def key_of(node: Expression) -> str | None:
    """Give one text for all ways to write a path (``a.b``, ``a.?b``, ``a['b']``), None for anything else."""
    match node:
        case Name(name=name):
            return name
        case Member(operand=operand, name=name):
            before = key_of(operand)
            return before and f"{before}.{name}"
        case Index(operand=operand, index=LiteralNode(value=str() as name)):
            before = key_of(operand)
            return before and f"{before}.{name}"
        case Index(operand=operand, index=index):
            before = key_of(operand)
            return before and f"{before}[{unparse(index)}]"
        case _:
            return None


def forget(facts: Facts, variable: str) -> Facts:
    """Drop what is known about a name that a macro binds anew."""
    heads = (f"{variable}.", f"{variable}[")
    return frozenset(fact for fact in facts if fact[1] != variable and not fact[1].startswith(heads))
