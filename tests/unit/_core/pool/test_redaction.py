"""Secrets are replaced wherever they stand."""

from __future__ import annotations

import pytest

from automata._core.pool.redaction import Redactor


@pytest.fixture
def redactor():
    redactor = Redactor()
    redactor.learn({"token": "sk-secret", "long": "sk-secret-and-more", "region": "eu-1"})
    return redactor


def test_a_secret_is_replaced_as_long_as_it_is(redactor):
    assert redactor.text("a sk-secret, a sk-secret-and-more") == "a ***, a ***"


def test_short_fields_are_words_and_stay(redactor):
    assert redactor.text("in eu-1") == "in eu-1"


def test_secrets_are_found_at_any_depth(redactor):
    given = {"sk-secret": ["sk-secret", {"a": "x sk-secret"}, 5, None, True]}

    assert redactor.json(given) == {"***": ["***", {"a": "x ***"}, 5, None, True]}


def test_nothing_is_touched_before_a_secret_is_known():
    value = {"a": "sk-secret"}

    assert Redactor().json(value) is value
