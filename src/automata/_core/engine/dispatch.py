"""What an outbox step hands over, and what of it the relay gives to the action that sends it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from automata._core.engine.host import Host
from automata._core.engine.record import finished
from automata._core.machine import Step
from automata._core.retry import Policy
from automata.errors import Damaged
from automata.model import Dispatch, Event, Json, JsonObject, Run, StepFailed, StepFinished
from automata.ports import Http

PATIENT = Policy(
    attempts=10,
    initial_s=5.0,
    factor=3.0,
    max_s=3600.0,
    jitter=True,
    on=frozenset({"rate_limited", "transient", "timed_out", "provider_broke", "auth_expired"}),
)
"""Retries of a message whose node says nothing: nobody waits for it, so it may take hours."""

_log = logging.getLogger("automata.run")


def dispatch_of(host: Host, run: Run, step: Step) -> Dispatch:
    """The message of an outbox step: all that is needed to send it, however much later and in whatever process."""
    work = step.work
    policy = work.retry or PATIENT
    body: JsonObject = {
        "use": work.type.name,
        "with": step.input,
        "connection": work.connection,
        "timeout_s": work.timeout_s or host.default_timeout_s,
        "retry": {
            "attempts": policy.attempts,
            "initial_s": policy.initial_s,
            "factor": policy.factor,
            "max_s": policy.max_s,
            "jitter": policy.jitter,
            "on": sorted(policy.on),
        },
    }
    return Dispatch(id=host.idempotency_key(run, step), run=run.id, step=step.address, body=body)


class Tray:
    """Messages of one run on their way into the outbox: each goes there with the completion of its step."""

    def __init__(self, host: Host, run: Run) -> None:
        self._host = host
        self._run = run
        self._made: dict[str, Dispatch] = {}
        """By the address of the step, whose completion is not recorded yet."""
        self._ready: list[Dispatch] = []

    def put(self, step: Step) -> Event:
        """Make the message of a step; gives the event that completes the step."""
        dispatch = self._made[step.address] = dispatch_of(self._host, self._run, step)
        return finished(self._host, step, {"message": dispatch.id})

    def record(self, event: StepFinished | StepFailed) -> None:
        """An event is part of the next turn, and so is the message of its step."""
        dispatch = self._made.pop(event.step, None)
        if dispatch is not None:
            self._ready.append(dispatch)

    def drop(self, step: Step) -> None:
        """Forget the message of a step that was stopped."""
        self._made.pop(step.address, None)

    def empty(self) -> Sequence[Dispatch]:
        """The messages of the next turn."""
        ready, self._ready = self._ready, []
        return ready


class Letter:
    """A message as the relay reads it.

    Raises:
        Damaged: It is not one that `dispatch_of` made.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        body = dispatch.body
        use, given, connection, seconds = (body.get(name) for name in ("use", "with", "connection", "timeout_s"))
        if not isinstance(use, str) or not isinstance(seconds, int | float):
            raise Damaged(f"Message {dispatch.id!r} of the outbox cannot be read")
        self.use = use
        self.parameters: JsonObject = given if isinstance(given, dict) else {}
        self.connection = connection if isinstance(connection, str) else None
        self.timeout_s = float(seconds)
        self.policy = _policy(body.get("retry"))


def _policy(given: Json) -> Policy:
    facts = given if isinstance(given, dict) else {}
    on = facts.get("on")
    return Policy(
        attempts=int(_number(facts, "attempts", PATIENT.attempts)),
        initial_s=_number(facts, "initial_s", PATIENT.initial_s),
        factor=_number(facts, "factor", PATIENT.factor),
        max_s=_number(facts, "max_s", PATIENT.max_s),
        jitter=facts.get("jitter") is not False,
        on=frozenset(str(name) for name in on) if isinstance(on, list) else PATIENT.on,
    )


def _number(facts: Mapping[str, Json], name: str, otherwise: float) -> float:
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) else otherwise


class SendingContext:
    """The `automata.ports.Context` of an attempt to send a message.

    Args:
        host: The surroundings.
        dispatch: The message.
        connection: Name of the node's connection.
        timeout_s: When the attempt is given up.
    """

    def __init__(self, host: Host, dispatch: Dispatch, connection: str | None, timeout_s: float) -> None:
        self._host = host
        self._connection = connection
        self.run_id = dispatch.run
        self.node = dispatch.step
        self.attempt = dispatch.attempts
        self.idempotency_key = dispatch.id
        self.dry_run = False
        self.deadline: datetime | None = host.clock.now() + timedelta(seconds=timeout_s)
        self.setting: Callable[[str], str | None] = host.setting

    @property
    def credential(self) -> Mapping[str, str] | None:
        """Fields of the node's connection."""
        return None if self._connection is None else self._host.credential(self._connection)

    @property
    def http(self) -> Http:
        """The guarded client."""
        return self._host.http()

    def now(self) -> datetime:
        """The present instant."""
        return self._host.clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._host.clock.sleep_until(self.now() + timedelta(seconds=seconds))

    def evaluate(self, parameter: str) -> Json:
        """Refuse: the run is not here.

        Raises:
            KeyError: Always; an outbox step has no lazy parameters.
        """
        raise KeyError(parameter)

    def log(self, message: str, **facts: Json) -> None:
        """Write a line to the run's log."""
        _log.info(message, extra={"run": self.run_id, "step": self.node, "facts": facts})

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Nobody watches."""
