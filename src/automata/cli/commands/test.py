"""``automata test``: run the tests that live in documents, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

from automata.cli import complete
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
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete.files)
@click.option("--case", "case", metavar="NAME", help="Run only the case of this name.", shell_complete=complete.cases)
@click.option("--update", is_flag=True, help="Write what failing cases did into what they expect.")
@click.pass_context
def command(context: click.Context, paths: tuple[str, ...], case: str | None, update: bool) -> int:  # noqa: FBT001 - click passes by name
    """Test every document."""
    from automata.cli import access

    out, kernel = console(context), access.kernel()
    tested = [_test(kernel, path, case) for path in documents(paths)]
    if update:
        tested = [_updated(kernel, each, case, out) for each in tested]
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


def _updated(kernel: Kernel, tested: _Tested, case: str | None, out: Console) -> _Tested:
    """Write what the failing cases did into the document, and test it again."""
    from automata.cli.adopt import adopt, observed
    from automata.cli.repair import write_whole

    report = kernel.validate_text(read(tested.file), file=tested.file) if tested.file != "<stdin>" else None
    failing = {result.name: result for result in tested.cases if not result.passed}
    if report is None or report.source is None or report.workflow is None or not failing:
        return tested
    text, changed = report.source.text, False
    for at, each in enumerate(report.workflow.tests):
        result = failing.get(each.name)
        if result is None:
            continue
        if any(failure.startswith("Step ") for failure in result.failures):
            out.warn(f"{tested.file}: {each.name!r} lacks a mock and is left as it is")
            continue
        text, changed = adopt(text, at, observed(result), form=report.source.format), True
        out.say(f"{tested.file}: updated {each.name!r}")
    if not changed:
        return tested
    checked = kernel.validate_text(text, file=tested.file)
    if not checked.valid:
        raise Failure(f"{tested.file!r} cannot be updated in place", exit=Exit.PARTIAL, fix="edit its tests by hand")
    write_whole(Path(tested.file), text)
    return _test(kernel, tested.file, case)


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
