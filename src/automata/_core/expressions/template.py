"""Templates: JSON whose strings may hold ``${...}``. Constant ones give their value back as it is.

A string that is exactly one expression keeps that expression's type; in any other string the results are written as
text: strings as they are, numbers, bools and null as JSON, timestamps and durations as ``string()`` does. Lists, maps
and optionals in a text are an error, because nobody means their JSON by accident: ``json.encode(x)`` says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from attrs import frozen

from automata._core.expressions.functions.conversion import to_string
from automata._core.expressions.lexer import Malformed, tokenize
from automata._core.expressions.limits import DEFAULT_LIMITS, Frame, Limits, Scope, too_long
from automata._core.expressions.output import to_json
from automata._core.expressions.parser import parse_tokens
from automata._core.expressions.program import Program, build
from automata._core.expressions.syntax import Expression
from automata._core.expressions.values import SAFE_INT, Failure, Value, show
from automata.model import Function, Json

MAX_DEPTH = 64
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
Piece: TypeAlias = "str | Expression"


@frozen(eq=False)
class Text:
    """A string with expressions in it."""

    parts: tuple[str | Program, ...]
    source: str

    @property
    def alone(self) -> Program | None:
        """The one expression the string is, or None."""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, Program) else None


@frozen(eq=False)
class Template:
    """A JSON value with programs in the place of its expressions."""

    value: Json
    """As written."""
    tree: Value
    """The same with `Text` where a string has expressions; constant parts are kept whole."""
    names: frozenset[str]
    """Roots it may read."""
    constant: bool
    """Whether there is no expression in it; it may still hold ``$${`` escapes, already resolved in *tree*."""

    def evaluate(self, scope: Scope, *, limits: Limits = DEFAULT_LIMITS) -> Json:
        """Fill in the expressions.

        Raises:
            ExpressionFailed: An expression failed, or the whole result is too large or too deep.
        """
        tree = self.tree
        if type(tree) is Text and (alone := tree.alone) is not None:
            return alone.evaluate(scope, limits=limits)
        result: Json = tree if self.constant else _filled(tree, scope, limits)
        return result


def compile_template(value: Json, functions: Mapping[str, Function] | None = None) -> Template:
    """Compile a JSON value.

    Raises:
        InvalidExpression: An expression in one of its strings does not parse.
    """
    names: set[str] = set()
    tree = _compiled(value, functions, names, 0)
    return Template(value, tree, frozenset(names), constant=not _dynamic(tree))


def _compiled(value: Json, functions: Mapping[str, Function] | None, names: set[str], depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise Malformed(f"The value nests more than {MAX_DEPTH} levels deep", (0, 0))
    if isinstance(value, str):
        return _string(value, functions, names)
    if isinstance(value, Mapping):
        filled = {key: _compiled(part, functions, names, depth + 1) for key, part in value.items()}
        return filled if any(filled[key] is not value[key] for key in filled) else value
    if isinstance(value, list | tuple):
        items = [_compiled(part, functions, names, depth + 1) for part in value]
        return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
    return value


def _dynamic(tree: Value) -> bool:
    """Say whether a compiled template holds an expression."""
    todo = [tree]
    while todo:
        part = todo.pop()
        if isinstance(part, Text):
            return True
        todo.extend(part.values() if isinstance(part, Mapping) else part if isinstance(part, list | tuple) else ())
    return False


def _string(text: str, functions: Mapping[str, Function] | None, names: set[str]) -> Value:
    if "${" not in text:
        return text
    try:
        parts = tuple(part if isinstance(part, str) else build(text, part, functions) for part in split(text))
    except RecursionError as err:
        raise Malformed("The expression is too deep to compile here", (0, len(text))) from err
    programs = [part for part in parts if isinstance(part, Program)]
    if not programs:
        return "".join(part for part in parts if isinstance(part, str))
    names.update(*(program.names for program in programs))
    return Text(parts, text)


def split(text: str) -> list[Piece]:
    """Split a string into literal texts and parsed expressions; ``$${`` stands for ``${``.

    Raises:
        Malformed: An expression does not parse; spans are offsets into *text*.
    """
    pieces: list[Piece] = []
    plain: list[str] = []
    position = 0
    while (found := text.find("${", position)) >= 0:
        if found > position and text[found - 1] == "$":
            plain.append(text[position : found - 1] + "${")
            position = found + 2
            continue
        plain.append(text[position:found])
        tokens = tokenize(text, found + 2, braces=True)
        if len(tokens) == 1:
            raise Malformed("The expression is empty", (found, tokens[0].end + 1), "write '$${' for the characters")
        if literal := "".join(plain):
            pieces.append(literal)
        plain = []
        pieces.append(parse_tokens(tokens))
        position = tokens[-1].start + 1
    plain.append(text[position:])
    if (literal := "".join(plain)) or not pieces:
        pieces.append(literal)
    return pieces


def _filled(tree: Value, scope: Scope, limits: Limits) -> Json:
    filled = _fill(tree, scope, limits)
    if type(filled) is dict and _flat(filled, limits):
        flat: Json = filled
        return flat
    try:
        if isinstance(filled, list | dict):
            return to_json(filled, whole_limits(limits))
    except Failure as err:
        raise _outside(err) from err
    result: Json = filled
    return result


def _flat(filled: dict[str, Value], limits: Limits) -> bool:
    """Whether `to_json` would give an equal copy: an object of short plain values, as most parameters are."""
    size = len(filled) + 2
    for key, part in filled.items():
        kind = type(part)
        if kind is str and part.isascii():
            size += len(part) + 2
        elif kind is int and -SAFE_INT <= part <= SAFE_INT:
            size += 8
        elif kind is bool or part is None:
            size += 4
        else:
            return False
        size += len(key) + 3
    return size <= limits.output_bytes


def whole_limits(limits: Limits) -> Limits:
    """Give the limits of a whole template: as large as one result, but as deep as a document may be."""
    return limits if limits.depth >= MAX_DEPTH else Limits(output_bytes=limits.output_bytes, depth=2 * MAX_DEPTH)


def _outside(err: Failure) -> Exception:
    from automata.errors import ExpressionFailed  # imported when used: the rare way out

    return ExpressionFailed(err.message, details={"expression": None, "start": 0, "end": 0, "hint": err.hint or None})


def _fill(tree: Value, scope: Scope, limits: Limits) -> Value:
    kind = type(tree)
    if kind is Text:
        alone = tree.alone
        return _written(tree, scope, limits) if alone is None else alone.evaluate(scope, limits=limits)
    if kind is dict:
        return {k: part if type(part) in _PLAIN else _fill(part, scope, limits) for k, part in tree.items()}
    if kind is list or kind is tuple:
        return [_fill(part, scope, limits) for part in tree]
    if isinstance(tree, Mapping):
        return {key: _fill(part, scope, limits) for key, part in tree.items()}
    return tree


def _written(text: Text, scope: Scope, limits: Limits) -> str:
    frame = Frame(scope, limits)
    out: list[str] = []
    left = limits.output_bytes
    for part in text.parts:
        if isinstance(part, str):
            out.append(part)
        else:
            try:
                out.append(_word(part.run(frame), part))
            except Failure as err:
                part.fail(err)
            except RecursionError:
                part.fail(Failure("The expression is too deep to run here", part.tree.span))
        left -= len(out[-1])
        if left < 0:
            next(part for part in text.parts if isinstance(part, Program)).fail(too_long())
    return "".join(out)


def _word(value: Value, program: Program) -> str:
    """Write a result inside a text."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return] # a str
    if value is None:
        return "null"
    if kind in {list, dict}:
        raise Failure(
            f"{show(value).capitalize()} cannot stand inside a text", program.tree.span, "write json.encode(...)"
        )
    if kind not in {bool, int, float} and isinstance(to_json(value), list | dict | None):
        raise Failure(f"{show(value).capitalize()} cannot stand inside a text", program.tree.span)
    try:
        return to_string(to_json(value) if kind is not bytes else value)
    except ValueError as err:
        raise Failure(str(err), program.tree.span) from err
