"""What the author of a plugin gets from a type checker; checked, never run."""

from __future__ import annotations

from typing import assert_type

from automata.errors import RateLimited, StepError
from automata.model import Problem, Severity
from automata.sdk import Context, Effect, Json, JsonObject, NodeType, Outcome, Port


async def say_hello(context: Context, parameters: JsonObject) -> Json:
    """An action that gives a value."""
    assert_type(parameters["name"], Json)
    return {"text": "hello"}


async def choose(context: Context, parameters: JsonObject) -> Outcome:
    """An action that chooses its port."""
    return Outcome({"chosen": True}, "yes")


hello = NodeType(name="greet.say_hello", title="Say hello", summary="Greet", effect=Effect.PURE, run=say_hello)
either = NodeType(
    name="greet.choose",
    title="Choose",
    summary="Choose",
    ports=(Port("yes"), Port("no")),
    run=choose,
    effect=Effect.PURE,
)

assert_type(hello.ports, tuple[Port, ...])
assert_type(Outcome(None).port, str)
assert_type(Effect.PURE.writes, bool)
assert_type(RateLimited("slow down", retry_after_s=2.0).retry_after_s, float | None)


def caught(error: StepError) -> str:
    """Facts of an error are attributes."""
    return assert_type(error.kind, str)


def severe(problem: Problem) -> bool:
    """A problem compares by value."""
    return assert_type(problem.severity, Severity) is Severity.ERROR
