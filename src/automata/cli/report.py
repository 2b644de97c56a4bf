"""Problems as people, scripts, editors and code hosts want to read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from automata._version import __version__
from automata.cli.exits import Exit
from automata.cli.failure import ReportedError
from automata.cli.text import counted, safe

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Problem


def problem_json(problem: Problem) -> dict[str, object]:
    """One problem as the documented JSON object."""
    place = problem.position
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "message": problem.message,
        "file": problem.file,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "pointer": problem.pointer,
        "node": problem.node,
        "span": list(problem.span) if problem.span else None,
        "hint": problem.hint,
        "path": list(problem.path),
        "fixes": [{"title": fix.title, "patch": list(fix.patch)} for fix in problem.fixes],
    }


def problem_lines(problems: Sequence[Problem], out: Console) -> Iterator[str]:
    """Write problems grouped by file, as compilers do."""
    file: str | None = None
    for problem in problems:
        if problem.file != file:
            file = problem.file
            yield out.style(file or "", "title")
        kind = out.style(f"{problem.severity!s:<7}", str(problem.severity))
        place = out.style(location(problem), "muted")
        yield f"  {kind} {out.style(problem.code, 'name')}  {safe(problem.message)}   {place}"
        for text in _remarks(problem):
            yield f"                   {safe(text)}"


def location(problem: Problem) -> str:
    """Say where a problem stands: ``file:line:column``, or the pointer where no place is known."""
    file = problem.file or ""
    if problem.position is not None:
        return f"{file}:{problem.position.line}:{problem.position.column}"
    return f"{file}#{problem.pointer}" if problem.pointer else file


def refuse(problems: Sequence[Problem], out: Console) -> NoReturn:
    """Print the problems of a document that cannot be used, and end the command with exit code 3.

    With a machine format the problems go to stdout as an object; for people they go to stderr.
    """
    out.emit(
        {
            "error": {"code": "invalid", "message": "The document has problems"},
            "exit": int(Exit.INVALID),
            "problems": [problem_json(problem) for problem in problems],
        },
        list,
    )
    if not out.machine:
        for line in problem_lines(problems, out):
            out.tell(line)
        codes = dict.fromkeys(problem.code for problem in problems)
        out.next(*(f"automata docs {code}" for code in list(codes)[:2]))
    raise ReportedError(Exit.INVALID)


def summary(files: int, problems: Sequence[Problem]) -> str:
    """Count everything in one line."""
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = len(problems) - len(errors)
    fixable = sum(bool(problem.fixes) for problem in problems)
    text = f"{counted(files, 'file')}, {counted(len(errors), 'error')}, {counted(warnings, 'warning')}"
    return text + (f" ({fixable} can be fixed)" if fixable else "")


def github_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Write workflow commands GitHub Actions turns into annotations (its documentation, "Workflow commands")."""
    for problem in problems:
        facts = {"file": problem.file or "", "title": problem.code}
        if problem.position is not None:
            facts |= {"line": str(problem.position.line), "col": str(problem.position.column)}
        told = ",".join(f"{name}={_escape_github(text, value=True)}" for name, text in facts.items())
        message = "; ".join((problem.message, *_remarks(problem)))
        yield f"::{problem.severity} {told}::{_escape_github(message)}"


def sarif(problems: Sequence[Problem]) -> Mapping[str, object]:
    """Write a SARIF 2.1.0 log (OASIS, 2020), for code scanning services."""
    codes = sorted({problem.code for problem in problems})
    driver = {
        "name": "automata",
        "version": __version__,
        "rules": [{"id": code} for code in codes],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(problem) for problem in problems]}],
    }


def _result(problem: Problem) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": (problem.file or "").replace("\\", "/")}}
    if problem.position is not None:
        place["region"] = {"startLine": problem.position.line, "startColumn": problem.position.column}
    return {
        "ruleId": problem.code,
        "level": str(problem.severity),
        "message": {"text": "; ".join((problem.message, *_remarks(problem)))},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": problem.pointer}]}],
    }


def _remarks(problem: Problem) -> list[str]:
    told = [problem.hint] if problem.hint else []
    told += [f"fix: {fix.title}" for fix in problem.fixes[:1]]
    told += [f"for example: {' -> '.join(problem.path)}"] if problem.path else []
    return told


def _escape_github(text: str, *, value: bool = False) -> str:
    escaped = safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if value else escaped
