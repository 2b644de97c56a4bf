"""What runs just now, redrawn in place at the foot of a terminal; needs the extra ``cli`` (rich), never a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from automata.cli.console import Console
    from automata.cli.fan import Fan

_SHOWN = 8
"""Running steps shown at once."""


def live_display(out: Console) -> Live | None:
    """Start a display where one can be shown: stderr is a terminal and rich is installed."""
    if not out.lively:
        return None
    try:
        return Live()
    except ImportError:
        return None


class Live:
    """A line with a spinner for each running step, a bar for each ``foreach``."""

    def __init__(self) -> None:
        from rich.console import Console as Screen
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=Screen(file=sys.stderr, highlight=False),
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,  # its stand-in is no terminal to whoever asks
        )
        self._tasks: dict[str, TaskID] = {}
        self._bars.start()

    def begin(self, address: str, attempt: int) -> None:
        """Show a step that started, or its next attempt."""
        note = f"attempt {attempt}" if attempt > 1 else ""
        if address in self._tasks:
            self._bars.update(self._tasks[address], note=note)
        elif len(self._tasks) < _SHOWN:
            self._tasks[address] = self._bars.add_task(address, total=None, note=note)

    def move(self, fan: Fan) -> None:
        """Show how far a ``foreach`` is."""
        if fan.node in self._tasks:
            self._bars.update(self._tasks[fan.node], total=fan.total, completed=fan.done, note=fan.note)

    def end(self, address: str) -> None:
        """Take a step away."""
        task = self._tasks.pop(address, None)
        if task is not None:
            self._bars.remove_task(task)

    def tell(self, line: str) -> None:
        """Write a line, colours included, above the display."""
        from rich.text import Text

        self._bars.console.print(Text.from_ansi(line), soft_wrap=True)

    def pause(self) -> None:
        """Leave the terminal to a question; also how it ends."""
        self._bars.stop()

    def resume(self) -> None:
        """Go on after a question."""
        self._bars.start()
