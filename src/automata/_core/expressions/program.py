"""Expressions ready to run: compiled once, evaluated often, each time within its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from attrs import frozen

from automata._core.expressions.compiler import Compiler, own_cost
from automata._core.expressions.functions import standard_functions
from automata._core.expressions.lexer import Malformed
from automata._core.expressions.limits import DEFAULT_LIMITS, Frame, Limits, Scope
from automata._core.expressions.output import to_json
from automata._core.expressions.parser import parse
from automata._core.expressions.paths import Code
from automata._core.expressions.syntax import Call, Expression, Macro, Name, children
from automata._core.expressions.values import TYPE_NAMES, Failure, Value
from automata.errors import ExpressionFailed
from automata.model import Function, Json


@frozen(eq=False)
class Program:
    """A compiled expression."""

    text: str
    """The text its spans point into; for a template's part, the whole string."""
    tree: Expression
    names: frozenset[str]
    """Roots it may read; macro variables, namespaces and types compared by ``type()`` are none."""
    code: Code
    slots: int
    cost: int

    def evaluate(self, scope: Scope, *, limits: Limits = DEFAULT_LIMITS) -> Json:
        """Work out the expression and give the result as JSON.

        Raises:
            ExpressionFailed: It failed or used up its limits; details: ``expression, start, end, hint``.
        """
        try:
            value = self.code(Frame(scope, limits, self.slots, self.cost))
            kind = type(value)
            if kind is bool or value is None:
                return value  # type: ignore[no-any-return] # a bool or None
            return to_json(value, limits)
        except Failure as err:
            self.fail(err)
        except RecursionError:
            self.fail(Failure("The expression is too deep to run here", self.tree.span))

    def run(self, frame: Frame) -> Value:
        """Work out the expression in *frame* and give its value as it is; raises `Failure`."""
        frame.slots = [None] * self.slots
        frame.spend(self.cost, self.tree.span)
        return self.code(frame)

    def fail(self, err: Failure) -> NoReturn:
        """Turn a failure into the error a run sees."""
        start, end = err.span or self.tree.span
        details: dict[str, Json] = {
            "expression": self.text[:2000],
            "start": start,
            "end": end,
            "hint": err.hint or None,
        }
        message = f"{err.message}; {err.hint}" if err.hint else err.message
        raise ExpressionFailed(message, details=details) from err


def compile_expression(text: str, functions: Mapping[str, Function] | None = None) -> Program:
    """Compile one expression, without ``${}`` round it.

    Raises:
        InvalidExpression: It does not parse; the error has a ``span`` and a ``hint``.
    """
    try:
        return build(text, parse(text), functions)
    except RecursionError as err:
        raise Malformed("The expression is too deep to compile here", (0, len(text))) from err


def build(text: str, tree: Expression, functions: Mapping[str, Function] | None = None) -> Program:
    """Compile a tree whose spans point into *text*."""
    table = standard_functions() if functions is None else functions
    compiler = Compiler(table)
    code = compiler.compile(tree)
    return Program(text, tree, free_names(tree, table), code, compiler.slots, own_cost(tree))


def free_names(tree: Expression, functions: Mapping[str, Function]) -> frozenset[str]:
    """Find the roots an expression reads."""
    spaces = {name.partition(".")[0] for name in functions if "." in name}
    asks_type = False
    found: set[str] = set()
    todo: list[tuple[Expression, frozenset[str]]] = [(tree, frozenset())]
    while todo:
        node, local = todo.pop()
        if isinstance(node, Name) and node.name not in local:
            found.add(node.name)
        if isinstance(node, Macro):
            todo.append((node.target, local))
            todo.extend((part, local | {node.variable}) for part in node.arguments)
        elif isinstance(node, Call):
            asks_type = asks_type or node.name == "type"
            todo.extend((part, local) for part in node.arguments)
            if node.target is not None and not (isinstance(node.target, Name) and _is_space(node, spaces, functions)):
                todo.append((node.target, local))
        else:
            todo.extend((part, local) for part in children(node))
    return frozenset(found - TYPE_NAMES if asks_type else found)


def _is_space(node: Call, spaces: set[str], functions: Mapping[str, Function]) -> bool:
    assert isinstance(node.target, Name)  # noqa: S101 - the caller looked
    return node.target.name in spaces and f"{node.target.name}.{node.name}" in functions
