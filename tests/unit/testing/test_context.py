"""The context for running one action in a test."""

import asyncio
from datetime import timedelta

import pytest

from automata.testing.context import START, FakeBlockingContext, FakeContext


def test_sleeping_moves_virtual_time_at_once():
    context = FakeContext()

    asyncio.run(context.sleep(3600))

    assert context.now() == START + timedelta(hours=1)


def test_settings_logs_and_progress_are_kept():
    context = FakeContext(settings={"A": "1"})

    context.log("read", rows=3)
    context.progress(1, 2, "half")

    assert (context.setting("A"), context.setting("B")) == ("1", None)
    assert context.logs == [("read", {"rows": 3})]
    assert context.steps == [(1, 2, "half")]


def test_a_request_nobody_expected_fails_the_test():
    with pytest.raises(AssertionError, match=r"Unexpected request: GET http://a\.example/"):
        asyncio.run(FakeContext().http.request("GET", "http://a.example/"))


def test_a_plain_function_gets_the_same_without_awaiting():
    context = FakeBlockingContext(settings={"A": "1"}, cancelled=True)

    context.sleep(60)

    assert (context.now() - START, context.setting("A"), context.cancelled) == (timedelta(minutes=1), "1", True)
    with pytest.raises(AssertionError, match="Unexpected request: GET"):
        context.http.request("GET", "http://a.example/")
