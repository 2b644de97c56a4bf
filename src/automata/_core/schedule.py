"""When a schedule is due: cron expressions on the wall clocks of time zones, intervals, and what was missed. Pure.

The rules: a local time that does not exist on its day is due at the next instant that does; one that exists twice is
due once, the first time. An expression whose hour field allows every hour follows time itself instead: it is due at
each real minute whose local time fits, so that ``*/15 * * * *`` neither pauses nor doubles when clocks are changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from automata._core.durations import format_duration, parse_duration
from automata._core.expressions import Scope, compile_template
from automata.errors import FixInput
from automata.model import Json, JsonObject, Workflow

if TYPE_CHECKING:
    from cronsim import CronSim

Misfire: TypeAlias = Literal["skip", "last", "all"]

GRACE = timedelta(seconds=60)
"""How late a tick may begin and still count as being on time."""
MOST_STARTED = 100
"""Ticks that begin together after a pause; of more than that the newest."""
MOST_RECORDED = 1_000
"""Ticks that are recorded as skipped after one pause; of more than that the newest."""
SHORTEST = timedelta(seconds=1)
"""The shortest interval."""

_SECOND = timedelta(seconds=1)
_ALL_HOURS = frozenset(range(24))


@frozen(kw_only=True)
class Cron:
    """Due at the times of a cron expression: five fields, or six with seconds first."""

    expression: str
    zone: str = "UTC"
    """IANA name."""
    misfire: Misfire = "last"


@frozen(kw_only=True)
class Every:
    """Due at *anchor* plus every whole multiple of *interval*, the first one excepted."""

    interval: timedelta
    anchor: datetime
    misfire: Misfire = "last"


Spec: TypeAlias = Cron | Every


@frozen
class Ticks:
    """What to do about the times of a schedule that have come; both oldest first."""

    started: tuple[datetime, ...] = ()
    """Each begins a run."""
    skipped: tuple[datetime, ...] = ()
    """Recorded without a run."""


def occurrences(spec: Spec, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """Yield the instants *spec* is due at, later than *after* and not later than *until*, ascending, in UTC.

    Args:
        spec: The schedule.
        after: Aware.
        until: Aware; without it the sequence goes on for as long as the expression has times (cron gives up after 50
            years without one).

    Raises:
        FixInput: The expression or the zone cannot be read.

    >>> clocks_change = Cron(expression="30 2 * * *", zone="Europe/Berlin")
    >>> [
    ...     str(t)
    ...     for t in occurrences(clocks_change, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))
    ... ]
    ['2026-03-28 01:30:00+00:00', '2026-03-29 01:00:00+00:00']
    """
    found = _intervals(spec, after) if isinstance(spec, Every) else _cron(spec, after)
    for instant in found:
        if until is not None and instant > until:
            return
        yield instant


def following(spec: Spec, after: datetime) -> datetime | None:
    """The first instant *spec* is due at after *after*, or None when there is none."""
    return next(occurrences(spec, after), None)


def missed(spec: Spec, last: datetime, now: datetime) -> Ticks:
    """Decide about the times of *spec* that have come since *last*, up to and including *now*.

    Those at most `GRACE` late always begin a run. Of earlier ones: ``skip`` begins none, ``last`` the newest, unless a
    later one begins anyway, ``all`` each. Never more than `MOST_STARTED`, the newest; the rest is skipped.
    """
    times = _newest(spec, last, max(last, now), MOST_STARTED + MOST_RECORDED)
    on_time = [t for t in times if now - t <= GRACE]
    late = times[: len(times) - len(on_time)]
    if spec.misfire == "skip" or (spec.misfire == "last" and on_time):
        late = []
    elif spec.misfire == "last":
        late = late[-1:]
    started = [*late, *on_time][-MOST_STARTED:]
    begun = set(started)
    return Ticks(tuple(started), tuple(t for t in times if t not in begun)[-MOST_RECORDED:])


# ---------------------------------------------------------------- in a document


def schedules_of(workflow: Workflow, published: datetime) -> Mapping[str, Spec]:
    """The schedules of a workflow, by the id of their trigger node; nodes that are switched off are left out.

    Args:
        workflow: A validated document.
        published: Where its intervals begin.

    Raises:
        FixInput: A schedule cannot be read.
        ExpressionFailed: A parameter is an expression, and fails.
    """
    found: dict[str, Spec] = {}
    for node in workflow.graph.nodes.values():
        if node.use in {"schedule.cron", "schedule.every"} and not node.disabled:
            parameters = compile_template(node.parameters).evaluate(Scope({"vars": workflow.vars}))
            given = parameters if isinstance(parameters, Mapping) else {}
            found[node.id] = _spec(node.use, given, workflow.settings.timezone, published)
    return found


def _spec(use: str, parameters: Mapping[str, Json], zone: str, published: datetime) -> Spec:
    misfire: Misfire = parameters.get("misfire", "last")  # type: ignore[assignment] # its schema has these three
    if use == "schedule.cron":
        spec = Cron(expression=str(parameters["cron"]), zone=str(parameters.get("timezone") or zone), misfire=misfire)
        following(spec, published)
        return spec
    interval = parse_interval(str(parameters["every"]))
    return Every(interval=interval, anchor=published, misfire=misfire)


def parse_interval(text: str) -> timedelta:
    """Read the duration between two ticks.

    Raises:
        FixInput: It is no duration, or shorter than a second.
    """
    try:
        interval = parse_duration(text)
    except ValueError as error:
        raise FixInput(str(error)) from error
    if interval < SHORTEST:
        raise FixInput(f"{text!r} is shorter than a second, the shortest interval")
    return interval


def spec_json(spec: Spec) -> JsonObject:
    """Write a schedule so that `spec_of` gives it back."""
    if isinstance(spec, Cron):
        return {"cron": spec.expression, "timezone": spec.zone, "misfire": spec.misfire}
    return {"every": format_duration(spec.interval), "anchor": spec.anchor.isoformat(), "misfire": spec.misfire}


def spec_of(value: JsonObject) -> Spec:
    """Read what `spec_json` wrote."""
    misfire: Misfire = value["misfire"]  # type: ignore[assignment] # written by `spec_json`
    if "cron" in value:
        return Cron(expression=str(value["cron"]), zone=str(value["timezone"]), misfire=misfire)
    anchor = datetime.fromisoformat(str(value["anchor"]))
    return Every(interval=parse_duration(str(value["every"])), anchor=anchor, misfire=misfire)


# ---------------------------------------------------------------- intervals


def _intervals(spec: Every, after: datetime) -> Iterator[datetime]:
    number = max(1, (after - spec.anchor) // spec.interval + 1)
    while True:
        try:
            yield spec.anchor + number * spec.interval
        except OverflowError:
            return
        number += 1


def _newest(spec: Spec, last: datetime, now: datetime, count: int) -> list[datetime]:
    """The newest *count* times in (last, now], looked for in windows that grow backwards."""
    window = count * spec.interval if isinstance(spec, Every) else timedelta(hours=1)
    while True:
        start = max(last, now - window)
        found = list(occurrences(spec, start, now))
        if len(found) >= count or start == last:
            return found[-count:]
        window *= 8


# ---------------------------------------------------------------- cron


def _cron(spec: Cron, after: datetime) -> Iterator[datetime]:
    zone = _zone(spec.zone)
    local = after.astimezone(zone)
    times = _times(spec.expression, local.replace(tzinfo=None))
    return _flowing(spec.expression, zone, after) if times.hours >= _ALL_HOURS else _standing(times, zone, after)


def _standing(times: Iterator[datetime], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Times of day: each wall time becomes one instant. Wall times ascend, and so do their instants."""
    newest = after
    for wall in times:
        instant = _instant(wall, zone)
        if instant > newest:  # several wall times inside one gap are due at one instant
            newest = instant
            yield instant


def _flowing(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Times of every hour: wall times are read with one offset until the zone changes it, then with the next."""
    start, begin = after, after.astimezone(zone).replace(tzinfo=None)
    while True:
        offset = _offset(start, zone)
        for wall in _times(expression, begin):
            instant = wall.replace(tzinfo=UTC) - offset
            if _offset(instant, zone) != offset:
                break
            start = instant
            yield instant
        else:
            return
        start = _change(start, instant, zone)
        begin = start.astimezone(zone).replace(tzinfo=None) - _SECOND


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time: the first if there are two, the end of the gap if there is none."""
    first = wall.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second after *low* whose offset is not that of *low*; *high* is one."""
    offset = _offset(low, zone)
    left, right = 0, -(-(high - low) // _SECOND)
    while right - left > 1:
        middle = (left + right) // 2
        if _offset(low + middle * _SECOND, zone) == offset:
            left = middle
        else:
            right = middle
    return (low + right * _SECOND).replace(microsecond=0)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta(0)


def _times(expression: str, after: datetime) -> CronSim:
    """Wall times of an expression, without a zone.

    The library's own handling of zones follows Debian's cron: it goes by the look of the fields, and steps over times
    where a change is not a whole number of hours.
    """
    from cronsim import CronSim, CronSimError

    try:
        return CronSim(expression, after)
    except CronSimError as error:
        raise FixInput(f"{expression!r} is not a cron expression: {error}") from error


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise FixInput(f"{name!r} is not a time zone") from error
