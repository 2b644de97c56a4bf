"""Mocks, and what a rehearsal would have done."""

import pytest

from automata._core.dryrun import mocked
from automata.errors import InvalidInput, StepError


def test_a_mock_answers_for_its_address_before_that_of_its_node():
    mocks = {"e/x": {"output": "all"}, "e[1]/x": {"output": "one", "port": "left"}}

    assert mocked(mocks, "e[0]/x", 1).output == "all"
    assert (mocked(mocks, "e[1]/x", 1).output, mocked(mocks, "e[1]/x", 1).port) == ("one", "left")
    assert mocked(mocks, "y", 1) is None


def test_a_list_of_mocks_answers_one_an_attempt_and_its_last_ever_after():
    mocks = {"a": [{"error": {"class": "transient", "details": {"n": 1}}}, {"output": 2}]}
    first = mocked(mocks, "a", 1)

    assert isinstance(first, StepError)
    assert (first.kind, first.details, first.sent) == ("transient", {"n": 1}, False)
    assert [mocked(mocks, "a", n).output for n in (2, 3)] == [2, 2]


@pytest.mark.parametrize("given", [7, "text", None, [], [7]])
def test_a_mock_that_is_none_fails_its_step(given):
    assert isinstance(mocked({"a": given}, "a", 1), InvalidInput)


def test_a_port_that_is_no_text_fails_nothing_else():
    assert mocked({"a": {"output": 1, "port": 7}}, "a", 1).port == "7"
