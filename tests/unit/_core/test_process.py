"""Processes that are there, and processes that are gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automata._core import process
from automata._core.process import identity, is_gone

pytestmark = pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="needs the /proc of Linux")

TELL = "from automata._core.process import identity; print(identity(), flush=True); input()"


@pytest.fixture
def other():
    """Another process, and what it says it is."""
    with subprocess.Popen([sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        yield child, child.stdout.readline().decode().strip()
        child.kill()


def test_a_process_that_runs_is_not_gone(other):
    assert not is_gone(identity())
    assert not is_gone(other[1])


def test_one_that_stands_still_is_not_gone(other):
    child, said = other
    child.send_signal(signal.SIGSTOP)
    assert not is_gone(said)


def test_one_that_was_killed_is_gone_before_anybody_buries_it(other):
    child, said = other
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(said)
    child.wait()
    assert is_gone(said)


def test_another_one_of_the_same_number_is_not_mistaken_for_it():
    machine, pid, began = identity().rsplit("/", 2)
    assert is_gone(f"{machine}/{pid}/{int(began) - 1}")


@pytest.mark.parametrize("said", [None, "", "1", "elsewhere/pid:[1]/1/1", "a/b/c"])
def test_nothing_is_known_of_other_machines(said):
    assert not is_gone(said)


def test_a_machine_that_tells_nothing_has_no_identities(monkeypatch, tmp_path):
    said = identity()
    monkeypatch.setattr(process, "_PROC", tmp_path)
    assert identity() is None
    assert not is_gone(said)
