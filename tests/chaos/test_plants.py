"""The matrix finds engines that break their promises: each planted mistake within a few cycles of one shape."""

import subprocess
import sys
from pathlib import Path

import pytest
from plants import PLANTS

MATRIX = Path(__file__).with_name("matrix.py")
FOUND = {
    "a start is acknowledged before its commit": ("linear", "was accepted and is gone"),
    "a turn is acknowledged before its commit": ("linear", "was accepted and is not there"),
    "a new key for each attempt": ("linear", "used 2 keys"),
    "recovery forgets the last event": ("linear", "I3: "),
    "an attempt in doubt is repeated": ("once", "unsafe effect of b in attempts [1, 2], predicted [1]"),
    "what a turn used stays in the inbox": ("signal-before", "were never taken"),
    "timers fire early": ("timer", "G8: "),
    "a message is marked before it is sent": ("outbox", "outbox effect of p in attempts []", "I2: stuck"),
}
"""The mistake to a shape in which it shows, and what may be said about it."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("plant", PLANTS)
def test_the_matrix_finds_a_planted_mistake(plant):
    shape, *signs = FOUND[plant]
    program = [sys.executable, str(MATRIX), "--plant", plant, "--shape", shape, "--cycles", "200", "--until-failure"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-4000:] + done.stderr[-4000:]
    assert any(sign in done.stdout for sign in signs), done.stdout
