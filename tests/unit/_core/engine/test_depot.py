"""The way to large values: threads for what takes long, a memory of what was fetched, refusals that say what helps."""

from __future__ import annotations

import asyncio
import json
import threading
from hashlib import sha256

import pytest

from automata._core.engine.depot import BRIEF_BYTES, EXPOSED_BYTES, KEPT_BYTES, Depot, Unopened
from automata._core.large import Large
from automata.errors import NotFound, StepError, StoreUnavailable, TooLarge

BIG = "x" * 300_000


class Shelf:
    """A store for large values in a dict, which notes who reads and writes, and may not answer for a while."""

    def __init__(self):
        self.kept, self.threads, self.reads, self.failures = {}, set(), [], 0

    def put(self, value):
        return Large(*self.keep([json.dumps(value).encode()]))

    def keep(self, parts):
        self.threads.add(threading.current_thread())
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("down")
        data = b"".join(parts)
        self.kept[sha256(data).hexdigest()] = data
        return sha256(data).hexdigest(), len(data)

    def parts(self, name):
        self.threads.add(threading.current_thread())
        self.reads.append(name)
        if name not in self.kept:
            raise NotFound("gone")
        yield self.kept[name]


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def depot(shelf):
    return Depot(shelf)


def test_an_output_goes_out_in_a_thread_and_its_run_is_remembered(shelf, depot):
    left = asyncio.run(depot.output({"data": BIG}, "r"))

    assert type(left["data"]) is Large
    assert threading.main_thread() not in shelf.threads
    assert (depot.knows("r"), depot.knows("other")) == (True, False)


def test_a_small_value_stays_and_nobody_is_asked(shelf, depot):
    value = {"n": 1}

    assert asyncio.run(depot.output(value, "r")) is value
    assert (shelf.threads, depot.knows("r")) == (set(), False)


def test_a_store_that_does_not_answer_is_waited_for(shelf, depot):
    shelf.failures = 1

    assert type(asyncio.run(depot.output(BIG, "r"))) is Large


@pytest.mark.parametrize("blobs", [None, Shelf()], ids=["in memory", "in a store"])
def test_a_value_above_the_limit_is_refused_wherever_runs_live(blobs):
    huge = ["x" * 2**20] * 129

    with pytest.raises(TooLarge, match=r"The start input takes 129\.0 MiB"):
        asyncio.run(Depot(blobs).put_out(huge, "The start input"))
    with pytest.raises(StepError) as failure:
        asyncio.run(Depot(blobs).output(huge, "r"))
    assert failure.value.kind == "payload_too_large"


def test_parameters_are_opened_in_threads(shelf, depot):
    given = {"a": [shelf.put([1])], "b": 2}
    shelf.threads.clear()

    assert asyncio.run(depot.open_all(given)) == {"a": [[1]], "b": 2}
    assert threading.main_thread() not in shelf.threads


def test_a_brief_value_is_fetched_at_once_and_only_once(shelf, depot):
    large = shelf.put([1])

    assert depot.open(large) == depot.open(large) == [1]
    assert len(shelf.reads) == 1


def test_a_longer_one_has_to_be_fetched_first(shelf, depot):
    large = shelf.put("x" * (BRIEF_BYTES + 1))

    with pytest.raises(Unopened) as unopened:
        depot.open(large)
    assert (unopened.value.larges, shelf.reads) == ((large,), [])

    asyncio.run(depot.fetch([large]))
    assert len(depot.open(large)) == BRIEF_BYTES + 1


def test_who_cannot_wait_for_that_gets_it_at_once(shelf, depot):
    assert depot.open(shelf.put("x" * (BRIEF_BYTES + 1)), wait=True)


def test_what_is_gone_fails_whoever_looks_even_after_fetching(depot):
    large = Large("ab" * 32, BRIEF_BYTES + 1)

    asyncio.run(depot.fetch([large]))

    with pytest.raises(StepError) as failure:
        depot.open(large)
    assert failure.value.kind == "not_found"


def test_what_does_not_fit_the_worker_is_refused_unread(shelf, depot):
    with pytest.raises(StepError, match="an action that runs in a process of its own") as failure:
        depot.open(Large("ab" * 32, EXPOSED_BYTES + 1))
    with pytest.raises(StepError):
        asyncio.run(depot.open_all([Large(f"{n:064}", EXPOSED_BYTES // 2 + 1) for n in range(2)]))

    assert (failure.value.kind, shelf.reads) == ("payload_too_large", [])


def test_what_was_fetched_is_kept_within_a_limit(shelf, depot):
    for at in range(3):
        name = sha256(str(at).encode()).hexdigest()
        shelf.kept[name] = str(at).encode()
        depot.open(Large(name, KEPT_BYTES // 2 + 1), wait=True)

    before = len(shelf.reads)
    depot.open(Large(sha256(b"0").hexdigest(), KEPT_BYTES // 2 + 1), wait=True)

    assert len(shelf.reads) == before + 1


def test_a_run_that_is_over_is_forgotten(shelf, depot):
    depot.mark("r", [{"deep": [Large("ab" * 32, 5)]}])
    depot.mark("plain", [{"deep": [1]}])
    known = depot.knows("r"), depot.knows("plain")

    depot.forget("r")

    assert (known, depot.knows("r")) == ((True, False), False)
