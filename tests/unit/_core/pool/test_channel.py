"""Frames arrive whole however they are cut, in order, and large ones one at a time."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automata._core.pool.channel import LARGE, WAITING, Channel, Gate, Hung
from automata._core.pool.wire import FRAME_LIMIT, HEADER, Garbled, length, pack, unpack
from automata.errors import StepError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


async def connected(gate=None):
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    _, channel = await asyncio.get_running_loop().create_connection(lambda: Channel(gate or Gate()), sock=ours)
    return channel, theirs


async def send(line, data):
    await asyncio.get_running_loop().sock_sendall(line, data)


@given(message=st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_a_frame_is_read_as_it_was_written(message):
    frame = pack(message)

    assert length(frame[: HEADER.size]) == len(frame) - HEADER.size
    assert unpack(bytearray(frame[HEADER.size :])) == json.loads(json.dumps(message))


def test_a_frame_that_was_read_is_wiped():
    body = bytearray(b'{"token": "secret"}')

    unpack(body)

    assert body == b""


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_is_no_object_is_garbage(body):
    with pytest.raises(Garbled):
        unpack(bytearray(body))


def test_a_length_no_frame_has_is_garbage():
    assert length(HEADER.pack(FRAME_LIMIT)) == FRAME_LIMIT
    with pytest.raises(Garbled):
        length(HEADER.pack(FRAME_LIMIT + 1))


def test_a_message_no_frame_holds_is_refused():
    with pytest.raises(StepError, match="larger than") as caught:
        pack({"a": "x" * FRAME_LIMIT})

    assert caught.value.kind == "payload_too_large"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_frames_may_come_in_pieces(size):
    async def main():
        channel, line = await connected()
        sent = [{"n": n, "text": "ü" * n} for n in range(10)]
        data = b"".join(map(pack, sent))
        for start in range(0, len(data), size):
            await send(line, data[start : start + size])
            await asyncio.sleep(0)
        received = [await channel.receive() for _ in sent]
        channel.close()
        line.close()
        return sent, received

    sent, received = asyncio.run(main())

    assert received == sent


def test_giving_up_waiting_loses_nothing():
    async def main():
        channel, line = await connected()
        frame = pack({"n": 1})
        for piece in (frame[:2], frame[2:6], frame[6:]):
            task = asyncio.get_running_loop().create_task(channel.receive())
            await asyncio.sleep(0.005)
            task.cancel()
            await send(line, piece)
            with pytest.raises(asyncio.CancelledError):
                await task
        received = await channel.receive()
        channel.close()
        line.close()
        return received

    assert asyncio.run(main()) == {"n": 1}


def test_frames_before_the_end_are_still_read():
    async def main():
        channel, line = await connected()
        await send(line, pack({"n": 1}) + pack({"n": 2})[:3])
        line.close()
        first = await channel.receive()
        with pytest.raises(Hung):
            await channel.receive()
        with pytest.raises(Hung):
            await channel.receive()
        channel.send({"to": "nobody"})
        channel.close()
        return first

    assert asyncio.run(main()) == {"n": 1}


def test_a_child_that_talks_too_much_has_to_wait():
    async def main():
        channel, line = await connected()
        frame = pack({"text": "x" * 4000})
        sent = 0

        async def talk():
            nonlocal sent
            for _ in range(1000):
                await send(line, frame)
                sent += 1

        task = asyncio.get_running_loop().create_task(talk())
        await asyncio.sleep(0.1)
        held = sent
        for _ in range(1000):
            await channel.receive()
        await task
        channel.close()
        line.close()
        return held

    assert asyncio.run(main()) < WAITING + 200  # what the socket itself holds comes on top


def test_large_frames_come_in_one_at_a_time():
    async def main():
        gate = Gate()
        lines = [await connected(gate) for _ in range(3)]
        frame = pack({"text": "x" * (2 * LARGE)})
        senders = [asyncio.get_running_loop().create_task(send(line, frame)) for _, line in lines]
        await asyncio.sleep(0.1)
        held = sum(1 for channel, _ in lines if channel._frames or channel._body is not None)
        received = [len((await channel.receive())["text"]) for channel, _ in lines]
        await asyncio.gather(*senders)
        for channel, line in lines:
            channel.close()
            line.close()
        return held, received

    held, received = asyncio.run(main())

    assert held == 1
    assert received == [2 * LARGE] * 3


def test_large_frames_of_one_child_come_in_order():
    async def main():
        channel, line = await connected()
        sender = asyncio.get_running_loop().create_task(
            send(line, b"".join(pack({"n": n, "text": "x" * LARGE}) for n in range(3)))
        )
        await asyncio.sleep(0.05)
        received = [(await channel.receive())["n"] for _ in range(3)]
        await sender
        channel.close()
        line.close()
        return received

    assert asyncio.run(main()) == [0, 1, 2]


def test_a_child_that_breaks_off_a_large_frame_lets_the_next_one_in():
    async def main():
        gate = Gate()
        (first, broken), (second, line) = await connected(gate), await connected(gate)
        frame = pack({"text": "x" * (2 * LARGE)})
        await send(broken, frame[:100])
        await asyncio.sleep(0.01)
        sender = asyncio.get_running_loop().create_task(send(line, frame))
        await asyncio.sleep(0.01)
        broken.close()
        received = await second.receive()
        await sender
        with pytest.raises(Hung):
            await first.receive()
        for channel in (first, second):
            channel.close()
        line.close()
        return len(received["text"])

    assert asyncio.run(main()) == 2 * LARGE


def test_garbage_ends_the_line():
    async def main():
        channel, line = await connected()
        await send(line, b"\xff\xff\xff\xff")
        with pytest.raises(Garbled):
            await channel.receive()
        rest = await asyncio.get_running_loop().sock_recv(line, 10)
        line.close()
        return rest

    assert asyncio.run(main()) == b""
