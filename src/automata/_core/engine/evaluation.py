"""Evaluate the templates of a run: what a name means where, and the volatile functions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from automata._core.engine.depot import Unopened
from automata._core.engine.host import Host
from automata._core.expressions import Scope, Template, evaluate_large, is_too_long
from automata._core.large import Large
from automata._core.machine import Activation, Machine
from automata.errors import ExpressionFailed, KernelBug, StepError
from automata.model import Json, JsonObject, Run

_log = logging.getLogger(__name__)

NOWHERE = -1
"""Index for a template that belongs to a graph, not to one of its nodes."""


class _Volatile:
    """``now()`` is one instant an evaluation; ``uuid()`` and ``random()`` draw anew. The result is what is recorded."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._now: datetime | None = None

    def now(self) -> datetime:
        if self._now is None:
            self._now = self._host.clock.now()
        return self._now

    def uuid(self) -> str:
        h = self._host.random.identifier()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"

    def random(self) -> float:
        return self._host.random.random()


class Evaluation:
    """Evaluates for one run."""

    def __init__(self, host: Host, run: Run, machine: Machine, started: str) -> None:
        self._host = host
        self._machine = machine
        self._id = run.id
        self.waits = False
        """Whether large values are fetched at once, however long that holds up the loop."""
        self._run: JsonObject = {"id": run.id, "workflow": run.workflow, "version": run.version, "started": started}

    def __call__(
        self, template: Template, activation: Activation, index: int = NOWHERE, extra: Mapping[str, Json] | None = None
    ) -> Json:
        """Evaluate *template* as the node *index* of *activation* sees the world.

        Args:
            template: What to evaluate.
            activation: Where.
            index: Whose branch decides what ``error`` is.
            extra: Roots that exist for this template alone, like ``signal``.

        Raises:
            ExpressionFailed: It fails.
            StepError: ``bug``: something in it raised what it should not, like a function of a plugin.
            Unopened: It looks into a large value that has to be fetched first; nothing has happened.
        """
        try:
            return self._value(template, activation, index, extra or {})
        except (StepError, KernelBug, Unopened):
            raise
        except Exception as error:
            _log.exception("An expression could not be evaluated", extra={"run": self._run["id"]})
            raise StepError(f"{type(error).__name__}: {error}", error_class="bug") from error

    def _value(self, template: Template, activation: Activation, index: int, extra: Mapping[str, Json]) -> Json:
        if template.constant:
            return template.evaluate(Scope())
        roots: dict[str, Json] = {}
        for name in template.names:
            if name in extra:
                roots[name] = extra[name]
            elif name == "run":
                roots[name] = self._run
            else:
                try:
                    roots[name] = self._machine.lookup(activation, index, name)
                except KeyError:
                    continue  # the node did not run: missing as a whole
        scope = Scope(roots, _Volatile(self._host))
        if self._host.depot.knows(self._id):
            return evaluate_large(template, scope, self.open)
        try:
            return template.evaluate(scope)
        except ExpressionFailed as error:
            if not is_too_long(error):
                raise
            return evaluate_large(template, scope, self.open)

    def patient(
        self, template: Template, activation: Activation, index: int = NOWHERE, extra: Mapping[str, Json] | None = None
    ) -> Json:
        """Evaluate, with large values fetched at once: for what cannot be begun again."""
        before, self.waits = self.waits, True
        try:
            return self(template, activation, index, extra)
        finally:
            self.waits = before

    def open(self, large: Large) -> Json:
        """What a reference stands for.

        Raises:
            Unopened: It has to be fetched first.
            StepError: It is too large to be looked into, or is not there.
        """
        return self._host.depot.open(large, wait=self.waits)
