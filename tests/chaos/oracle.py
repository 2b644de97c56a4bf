"""What must hold after any kill: invariants I1 to I8, and effects exactly as often as the moments of the kills say."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from automata._core.machine import End, Machine
from automata._core.plan import Plan
from automata.model import (
    CancelRequested,
    ChildEnded,
    ChildStarted,
    ErrorInfo,
    Event,
    Json,
    Message,
    Resolved,
    RunFinished,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepLost,
    StepParked,
    StepStarted,
    TimerFired,
    TimerSet,
)


@frozen
class Entry:
    """One line of the ledger: an effect that has happened, whatever the store says."""

    run: str
    step: str
    key: str
    attempt: int
    kind: str
    process: int


@frozen(kw_only=True)
class Row:
    """The row of a run, read without the code under test."""

    id: str
    status: str
    output: Json = None
    error: tuple[str, str, str] | None = None
    """Class, node and message."""
    parent: str | None = None
    owner: str | None = None
    wake_ms: int | None = None


@frozen(kw_only=True)
class Seen:
    """Everything a fresh connection and the files say at one moment."""

    rows: Mapping[str, Row]
    journals: Mapping[str, Sequence[Event]]
    inboxes: Mapping[str, Sequence[tuple[Message, bool]]]
    """Messages of every run, taken or not."""
    broken: Sequence[str]
    """What is wrong with the stored form: chains, positions, checksums."""
    outbox: int
    ledger: Sequence[Entry]
    accepted: Sequence[str]
    """What a client was told is accepted: ``start RUN``, ``publish ORG``, ``send RUN MESSAGE`` and
    ``event RUN STEP ATTEMPT KIND``."""
    schedules: Collection[str] = ()
    """Organisations that have a schedule."""
    point: str = ""
    """Name of the last fault point that was hit; empty after an end without a kill."""


@frozen(kw_only=True)
class Expected:
    """How one run must end, taken from the shape and from a run of it without crashes."""

    run: str
    effects: Mapping[str, str]
    plan: Plan
    reference: Row
    finished: Mapping[str, str]
    """Address of every step to the kind of its last event."""
    sequential: bool = False
    """Whether one thing happens at a time, so that each fault point has its place in the journal."""


def check(expected: Expected, kills: Sequence[Seen], final: Seen) -> list[str]:
    """Everything that is wrong, in words; *kills* are the moments right after each kill, in order."""
    run = expected.run
    faults = [f"I4: {text}" for seen in (*kills, final) for text in seen.broken]
    row, events = final.rows.get(run), list(final.journals.get(run, ()))
    if row is None:
        return [*faults, f"I2: run {run} is not there at the end"]
    faults += _accepted(kills, final)
    faults += _prefixes(run, kills, final)
    faults += _ending(expected, row, events)
    faults += _attempts(events)
    faults += _timers(events)
    faults += _effects(expected, kills, final)
    if expected.sequential:
        known = False
        for seen in kills:
            if not (known and seen.point == "start.before_commit"):  # then it is a start that is asked for again
                faults += _window(run, seen)
            known = known or run in seen.rows
    if final.outbox:
        faults.append(f"I6: {final.outbox} messages are left in the outbox")
    waiting = [message.id for message, taken in final.inboxes.get(run, ()) if not taken and not _stale(message, events)]
    if waiting:
        faults.append(f"I6: messages {waiting} were never taken")
    if row.owner is not None or row.wake_ms is not None:
        faults.append(f"I7: the run is over, and yet held by {row.owner} or due at {row.wake_ms}")
    return [*faults, *_fold(expected, row, events)]


def open_attempts(events: Sequence[Event]) -> dict[str, int]:
    """Steps with an attempt that has begun and not ended, to its number."""
    running: dict[str, int] = {}
    for event in events:
        match event:
            case StepStarted(step, attempt):
                running[step] = attempt
            case StepFinished(step) | StepFailed(step) | StepLost(step) | StepParked(step) | StepCancelled(step):
                running.pop(step, None)
            case _:
                pass
    return running


def last_events(events: Sequence[Event]) -> dict[str, str]:
    """Address of every step to the kind of the last event that changed it.

    A person who says that it is done finishes it; that a child was started may be noted again after its end.
    """
    kinds = {}
    for event in events:
        if isinstance(step := getattr(event, "step", None), str) and not isinstance(event, ChildStarted):
            by_hand = isinstance(event, Resolved) and event.choice == "done"
            kinds[step] = "StepFinished" if by_hand else type(event).__name__
    return kinds


def brief(error: ErrorInfo | None) -> tuple[str, str, str] | None:
    """What of an error does not depend on how often it was tried."""
    return None if error is None else (error.kind, error.node, error.message)


# ---------------------------------------------------------------- I1: accepted is present, and stays


def _accepted(kills: Sequence[Seen], final: Seen) -> list[str]:
    faults = []
    for position, seen in enumerate((*kills, final)):
        for later in (*kills[position:], final):
            faults += [
                f"I1: {what!r} was accepted and is not there" for what in seen.accepted if not _there(what, later)
            ]
    return list(dict.fromkeys(faults))


def _there(what: str, seen: Seen) -> bool:
    match what.split(" "):
        case ["start", run]:
            return run in seen.rows
        case ["publish", org]:
            return org in seen.schedules
        case ["send", run, message]:
            return any(found.id == message for found, _ in seen.inboxes.get(run, ()))
        case ["event", run, step, attempt, kind]:
            return (step, int(attempt), kind) in {_mark(event) for event in seen.journals.get(run, ())}
        case _:
            raise ValueError(what)


def _mark(event: Event) -> tuple[str, int, str]:
    return getattr(event, "step", "-"), getattr(event, "attempt", 0), type(event).__name__


def told(run: str, event: Event) -> str:
    """The line of an event that an observer was told of."""
    step, attempt, kind = _mark(event)
    return f"event {run} {step} {attempt} {kind}"


def _prefixes(run: str, kills: Sequence[Seen], final: Seen) -> list[str]:
    events = list(final.journals.get(run, ()))
    return [
        f"I4: the journal after kill {number} is no beginning of the last one"
        for number, seen in enumerate(kills, 1)
        if list(before := seen.journals.get(run, ())) != events[: len(before)]
    ]


# ---------------------------------------------------------------- I2, I8: one end, and the row says so


def _ending(expected: Expected, row: Row, events: Sequence[Event]) -> list[str]:
    ends = [event for event in events if isinstance(event, RunFinished)]
    if len(ends) != 1 or events[-1] is not ends[0]:
        return [f"I2: {len(ends)} ends in the journal; the last event is {type(events[-1]).__name__}; row {row.status}"]
    faults, end, wanted = [], ends[0], expected.reference
    if (end.status, end.output, brief(end.error)) != (wanted.status, wanted.output, wanted.error):
        faults.append(f"I2: ended {end.status}, {end.output!r}, {end.error}; without a kill it is {wanted}")
    if (row.status, row.output, row.error) != (end.status, end.output, brief(end.error)):
        faults.append(f"I8: the row says {row}; the journal {end}")
    lasts = last_events(events)
    faults += [
        f"I2: step {step} ended as {lasts.get(step)}, not {expected.finished.get(step)}"
        for step in {*lasts, *expected.finished}
        if lasts.get(step) != expected.finished.get(step)
    ]
    return faults


def _fold(expected: Expected, row: Row, events: Sequence[Event]) -> list[str]:
    machine, commands = Machine(expected.plan), []
    try:
        for event in events:
            if not isinstance(event, RunFinished):
                commands += machine.apply(event)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        return [f"I8: the journal cannot be folded: {type(error).__name__}: {error}"]
    ends = [command for command in commands if isinstance(command, End)]
    if [(end.status, end.output) for end in ends] != [(row.status, row.output)]:
        return [f"I8: the journal folds to {ends}, the row says {row.status} with {row.output!r}"]
    return []


def _stale(message: Message, events: Sequence[Event]) -> bool:
    """Whether a message only repeats what the run knew when it ended: a call may also find its child over."""
    body = message.body
    return isinstance(body, ChildEnded) and _ended(body.step, events)


# ---------------------------------------------------------------- I3: no completed step starts again


def _attempts(events: Sequence[Event]) -> list[str]:
    faults: list[str] = []
    done: set[str] = set()
    attempts: Counter[str] = Counter()
    for event in events:
        match event:
            case StepStarted(step, attempt):
                attempts[step] += 1
                if step in done:
                    faults.append(f"I3: {step} was completed, and attempt {attempt} began")
                if attempt != attempts[step]:
                    faults.append(f"I3: attempt {attempt} of {step} is the {attempts[step]}. that began")
            case StepFinished(step) | Resolved(step, "done"):
                if step in done:
                    faults.append(f"I3: {step} was completed twice")
                done.add(step)
            case _:
                pass
    return faults


def _timers(events: Sequence[Event]) -> list[str]:
    due: dict[str, str] = {}
    faults = []
    for event in events:
        if isinstance(event, TimerSet):
            due[event.timer] = event.due
        elif isinstance(event, TimerFired):
            wanted = due.pop(event.timer, None)
            if wanted is None:
                faults.append(f"G8: timer {event.timer} fired without being set, or twice")
            elif event.at < wanted:
                faults.append(f"G8: timer {event.timer} fired at {event.at}, due {wanted}")
    return faults


# ---------------------------------------------------------------- I5: effects, by equality


def _effects(expected: Expected, kills: Sequence[Seen], final: Seen) -> list[str]:
    run = expected.run
    mine = [entry for entry in final.ledger if entry.run == run]
    durable = {step for step, kind in expected.effects.items() if kind not in {"pure", "outbox"}}
    posted = {step for step, kind in expected.effects.items() if kind == "outbox"}
    faults = _intents(run, durable, (*kills, final)) + _sendings(run, posted, (*kills, final)) + _keys(mine)
    for step, kind in expected.effects.items():
        happened = [entry.attempt for entry in mine if entry.step == step]
        if kind in {"pure", "outbox"}:
            wanted = _recomputed(run, step, kills) if kind == "pure" else _sent(run, step, kills)
            right = len(happened) == len(wanted)
        else:
            wanted = _predicted(run, step, kind, kills)
            right = Counter(happened) == Counter(wanted)
        if not right:
            faults.append(f"I5: {kind} effect of {step} in attempts {happened}, predicted {wanted}")
    strangers = {entry.step for entry in mine} - set(expected.effects)
    return [*faults, *(f"I5: {step} had an effect, and must have none" for step in sorted(strangers))]


def _predicted(run: str, step: str, kind: str, kills: Sequence[Seen]) -> list[int]:
    """The attempts of *step* that have an effect: those cut off after it, and the last one."""
    cut: list[int] = []
    number = 1
    for seen in kills:
        events = seen.journals.get(run, ())
        attempt = open_attempts(events).get(step)
        done = _done(run, step, seen)
        if attempt is not None:
            number = attempt + 1
            if attempt in done:
                cut += [attempt] * (attempt not in cut)
                if kind == "unsafe" or _stopped(run, seen):
                    return cut
        elif _ended(step, events):
            return done or [number]
    return [*cut, number]


def _recomputed(run: str, step: str, kills: Sequence[Seen]) -> list[int]:
    """What a pure step did before each kill, and once more unless its end was recorded; its intents need not be."""
    if not kills:
        return [1]
    done = _done(run, step, kills[-1])
    return done if done and _ended(step, kills[-1].journals.get(run, ())) else [*done, 1]


def _sent(run: str, step: str, kills: Sequence[Seen]) -> list[int]:
    """What was sent before each kill, and once more unless the store knew that when the last one came."""
    if not kills:
        return [1]
    done, marked = _done(run, step, kills[-1]), not kills[-1].outbox
    return done if done and marked and _ended(step, kills[-1].journals.get(run, ())) else [*done, 1]


def _done(run: str, step: str, seen: Seen) -> list[int]:
    return [entry.attempt for entry in seen.ledger if (entry.run, entry.step) == (run, step)]


def _ended(step: str, events: Sequence[Event]) -> bool:
    return any(isinstance(event, StepFinished | StepFailed) and event.step == step for event in events)


def _stopped(run: str, seen: Seen) -> bool:
    return any(isinstance(message.body, CancelRequested) for message, _ in seen.inboxes.get(run, ()))


def _intents(run: str, durable: Collection[str], moments: Sequence[Seen]) -> list[str]:
    faults = []
    for seen in moments:
        begun = {(e.step, e.attempt) for e in seen.journals.get(run, ()) if isinstance(e, StepStarted)}
        mine = Counter((e.step, e.attempt) for e in seen.ledger if e.run == run and e.step in durable)
        faults += [f"W3: attempt {n} of {step} had its effect before its intent" for step, n in {*mine} - begun]
        faults += [f"G3: attempt {n} of {step} had its effect {c} times" for (step, n), c in mine.items() if c > 1]
    return list(dict.fromkeys(faults))


def _sendings(run: str, posted: Collection[str], moments: Sequence[Seen]) -> list[str]:
    faults = [
        f"W9: {entry.step} was sent before it was complete"
        for seen in moments
        for entry in seen.ledger
        if entry.run == run and entry.step in posted and not _ended(entry.step, seen.journals.get(run, ()))
    ]
    return list(dict.fromkeys(faults))


def _keys(entries: Sequence[Entry]) -> list[str]:
    keys: dict[str, set[str]] = {}
    for entry in entries:
        keys.setdefault(entry.step, set()).add(entry.key)
    faults = [f"I5: {step} used {len(found)} keys" for step, found in keys.items() if len(found) > 1]
    if len(set().union(*keys.values())) < len(keys):
        faults.append("I5: two steps used the same key")
    return faults


# ---------------------------------------------------------------- W1 to W10: what is durable when


def _window(run: str, seen: Seen) -> list[str]:
    """What must and what must not be there after a kill at one of the points, while one thing happens at a time."""
    events = seen.journals.get(run, ())
    begun = set(open_attempts(events).items())
    done = begun & {(entry.step, entry.attempt) for entry in seen.ledger if entry.run == run}
    over = any(isinstance(event, RunFinished) for event in events)
    untaken = [message for message, taken in seen.inboxes.get(run, ()) if not taken]
    facts = {
        "start.before_commit": run not in seen.rows,
        "start.after_commit": run in seen.rows,
        "attempt_started.after_commit": bool(begun - done),
        "effect.before": bool(begun - done),
        "effect.after": bool(done),
        "completion.begin": bool(done),
        "completion.after_commit": not done,
        "cancel.apply": bool(untaken),
        "terminal.before_commit": not over,
        "terminal.after_commit": over,
    }
    if facts.get(seen.point, True):
        return []
    return [f"W: killed at {seen.point} with {sorted(begun)} begun, {sorted(done)} done, over: {over}, mail: {untaken}"]
