"""What comes from a child is believed nothing."""

from __future__ import annotations

import asyncio

import pytest

from automata._core.pool.answers import answer, take
from automata.errors import InvalidInput

HTTP = {"method": "GET", "url": "https://example.org/", "timeout_s": 1, "max_bytes": 1, "redirects": 0}


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("password", {}),
        ("", {}),
        ("sleep", {"seconds": "long"}),
        ("sleep", {"seconds": True}),
        ("http", {**HTTP, "body": "not base64!"}),
        ("http", {**HTTP, "timeout_s": None}),
    ],
)
def test_a_question_put_wrongly_is_refused(context, question, given):
    with pytest.raises(InvalidInput, match="question"):
        asyncio.run(answer(context, question, given))


@pytest.mark.parametrize("question", ["setting", "evaluate", "sleep", "http"])
def test_a_question_without_its_facts_is_refused(context, question):
    with pytest.raises(KeyError):
        asyncio.run(answer(context, question, {}))


def test_a_step_without_a_connection_has_no_credential(context):
    assert asyncio.run(answer(context, "credential", {})) is None


def test_a_line_of_the_log_cannot_stand_for_its_message(context):
    take(context, "log", {"message": "Hello", "facts": {"message": "x", "self": 1, "rows": 2}})
    take(context, "log", {"message": "Bare", "facts": "none"})

    assert context.logs == [("Hello", {"rows": 2}), ("Bare", {})]


def test_a_progress_that_is_no_number_is_dropped(context):
    take(context, "progress", {"done": "half"})
    take(context, "progress", {"done": 1, "total": "two"})

    assert context.steps == [(1, None, "")]
