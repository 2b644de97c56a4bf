"""Runs and workflows by what people type."""

import asyncio

import pytest

from automata._core.operations.lookup import find_run, find_version, versions_of
from automata.errors import FixInput, NotFound


def found(store, text, **given):
    return asyncio.run(find_run(store, text, **given)).id


def test_a_run_is_found_by_its_id_and_by_the_beginning_of_it(store, told):
    told("abc123")
    told("abd456")

    assert found(store, "abc123") == "abc123"
    assert found(store, "abc") == "abc123"


def test_a_beginning_of_several_ids_is_refused_with_more_of_each(store, told):
    told("abc123")
    told("abd456")

    with pytest.raises(FixInput, match=r"Several runs begin with 'ab': 'ab[cd].*'; give more of the id"):
        found(store, "ab")


def test_a_run_is_meant_rather_than_those_it_called(store, told):
    told("abc111")
    told("abc222", parent="abc111#child")

    assert found(store, "abc") == "abc111"
    assert found(store, "abc2") == "abc222"


def test_an_id_nobody_has_names_those_that_are_near(store, told):
    told("abc123")

    with pytest.raises(NotFound, match=r"No run 'abx9'; did you mean 'abc123'\?"):
        found(store, "abx9")
    with pytest.raises(NotFound, match=r"No run 'zz'$"):
        found(store, "zz")
    with pytest.raises(NotFound, match="empty"):
        found(store, "")


def test_the_runs_of_another_organisation_are_not_there(store, told):
    told("abc123", org="acme")

    with pytest.raises(NotFound):
        found(store, "abc123")
    assert found(store, "abc123", org="acme") == "abc123"


def test_a_workflow_nobody_published_names_the_one_that_is_near(store, told):
    told("abc123")

    with pytest.raises(NotFound, match="did you mean 'Orders'"):
        asyncio.run(versions_of(store, "Order"))


def test_a_version_is_found_by_a_unique_beginning(store, told):
    version = told("abc123").version

    assert asyncio.run(find_version(store, "Orders")).version == version
    assert asyncio.run(find_version(store, "Orders", version[:6])).version == version
    with pytest.raises(NotFound, match="No version 'zz' of workflow 'Orders'"):
        asyncio.run(find_version(store, "Orders", "zz"))
