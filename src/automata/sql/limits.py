"""What the documents of versions demand of starts: read once for each version, evaluated for each start."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from attrs import evolve

from automata._core.admission import rules_of
from automata._core.blobs import read_value
from automata._core.codec import decode
from automata._core.expressions import Scope, compile_template, evaluate_large
from automata._core.journal import decode_events, read_json
from automata._core.large import Large, holds
from automata.errors import AutomataError
from automata.model import Json, Run, RunStarted, Workflow
from automata.model.admission import Rules
from automata.ports import Blobs
from automata.sql.dialect import Link
from automata.sql.operations import Create

_DOCUMENT = "SELECT document FROM automata_workflow_version WHERE org = ? AND name = ? AND version = ?"
KEPT = 1_000
"""Versions whose settings are kept; the one unused for longest goes first."""


class Limits:
    """The settings of versions, as far as they concern starts."""

    def __init__(self) -> None:
        self.blobs: Blobs | None = None
        """Where large start inputs are, which a key may look into."""
        self._known: OrderedDict[tuple[str, str, str], Workflow | int] = OrderedDict()
        """The workflow where starts are limited, else its priority."""

    def apply(self, link: Link, creates: Iterable[Create]) -> list[Create]:
        """Give starts the rules and the priority of their workflows; those that may happen.

        A start whose key cannot be evaluated gets its error.
        """
        return [operation for operation in creates if self._apply(link, operation)]

    def _apply(self, link: Link, operation: Create) -> bool:
        run = operation.run
        found = self._find(link, run)
        priority = found if isinstance(found, int) else found.settings.priority
        if priority and not run.priority:
            operation.run = evolve(run, priority=priority)
        begins = operation.last is None or run.owner is not None  # A copy of a run that is over is no start.
        if not isinstance(found, int) and begins and operation.rules is None:
            try:
                operation.rules = _rules(found, run, operation.data, self.blobs)
            except AutomataError as error:
                operation.error = error
                return False
        return True

    def _find(self, link: Link, run: Run) -> Workflow | int:
        key = (run.org, run.workflow, run.version)
        known = self._known.get(key)
        if known is None:
            rows = link.query(_DOCUMENT, *key)
            if not rows:
                return 0
            workflow, _ = decode(read_json(bytes(rows[0][0])))
            known = self._known[key] = _needed(workflow)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return known


def _needed(workflow: Workflow | None) -> Workflow | int:
    if workflow is None:
        return 0
    settings = workflow.settings
    limited = settings.concurrency or settings.rate or settings.debounce
    return workflow if limited is not None else settings.priority


def _rules(workflow: Workflow, run: Run, data: bytes, blobs: Blobs | None) -> Rules | None:
    started = next((event for event in decode_events(data) if isinstance(event, RunStarted)), None)
    if started is None:
        return None
    roots: dict[str, Json] = {
        "input": started.input,
        "vars": dict(workflow.vars),
        "run": {"id": run.id, "workflow": run.workflow, "version": run.version, "started": started.at},
    }
    scope = Scope(roots)
    if blobs is None or not holds(started.input):
        return rules_of(workflow, run.org, lambda template: compile_template(template).evaluate(scope))

    def open_(large: Large) -> Json:
        return read_value(blobs.parts(large.name))

    return rules_of(workflow, run.org, lambda template: evaluate_large(compile_template(template), scope, open_))
