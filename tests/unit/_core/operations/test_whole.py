"""Events and values with their large parts back in place."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from automata._core.blobs import relieved
from automata._core.operations.whole import whole_events, whole_messages, whole_value
from automata.errors import NotFound
from automata.model import Message, RunStarted, SignalReceived, StepFinished, StepSkipped

BIG = "x" * 300_000
EVENTS = [RunStarted({"data": BIG}), StepFinished("a", 1, BIG), StepSkipped("b")]


class Shelf:
    """A store for large values in a dict, which counts the readings."""

    def __init__(self):
        self.kept, self.read = {}, []

    def keep(self, parts):
        data = b"".join(parts)
        self.kept[sha256(data).hexdigest()] = data
        return sha256(data).hexdigest(), len(data)

    def parts(self, name):
        self.read.append(name)
        if name not in self.kept:
            raise NotFound("gone")
        yield self.kept[name]


@pytest.fixture
def shelf():
    return Shelf()


def test_events_come_back_as_they_were_and_each_value_is_read_once(shelf):
    left = relieved(EVENTS, shelf.keep)

    assert asyncio.run(whole_events(left, shelf)) == EVENTS
    assert len(shelf.read) == len(set(shelf.read))


def test_messages_come_back_as_they_were(shelf):
    (body,) = relieved([SignalReceived("1", "go", BIG)], shelf.keep)

    (message,) = asyncio.run(whole_messages([Message(id="1", body=body)], shelf))

    assert message.body.payload == BIG


def test_more_than_the_limit_stays_referred_to(shelf):
    left = relieved(EVENTS, shelf.keep)

    assert asyncio.run(whole_events(left, shelf, limit_bytes=1_000)) is left
    assert shelf.read == []


def test_what_is_whole_is_given_as_it_is(shelf):
    value = {"a": [1]}

    assert asyncio.run(whole_value(value, shelf)) is value


def test_what_is_gone_is_said(shelf):
    left = relieved(EVENTS, shelf.keep)
    shelf.kept.clear()

    with pytest.raises(NotFound):
        asyncio.run(whole_events(left, shelf))
