"""Tokens to a syntax tree: a Pratt parser after CEL's grammar (cel-spec doc/langdef.md, "Syntax").

Macros are recognised here, by name and shape, as CEL demands. Nesting and tree depth are bounded, so no later
recursion over the tree can run out of stack.
"""

from __future__ import annotations

from typing import Final

from automata._core.expressions.lexer import Malformed, Token, tokenize
from automata._core.expressions.limits import MAX_NESTING, MAX_TREE
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
    Span,
    Unary,
)
from automata._core.expressions.values import INT_MAX, Uint

_BINDING: Final = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
MACROS: Final = {
    "all": (2,),
    "exists": (2,),
    "exists_one": (2,),
    "existsOne": (2,),
    "map": (2, 3),
    "filter": (2,),
    "sortBy": (2,),
    "optMap": (2,),
    "optFlatMap": (2,),
}
"""Macro name to the numbers of arguments it takes, variable included."""


def parse(text: str) -> Expression:
    """Parse a whole text as one expression.

    Raises:
        Malformed: It is not one; the error carries the span and a hint.
    """
    tokens = tokenize(text)
    return parse_tokens(tokens)


def parse_tokens(tokens: list[Token]) -> Expression:
    """Parse tokens that end with an ``end`` token."""
    parser = _Parser(tokens)
    tree = parser.expression()
    parser.expect("end")
    return tree


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.nesting = 0
        self.depths: dict[int, int] = {}
        self.kept: list[Expression] = []

    # Reading

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, kind: str) -> Token | None:
        token = self.tokens[self.at]
        if token.kind != kind:
            return None
        self.at += 1
        return token

    def expect(self, kind: str) -> Token:
        return self.take(kind) or self.unexpected("the end" if kind == "end" else repr(kind))

    def unexpected(self, wanted: str) -> Token:
        token = self.token
        found = "the end of the expression" if token.kind == "end" else _word(token)
        place = (token.start, token.end) if token.kind != "end" else (max(token.start - 1, 0), token.start)
        raise Malformed(f"Expected {wanted}, found {found}", place, _hint(token))

    def deep(self, depth: int, span: Span) -> int:
        if depth > MAX_TREE:
            raise Malformed(f"The expression has more than {MAX_TREE} levels", span, "split it over several values")
        return depth

    def made(self, node: Expression, *parts: Expression) -> Expression:
        """Note how deep *node* is; the list keeps the nodes alive so that ids stay theirs."""
        depth = 1 + max((self.depths.get(id(part), 1) for part in parts), default=0)
        self.depths[id(node)] = self.deep(depth, node.span)
        self.kept.append(node)
        return node

    # Grammar, loosest first

    def expression(self) -> Expression:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            span = (self.token.start, self.token.end)
            raise Malformed(
                f"The expression nests more than {MAX_NESTING} levels deep", span, "split it over several values"
            )
        test = self.logic("||")
        if self.take("?"):
            then = self.logic("||")
            self.expect(":")
            otherwise = self.expression()
            span = (test.span[0], otherwise.span[1])
            test = self.made(Conditional(test, then, otherwise, span=span), test, then, otherwise)
        self.nesting -= 1
        return test

    def logic(self, operator: str) -> Expression:
        first = self.logic("&&") if operator == "||" else self.binary(3)
        if self.token.kind != operator:
            return first
        operands = [first]
        while self.take(operator):
            operands.append(self.logic("&&") if operator == "||" else self.binary(3))
        span = (first.span[0], operands[-1].span[1])
        return self.made(Logic(operator, tuple(operands), span=span), *operands)

    def binary(self, lowest: int) -> Expression:
        left = self.unary()
        while (power := _BINDING.get(self.token.kind, 0)) >= lowest:
            operator = self.token.kind
            self.at += 1
            right = self.binary(power + 1)
            left = self.made(Binary(operator, left, right, span=(left.span[0], right.span[1])), left, right)
        return left

    def unary(self) -> Expression:
        signs: list[Token] = []
        while self.token.kind in {"-", "!"}:
            signs.append(self.token)
            self.at += 1
        if not signs:
            return self.bounded(self.postfix())
        if signs[-1].kind == "-" and (number := self.number(signs[-1].start)):
            signs.pop()
            node = self.postfix(number)
        else:
            node = self.bounded(self.postfix())
        for sign in reversed(signs):
            node = self.made(Unary(sign.kind, node, span=(sign.start, node.span[1])), node)
        return self.bounded(node)

    def bounded(self, node: Expression) -> Expression:
        """Refuse 2**63, which only the literal -2**63 may be made of."""
        if isinstance(node, Literal) and type(node.value) is int and node.value > INT_MAX:
            raise Malformed(f"The number {node.value} does not fit 64 bits", node.span)
        return node

    def number(self, start: int) -> Expression | None:
        """Read a negative number literal whose minus stands at *start*."""
        token = self.token
        if token.kind != "literal" or type(token.value) not in {int, float}:
            return None
        self.at += 1
        return Literal(-token.value, span=(start, token.end))

    def postfix(self, node: Expression | None = None) -> Expression:
        node = node or self.primary()
        while True:
            if dot := self.take("."):
                node = self.selected(node, dot)
            elif self.take(".?"):
                name = self.take("name") or self.unexpected("a field name")
                span = (node.span[0], name.end)
                member = Member(node, name.value, optional=True, span=span, name_span=(name.start, name.end))
                node = self.made(member, node)
            elif bracket := self.take("[") or self.take("[?"):
                index = self.expression()
                end = self.expect("]").end
                optional = bracket.kind == "[?"
                node = self.made(Index(node, index, optional=optional, span=(node.span[0], end)), node, index)
            else:
                return node

    def selected(self, node: Expression, dot: Token) -> Expression:
        name = self.take("name")
        if name is None:
            self.unexpected(f"a field name after the '.' at {dot.start}")
            raise AssertionError  # pragma: no cover - unexpected() always raises
        place = (name.start, name.end)
        if self.take("("):
            return self.call(name, node)
        return self.made(Member(node, name.value, span=(node.span[0], name.end), name_span=place), node)

    def primary(self) -> Expression:
        token = self.token
        if token.kind == "end":
            self.unexpected("a value")
        self.at += 1
        match token.kind:
            case "literal":
                return self.made(Literal(token.value, span=(token.start, token.end)))
            case "name":
                if self.take("("):
                    return self.call(token, None)
                return self.made(Name(token.value, span=(token.start, token.end)))
            case "(":
                node = self.expression()
                self.expect(")")
                return node
            case "[":
                return self.list_literal(token)
            case "[?":
                self.at -= 1
                return self.list_literal(token, optional=True)
            case "{":
                return self.map_literal(token)
            case _:
                self.at -= 1
                self.unexpected("a value")
                raise AssertionError  # pragma: no cover - unexpected() always raises

    def list_literal(self, opening: Token, *, optional: bool = False) -> Expression:
        items: list[Expression] = []
        marks: list[bool] = []
        if optional:
            self.at += 1
        while optional or self.token.kind != "]":
            marks.append(optional or self.take("?") is not None)
            optional = False
            items.append(self.expression())
            if not self.take(","):
                break
        end = self.expect("]").end
        return self.made(ListLiteral(tuple(items), tuple(marks), span=(opening.start, end)), *items)

    def map_literal(self, opening: Token) -> Expression:
        keys: list[Expression] = []
        values: list[Expression] = []
        marks: list[bool] = []
        while self.token.kind != "}":
            marks.append(self.take("?") is not None)
            keys.append(self.expression())
            self.expect(":")
            values.append(self.expression())
            if not self.take(","):
                break
        end = self.expect("}").end
        node = MapLiteral(tuple(keys), tuple(values), tuple(marks), span=(opening.start, end))
        return self.made(node, *keys, *values)

    # Calls and macros; the opening parenthesis has been read

    def call(self, name: Token, target: Expression | None) -> Expression:
        arguments: list[Expression] = []
        while self.token.kind != ")":
            arguments.append(self.expression())
            if not self.take(","):
                break
        end = self.expect(")").end
        span = (name.start if target is None else target.span[0], end)
        place = (name.start, name.end)
        if target is None and name.value == "has":
            return self.made(_has(arguments, span), *arguments)
        if target == Name("cel") and name.value == "bind":
            return self.made(_bind(arguments, span, place), *arguments)
        if target is not None and len(arguments) in MACROS.get(name.value, ()):
            return self.made(_macro(name, target, arguments, span), target, *arguments)
        parts = arguments if target is None else [target, *arguments]
        return self.made(Call(name.value, target, tuple(arguments), span=span, name_span=place), *parts)


def _has(arguments: list[Expression], span: Span) -> Has:
    if len(arguments) == 1 and isinstance(arguments[0], Member | Name | Index):
        return Has(arguments[0], span=span)
    raise Malformed("has() takes one field, like has(order.email)", span)


def _bind(arguments: list[Expression], span: Span, place: Span) -> Macro:
    if len(arguments) == 3 and isinstance(arguments[0], Name):  # noqa: PLR2004 - name, value, body
        return Macro("bind", arguments[1], arguments[0].name, (arguments[2],), span=span, name_span=place)
    raise Malformed("cel.bind() takes a name, its value and the expression that uses it", span)


def _macro(name: Token, target: Expression, arguments: list[Expression], span: Span) -> Macro:
    variable = arguments[0]
    if not isinstance(variable, Name):
        message = f"The first argument of {name.value}() names the variable, like items.{name.value}(x, ...)"
        raise Malformed(message, variable.span)
    kind = "exists_one" if name.value == "existsOne" else name.value
    place = (name.start, name.end)
    return Macro(kind, target, variable.name, tuple(arguments[1:]), span=span, name_span=place)


def _word(token: Token) -> str:
    if token.kind == "literal":
        return f"the number {token.value}" if isinstance(token.value, int | float | Uint) else "a literal"
    return repr(token.value if token.kind in {"name", "in"} else token.kind)


def _hint(token: Token) -> str:
    if token.kind == "name" and token.value in {"and", "or", "not"}:
        sign = {"and": "&&", "or": "||", "not": "!"}[token.value]
        return f"write '{sign}' for '{token.value}'"
    return "an expression of CEL; text stands in quotes" if token.kind == "name" else ""
