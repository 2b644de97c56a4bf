"""The file between kernel and child: two ends, no name, no shared position."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest

from automata._core.large import Large
from automata._core.pool.spool import Place, Spool, place_of, places_of


@pytest.fixture
def ends():
    ours = Spool.make()
    theirs = Spool(os.dup(ours.fileno()))
    yield ours, theirs
    ours.close()
    theirs.close()


def test_one_end_reads_what_the_other_wrote(ends):
    ours, theirs = ends

    name, size = theirs.keep([b"one", b"two"])

    (place,) = theirs.places
    assert (name, size) == (sha256(b"onetwo").hexdigest(), 6)
    assert b"".join(ours.parts(place)) == b"onetwo"


def test_one_end_writes_behind_what_it_got(ends):
    ours, theirs = ends
    ours.keep([b"parameters"])

    theirs.begin(ours.places)
    theirs.keep([b"result"])

    assert [b"".join(ours.parts(place)) for place in (*ours.places, *theirs.places)] == [b"parameters", b"result"]


def test_a_large_value_comes_in_parts_of_a_mib(ends):
    ours, theirs = ends
    theirs.keep([b"x" * 3_000_000])

    assert max(len(part) for part in ours.parts(theirs.places[0])) == 1024 * 1024


def test_clearing_gives_the_space_back(ends):
    ours, theirs = ends
    theirs.keep([b"x" * 100])

    ours.clear()

    assert os.fstat(ours.fileno()).st_size == 0
    assert list(ours.parts(theirs.places[0])) == []


def test_a_closed_end_touches_no_other_file(ends):
    ours, _ = ends
    ours.close()

    with pytest.raises(OSError, match="descriptor"):
        ours.keep([b"x"])


@pytest.mark.parametrize("given", [None, [1], [["a", -1, 2]], [["a", 1]], [["a", "b", "c"]]])
def test_what_is_no_place_is_refused(given):
    with pytest.raises(ValueError, match="is no place"):
        places_of(given)


def test_a_reference_to_something_else_is_refused():
    with pytest.raises(ValueError, match="leads to nothing"):
        place_of([Place("a", 0, 3)], Large("a", 4))
