from __future__ import annotations

import sys
from pathlib import Path

import pytest

from automata._core.pool.pool import ChildPool
from automata._core.pool.process import Bounds
from automata.testing.context import FakeContext

SITE = Path(__file__).parent / "site"


@pytest.fixture(autouse=True)
def site(monkeypatch):
    """Make the actions importable, by their own name, here and in child processes."""
    monkeypatch.syspath_prepend(str(SITE))
    yield SITE
    sys.modules.pop("blocking_actions", None)


@pytest.fixture
def alive():
    """Tell whether a process runs; one that is dead and not buried yet does not."""

    def look(pid):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    return look


class Desk(FakeContext):
    """A context that also evaluates."""

    def evaluate(self, parameter):
        if parameter == "missing":
            raise KeyError(parameter)
        return f"{parameter} evaluated"


@pytest.fixture
def context():
    return Desk()


@pytest.fixture
def bounds():
    return Bounds(size=2)


@pytest.fixture
def pool(bounds):
    return ChildPool(bounds)


class Caller:
    """Performs actions by their short names."""

    def __init__(self, pool, context):
        self.pool = pool
        self.context = context

    async def __call__(self, action, *, timeout_s=20.0, **parameters):
        return await self.pool.call(f"blocking_actions:{action}", parameters, self.context, timeout_s=timeout_s)


@pytest.fixture
def call(pool, context):
    return Caller(pool, context)
