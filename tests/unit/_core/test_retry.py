"""Whether and when a failed attempt is tried again."""

import pytest

from automata._core.retry import RETRYABLE, Policy, compile_policy, retry_delay
from automata.model import Effect, ErrorInfo, Retry

POLICY = Policy(attempts=5, initial_s=2, factor=3, max_s=20, jitter=False, on=RETRYABLE)


def error(kind="transient", **facts):
    return ErrorInfo(kind, "x", **facts)


@pytest.mark.parametrize(("attempt", "delay"), [(1, 2), (2, 6), (3, 18), (4, 20), (5, None), (6, None)])
def test_delays_grow_to_their_most_and_attempts_run_out(attempt, delay):
    assert retry_delay(POLICY, Effect.READ, attempt, error(), 0.5) == delay


def test_no_policy_means_one_attempt():
    assert retry_delay(None, Effect.READ, 1, error(), 0.5) is None


@pytest.mark.parametrize("kind", ["conflict", "bug", "failed", ""])
def test_classes_that_are_not_named_are_not_tried_again(kind):
    assert retry_delay(POLICY, Effect.READ, 1, error(kind), 0.5) is None


def test_an_unsafe_effect_is_tried_again_only_when_nothing_was_sent():
    assert retry_delay(POLICY, Effect.UNSAFE, 1, error(sent=True), 0) is None
    assert retry_delay(POLICY, Effect.UNSAFE, 1, error(sent=False), 0) == 2


@pytest.mark.parametrize(("asked", "delay"), [(1, 2), (50, 50), (1e9, 86_400), (-5, 2), (float("inf"), 86_400)])
def test_what_the_far_side_asks_for_is_a_lower_bound_of_at_most_a_day(asked, delay):
    assert retry_delay(POLICY, Effect.READ, 1, error(retry_after_s=asked), 0) == delay


@pytest.mark.parametrize("chance", [0, 0.25, 0.999])
def test_full_jitter_spreads_from_nothing_to_the_whole_delay(chance):
    policy = compile_policy(Retry(initial="4s"), {"4s": 4, "1m": 60})

    assert retry_delay(policy, Effect.READ, 1, error(), chance) == 4 * chance
    assert (policy.attempts, policy.on, policy.jitter) == (3, RETRYABLE, True)


def test_the_largest_policy_a_document_may_have_does_not_overflow():
    policy = compile_policy(Retry(attempts=1000, factor=100.0, jitter="none", on=("odd",)), {"1s": 1, "1m": 60})

    assert retry_delay(policy, Effect.READ, 999, error("odd"), 0) == 60
