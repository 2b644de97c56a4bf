"""A law is a plain test to pytest, and fails when its store breaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from inspect import signature

import pytest

from automata.memory import MemoryStore
from automata.ports import Store
from automata.testing.laws import DefinitionLaws, law


class Forgetful(MemoryStore):
    async def set_current(self, name: str, version: str, *, org: str = "") -> None:
        return None


class Laws(DefinitionLaws):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        yield Forgetful()


def test_a_law_asks_pytest_for_nothing():
    @law
    async def test_it(self: object, store: Store) -> None: ...

    assert list(signature(test_it).parameters) == ["self"]
    assert test_it.__name__ == "test_it"


def test_a_store_that_breaks_a_law_fails():
    with pytest.raises(AssertionError):
        Laws().test_an_older_version_can_be_made_current_again()


def test_a_store_that_keeps_a_law_passes():
    Laws().test_a_version_is_found_by_a_prefix_that_fits_it_alone()
