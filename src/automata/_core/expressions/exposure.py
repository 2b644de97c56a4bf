"""Templates over data with references to large values: passed on as they are, opened only where somebody looks inside.

An expression that is nothing but a path gives what is there, whatever its size: nothing is read or copied. Any other
one gets everything it can reach opened first. Without references nothing of this is used, but where a path leads to
more than a result may have: that is passed on too, so that a run goes the same way before and after a recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import evolve

from automata._core.expressions.limits import DEFAULT_LIMITS, Limits, Scope, TooLong
from automata._core.expressions.output import Passed, to_json
from automata._core.expressions.program import Program
from automata._core.expressions.syntax import Expression, Has, Index, Literal, Macro, Member, Name, children
from automata._core.expressions.template import Template, Text, whole_limits
from automata._core.expressions.values import Failure, Value
from automata._core.large import Large, holds, opened
from automata.errors import ExpressionFailed
from automata.model import Json

Open: TypeAlias = Callable[[Large], Json]
"""Gives what a reference stands for."""
Path: TypeAlias = tuple[str | int, ...]
"""A root's name and the steps from there."""


def evaluate_large(template: Template, scope: Scope, open_: Open, *, limits: Limits = DEFAULT_LIMITS) -> Json:
    """Fill in the expressions of a template, as `Template.evaluate` does, without opening what is only passed on.

    Args:
        template: What to evaluate.
        scope: Its roots may hold references.
        open_: Whatever it raises is raised here.
        limits: As for `Template.evaluate`; what is passed on does not count.

    Raises:
        ExpressionFailed: An expression failed, or the whole result is too large or too deep.
    """
    filled = _fill(template.tree, scope, open_, limits)
    try:
        return to_json(filled, whole_limits(limits))
    except Failure as err:
        message = f"{err.message}; {err.hint}" if err.hint else err.message
        raise ExpressionFailed(message, details={"hint": err.hint or None}) from err


def _fill(tree: Value, scope: Scope, open_: Open, limits: Limits) -> Value:
    if type(tree) is Text:
        path = None if tree.alone is None else _path(tree.alone.tree)
        found = _MISSING if path is None else _follow(scope.roots, path, open_)
        if found is not _MISSING and path is not None:
            return Passed(found)
        programs = [part for part in tree.parts if isinstance(part, Program)]
        return _computed(tree, exposed(programs, scope, open_), limits)
    if isinstance(tree, Mapping):
        return {key: _fill(part, scope, open_, limits) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return [_fill(part, scope, open_, limits) for part in tree]
    return tree


def _computed(text: Text, scope: Scope, limits: Limits) -> Json:
    return Template(text.source, text, frozenset(), constant=False).evaluate(scope, limits=limits)


def exposed(programs: list[Program], scope: Scope, open_: Open) -> Scope:
    """A scope in which everything that *programs* can reach is open."""
    roots = dict(scope.roots)
    for program in programs:
        for path, deep in _paths(program.tree, frozenset()):
            name = path[0]
            if isinstance(name, str) and name in roots:
                roots[name] = _open_at(roots[name], path[1:], open_, deep=deep)
    return evolve(scope, roots=roots)


def is_too_long(error: ExpressionFailed) -> bool:
    """Whether an evaluation failed for the size of its result alone."""
    return isinstance(error.__cause__, TooLong)


_MISSING: Any = object()


def _follow(roots: Mapping[str, Json], path: Path, open_: Open) -> Any:
    """What lies at the end of a path, or `_MISSING`, which the evaluation itself then words."""
    value: Any = roots
    for step in path:
        if type(value) is Large:
            value = open_(value)
        if not _has(value, step):
            return _MISSING
        value = value[step]
    return value


def _open_at(value: Any, path: Path, open_: Open, *, deep: bool) -> Any:
    """*value* with what lies at the end of *path* open; itself when nothing had to be opened."""
    if type(value) is Large and (path or deep):
        value = open_(value)
    if not path:
        return opened(value, open_) if deep and holds(value) else value
    step = path[0]
    if not _has(value, step):
        return value
    part = _open_at(value[step], path[1:], open_, deep=deep)
    if part is value[step]:
        return value
    if isinstance(step, str):
        return {**value, step: part}
    return [*value[:step], part, *value[step + 1 :]]


def _has(value: Any, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(value, Mapping) and step in value
    return isinstance(value, list) and 0 <= step < len(value)


def _paths(node: Expression, local: frozenset[str]) -> Iterator[tuple[Path, bool]]:
    """Every longest path into the scope, and whether its end is used, not only asked for."""
    path = _path(node)
    if path is not None:
        if path[0] not in local:
            yield path, True
    elif isinstance(node, Has) and (path := _path(node.operand)) is not None:
        if path[0] not in local:
            yield path, False
    elif isinstance(node, Macro):
        yield from _paths(node.target, local)
        for part in node.arguments:
            yield from _paths(part, local | {node.variable})
    else:
        for part in children(node):
            yield from _paths(part, local)


def _path(node: Expression) -> Path | None:
    """The path an expression is, or None; an optional step is none, since it gives another kind of value."""
    steps: list[str | int] = []
    while not isinstance(node, Name):
        if isinstance(node, Member) and not node.optional:
            steps.append(node.name)
            node = node.operand
        elif isinstance(node, Index) and not node.optional and _is_key(node.index):
            assert isinstance(node.index, Literal)  # noqa: S101 - just looked
            steps.append(node.index.value)
            node = node.operand
        else:
            return None
    return (node.name, *reversed(steps))


def _is_key(node: Expression) -> bool:
    return isinstance(node, Literal) and type(node.value) in {str, int}
