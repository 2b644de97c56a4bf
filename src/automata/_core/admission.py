"""Decide what becomes of a start when its workflow limits how many runs there may be. Pure: facts in, decision out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

from attrs import frozen

from automata._core.canonical import canonical
from automata._core.durations import parse_duration
from automata.model import Json, Workflow
from automata.model.admission import Quiet, Quota, Rules, Slot

MOST_QUEUED = 10_000
"""Runs that may wait for one slot; further starts are refused."""
RETRY_AFTER = timedelta(seconds=5)
"""What a refused start is told to wait, where nothing says when there will be a place."""
LONGEST_KEY = 128
"""Characters of an evaluated key that stay readable in the name of a slot; longer ones become their digest."""


@frozen(kw_only=True)
class Facts:
    """What the store knows of the runs a start competes with; read under the locks of its slot, rate and debounce."""

    now: datetime
    held: int = 0
    """Runs that hold a place of the slot."""
    ready: int = 0
    """Runs that wait for nothing but a place of the slot."""
    queued: int = 0
    """Those, and the ones that wait for a time first."""
    newest: tuple[str, ...] = ()
    """Of the queued, with policy ``replace``: all of them."""
    survivors: int = 0
    """Runs that hold or wait for a place and have not been told to stop, with policy ``cancel_oldest``."""
    oldest: tuple[str, ...] = ()
    """Of the survivors: those that began first, then those that wait."""
    nth: datetime | None = None
    """When the start that many starts ago may begin, *that many* being the rate's limit."""
    pending: str | None = None
    """The run of the debounce that has not begun."""
    first: datetime | None = None
    """When the series began whose run is *pending*."""


@frozen(kw_only=True)
class Decision:
    """What becomes of a start."""

    refused: timedelta | None = None
    """It is not accepted; when to try again."""
    begins: bool = True
    """Whether it has its place, and may be taken up at once."""
    not_before: datetime | None = None
    """When it is to be looked at, if a time holds it back."""
    stopped: tuple[str, ...] = ()
    """Runs to cancel: they have begun, or wait."""
    replaced: tuple[str, ...] = ()
    """Runs to cancel that have not begun: the start takes their part."""


def decide(rules: Rules, facts: Facts) -> Decision:
    """Decide about one start.

    A debounce and a rate say from when on it may begin; the slot, whether there is a place then.
    """
    not_before = _not_before(rules, facts)
    replaced = () if rules.quiet is None or facts.pending is None else (facts.pending,)
    if rules.slot is None:
        return Decision(begins=not_before is None, not_before=not_before, replaced=replaced)
    return _placed(rules.slot, facts, not_before, replaced)


def _not_before(rules: Rules, facts: Facts) -> datetime | None:
    """When the start may begin, or None for now."""
    times = [facts.now]
    if rules.quiet is not None:
        first = facts.first if facts.pending is not None and facts.first is not None else facts.now
        quiet = facts.now + rules.quiet.pause
        times.append(quiet if rules.quiet.longest is None else min(quiet, first + rules.quiet.longest))
    if rules.quota is not None and facts.nth is not None:
        times.append(facts.nth + rules.quota.period)
    latest = max(times)
    return latest if latest > facts.now else None


def _placed(slot: Slot, facts: Facts, not_before: datetime | None, replaced: tuple[str, ...]) -> Decision:
    waiting = facts.queued - len(replaced)
    full = facts.held + waiting >= slot.limit
    stopped: tuple[str, ...] = ()
    if slot.policy == "drop_newest" and full:
        return Decision(refused=RETRY_AFTER, begins=False)
    if slot.policy == "replace":
        replaced = tuple(dict.fromkeys((*replaced, *facts.newest)))
        waiting = 0
    if slot.policy == "cancel_oldest":
        excess = facts.survivors - len(replaced) + 1 - slot.limit
        stopped = tuple(run for run in facts.oldest if run not in replaced)[: max(0, excess)]
    if waiting >= MOST_QUEUED:
        return Decision(refused=RETRY_AFTER, begins=False)
    free = facts.held < slot.limit and (facts.ready == 0 or slot.policy == "replace")
    return Decision(begins=free and not_before is None, not_before=not_before, stopped=stopped, replaced=replaced)


def rules_of(workflow: Workflow, org: str, evaluate: Callable[[Json], Json]) -> Rules | None:
    """What a start of *workflow* has to pass; None when nothing limits it.

    Args:
        workflow: A validated document.
        org: Whose run it is; runs of different ones never compete.
        evaluate: Gives the value of a template whose roots are ``input``, ``vars`` and ``run``.

    Raises:
        ExpressionFailed: A key fails.
    """
    chosen = workflow.settings
    if chosen.concurrency is None and chosen.rate is None and chosen.debounce is None:
        return None
    slot = quota = quiet = None
    if (limit := chosen.concurrency) is not None:
        key = _key(limit.key, evaluate)
        shared = limit.policy == "round_robin"
        slot = Slot(
            id=_name("c", org, workflow.name, "" if shared else key),
            limit=limit.limit,
            policy=limit.policy,
            lane=key if shared else "",
        )
    if (rate := chosen.rate) is not None:
        name = _name("r", org, workflow.name, _key(rate.key, evaluate))
        quota = Quota(id=name, limit=rate.limit, period=parse_duration(rate.period))
    if (debounce := chosen.debounce) is not None:
        name = _name("d", org, workflow.name, _key(debounce.key, evaluate))
        longest = None if debounce.max is None else parse_duration(debounce.max)
        quiet = Quiet(id=name, pause=parse_duration(debounce.for_), longest=longest)
    return Rules(slot=slot, quota=quota, quiet=quiet)


def _key(template: str | None, evaluate: Callable[[Json], Json]) -> str:
    if template is None:
        return ""
    value = evaluate(template)
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= LONGEST_KEY else f"sha256-{sha256(text.encode()).hexdigest()}"


def _name(*parts: str) -> str:
    """One text of several; no two tuples give the same."""
    kind, *rest = parts
    return f"{kind}:{'/'.join(quote(part, safe='') for part in rest)}"
