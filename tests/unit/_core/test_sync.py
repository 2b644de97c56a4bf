"""The kernel for programs without an event loop."""

import threading

import pytest

from automata import SyncKernel, load
from automata.errors import NotFound
from automata.model import RunStatus

DOUBLE = load("automata: 1\nname: d\nnodes: {a: {use: set, with: {n: '${input * 2}'}}}\noutput: '${a.n}'").workflow


def test_calls_block_until_they_are_done_and_errors_come_as_themselves():
    with SyncKernel() as kernel:
        assert kernel.run(DOUBLE, 4).run.output == 8
        assert kernel.start(DOUBLE, 4).status is RunStatus.QUEUED
        with pytest.raises(NotFound):
            kernel.emit("nobody", "go")


def test_a_database_is_closed_with_it_and_its_thread_ends(tmp_path):
    before = set(threading.enumerate())
    kernel = SyncKernel(database=f"sqlite:///{tmp_path}/runs.db")
    assert kernel.run(DOUBLE, 4).run.output == 8
    kernel.close()
    kernel.close()

    assert not set(threading.enumerate()) - before
