"""A slice of the crash matrix with every test run, another one for each commit; `tox run -e chaos` does the whole."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

MATRIX = Path(__file__).with_name("matrix.py")
LIMIT_S = 85
"""Of one database; what is not tried by then is left to another commit."""


def seed():
    """The commit, so that many commits together try everything."""
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=MATRIX.parent, capture_output=True, text=True, check=False
    ).stdout.strip()
    return found[:12] or "0"


def run(database, cycles):
    program = [sys.executable, str(MATRIX), "--database", database, "--cycles", str(cycles)]
    done = subprocess.run(
        [*program, "--seconds", str(LIMIT_S), "--seed", seed()], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(180)
def test_no_kill_loses_or_repeats_anything_on_sqlite():
    result = run("sqlite", 300)
    assert result["failed"] == 0
    assert result["kills"] > result["cycles"] / 2


@pytest.mark.timeout(180)
def test_no_kill_loses_or_repeats_anything_on_postgresql(postgres_url):
    psycopg.connect(postgres_url.replace("+psycopg", "")).close()
    result = run("postgresql", 60)
    assert result["failed"] == 0
    assert result["kills"] > result["cycles"] / 2
