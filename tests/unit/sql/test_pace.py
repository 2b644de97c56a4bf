"""Transactions become smaller when they take long, and larger when they do not."""

from __future__ import annotations

import sqlalchemy as sa

from automata.sql.pace import Pace, Work


def work(**options):
    pauses = []
    return Work(sa.create_engine("sqlite://"), Pace(pause=pauses.append), **{"dry_run": False, **options}), pauses


def test_it_begins_small_and_grows_up_to_the_limit():
    found, _ = work()
    assert found.runs == 50

    for _ in range(20):
        found.took(0.001)

    assert (found.runs, found.weight, found.pages) == (500, 2500, 500)


def test_it_shrinks_by_as_much_as_it_was_too_slow_but_not_below_what_a_wait_for_the_disk_costs():
    found, _ = work()
    for _ in range(20):
        found.took(0.001)

    found.took(0.04)
    assert found.runs == 250
    for _ in range(50):
        found.took(10)

    assert (found.runs, found.weight, found.pages) == (10, 50, 10)


def test_others_get_as_long_as_it_took():
    found, pauses = work()

    found.took(0.2)
    found.took(0)

    assert pauses == [0.2, 0.001]
    assert found.done.slowest_s == 0.2


def test_a_dry_run_need_not_be_gentle():
    assert work(dry_run=True)[0].runs == 500


def test_progress_hears_of_every_change():
    told = []
    found, _ = work(progress=told.append)

    found.tell(runs=1)
    found.tell(journal=2)

    assert [(each.runs, each.journal) for each in told] == [(1, 0), (1, 2)]
