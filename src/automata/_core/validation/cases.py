"""Rules about the tests that live in a document: the nodes they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from automata._core.patch import join
from automata._core.suggest import did_you_mean, nearest
from automata._core.validation.survey import Rule, Survey, replace
from automata.model import Case, Fix, Problem


def unknown_address(survey: Survey) -> Iterator[Problem]:
    """Mocks and approvals are for nodes the workflow has."""
    known = sorted(view.address + id_ for view in survey.views for id_ in view.graph.nodes)
    for i, case in enumerate(survey.workflow.tests):
        for key, addresses in (("mocks", case.mocks), ("approvals", case.approvals)):
            for address in addresses:
                plain = re.sub(r"\[\d+\]|~undo|~finally", "", address)
                if plain not in known:
                    at = join("", "tests", i, key, address)
                    near = nearest(plain, known)
                    move = {"op": "move", "from": at, "path": join("", "tests", i, key, near or "")}
                    yield Problem(
                        code="",
                        message=f"Test {case.name!r} names an unknown node {address!r}{did_you_mean(plain, known)}",
                        pointer=at,
                        fixes=(_fix(near, move),) if near and near not in addresses else (),
                    )


def _fix(near: str, move: dict[str, str]) -> Fix:
    return Fix(f"Rename to {near!r}", (move,))


def unknown_step(survey: Survey) -> Iterator[Problem]:
    """`expect.path` lists nodes of the workflow."""
    nodes = sorted(survey.workflow.graph.nodes)
    for i, case in enumerate(survey.workflow.tests):
        for j, id_ in enumerate(case.expect.path or ()):
            if id_ not in survey.workflow.graph.nodes:
                at, near = join("", "tests", i, "expect", "path", j), nearest(id_, nodes)
                yield Problem(
                    code="",
                    message=f"Test {case.name!r} expects an unknown node {id_!r}{did_you_mean(id_, nodes)}",
                    pointer=at,
                    fixes=(replace(f"Rename to {near!r}", at, near),) if near else (),
                )


def not_a_trigger(survey: Survey) -> Iterator[Problem]:
    """`trigger` names a trigger; a workflow with several needs it."""
    triggers = survey.views[0].triggers
    for i, case in enumerate(survey.workflow.tests):
        if case.trigger is not None and case.trigger not in triggers:
            at, near = join("", "tests", i, "trigger"), nearest(case.trigger, sorted(triggers))
            yield Problem(
                code="",
                message=f"Test {case.name!r} starts at {case.trigger!r}, which is not a trigger of the workflow",
                pointer=at,
                hint=f"Its triggers are {', '.join(triggers)}" if triggers else "It has none",
                fixes=(replace(f"Start at {near!r}", at, near),) if near else (),
            )
        elif case.trigger is None and len(triggers) > 1:
            yield _needs_trigger(case, i, triggers)


def _needs_trigger(case: Case, i: int, triggers: tuple[str, ...]) -> Problem:
    return Problem(
        code="",
        message=f"Test {case.name!r} does not say which trigger its event arrives at",
        pointer=join("", "tests", i),
        hint=f"Add 'trigger' with one of {', '.join(triggers)}",
    )


RULES = (
    Rule(code="TST-001", title="Test of an unknown node", find=unknown_address),
    Rule(code="TST-002", title="Test expects an unknown node", find=unknown_step),
    Rule(code="TST-003", title="Test starts at no trigger", find=not_a_trigger),
)
