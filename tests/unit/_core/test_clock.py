"""The clock that follows the store's."""

import asyncio
from datetime import UTC, datetime, timedelta

from automata._core.clock import StoreClock

STORE = datetime(2030, 5, 1, tzinfo=UTC)


def test_it_counts_on_from_what_the_store_told_last_and_goes_back_with_it():
    clock = StoreClock()
    clock.calibrate(STORE)
    assert timedelta(0) <= clock.now() - STORE < timedelta(seconds=5)

    clock.calibrate(STORE - timedelta(hours=1))
    assert clock.now() < STORE


def test_a_call_comes_at_its_time_and_not_before_the_store_says_so():
    clock = StoreClock()
    called = []

    async def main():
        clock.calibrate(STORE)
        clock.call_at(STORE + timedelta(seconds=0.1), lambda: called.append(clock.now()))
        forget = clock.call_at(STORE + timedelta(seconds=0.05), lambda: called.append("forgotten"))
        forget()
        await clock.sleep_until(STORE + timedelta(seconds=0.15))

    asyncio.run(main())

    assert len(called) == 1
    assert called[0] >= STORE + timedelta(seconds=0.1)


def test_a_call_waits_on_when_the_store_goes_back_meanwhile():
    clock = StoreClock()
    called = []

    async def main():
        clock.calibrate(STORE)
        forget = clock.call_at(STORE + timedelta(seconds=0.05), lambda: called.append(1))
        clock.calibrate(STORE - timedelta(hours=1))
        await asyncio.sleep(0.15)
        forget()

    asyncio.run(main())

    assert called == []
