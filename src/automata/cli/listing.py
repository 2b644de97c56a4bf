"""Runs as rows: the object programs get, the line people get, and the exit code that says how a run stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from automata.cli.exits import Exit
from automata.cli.text import columns, safe, shorten
from automata.cli.times import ago, took
from automata.model import RunStatus

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Json, Run

_SIGNS = {
    RunStatus.QUEUED: ("·", "muted"),
    RunStatus.RUNNING: ("…", "name"),
    RunStatus.WAITING: ("…", "name"),
    RunStatus.PAUSED: ("○", "warning"),
    RunStatus.PARKED: ("!", "warning"),
    RunStatus.SUCCEEDED: ("✓", "success"),
    RunStatus.FAILED: ("✗", "error"),
    RunStatus.CANCELLED: ("○", "warning"),
    RunStatus.TIMED_OUT: ("✗", "error"),
}
_CODES = {
    RunStatus.SUCCEEDED: Exit.OK,
    RunStatus.FAILED: Exit.FAILED,
    RunStatus.TIMED_OUT: Exit.FAILED,
    RunStatus.CANCELLED: Exit.CANCELLED,
    RunStatus.PARKED: Exit.PARTIAL,
}
_SHOWN = 16
_ABOUT = 60


def short(run: Run, width: int = _SHOWN) -> str:
    """As much of an id as usually names the run: its first twelve characters are the time of its start."""
    return safe(run.id[:width])


def telling(runs: Sequence[Run]) -> int:
    """How many characters of their ids tell *runs* apart: sixteen, or more where several began at the same moment."""
    width = _SHOWN
    while len({run.id[:width] for run in runs}) < len({run.id for run in runs}):
        width += 1
    return width


def exit_of(status: RunStatus) -> Exit:
    """The exit code that says how a run stands: 0 unless it has ended otherwise, or is parked."""
    return _CODES.get(status, Exit.OK)


def summary(run: Run) -> dict[str, Json]:
    """A run without its steps, as the documented JSON object."""
    from automata._core.operations import run_row

    row = run_row(run)
    kept = ("run", "workflow", "version", "status", "key", "parent", "priority", "created", "finished", "error")
    ended = run.finished is not None and run.created is not None
    seconds = (run.finished - run.created).total_seconds() if ended and run.finished and run.created else None
    return {name: row[name] for name in kept} | {"took_s": None if seconds is None else round(seconds, 3)}


def run_table(runs: Sequence[Run], now: datetime, out: Console) -> Iterator[str]:
    """Write runs one a line, newest first as they come."""
    width = telling(runs)
    rows = [
        (
            short(r, width),
            safe(r.workflow),
            _state(r.status, out),
            ago(r.created, now),
            took(r.created, r.finished),
            _about(r),
        )
        for r in runs
    ]
    head, *lines = columns(rows, header=("RUN", "WORKFLOW", "STATE", "STARTED", "TOOK", "ABOUT"))
    yield head
    for run, line in zip(runs, lines, strict=True):
        text = _state(run.status, out)
        yield line.replace(text, out.style(text, _SIGNS[run.status][1]), 1)


def state(status: RunStatus, out: Console) -> str:
    """A status with its colour and, on a terminal, its sign."""
    return out.style(_state(status, out), _SIGNS[status][1])


def _state(status: RunStatus, out: Console) -> str:
    sign = f"{_SIGNS[status][0]} " if sys.stdout.isatty() and out.symbols() else ""
    return f"{sign}{status}"


def _about(run: Run) -> str:
    if run.error is not None:
        place = f" at {run.error.node}" if run.error.node else ""
        return shorten(safe(f"{run.error.kind}{place}: {run.error.message}"), _ABOUT)
    if run.parent is not None:
        caller, _, step = run.parent.partition("#")
        return safe(f"called by {caller[:_SHOWN]}" + (f" at {step}" if step else ""))
    return "" if run.key is None else shorten(safe(f"key {run.key}"), _ABOUT)
