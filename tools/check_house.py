"""House rules that no linter knows: module length and names, the purity of hooks.py, file names in connectors.

Reads the source as text and syntax trees; it must never import what it checks.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from workspace import ROOT, Finding, packages, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 500
"""Lines a module may have; 300 is the aim, and the point where two names usually fit better than one."""
LONGEST_HOOK = 8
"""Lines a hook function of a plugin may have: it delegates."""
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "shared", "tools", "util", "utils"}
IRREGULAR = {
    "begun",
    "built",
    "found",
    "gone",
    "left",
    "lost",
    "made",
    "met",
    "paid",
    "run",
    "sent",
    "set",
    "sold",
    "won",
}
"""Past participles that do not end in -ed, for the names of triggers."""


def main() -> int:
    """Check every module of every distribution."""
    return report(finding for package in packages() for finding in check_package(package))


def check_package(package: Path) -> Iterator[Finding]:
    """Check the modules below an import package."""
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield from check_length(path, text)
        yield from check_name(path)
        if path == package / "hooks.py":
            yield from check_hooks(path, ast.parse(text))
        if path.parent.name in {"actions", "triggers"} and path.name != "__init__.py":
            yield from check_verb(path)


def check_length(path: Path, text: str) -> Iterator[Finding]:
    """A long module holds two concepts."""
    lines = text.count("\n")
    if lines > LONGEST:
        yield Finding(path, LONGEST, f"Module has {lines} lines, {LONGEST} are allowed; which second noun is in it?")


def check_name(path: Path) -> Iterator[Finding]:
    """A vague name gathers what has no home."""
    if VAGUE & {path.stem, path.parent.name} and ROOT / "tools" not in path.parents:
        yield Finding(path, 1, f"Name {path.stem!r} says nothing; name the module for what is inside")


def check_hooks(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """hooks.py is the map of a plugin: hook functions that delegate, and nothing else."""
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) or is_docstring(statement) or is_type_checking(statement):
            continue
        if not isinstance(statement, ast.FunctionDef) or not is_hook(statement):
            yield Finding(path, statement.lineno, "Only functions marked @hookimpl may stand here; move it to a module")
        elif (size := body_lines(statement)) > LONGEST_HOOK:
            yield Finding(path, statement.lineno, f"Hook {statement.name!r} has {size} lines; {LONGEST_HOOK} will do")


def check_verb(path: Path) -> Iterator[Finding]:
    """An action is verb_noun, a trigger noun_past, and one rule holds from the first day."""
    words = path.stem.split("_")
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", path.stem):
        yield Finding(path, 1, f"File name {path.stem!r} is not snake_case")
    elif path.parent.name == "triggers" and not (words[-1].endswith("ed") or words[-1] in IRREGULAR):
        yield Finding(path, 1, f"Trigger {path.stem!r} is an event: name it noun_past, as in message_posted")


def is_docstring(statement: ast.stmt) -> bool:
    """Whether it is a bare string."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def is_type_checking(statement: ast.stmt) -> bool:
    """Whether it is an `if TYPE_CHECKING:` block."""
    return (
        isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
    )


def is_hook(function: ast.FunctionDef) -> bool:
    """Whether it carries @hookimpl, with or without arguments."""
    marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in function.decorator_list)
    return any(isinstance(mark, ast.Name) and mark.id == "hookimpl" for mark in marks)


def body_lines(function: ast.FunctionDef) -> int:
    """Count the lines below the docstring."""
    body = function.body[1:] if is_docstring(function.body[0]) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    sys.exit(main())
