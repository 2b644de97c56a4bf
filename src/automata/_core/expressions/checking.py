"""The doors of the checker: one expression, or every string of a JSON value."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from automata._core.expressions.checker import Checker, Typed
from automata._core.expressions.findings import Findings
from automata._core.expressions.functions import standard_functions
from automata._core.expressions.lexer import Malformed
from automata._core.expressions.parser import parse
from automata._core.expressions.syntax import Expression
from automata._core.expressions.template import MAX_DEPTH, split
from automata._core.types import DYN, STRING, Field, Type, alternatives, constant, describe, list_of, map_of, union
from automata.model import Function, Json, Problem


@frozen
class Checked:
    """What the checker found."""

    type: Type
    problems: tuple[Problem, ...] = ()


def check_expression(
    text: str,
    env: Mapping[str, Typed],
    functions: Mapping[str, Function] | None = None,
    *,
    pointer: str = "",
) -> Checked:
    """Check one expression, without ``${}`` round it, over roots of known types."""
    findings = Findings(text, pointer)
    try:
        found = _checked(parse(text), env, functions, findings)
    except Malformed as err:
        found = _syntax(err, findings)
    return Checked(found, tuple(findings.problems))


def check_template(
    value: Json,
    env: Mapping[str, Typed],
    functions: Mapping[str, Function] | None = None,
    pointer: str = "",
) -> Checked:
    """Check every string of a JSON value; problems point at the string, spans into it."""
    problems: list[Problem] = []
    found = _walk(value, env, functions, pointer, problems)
    return Checked(found, tuple(problems))


def _walk(
    value: Json,
    env: Mapping[str, Typed],
    functions: Mapping[str, Function] | None,
    pointer: str,
    problems: list[Problem],
) -> Type:
    if pointer.count("/") > MAX_DEPTH * 2:
        return DYN
    if isinstance(value, str):
        findings = Findings(value, pointer)
        found = _string(value, env, functions, findings)
        problems.extend(findings.problems)
        return found
    if isinstance(value, Mapping):
        parts = {}
        for key, part in value.items():
            token = key.replace("~", "~0").replace("/", "~1")
            parts[key] = Field(_walk(part, env, functions, f"{pointer}/{token}", problems))
        return map_of(parts)
    if isinstance(value, list | tuple):
        places = (f"{pointer}/{place}" for place in range(len(value)))
        return list_of(union([_walk(p, env, functions, at, problems) for p, at in zip(value, places, strict=True)]))
    return constant(value)


def _string(text: str, env: Mapping[str, Typed], functions: Mapping[str, Function] | None, findings: Findings) -> Type:
    if "${" not in text:
        return constant(text)
    try:
        pieces = split(text)
    except Malformed as err:
        _syntax(err, findings)
        return DYN
    if len(pieces) == 1:
        piece = pieces[0]
        return constant(piece) if isinstance(piece, str) else _checked(piece, env, functions, findings)
    for piece in pieces:
        if not isinstance(piece, str):
            _interpolated(_checked(piece, env, functions, findings), piece, findings)
    return STRING


def _checked(
    tree: Expression, env: Mapping[str, Typed], functions: Mapping[str, Function] | None, findings: Findings
) -> Type:
    table = standard_functions() if functions is None else functions
    return Checker(env, table, findings).infer(tree)


def _syntax(err: Malformed, findings: Findings) -> Type:
    findings.error("EXP-001", err.message, err.span, hint=err.hint)
    return DYN


def _interpolated(found: Type, tree: Expression, findings: Findings) -> None:
    wrong = [part for part in alternatives(found) if part.kind in {"list", "map", "optional", "type"}]
    if not wrong:
        return
    hint = "end it with .orValue(...)" if wrong[0].kind == "optional" else "write json.encode(...) for its JSON"
    message = f"A value inside a text must be a scalar, found {describe(found)}"
    findings.error("EXP-006", message, tree.span, hint=hint)
