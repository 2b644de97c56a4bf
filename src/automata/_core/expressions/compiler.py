"""A syntax tree to Python closures: nothing of the text is ever executed by Python itself.

Constant parts are worked out once; a path of plain names becomes one closure; everything else is a tree of closures
over a `Frame`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from automata._core.expressions import branches, calls, macros, paths
from automata._core.expressions.functions import VOLATILE
from automata._core.expressions.limits import DEFAULT_LIMITS, Frame, Scope
from automata._core.expressions.paths import Code, Step
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
    children,
    size,
)
from automata._core.expressions.unparse import unparse
from automata._core.expressions.values import TYPE_NAMES, Failure, Maybe, Value, show
from automata.model import Function

_LOOPS: Final = frozenset({"all", "exists", "exists_one", "map", "filter", "sortBy"})


class Compiler:
    """Compiles one tree; afterwards `slots` says how many variables a frame needs."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions
        self.slots = 0
        self._local: dict[str, int] = {}
        self._outermost = True
        self._folding = Frame(Scope(), DEFAULT_LIMITS)
        """Pays for all that is worked out while compiling."""
        self._sizes: dict[int, int] = {}

    def compile(self, node: Expression) -> Code:
        """Compile *node*, working it out now if it is constant."""
        code = self._code(node)
        size = self._constant(node)
        if isinstance(node, Literal) or not size:
            return code
        try:
            self._folding.spend(size)
            value = code(self._folding)
        except Exception:  # noqa: BLE001 - a function of a plugin may raise anything; it does so again in the run, contained
            return code
        return code if type(value) in {list, dict, Maybe} else lambda _: value

    def _constant(self, node: Expression) -> int:
        """Give the size of *node* if nothing in it comes from the scope, else 0; macros are left alone."""
        known = self._sizes.get(id(node))
        if known is None:
            varies = isinstance(node, Name | Macro | Has) or (isinstance(node, Call) and node.name in VOLATILE)
            parts = [] if varies else [self._constant(part) for part in children(node)]
            known = self._sizes[id(node)] = 0 if varies or 0 in parts else 1 + sum(parts)
        return known

    def _code(self, node: Expression) -> Code:
        match node:
            case Literal(value=value):
                return lambda _: value
            case Name():
                return self._name(node)
            case Member():
                return self._member(node)
            case Index():
                operand = self._optional(node.operand) if node.optional else self.compile(node.operand)
                return paths.index(operand, self.compile(node.index), node.span, optional=node.optional)
            case Call():
                return self._call(node)
            case Has():
                return self._has(node)
            case Macro():
                return self._macro(node)
            case _:
                return self._operator(node)

    def _operator(self, node: Unary | Binary | Logic | Conditional | ListLiteral | MapLiteral) -> Code:
        match node:
            case Unary():
                return branches.unary(node.operator, self.compile(node.operand), node.span)
            case Binary():
                return branches.binary(node.operator, self.compile(node.left), self.compile(node.right), node.span)
            case Logic():
                return branches.logic(node.operator, [(self.compile(part), part.span) for part in node.operands])
            case Conditional():
                parts = [self.compile(part) for part in (node.test, node.then, node.otherwise)]
                return branches.conditional(parts[0], parts[1], parts[2], node.test.span)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)

    def _name(self, node: Name) -> Code:
        slot = self._local.get(node.name)
        if slot is not None:
            return lambda frame: frame.slots[slot]
        return paths.root(node.name, node.span, node.name if node.name in TYPE_NAMES else None)

    def _member(self, node: Member) -> Code:
        chain = _chain(node)
        if chain is not None:
            root, steps, texts = chain
            slot = self._local.get(root.name)
            if slot is None and root.name not in TYPE_NAMES:
                return paths.path(root.name, steps, texts, root.span)
            if slot is not None and len(steps) == 1:
                return paths.local_member(slot, steps[0], texts[0])
        operand = self._optional(node.operand) if node.optional else self.compile(node.operand)
        return paths.member(operand, Step(node.name, node.optional, node.name_span), _text(node.operand))

    def _optional(self, node: Expression) -> Code:
        """Compile what stands before ``.?`` or ``[?``: a root that is not there counts as an empty optional."""
        if isinstance(node, Name) and node.name not in self._local:
            return paths.lenient_root(node.name)
        return self.compile(node)

    def _has(self, node: Has) -> Code:
        operand = node.operand
        if isinstance(operand, Name):
            return (lambda _: True) if operand.name in self._local else paths.has_root(operand.name)
        lenient = self._lenient(operand.operand) if isinstance(operand, Member | Index) else self.compile(operand)
        if isinstance(operand, Member):
            return paths.has_member(lenient, operand.name, _text(operand.operand), operand.span)
        if not isinstance(operand, Index):
            return self.compile(operand)
        position = self.compile(operand.index)
        found = paths.index(lenient, position, operand.span, optional=True)
        return lambda frame: found(frame).present

    def _lenient(self, node: Expression) -> Code:
        """Compile the inside of ``has()``: any missing step makes the whole thing false."""
        if isinstance(node, Name):
            return self._optional(node)
        if isinstance(node, Member):
            step = Step(node.name, True, node.name_span)
            return paths.member(self._lenient(node.operand), step, _text(node.operand))
        if isinstance(node, Index):
            return paths.index(self._lenient(node.operand), self.compile(node.index), node.span, optional=True)
        return self.compile(node)

    def _call(self, node: Call) -> Code:
        function, method = calls.resolve(node, self.functions, frozenset(self._local))
        if function is None:
            name = node.name
            return _failing(Failure(f"Unknown function {name!r}", node.name_span))
        inputs = [self.compile(argument) for argument in node.arguments]
        free = self._outermost and method and node.target is not None and _data(node.target)
        if method and node.target is not None:
            inputs.insert(0, self.compile(node.target))
        elif not method and self._outermost and node.arguments:
            free = _data(node.arguments[0])
        return calls.call(function, inputs, node, method=method, free=free)

    def _macro(self, node: Macro) -> Code:
        target = self.compile(node.target)
        loops = node.name in _LOOPS
        free = self._outermost and loops and _data(node.target)
        before, shadowed = self._outermost, self._local.get(node.variable)
        self._outermost = before and not loops
        slot = self._local[node.variable] = self.slots
        self.slots += 1
        bodies = [self.compile(argument) for argument in node.arguments]
        self._outermost = before
        if shadowed is None:
            del self._local[node.variable]
        else:
            self._local[node.variable] = shadowed
        cost = 1 + sum(map(own_cost, node.arguments))
        return macros.macro(macros.Loop(node.name, target, bodies, slot, cost, free, node.name_span))

    def _list(self, node: ListLiteral) -> Code:
        items = [self.compile(item) for item in node.items]
        if not any(node.optional):
            return lambda frame: [item(frame) for item in items]
        parts = list(zip(items, node.optional, node.items, strict=True))

        def run(frame: Frame) -> Value:
            out: list[Value] = []
            for code, optional, source in parts:
                value = code(frame)
                if not optional:
                    out.append(value)
                elif _opened(value, source).present:
                    out.append(value.value)
            return out

        return run

    def _map(self, node: MapLiteral) -> Code:
        parts = [
            (self.compile(key), self.compile(value), optional, key, value)
            for key, value, optional in zip(node.keys, node.values, node.optional, strict=True)
        ]

        def run(frame: Frame) -> Value:
            out: dict[str, Value] = {}
            for key_code, code, optional, key_node, value_node in parts:
                key, value = key_code(frame), code(frame)
                if type(key) is not str:
                    raise Failure(f"The keys of a map are strings, found {show(key)}", key_node.span)
                if key in out:
                    raise Failure(f"The key {key!r} stands twice in the map", key_node.span)
                if not optional:
                    out[key] = value
                elif _opened(value, value_node).present:
                    out[key] = value.value
            return out

        return run


def _opened(value: Value, node: Expression) -> Maybe:
    if type(value) is not Maybe:
        raise Failure(f"'?' stands before an optional, found {show(value)}", node.span)
    return value


def _failing(failure: Failure) -> Code:
    def run(_: Frame) -> Value:
        raise failure

    return run


def _chain(node: Member) -> tuple[Name, list[Step], list[str]] | None:
    """Give the root, the steps and the text before each step of a path without optional parts."""
    steps: list[Step] = []
    current: Expression = node
    while isinstance(current, Member):
        if current.optional:
            return None
        steps.append(Step(current.name, optional=False, span=current.name_span))
        current = current.operand
    if not isinstance(current, Name):
        return None
    steps.reverse()
    texts = [current.name]
    for step in steps[:-1]:
        texts.append(f"{texts[-1]}.{step.name}")
    return current, steps, texts


def _data(node: Expression) -> bool:
    """Say whether *node* is a path into the scope: its size is the caller's data, not the expression's making."""
    while isinstance(node, Member) or (isinstance(node, Index) and isinstance(node.index, Literal)):
        node = node.operand
    return isinstance(node, Name)


def own_cost(node: Expression) -> int:
    """Count the operations of one evaluation of *node*, less those inside loops, which pay for themselves."""
    count, todo = 0, [node]
    while todo:
        part = todo.pop()
        count += 1
        if isinstance(part, Macro) and part.name in _LOOPS:
            todo.append(part.target)
        else:
            todo.extend(children(part))
    return count


def _text(node: Expression) -> str:
    """Give a short text of *node* for messages."""
    if size(node) > 12:  # noqa: PLR2004 - what fits a message
        return "this value"
    text = unparse(node)
    return text if len(text) <= 60 else "this value"  # noqa: PLR2004 - what fits a message
