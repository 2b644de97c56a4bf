"""Whether and when a failed attempt is tried again: pure functions over a compiled policy."""

from __future__ import annotations

from attrs import frozen

from automata.model import Effect, ErrorInfo, Retry

RETRYABLE = frozenset({"rate_limited", "transient", "timed_out"})
LONGEST_S = 86_400.0


@frozen
class Policy:
    """A node's ``retry``, with durations in seconds."""

    attempts: int
    initial_s: float
    factor: float
    max_s: float
    jitter: bool
    on: frozenset[str]


def compile_policy(retry: Retry, seconds: dict[str, float]) -> Policy:
    """Turn the document's record into numbers.

    Args:
        retry: The record.
        seconds: The texts of ``initial`` and ``max`` to seconds.
    """
    return Policy(
        attempts=retry.attempts,
        initial_s=seconds[retry.initial],
        factor=retry.factor,
        max_s=seconds[retry.max],
        jitter=retry.jitter == "full",
        on=RETRYABLE if retry.on is None else frozenset(retry.on),
    )


def retry_delay(policy: Policy | None, effect: Effect, attempt: int, error: ErrorInfo, chance: float) -> float | None:
    """Seconds until the next attempt, or None when there is none.

    An ``unsafe`` effect is tried again only when nothing can have happened. What the far side asks for
    (``Retry-After``) is a lower bound. Full jitter draws evenly from zero to the exponential delay (AWS Architecture
    Blog, "Exponential Backoff and Jitter", 2015).

    Args:
        policy: None means one attempt.
        effect: What the node does to the world.
        attempt: Number of the attempt that failed, from 1.
        error: Why it failed.
        chance: A draw in [0, 1).
    """
    if policy is None or attempt >= policy.attempts or error.kind not in policy.on:
        return None
    if effect is Effect.UNSAFE and error.sent:
        return None
    growth = 1.0
    for _ in range(attempt - 1):
        growth = min(growth * policy.factor, 1e9)  # a power would overflow
    delay = min(policy.max_s, policy.initial_s * growth)
    if policy.jitter:
        delay *= chance
    return min(LONGEST_S, max(delay, error.retry_after_s or 0.0))
