"""Large values to a child process and back; what a child says of them is believed nothing."""

from __future__ import annotations

import json
import os
from hashlib import sha256

import pytest

from automata._core.large import Large, holds
from automata._core.pool.freight import load, received, sent, unload
from automata._core.pool.spool import Spool
from automata._core.pool.wire import Garbled
from automata.errors import NotFound, StepError, StoreUnavailable

BIG = "x" * 300_000


class Shelf:
    """A store for large values in a dict."""

    def __init__(self):
        self.kept = {}
        self.error = None

    def keep(self, parts):
        data = b"".join(parts)
        self.kept[sha256(data).hexdigest()] = data
        return sha256(data).hexdigest(), len(data)

    def parts(self, name):
        if self.error is not None:
            raise self.error
        if name not in self.kept:
            raise NotFound("gone")
        yield self.kept[name]


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def ends():
    ours = Spool.make()
    theirs = Spool(os.dup(ours.fileno()))
    yield ours, theirs
    ours.close()
    theirs.close()


def framed(fields):
    """What the other side reads."""
    return json.loads(json.dumps(fields))


def test_a_child_gets_what_references_stand_for(shelf, ends):
    large = Large(*shelf.keep([json.dumps(BIG).encode()]))

    fields = framed(load({"deep": [large], "own": {"$blob": None, "value": 1}}, ends[0], shelf))

    assert len(json.dumps(fields)) < 1_000
    assert received(fields, ends[1]) == {"deep": [BIG], "own": {"$blob": None, "value": 1}}


def test_what_a_child_returns_is_kept_and_referred_to(shelf, ends):
    message = framed(sent({"data": BIG, "n": 1}, ends[1]))

    output = unload(message, ends[0], shelf)

    assert type(output["data"]) is Large
    assert json.loads(shelf.kept[output["data"].name]) == BIG


def test_without_a_store_the_value_comes_whole(ends):
    message = framed(sent({"data": BIG}, ends[1]))

    assert unload(message, ends[0], None) == {"data": BIG}


def test_what_is_small_goes_in_the_frame(ends):
    assert sent({"n": 1}, ends[1]) == {"output": {"n": 1}}
    assert received({"parameters": {"n": 1}}, ends[1]) == {"n": 1}


def test_a_reference_of_a_childs_own_making_is_refused(shelf, ends):
    """Otherwise an action could read the values of others by their hash."""
    name, size = shelf.keep([b"1"])
    message = framed(sent({"data": BIG}, ends[1]))
    message["output"]["other"] = dict(Large(name, size))

    with pytest.raises(Garbled, match="leads to nothing"):
        unload(message, ends[0], shelf)


def test_bytes_that_are_not_what_the_frame_says_are_refused(shelf, ends):
    message = framed(sent({"data": BIG}, ends[1]))
    os.pwrite(ends[1].fileno(), b"y", 5)

    with pytest.raises(Garbled, match="not what its frame says"):
        unload(message, ends[0], shelf)


@pytest.mark.parametrize(("error", "kind"), [(StoreUnavailable("down"), "transient"), (NotFound("gone"), "not_found")])
def test_what_cannot_be_had_fails_the_attempt(shelf, ends, error, kind):
    shelf.error = error

    with pytest.raises(StepError) as failure:
        load({"data": Large("ab" * 32, 5)}, ends[0], shelf)

    assert (failure.value.kind, failure.value.sent) == (kind, False)


def test_more_than_a_call_may_get_is_refused_before_it_is_read(shelf, ends):
    with pytest.raises(StepError) as failure:
        load({"data": [Large(f"{n:064}", 100 * 2**20) for n in range(3)]}, ends[0], shelf)

    assert failure.value.kind == "payload_too_large"
    assert not holds(failure.value.details)
