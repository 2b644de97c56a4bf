"""What one process lends to every run it executes: clock, chance, store, secrets, the way out, and who watches."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from attrs import field, frozen

from automata._core.engine.depot import Depot
from automata._core.machine import Step
from automata._core.stamp import Stamp
from automata.errors import StepError
from automata.model import Event, Json, JsonObject, NodeType, Outcome, Run
from automata.ports import Clock, Context, Http, Random, Store

_log = logging.getLogger(__name__)


class Performer(Protocol):
    """Who does the work of a step: the node type itself, or a stand-in for tests and dry-runs."""

    def answer(self, step: Step, parameters: Json) -> Outcome | StepError | None:
        """A result known beforehand, which spares the step; None to perform it. Not asked for nodes with bodies."""

    async def perform(self, step: Step, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Run the node type's action once.

        Raises:
            StepError: It failed.
        """


class Direct:
    """Performs every step for real."""

    def answer(self, step: Step, parameters: Json) -> Outcome | StepError | None:  # noqa: ARG002 - the protocol's
        """Nothing is known beforehand."""
        return None

    async def perform(self, step: Step, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Await the node type's ``run``."""
        run = step.work.type.run
        if run is None:
            raise StepError(f"Node type {step.work.type.name!r} has no action", error_class="bug")
        return await run(context, parameters)


Deliver: TypeAlias = "Callable[[NodeType, Context, JsonObject], Awaitable[Json | Outcome]]"
"""Has the action of a node type performed for the relay, which has no step."""


Observer = Callable[[str, Event], None]
"""Told every event once it is committed: run id, event. It must not slow the run; raising only harms itself."""


@frozen(kw_only=True)
class Host:
    """The surroundings of a run."""

    store: Store
    clock: Clock
    random: Random
    performer: Performer = field(factory=Direct)
    deliver: Deliver | None = None
    """How the relay has messages sent. None in a rehearsal, which leaves `tx` and `outbox` steps to its performer."""
    http: Callable[[], Http]
    """Makes the guarded client when it is first needed."""
    setting: Callable[[str], str | None]
    credential: Callable[[str], Mapping[str, str]]
    """Fields of a connection by its name; raises `AuthExpired` when there is none."""
    instance_key: bytes
    """Secret from which idempotency keys are derived; the same for all workers of an installation."""
    observers: tuple[Observer, ...] = ()
    dry_run: bool = False
    default_timeout_s: float = 60.0
    """Start-to-close limit of an attempt whose node says nothing."""

    stamp: Stamp = field(init=False, factory=Stamp)
    depot: Depot = field(init=False)
    """Where its large values are."""

    @depot.default
    def _depot(self) -> Depot:
        return Depot(self.store.blobs)

    def carries(self, step: Step) -> bool:
        """Whether the performer takes references among the parameters of *step*, and returns some."""
        carries = getattr(self.performer, "carries", None)
        return carries is not None and bool(carries(step))

    @property
    def real(self) -> bool:
        """Whether ``tx`` and ``outbox`` steps are the store's business."""
        return self.deliver is not None

    def tell(self, run: str, events: Sequence[Event]) -> None:
        """Tell the observers what has been committed; one that fails is logged, and touches neither run nor others."""
        for observer in self.observers:
            for event in events:
                try:
                    observer(run, event)
                except Exception:  # noqa: BLE001 - the fence: watching a run cannot fail it
                    _log.exception("An observer failed", extra={"run": run})

    def idempotency_key(self, run: Run, step: Step) -> str:
        """The same for every attempt of *step* by whatever worker; a node's ``key`` takes the place of the run's id."""
        text = f"{run.org}\0{run.id if step.key is None else step.key}\0{step.address}"
        return (
            base64.b32encode(hmac.new(self.instance_key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
        )
