"""A run as people watch it: one line a step on stderr while it goes on, a summary at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from automata.cli.fan import STOPWATCH, Fans
from automata.cli.listing import short
from automata.cli.live import live_display
from automata.cli.text import columns, counted, safe, shorten
from automata.model import (
    Event,
    RunFinished,
    Step,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepStarted,
    StepStatus,
)

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import ErrorInfo, Json, Run

_SYMBOLS = {
    StepStatus.SUCCEEDED: ("✓", "ok", "success"),
    StepStatus.FAILED: ("✗", "FAILED", "error"),
    StepStatus.SKIPPED: ("-", "skipped", "muted"),
    StepStatus.CANCELLED: ("○", "cancelled", "warning"),
    StepStatus.RUNNING: ("…", "running", "name"),
    StepStatus.WAITING: ("…", "waiting", "name"),
    StepStatus.PARKED: ("!", "parked", "warning"),
}
_VALUE = 100
_MANY = 40
"""Steps a summary lists one by one before it leaves out those of nested bodies."""


class Progress:
    """Tells people what a run does.

    A terminal gets a line for each finished step of the top level and, below, what runs now; a log gets a line for
    each tenth of a long ``foreach``. ``-v`` shows every nested step to both.

    Args:
        out: Where to tell.
        is_fan: Whether the node at an address is a ``foreach``.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        out: Console,
        is_fan: Callable[[str], bool] = lambda _address: False,
        clock: Callable[[], float] = STOPWATCH,
    ) -> None:
        self._out = out
        self._began: dict[str, str] = {}
        self._fans = Fans(is_fan, clock)
        self._live = live_display(out)

    def __call__(self, event: Event) -> None:
        """Show one event."""
        self._redraw(event)
        match event:
            case StepStarted(address, attempt, _, at):
                self._began[address] = at
                if attempt > 1:
                    self._tell(StepStatus.RUNNING, address, f"attempt {attempt}")
            case StepFinished(address, _, _, port, at):
                way = "" if port == "out" else f"by {port!r}"
                self._tell(StepStatus.SUCCEEDED, address, way, at)
            case StepFailed(address, attempt, error, _, at):
                self._tell(StepStatus.FAILED, address, f"{error.kind}: {error.message} (attempt {attempt})", at)
            case StepCancelled(address, at):
                self._tell(StepStatus.CANCELLED, address, "cancelled", at)
            case _:
                pass

    def pause(self) -> None:
        """Leave the terminal to a question."""
        if self._live is not None:
            self._live.pause()

    def resume(self) -> None:
        """Go on after a question."""
        if self._live is not None:
            self._live.resume()

    def _redraw(self, event: Event) -> None:
        fan = self._fans(event)
        if self._live is None:
            if fan is not None and fan.due():
                self._out.say(f"  {safe(fan.node)}  {fan.note}")
            return
        match event:
            case StepStarted(address, attempt):
                if "/" not in address:
                    self._live.begin(safe(address), attempt)
            case StepFinished(address) | StepCancelled(address):
                self._live.end(safe(address))
            case RunFinished():
                self._live.pause()
            case _:
                pass
        if fan is not None:
            self._live.move(fan)

    def _shows(self, address: str) -> bool:
        return self._out.verbosity > 0 or (self._out.lively and "/" not in address)

    def _tell(self, status: StepStatus, address: str, text: str, at: str = "") -> None:
        if self._shows(address):
            took = duration(self._began.get(address, ""), at) if at else ""
            sign = symbol(status, self._out, err=True)
            line = "  ".join(part for part in (f"  {sign} {safe(address)}", took, safe(text)) if part)
            (self._out.say if self._live is None else self._live.tell)(line)


def symbol(status: StepStatus, out: Console, *, err: bool = False) -> str:
    """The sign of a status: a symbol where the terminal can show one, a word elsewhere."""
    fine, word, role = _SYMBOLS[status]
    import sys

    stream = sys.stderr if err else sys.stdout
    return out.style(fine if stream.isatty() and out.symbols(stream) else word, role, err=err)


def duration(began: str, ended: str | None) -> str:
    """Say how long something took, from two RFC 3339 instants; empty when one is missing."""
    if not began or not ended:
        return ""
    seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes


def run_lines(run: Run, steps: tuple[Step, ...], out: Console) -> Iterator[str]:
    """Write a finished run: how it ended, its steps, its output or error."""
    role = {"succeeded": "success", "cancelled": "warning"}.get(str(run.status), "error")
    yield (
        f"Run {out.style(short(run), 'name')} of {out.style(run.workflow, 'title')} "
        f"(version {run.version[:8]}) {out.style(run.status, role)}"
    )
    yield ""
    yield from step_lines(steps, out)
    yield ""
    if run.error is not None:
        yield from error_lines(run.error, out)
    elif run.status == "succeeded":
        yield from output_lines(run.output)


def step_lines(steps: tuple[Step, ...], out: Console) -> Iterator[str]:
    """Write steps one a line; nested ones only where there are few."""
    shown = steps if len(steps) <= _MANY else tuple(step for step in steps if "/" not in step.node)
    yield from columns([_row(step, out) for step in shown])
    if len(shown) < len(steps):
        yield f"  ... and {counted(len(steps) - len(shown), 'nested step')}"


def error_lines(error: ErrorInfo, out: Console) -> Iterator[str]:
    """Write why a run failed."""
    place = f" at {safe(error.node)} (attempt {error.attempt})" if error.node else ""
    yield f"{out.style(error.kind, 'error')}{place}: {safe(error.message)}"
    if error.details:
        yield f"  details {brief(error.details)}"


def brief(value: Json, limit: int = _VALUE) -> str:
    """A JSON value in one short line."""
    return shorten(safe(json.dumps(value, ensure_ascii=False, default=dict)), limit)


def _row(step: Step, out: Console) -> tuple[str, ...]:
    fine, word, _ = _SYMBOLS[step.status]
    import sys

    sign = fine if sys.stdout.isatty() and out.symbols() else word
    tries = f"{counted(step.attempt, 'attempt')}" if step.attempt > 1 else ""
    took = duration(step.started or "", step.finished)
    said = step.error.message if step.error is not None else brief(step.output, 60) if step.output is not None else ""
    return (sign, safe(step.node), safe(step.use), took, tries, shorten(safe(said), 80))


def output_lines(output: Json) -> Iterator[str]:
    """Write what a run gave."""
    yield "output"
    text = json.dumps(output, ensure_ascii=False, indent=2, default=dict)
    yield from (f"  {safe(line)}" for line in text.splitlines())
