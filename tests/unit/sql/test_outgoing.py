"""What is too large goes out first, and the calls of a run keep their order."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from automata._core.journal import decode_events, encode_events
from automata._core.large import Large
from automata.errors import StoreUnavailable, TooLarge
from automata.model import Message, RunFinished, RunStatus, SignalReceived, StepFinished, StepSkipped
from automata.ports import Turn
from automata.sql.operations import Append
from automata.sql.outgoing import Outgoing

BIG = "x" * 300_000


class Shelf:
    """Keeps blobs, when it is let."""

    def __init__(self):
        self.kept = {}
        self.free = threading.Event()
        self.free.set()
        self.error = None

    def keep(self, parts):
        self.free.wait(10)
        if self.error is not None:
            raise self.error
        data = b"".join(parts)
        self.kept[sha256(data).hexdigest()] = data
        return sha256(data).hexdigest(), len(data)


@pytest.fixture
def shelf():
    return Shelf()


def operation(events):
    return Append(Turn(run="r", epoch=1, after=0, events=events), encode_events(events), None)


def scenario(shelf, work):
    """Run *work* with an outgoing whose writer commits at once; what was handed in, in order."""
    handed = []

    async def main():
        def submit(given, urgent):
            handed.append((given, urgent))
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

        with ThreadPoolExecutor(2) as threads:
            return await work(Outgoing(shelf, threads, submit))

    return asyncio.run(main()), [(decode_events(given.data), urgent) for given, urgent in handed]


def test_a_value_is_kept_before_what_refers_to_it_is_handed_in(shelf):
    events = [StepFinished("a", 1, BIG), StepSkipped("b")]

    async def work(outgoing):
        await outgoing.hand_in("r", operation(events), events, urgent=False)

    _, [((first, second), urgent)] = scenario(shelf, work)

    assert type(first.output) is Large
    assert first.output.name in shelf.kept
    assert (second, urgent) == (StepSkipped("b"), False)


def test_what_follows_waits_for_what_is_on_its_way(shelf):
    first, second = [StepFinished("a", 1, BIG)], [StepSkipped("b")]
    shelf.free.clear()

    async def work(outgoing):
        one = outgoing.hand_in("r", operation(first), first)
        delayed = outgoing.delays("r"), outgoing.delays("other")
        two = outgoing.hand_in("r", operation(second), second)
        shelf.free.set()
        await asyncio.gather(one, two)
        return (*delayed, outgoing.delays("r"))

    delays, handed = scenario(shelf, work)

    assert delays == (True, False, False)
    assert [type(events[0]) for events, _ in handed] == [StepFinished, StepSkipped]


def test_the_end_of_a_run_is_put_out_for_its_row_too(shelf):
    events = [RunFinished(RunStatus.SUCCEEDED, BIG)]
    given = operation(events)

    async def work(outgoing):
        await outgoing.hand_in("r", given, events)

    scenario(shelf, work)

    assert type(given.last.output) is Large


@pytest.mark.parametrize("error", [StoreUnavailable("no disk"), TooLarge("much")])
def test_what_cannot_be_kept_is_not_handed_in(shelf, error):
    shelf.error = error
    events = [StepFinished("a", 1, BIG)]

    async def work(outgoing):
        with pytest.raises(type(error)):
            await outgoing.hand_in("r", operation(events), events)

    assert scenario(shelf, work)[1] == []


def test_a_message_goes_out_alike(shelf):
    async def work(outgoing):
        return outgoing.relieve_message(Message(id="1", body=SignalReceived("1", "go", {"data": BIG})))

    message, _ = scenario(shelf, work)

    assert type(message.body.payload["data"]) is Large
