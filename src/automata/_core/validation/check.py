"""Run the rules over a document and keep only fixes that hold what they promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice

from attrs import evolve

from automata._core.catalog import Catalog
from automata._core.codec import decode
from automata._core.patch import apply_patch
from automata._core.validation import calls
from automata._core.validation.survey import Rule as KernelRule
from automata._core.validation.survey import Survey
from automata._core.validation.table import FIRST, RULES
from automata.errors import PluginError
from automata.model import Fix, Json, Problem, Rule, Severity, Workflow

TRIALS = 4_000
"""How many nodes and edges may be validated again to try fixes out; fixes beyond that are not offered."""
PROBLEMS = 200
"""How many breaches of one rule are told; the rest shows once they are mended."""


def validate(workflow: Workflow, catalog: Catalog, *, raw: Json | None = None) -> tuple[Problem, ...]:
    """Find all problems of *workflow*, in the order of the document.

    Args:
        workflow: What `codec.decode` made of *raw*.
        catalog: What the document may name.
        raw: The document as it was written, so that pointers and fixes fit it; None for the canonical form.
    """
    survey = Survey(catalog.settled(workflow), catalog, raw)
    return _finish(survey, _run(survey))


def validate_many(
    workflows: Mapping[str, Workflow],
    catalog: Catalog,
    *,
    raws: Mapping[str, Json] | None = None,
    broken: Collection[str] = (),
) -> Mapping[str, tuple[Problem, ...]]:
    """Validate documents that may call each other; keys are file names or any other handle.

    Besides what `validate` finds in each, calls that come back to the caller (``CALL-001``), and calls of workflows
    that are not among them (``CALL-002``, a warning: they may be published elsewhere). *broken* are the names of
    documents that are there too but could not be read.
    """
    named = {workflow.name: workflow for workflow in workflows.values()}
    found: dict[str, tuple[Problem, ...]] = {}
    for handle, workflow in workflows.items():
        survey = Survey(catalog.settled(workflow), catalog, (raws or {}).get(handle))
        problems = _finish(survey, _run(survey))
        found[handle] = _sorted(survey, (*problems, *calls.check_calls(survey, named, broken)))
    return found


def _finish(survey: Survey, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return _sorted(survey, _tried(survey, problems))


def _run(survey: Survey) -> tuple[Problem, ...]:
    found = list(_breaches(survey, FIRST))
    if not found:
        found.extend(_breaches(survey, RULES[len(FIRST) :]))
        found.extend(_from_plugins(survey))
    return tuple({(p.code, p.pointer, p.message): p for p in found}.values())


def _breaches(survey: Survey, rules: Iterable[KernelRule]) -> Iterator[Problem]:
    for rule in rules:
        for problem in islice(rule.find(survey), PROBLEMS):
            yield problem if problem.code else evolve(problem, code=rule.code, severity=rule.severity)


def _from_plugins(survey: Survey) -> Iterator[Problem]:
    for rule in survey.catalog.rules:
        try:
            yield from survey.catalog.guard(rule.plugin, partial(_checked, rule, survey.workflow))
        except PluginError as error:
            yield Problem(
                code="PLG-001",
                message=f"Rule {rule.code!r} of {rule.plugin!r} did not run: {error.message}",
                severity=Severity.WARNING,
            )


def _checked(rule: Rule, workflow: Workflow) -> tuple[Problem, ...]:
    found = tuple(rule.check(workflow))
    if not all(isinstance(p, Problem) for p in found):
        raise TypeError("It gave something that is not a Problem")
    return found


def _tried(survey: Survey, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Keep the fixes that remove their problem and add none, by trying each on a copy."""
    if not any(p.fixes for p in problems):
        return problems
    left = TRIALS
    size = max(1, sum(len(view.graph.nodes) + len(view.graph.edges) for view in survey.views))
    before = Counter(map(_identity, problems))
    kept: list[Problem] = []
    for problem in problems:
        good: list[Fix] = []
        for fix in problem.fixes:
            left -= size
            if left >= 0 and _holds(survey, problem, fix, before):
                good.append(fix)
        kept.append(evolve(problem, fixes=tuple(good)) if problem.fixes else problem)
    return tuple(kept)


def _holds(survey: Survey, problem: Problem, fix: Fix, before: Counter[tuple[str, str | None, str]]) -> bool:
    try:
        raw = apply_patch(survey.raw, fix.patch)
    except ValueError:
        return False
    workflow, problems = decode(raw)
    if workflow is None or problems:
        return False
    after = Counter(map(_identity, _run(Survey(survey.catalog.settled(workflow), survey.catalog, raw))))
    mine = _identity(problem)
    return after <= before and after[mine] < before[mine]


def _identity(problem: Problem) -> tuple[str, str | None, str]:
    return problem.code, problem.node, problem.message


def _sorted(survey: Survey, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors and warnings together, nodes in document order."""
    numbers = {
        view.address + id_: i for i, (view, id_) in enumerate((v, n) for v in survey.views for n in v.graph.nodes)
    }
    end = len(numbers)
    return tuple(sorted(problems, key=lambda p: (numbers.get(p.node or "", end), p.pointer, p.code, p.message)))
