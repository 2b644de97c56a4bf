"""``automata validate``: check documents, show what is wrong and where, apply the fixes that are offered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.console import Console
from automata.cli.documents import documents, errors_in, read, shown
from automata.cli.exits import Exit
from automata.cli.report import github_lines, problem_json, problem_lines, sarif, summary

if TYPE_CHECKING:
    from automata._core.kernel import Kernel
    from automata._core.results import Report
    from automata.model import Problem

_EVERY_S = 0.5


@click.command(
    "validate",
    cls=Command,
    short_help="Check workflow documents and offer fixes.",
    help="Check workflow documents and offer fixes.\n\nFolders are searched for documents; `-` is standard input. "
    "Without PATH the current folder is searched. Warnings do not change the exit code unless --strict is given.",
    examples=("automata validate", "automata validate workflows --strict", "automata validate a.yaml --fix"),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete.files)
@click.option("--fix", is_flag=True, help="Apply the fixes that are offered, then check again.")
@click.option("--yes", is_flag=True, help="With --fix: rewrite whole YAML files too, though comments are lost.")
@click.option("--strict", is_flag=True, help="Exit with 3 for warnings too.")
@click.option("--format", "form", type=click.Choice(("text", "json", "sarif", "github")), help="How to report.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    paths: tuple[str, ...],
    fix: bool,  # noqa: FBT001 - click passes by name
    yes: bool,  # noqa: FBT001
    strict: bool,  # noqa: FBT001
    form: str | None,
    watch: bool,  # noqa: FBT001
) -> int:
    """Check every document, and again whenever one changes with ``--watch``."""
    from automata.cli import access

    out, kernel = console(context), access.kernel()
    if form == "json":
        out.format = "json"
    code = _check(kernel, paths, out, form=form or "text", strict=strict, fix=fix, yes=yes)
    while watch:
        _wait_for_change(paths)
        out.say("")
        code = _check(kernel, paths, out, form=form or "text", strict=strict, fix=fix, yes=yes)
    return code


def _check(  # noqa: PLR0913 - the flags, by name
    kernel: Kernel, paths: Sequence[str], out: Console, *, form: str, strict: bool, fix: bool, yes: bool
) -> int:
    began = time.perf_counter()
    files = documents(paths)
    problems: list[Problem] = []
    results: list[dict[str, object]] = []
    texts = {shown(path): read(path) for path in files}
    reports = kernel.validate_texts(texts)
    fixed = {path: _fix(kernel, path, texts, reports[path], out, yes=yes) for path in texts if fix and path in files}
    if any(fixed.values()):
        reports = kernel.validate_texts(texts)
    for file, report in reports.items():
        problems += report.problems
        results.append({"file": file, "valid": not errors_in(report.problems), "fixed": fixed.get(file, 0)})
    _show(files, results, problems, out, form=form, took_s=time.perf_counter() - began)
    bad = errors_in(problems) or (strict and problems)
    return Exit.INVALID if bad else Exit.OK


def _fix(kernel: Kernel, path: str, texts: dict[str, bytes], report: Report, out: Console, *, yes: bool) -> int:
    """Repair the file at *path*, and put what it holds then into *texts*; returns how many fixes were applied."""
    from automata.cli.repair import repair

    calls = any(problem.code.startswith("CALL-") for problem in report.problems)
    fixed = repair(kernel, path, report, out, whole=yes, others=texts if calls else {})
    if fixed:
        texts[path] = read(path)
    return fixed


def _show(
    files: Sequence[str],
    results: Sequence[dict[str, object]],
    problems: Sequence[Problem],
    out: Console,
    *,
    form: str,
    took_s: float,
) -> None:
    if form == "sarif":
        out.format = "json"
        out.emit(sarif(problems), list)
        return
    if form == "github":
        out.lines(github_lines(problems))
        return
    errors = errors_in(problems)
    payload = {
        "files": results,
        "problems": [problem_json(problem) for problem in problems],
        "summary": {"files": len(files), "errors": errors, "warnings": len(problems) - errors},
    }
    out.emit(payload, lambda: problem_lines(problems, out), rows="problems")
    if out.machine:
        return
    fixed = sum(int(str(result["fixed"])) for result in results)
    done = f", {fixed} fixed" if fixed else ""
    out.say(f"{summary(len(files), problems)}{done}   {took_s:.2f} s")
    if any(problem.fixes for problem in problems):
        out.next("automata validate --fix")
    elif errors:
        out.next(f"automata docs {problems[0].code}")


def _wait_for_change(paths: Sequence[str]) -> None:
    before = _stamps(paths)
    while _stamps(paths) == before:
        time.sleep(_EVERY_S)


def _stamps(paths: Sequence[str]) -> dict[str, int]:
    return {path: Path(path).stat().st_mtime_ns for path in documents(paths) if path != "-"}
