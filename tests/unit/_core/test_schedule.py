"""Times of schedules against tables of five zones, and against stepping through every minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automata._core.schedule import (
    Cron,
    Every,
    Ticks,
    following,
    missed,
    occurrences,
    parse_interval,
    schedules_of,
    spec_json,
    spec_of,
)
from automata.errors import FixInput
from automata.model import Graph, Node, Settings, Workflow

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
SAO_PAULO, CASABLANCA, KATHMANDU, CHATHAM = (
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Chatham",
)
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(expression: str, zone: str, after: str, until: str) -> list[str]:
    spec = Cron(expression=expression, zone=zone)
    return [f"{t:%d %H:%M}" for t in occurrences(spec, utc(after), utc(until))]


@pytest.mark.parametrize(
    ("zone", "expression", "day", "expected"),
    [
        # 29 March 2026: 02:00 -> 03:00, at 01:00 UTC
        pytest.param(BERLIN, "30 2 * * *", "2026-03-29", ["29 01:00"], id="berlin-gap-at-its-end"),
        pytest.param(BERLIN, "0 2 * * *", "2026-03-29", ["29 01:00"], id="berlin-gap-at-its-start"),
        pytest.param(BERLIN, "0 3 * * *", "2026-03-29", ["29 01:00"], id="berlin-first-after-gap"),
        pytest.param(BERLIN, "*/15 2 * * *", "2026-03-29", ["29 01:00"], id="berlin-gap-many-become-one"),
        pytest.param(BERLIN, "0 2,3 * * *", "2026-03-29", ["29 01:00"], id="berlin-gap-joins-the-next"),
        pytest.param(
            BERLIN,
            "0 */2 29 * *",
            "2026-03-29",
            ["28 23:00", "29 01:00", "29 02:00", "29 04:00"],
            id="berlin-gap-steps",
        ),
        # 25 October 2026: 03:00 -> 02:00, at 01:00 UTC
        pytest.param(BERLIN, "30 2 * * *", "2026-10-25", ["25 00:30"], id="berlin-overlap-first"),
        pytest.param(BERLIN, "*/30 2 * * *", "2026-10-25", ["25 00:00", "25 00:30"], id="berlin-overlap-wild-minute"),
        pytest.param(BERLIN, "0 3 * * *", "2026-10-25", ["25 02:00"], id="berlin-after-overlap"),
        # 8 March 2026: 02:00 -> 03:00, at 07:00 UTC; 1 November: 02:00 -> 01:00, at 06:00 UTC
        pytest.param(NEW_YORK, "15 2 * * *", "2026-03-08", ["08 07:00"], id="new-york-gap"),
        pytest.param(NEW_YORK, "15 1 * * *", "2026-11-01", ["01 05:15"], id="new-york-overlap"),
        # 4 October 2026: 02:00 -> 02:30, at 15:30 UTC the day before; 5 April: 02:00 -> 01:30, at 15:00 UTC
        pytest.param(LORD_HOWE, "15 2 * * *", "2026-10-03", ["03 15:30"], id="lord-howe-gap"),
        pytest.param(LORD_HOWE, "30 2 * * *", "2026-10-03", ["03 15:30"], id="lord-howe-first-after-gap"),
        pytest.param(LORD_HOWE, "45 1 * * *", "2026-04-04", ["04 14:45"], id="lord-howe-overlap"),
        pytest.param(LORD_HOWE, "15 1 * * *", "2026-04-04", ["04 14:15"], id="lord-howe-before-overlap"),
        # 4 November 2018: 00:00 -> 01:00, at 03:00 UTC; 18 February 2018: 00:00 -> 23:00 of the 17th, at 02:00 UTC
        pytest.param(SAO_PAULO, "0 0 * * *", "2018-11-04", ["04 03:00"], id="sao-paulo-no-midnight"),
        pytest.param(SAO_PAULO, "30 23 * * *", "2018-02-18", ["18 01:30"], id="sao-paulo-overlap-day-before"),
        # 18 February 2026: 03:00 -> 02:00, at 02:00 UTC; 22 March: 02:00 -> 03:00, at 02:00 UTC
        pytest.param(CASABLANCA, "30 2 * * *", "2026-02-15", ["15 01:30"], id="casablanca-overlap"),
        pytest.param(CASABLANCA, "30 2 * * *", "2026-03-22", ["22 02:00"], id="casablanca-gap"),
        pytest.param(KATHMANDU, "0 9 * * *", "2026-03-29", ["29 03:15"], id="kathmandu-quarter-hours"),
        # 27 September 2026: 02:45 -> 03:45, at 14:00 UTC the day before; 5 April: 03:45 -> 02:45, at 14:00 UTC
        pytest.param(CHATHAM, "0 3 * * *", "2026-09-26", ["26 14:00"], id="chatham-gap"),
        pytest.param(CHATHAM, "0 3 * * *", "2026-04-04", ["04 13:15"], id="chatham-overlap"),
        # The 30th of December 2011 did not exist on Samoa.
        pytest.param("Pacific/Apia", "0 9 30 12 *", "2011-12-30", ["30 10:00"], id="apia-no-such-day"),
    ],
)
def test_time_of_day_runs_once_where_clocks_change(zone: str, expression: str, day: str, expected: list[str]) -> None:
    start = utc(day) - timedelta(hours=2)

    got = shown(expression, zone, start.replace(tzinfo=None).isoformat(), f"{day}T23:59")

    assert got[: len(expected)] == expected
    assert len(got) == len(expected) or got[len(expected)] > f"{day[8:]} 05"


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        pytest.param(BERLIN, "2026-03-28T20:00", id="berlin-gap"),
        pytest.param(BERLIN, "2026-10-24T20:00", id="berlin-overlap"),
        pytest.param(NEW_YORK, "2026-03-08T02:00", id="new-york-gap"),
        pytest.param(NEW_YORK, "2026-11-01T02:00", id="new-york-overlap"),
        pytest.param(LORD_HOWE, "2026-10-03T10:00", id="lord-howe-gap"),
        pytest.param(LORD_HOWE, "2026-04-04T10:00", id="lord-howe-overlap"),
        pytest.param(SAO_PAULO, "2018-11-03T22:00", id="sao-paulo-gap"),
        pytest.param(SAO_PAULO, "2018-02-17T22:00", id="sao-paulo-overlap"),
        pytest.param(CASABLANCA, "2026-02-14T22:00", id="casablanca-overlap"),
        pytest.param(KATHMANDU, "2026-03-28T20:00", id="kathmandu"),
        pytest.param(CHATHAM, "2026-09-26T10:00", id="chatham-gap"),
    ],
)
def test_quarter_hours_are_real_quarters_of_an_hour(zone: str, start: str) -> None:
    after = utc(start)

    got = list(occurrences(Cron(expression="*/15 * * * *", zone=zone), after, after + timedelta(hours=12)))

    assert got == [after + timedelta(minutes=15 * n) for n in range(1, 49)]


def test_hourly_in_a_half_hour_change_keeps_to_the_wall_clock() -> None:
    """The library, left to itself, steps over 02:30 here."""
    assert shown("30 * * * *", LORD_HOWE, "2026-10-03T14:00", "2026-10-03T17:00") == [
        "03 15:00",
        "03 15:30",
        "03 16:30",
    ]


def test_seconds_come_first_when_there_are_six_fields() -> None:
    spec = Cron(expression="*/20 59 23 * * *")

    got = [f"{t:%H:%M:%S}" for t in occurrences(spec, utc("2026-01-01"), utc("2026-01-02"))]

    assert got == ["23:59:00", "23:59:20", "23:59:40"]


def test_instant_asked_after_is_left_out_and_the_last_is_not() -> None:
    spec = Cron(expression="0 * * * *")

    assert list(occurrences(spec, utc("2026-01-01T01:00"), utc("2026-01-01T02:00"))) == [utc("2026-01-01T02:00")]
    assert following(spec, utc("2026-01-01T01:59:59.999")) == utc("2026-01-01T02:00")


def test_date_that_never_comes_ends_the_sequence() -> None:
    assert following(Cron(expression="0 0 29 2 *"), utc("2026-01-01")) == utc("2028-02-29")
    assert following(Cron(expression="0 0 */29 2 MON#5"), utc("2026-01-01")) is None


@pytest.mark.parametrize(("expression", "zone"), [("61 * * * *", "UTC"), ("* * * * *", "Mars/Base"), ("@daily", "UTC")])
def test_unreadable_schedule_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(FixInput, match="is not a"):
        following(Cron(expression=expression, zone=zone), utc("2026-01-01"))


# ---------------------------------------------------------------- the oracle


def brute(expression: str, zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """Step through every minute of UTC, look at the wall clock, and compare it with every wall minute there is."""
    from cronsim import CronSim

    local = ZoneInfo(zone)
    begin = (after - timedelta(days=2)).astimezone(local).replace(tzinfo=None)
    end = (until + timedelta(days=2)).astimezone(local).replace(tzinfo=None)
    wanted: set[datetime] = set()
    times = CronSim(expression, begin)
    every_hour = times.hours == set(range(24))
    for wall in times:
        if wall > end:
            break
        wanted.add(wall)
    seen: set[datetime] = set()
    instant = (after - timedelta(days=1)).replace(second=0, microsecond=0)
    before = instant.astimezone(local).replace(tzinfo=None)
    while instant <= until:
        wall = instant.astimezone(local).replace(tzinfo=None)
        due = wall in wanted and (every_hour or wall not in seen)
        if not every_hour and wall - before > MINUTE:
            skipped = (before + n * MINUTE for n in range(1, (wall - before) // MINUTE))
            due = due or any(one in wanted for one in skipped)
        if due and instant > after:
            yield instant
        seen.add(wall)
        before = wall
        instant += MINUTE


MINUTES = st.sampled_from(["0", "30", "*", "*/15", "*/7", "15,45", "59", "0-10", "20-40/5"])
HOURS = st.sampled_from(["*", "0", "1", "2", "3", "23", "*/2", "*/3", "1-3", "0-23", "2,14", "22-23"])
DAYS = st.sampled_from(["*", "*", "*", "1", "L", "28-31", "*/2", "15,29"])
WEEKDAYS = st.sampled_from(["*", "*", "*", "SUN", "0,6", "1-5", "SUN#1", "5L"])
CHANGES = st.sampled_from(
    [
        (BERLIN, "2026-03-29"),
        (BERLIN, "2026-10-25"),
        (NEW_YORK, "2026-03-08"),
        (NEW_YORK, "2026-11-01"),
        (LORD_HOWE, "2026-10-03"),
        (LORD_HOWE, "2026-04-04"),
        (SAO_PAULO, "2018-11-04"),
        (SAO_PAULO, "2018-02-18"),
        (CASABLANCA, "2026-02-15"),
        (CASABLANCA, "2026-03-22"),
        (KATHMANDU, "2026-03-29"),
        (CHATHAM, "2026-09-26"),
        (CHATHAM, "2026-04-04"),
        ("Pacific/Apia", "2011-12-30"),
        ("America/Havana", "2026-03-08"),
        ("America/Havana", "2026-11-01"),
        ("Africa/Cairo", "2026-04-24"),
        ("Africa/Cairo", "2026-10-29"),
        ("Antarctica/Troll", "2026-03-29"),
        ("Antarctica/Troll", "2026-10-25"),
        ("America/Caracas", "2016-05-01"),
        ("Asia/Pyongyang", "2018-05-04"),
    ]
)


@settings(max_examples=250)
@given(
    MINUTES, HOURS, DAYS, WEEKDAYS, CHANGES, st.integers(-40 * 60, 0), st.integers(0, 4 * 24 * 60), st.integers(0, 59)
)
def test_times_are_those_of_stepping_through_every_minute(  # noqa: PLR0917
    minute: str, hour: str, day: str, weekday: str, change: tuple[str, str], back: int, length: int, second: int
) -> None:
    zone, date = change
    expression = f"{minute} {hour} {day} * {weekday}"
    after = utc(date) + timedelta(minutes=back, seconds=second)
    until = after + timedelta(minutes=length)

    got = list(occurrences(Cron(expression=expression, zone=zone), after, until))

    assert got == list(brute(expression, zone, after, until))


@settings(max_examples=100)
@given(MINUTES, HOURS, CHANGES, st.integers(-3 * 24 * 60, 3 * 24 * 60))
def test_following_one_another_is_the_same_sequence(
    minute: str, hour: str, change: tuple[str, str], start: int
) -> None:
    zone, date = change
    spec = Cron(expression=f"{minute} {hour} * * *", zone=zone)
    after = utc(date) + timedelta(minutes=start)
    whole = list(occurrences(spec, after, after + timedelta(days=2)))

    stepped: list[datetime] = []
    instant = following(spec, after)
    while instant is not None and instant <= after + timedelta(days=2):
        stepped.append(instant)
        instant = following(spec, instant)

    assert stepped == whole


def test_years_of_changes_are_all_met() -> None:
    """Every change of five years of five zones, by the nightly job that falls into each of them."""
    for zone in (BERLIN, NEW_YORK, LORD_HOWE, CASABLANCA, CHATHAM):
        got = list(occurrences(Cron(expression="30 2 * * *", zone=zone), utc("2026-01-01"), utc("2031-01-01")))

        days = {t.astimezone(ZoneInfo(zone)).date() for t in got}
        assert len(got) == len(days) == 5 * 365 + 1


# ---------------------------------------------------------------- intervals


@given(st.integers(1, 10**7), st.integers(-(10**8), 10**8))
def test_intervals_are_whole_multiples_after_the_anchor(seconds: int, offset: int) -> None:
    anchor = utc("2026-01-01")
    spec = Every(interval=timedelta(seconds=seconds), anchor=anchor)
    after = anchor + timedelta(seconds=offset)

    first = following(spec, after)

    assert first is not None
    assert first > after
    assert (first - anchor) % spec.interval == timedelta(0)
    assert first == anchor + spec.interval or first - spec.interval <= after


@pytest.mark.parametrize("text", ["0s", "999ms", "soon"])
def test_interval_under_a_second_is_refused(text: str) -> None:
    with pytest.raises(FixInput):
        parse_interval(text)


# ---------------------------------------------------------------- what was missed


def hourly(misfire: str) -> Cron:
    return Cron(expression="0 * * * *", misfire=misfire)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("misfire", "started", "skipped"), [("skip", [], 24), ("last", [24], 23), ("all", list(range(1, 25)), 0)]
)
def test_day_of_downtime_by_policy(misfire: str, started: list[int], skipped: int) -> None:
    last = utc("2026-01-01")

    got = missed(hourly(misfire), last, utc("2026-01-02T00:30"))

    assert list(got.started) == [last + timedelta(hours=n) for n in started]
    assert len(got.skipped) == skipped


@pytest.mark.parametrize("misfire", ["skip", "last", "all"])
def test_tick_within_grace_always_runs(misfire: str) -> None:
    got = missed(hourly(misfire), utc("2026-01-01"), utc("2026-01-01T01:01"))

    assert got == Ticks((utc("2026-01-01T01:00"),), ())


def test_last_does_not_run_beside_one_that_is_on_time() -> None:
    got = missed(hourly("last"), utc("2026-01-01"), utc("2026-01-01T03:00"))

    assert got.started == (utc("2026-01-01T03:00"),)
    assert len(got.skipped) == 2


def test_all_is_capped_at_the_newest_hundred() -> None:
    spec = Every(interval=timedelta(minutes=1), anchor=utc("2026-01-01"), misfire="all")

    got = missed(spec, utc("2026-01-01"), utc("2026-01-02"))

    assert len(got.started) == 100
    assert got.started[-1] == utc("2026-01-02")
    assert len(got.skipped) == 1_000
    assert got.skipped[-1] < got.started[0]


def test_clock_that_went_back_misses_nothing() -> None:
    assert missed(hourly("all"), utc("2026-01-02"), utc("2026-01-01")) == Ticks()


@settings(max_examples=60)
@given(
    st.sampled_from(["skip", "last", "all"]),
    st.sampled_from(["* * * * *", "*/7 * * * *", "0 3 * * *", "0 0 1 * *", "* * 1 1 *"]),
    st.integers(0, 3 * 24 * 60),
)
def test_what_has_come_is_started_or_skipped_and_nothing_else(misfire: str, expression: str, minutes: int) -> None:
    spec = Cron(expression=expression, misfire=misfire)  # type: ignore[arg-type]
    last = utc("2025-12-31")
    now = last + timedelta(minutes=minutes)

    got = missed(spec, last, now)

    come = list(occurrences(spec, last, now))
    decided = sorted([*got.started, *got.skipped])
    assert len(got.started) <= 100
    assert decided == come[len(come) - len(decided) :]
    assert len(decided) == len(come) or len(got.skipped) == 1_000


def test_decade_of_downtime_is_decided_quickly() -> None:
    started = missed(Cron(expression="* * * * *", misfire="all"), utc("2016-01-01"), utc("2026-01-01"))
    rare = missed(Cron(expression="0 0 29 2 *", misfire="all"), utc("2016-01-01"), utc("2026-01-01"))

    assert len(started.started) == 100
    assert [t.year for t in rare.started] == [2016, 2020, 2024]


# ---------------------------------------------------------------- in a document


def document(**nodes: Node) -> Workflow:
    return Workflow(name="t", graph=Graph(nodes=nodes), vars={"at": "0 9 * * *"}, settings=Settings(timezone=BERLIN))


def test_schedules_of_a_document_are_its_switched_on_triggers() -> None:
    workflow = document(
        daily=Node(id="daily", use="schedule.cron", parameters={"cron": "${vars.at}"}),
        there=Node(
            id="there", use="schedule.cron", parameters={"cron": "0 9 * * *", "timezone": CHATHAM, "misfire": "all"}
        ),
        often=Node(id="often", use="schedule.every", parameters={"every": "90s"}),
        off=Node(id="off", use="schedule.every", parameters={"every": "1s"}, disabled=True),
        person=Node(id="person", use="manual"),
    )
    published = utc("2026-01-01")

    assert schedules_of(workflow, published) == {
        "daily": Cron(expression="0 9 * * *", zone=BERLIN),
        "there": Cron(expression="0 9 * * *", zone=CHATHAM, misfire="all"),
        "often": Every(interval=timedelta(seconds=90), anchor=published),
    }


@pytest.mark.parametrize(
    "spec",
    [
        Cron(expression="0 9 * * 1-5", zone=BERLIN, misfire="all"),
        Every(interval=timedelta(hours=1, milliseconds=1500), anchor=utc("2026-01-01T00:00:00.123"), misfire="skip"),
    ],
)
def test_written_schedule_reads_back(spec: Cron | Every) -> None:
    assert spec_of(spec_json(spec)) == spec
