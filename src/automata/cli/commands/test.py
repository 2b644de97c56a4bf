"""``automata test``: run the tests that live in documents, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from attrs import frozen

from automata.cli.command import Command, console
from automata.cli.commands.run import callable_from
from automata.cli.documents import documents, read, shown
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.report import problem_json, problem_lines
from automata.cli.text import counted, safe

if TYPE_CHECKING:
    from automata._core.cases import CaseResult
    from automata._core.kernel import Kernel
    from automata.cli.console import Console
    from automata.model import Problem


@frozen
class _Tested:
    """One document's outcome."""

    file: str
    problems: tuple[Problem, ...]
    """What keeps it from being tested; empty when it was."""
    cases: tuple[CaseResult, ...]


@click.command(
    "test",
    cls=Command,
    short_help="Run the tests that live in workflow documents.",
    help="Run the tests that live in workflow documents.\n\n"
    "Time is virtual and everything but pure nodes is mocked, so tests are quick and change nothing. "
    "Exit code 9 means a case failed, 3 that a document has errors.",
    examples=("automata test", "automata test workflows/first.yaml --case 'greets by name'"),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--case", "case", metavar="NAME", help="Run only the case of this name.")
@click.pass_context
def command(context: click.Context, paths: tuple[str, ...], case: str | None) -> int:
    """Test every document."""
    from automata.cli import access

    out, kernel = console(context), access.kernel()
    tested = [_test(kernel, path, case) for path in documents(paths)]
    ran = [result for each in tested for result in each.cases]
    if case is not None and not ran and not any(each.problems for each in tested):
        raise Failure(f"No test case {case!r}", exit=Exit.NOT_FOUND)
    failed = sum(not result.passed for result in ran)
    payload = {
        "cases": [_json(each.file, result) for each in tested for result in each.cases],
        "problems": [problem_json(problem) for each in tested for problem in each.problems],
        "summary": {"files": len(tested), "cases": len(ran), "passed": len(ran) - failed, "failed": failed},
    }
    out.emit(payload, lambda: _lines(tested, out), rows="cases")
    out.say(f"{counted(len(tested), 'file')}, {counted(len(ran), 'case')}, {failed} failed")
    if any(each.problems for each in tested):
        return Exit.INVALID
    return Exit.FAILED if failed else Exit.OK


def _test(kernel: Kernel, path: str, case: str | None) -> _Tested:
    report = kernel.validate_text(read(path), file=shown(path))
    if report.workflow is None or not report.valid:
        return _Tested(shown(path), report.problems, ())
    others = callable_from(report.workflow, path)
    return _Tested(shown(path), (), asyncio.run(kernel.test(report.workflow, case=case, workflows=others)))


def _json(file: str, result: CaseResult) -> dict[str, object]:
    return {
        "file": file,
        "case": result.name,
        "passed": result.passed,
        "failures": list(result.failures),
        "status": str(result.run.status),
        "output": result.run.output,
        "path": [step.node for step in result.steps if step.started],
    }


def _lines(tested: list[_Tested], out: Console) -> Iterator[str]:
    for each in tested:
        if each.problems:
            yield from problem_lines(each.problems, out)
        elif each.cases:
            yield out.style(each.file, "title")
        for result in each.cases:
            word = out.style("pass", "success") if result.passed else out.style("FAIL", "error")
            yield f"  {word}  {safe(result.name)}"
            yield from (f"        {safe(failure)}" for failure in result.failures)
