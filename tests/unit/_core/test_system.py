"""The real clock and real chance."""

import asyncio
from datetime import UTC, datetime, timedelta

from automata._core.system import SystemClock, SystemRandom


def test_the_clock_is_aware_and_never_goes_back():
    clock = SystemClock()
    first = clock.now()
    clock._latest = ahead = first + timedelta(days=1)

    assert first.tzinfo is UTC
    assert clock.now() == ahead


def test_sleeping_lasts_until_its_time():
    async def main():
        clock = SystemClock()
        due = clock.now() + timedelta(milliseconds=5)
        await clock.sleep_until(due)
        await clock.sleep_until(datetime(2020, 1, 1, tzinfo=UTC))
        return clock.now() >= due

    assert asyncio.run(main())


def test_a_call_comes_unless_it_is_forgotten():
    async def main():
        clock, called = SystemClock(), asyncio.Event()
        clock.call_at(clock.now() + timedelta(milliseconds=1), called.clear)()
        clock.call_at(clock.now() - timedelta(days=1), called.set)
        await called.wait()

    asyncio.run(main())


def test_chance_is_in_its_range_and_identifiers_differ():
    chance = SystemRandom()

    assert all(0 <= chance.random() < 1 for _ in range(100))
    assert len({chance.identifier() for _ in range(100)}) == 100
