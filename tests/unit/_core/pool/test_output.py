"""What a child prints is read in lines, within bounds, for the call that printed it."""

from __future__ import annotations

import asyncio
import os

import pytest

from automata._core.pool.output import LINE, LINES, Output


def printed(*pieces, call=True):
    """Lines that come of pieces, all of one call."""

    async def main():
        read, write = os.pipe()
        output = Output(read)
        lines = []
        if call:
            output.begin(lines.append)
        for piece in pieces:
            os.write(write, piece)
            await asyncio.sleep(0)
        output.finish()
        os.close(write)
        output.close()
        return lines, list(output.tail)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"on", b"e\n", b"two"], ["one", "two"]),
        ([b"windows\r\n"], ["windows"]),
        ([b"\n\n"], ["", ""]),
        ([b"\xff\xc3", b"\xbc\n"], ["\ufffd\u00fc"]),
        ([], []),
    ],
)
def test_output_is_cut_into_lines(pieces, lines):
    assert printed(*pieces)[0] == lines


def test_a_long_line_is_cut_off():
    (line,), _ = printed(b"x" * 30_000, b"y" * 30_000 + b"\n")

    assert line == "x" * LINE


def test_too_many_lines_are_counted_only():
    lines, _ = printed(b"x\n" * (LINES + 5))

    assert len(lines) == LINES + 1
    assert lines[-1] == "5 more lines were left out"


def test_the_last_words_are_kept():
    assert printed(b"first\nlast\n", call=False) == ([], ["first", "last"])


def test_what_was_printed_before_the_end_of_a_call_is_not_the_next_ones():
    async def main():
        read, write = os.pipe()
        output = Output(read)
        first, second = [], []
        output.begin(first.append)
        os.write(write, b"first\n")
        output.finish()
        output.begin(second.append)
        os.write(write, b"second\n")
        output.finish()
        os.close(write)
        output.close()
        return first, second

    assert asyncio.run(main()) == (["first"], ["second"])


def test_a_closed_pipe_is_let_go_by_itself():
    async def main():
        read, write = os.pipe()
        output = Output(read)
        os.close(write)
        await asyncio.sleep(0.01)
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(read)
        output.close()

    asyncio.run(main())
