"""What becomes of a start: tables of facts and decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from automata._core.admission import MOST_QUEUED, RETRY_AFTER, Decision, Facts, decide, rules_of
from automata.model import Concurrency, Debounce, Graph, Rate, Settings, Workflow
from automata.model.admission import Policy, Quiet, Quota, Rules, Slot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BEGINS = Decision()
WAITS = Decision(begins=False)
REFUSED = Decision(begins=False, refused=RETRY_AFTER)


def slot(policy: Policy, limit: int = 2) -> Rules:
    return Rules(slot=Slot(id="c:w/", limit=limit, policy=policy))


def facts(**known: object) -> Facts:
    return Facts(now=NOW, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", ["queue", "drop_newest", "cancel_oldest", "replace", "round_robin"])
def test_start_with_a_place_begins(policy: Policy) -> None:
    assert decide(slot(policy), facts(held=1, survivors=1, oldest=("a",))) == BEGINS


@pytest.mark.parametrize(
    ("policy", "known", "expected"),
    [
        pytest.param("queue", facts(held=2), WAITS, id="queue-full"),
        pytest.param("queue", facts(held=1, ready=1, queued=1), WAITS, id="queue-behind-others"),
        pytest.param("queue", facts(held=1, ready=0, queued=1), BEGINS, id="queue-past-one-that-waits-for-a-time"),
        pytest.param("queue", facts(held=2, ready=1, queued=MOST_QUEUED), REFUSED, id="queue-too-long"),
        pytest.param("round_robin", facts(held=2, ready=9, queued=9), WAITS, id="round-robin-full"),
        pytest.param("drop_newest", facts(held=2), REFUSED, id="drop-full"),
        pytest.param("drop_newest", facts(held=1, queued=1), REFUSED, id="drop-counts-those-that-wait-for-a-time"),
        pytest.param("replace", facts(held=2), WAITS, id="replace-nobody"),
        pytest.param(
            "replace",
            facts(held=2, ready=1, queued=1, newest=("q",)),
            Decision(begins=False, replaced=("q",)),
            id="replace-the-queued",
        ),
        pytest.param(
            "cancel_oldest",
            facts(held=2, survivors=2, oldest=("a", "b")),
            Decision(begins=False, stopped=("a",)),
            id="cancel-the-oldest",
        ),
        pytest.param(
            "cancel_oldest",
            facts(held=2, ready=1, queued=1, survivors=2, oldest=("b", "q")),
            Decision(begins=False, stopped=("b",)),
            id="cancel-who-has-not-been-told",
        ),
        pytest.param(
            "cancel_oldest",
            facts(held=4, survivors=4, oldest=("a", "b", "c", "d")),
            Decision(begins=False, stopped=("a", "b", "c")),
            id="cancel-more-after-the-limit-was-lowered",
        ),
    ],
)
def test_start_without_a_place_is_treated_by_policy(policy: Policy, known: Facts, expected: Decision) -> None:
    assert decide(slot(policy), known) == expected


def test_rate_holds_a_start_back_until_the_oldest_counts_no_more() -> None:
    rules = Rules(quota=Quota(id="r:w/", limit=3, period=10 * SECOND))

    assert decide(rules, facts()) == BEGINS
    assert decide(rules, facts(nth=NOW - 4 * SECOND)) == Decision(begins=False, not_before=NOW + 6 * SECOND)
    assert decide(rules, facts(nth=NOW - 10 * SECOND)) == BEGINS


def test_debounce_waits_for_quiet_but_not_for_ever() -> None:
    rules = Rules(quiet=Quiet(id="d:w/", pause=5 * SECOND, longest=8 * SECOND))

    assert decide(rules, facts()) == Decision(begins=False, not_before=NOW + 5 * SECOND)
    again = facts(pending="p", first=NOW - 2 * SECOND)
    assert decide(rules, again) == Decision(begins=False, not_before=NOW + 5 * SECOND, replaced=("p",))
    late = facts(pending="p", first=NOW - 7 * SECOND)
    assert decide(rules, late) == Decision(begins=False, not_before=NOW + SECOND, replaced=("p",))
    endless = evolve(rules, quiet=Quiet(id="d:w/", pause=5 * SECOND))
    assert decide(endless, late) == Decision(begins=False, not_before=NOW + 5 * SECOND, replaced=("p",))


def test_start_that_replaces_takes_no_second_place_in_the_queue() -> None:
    rules = Rules(slot=Slot(id="c", limit=1, policy="drop_newest"), quiet=Quiet(id="d", pause=SECOND))

    got = decide(rules, facts(queued=1, pending="p", first=NOW))

    assert got == Decision(begins=False, not_before=NOW + SECOND, replaced=("p",))


@given(
    st.sampled_from(["queue", "drop_newest", "cancel_oldest", "replace", "round_robin"]),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_no_decision_exceeds_the_limit_or_jumps_the_queue(policy: Policy, limit: int, held: int, ready: int) -> None:
    known = facts(
        held=held, ready=ready, queued=ready, survivors=held + ready, oldest=tuple("abcdefgh"[: held + ready])
    )

    got = decide(slot(policy, limit), known)

    if got.begins:
        assert held < limit
        assert ready == 0 or policy == "replace"
    assert len(set(got.stopped)) == len(got.stopped)


def test_keys_of_a_document_name_what_starts_compete_for() -> None:
    workflow = Workflow(
        name="Order triage",
        graph=Graph(),
        settings=Settings(
            concurrency=Concurrency(key="k1", limit=3),
            rate=Rate(limit=5, period="1m"),
            debounce=Debounce(key="k2", for_="2s", max="10s"),
        ),
    )

    got = rules_of(workflow, "org", lambda template: {"k1": "a/b", "k2": {"id": 7}}[str(template)])

    assert got == Rules(
        slot=Slot(id="c:org/Order%20triage/a%2Fb", limit=3),
        quota=Quota(id="r:org/Order%20triage/", limit=5, period=timedelta(minutes=1)),
        quiet=Quiet(id="d:org/Order%20triage/%7B%22id%22%3A7%7D", pause=2 * SECOND, longest=10 * SECOND),
    )


def test_lanes_share_one_slot() -> None:
    settings = Settings(concurrency=Concurrency(key="k", limit=3, policy="round_robin"))
    workflow = Workflow(name="w", graph=Graph(), settings=settings)

    got = rules_of(workflow, "", lambda _template: "customer")

    assert got == Rules(slot=Slot(id="c:/w/", limit=3, policy="round_robin", lane="customer"))


def test_long_keys_are_told_apart_by_their_digest() -> None:
    workflow = Workflow(name="w", graph=Graph(), settings=Settings(concurrency=Concurrency(key="k")))

    one, other = (rules_of(workflow, "", lambda _t, end=end: "x" * 10_000 + end) for end in "ab")

    assert one != other
    assert one is not None
    assert one.slot is not None
    assert len(one.slot.id) < 100


def test_workflow_without_limits_has_no_rules() -> None:
    assert rules_of(Workflow(name="w", graph=Graph()), "", str) is None
