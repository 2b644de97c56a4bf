"""``automata worker``: a process in the foreground that takes up runs of a database until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automata.cli.command import Command, console
from automata.cli.database import database_option, shown
from automata.cli.exits import Exit
from automata.cli.store import chosen, helpful
from automata.cli.text import counted
from automata.cli.times import length, rough

if TYPE_CHECKING:
    from automata._core.kernel import Kernel
    from automata.cli.console import Console
    from automata.ports import Store

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_DEFAULT_S = 30.0
_LAST_S = 3.0
"""How long stopping at once may take before the process ends as it is."""


@click.command(
    "worker",
    cls=Command,
    short_help="Take up runs of the database and drive them.",
    help="Take up runs of the database and drive them, in the foreground, until told to stop. Any number of workers "
    "may share a database.\n\n"
    "SIGTERM or Ctrl-C hands over: no further attempt starts, running ones have --drain-timeout to end, and what is "
    "left goes to other workers at once; the exit code is 0. A second signal stops at once, with exit code 130.",
    examples=("automata worker", "automata worker --concurrency 200 --database postgresql://app@db/app"),
)
@click.option(
    "--concurrency", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Runs held at once."
)
@click.option(
    "--drain-timeout", "drain", metavar="DURATION", help="How long attempts may go on at the end; default: 30s."
)
@click.option(
    "--lease", metavar="DURATION", help="Without a sign of life for so long its runs go to others; default: 30s."
)
@database_option
@click.pass_context
def command(
    context: click.Context, concurrency: int, drain: str | None, lease: str | None, database: str | None
) -> int:
    """Work until a signal comes."""
    from automata._core.kernel import Kernel

    out = console(context)
    out.format = "jsonl" if out.machine else out.format
    logging.basicConfig(level=logging.INFO if out.verbosity else logging.WARNING, format="%(levelname)s: %(message)s")
    url = chosen(database)
    kernel = Kernel(database=url, folder=Path.cwd())
    drain_s, lease_s = _seconds(drain, "--drain-timeout"), _seconds(lease, "--lease")
    duty = Duty(kernel, shown(url), out, concurrency=concurrency, drain_s=drain_s, lease_s=lease_s)
    with helpful():
        return asyncio.run(duty.work())


class Duty:
    """One worker, from its first line to its last.

    Args:
        kernel: What it works with.
        place: The database, for people.
        out: Where to tell what it does.
        concurrency: How many runs it holds at once.
        drain_s: How long running attempts may go on at the end.
        lease_s: After how long without a sign of life its runs go to others.
    """

    def __init__(
        self, kernel: Kernel, place: str, out: Console, *, concurrency: int, drain_s: float, lease_s: float
    ) -> None:
        self._kernel = kernel
        self._place = place
        self._out = out
        self._concurrency = concurrency
        self._drain_s = drain_s
        self._lease_s = lease_s
        self._stop = asyncio.Event()
        self._told = 0

    async def work(self) -> int:
        """Drive runs until a signal comes, then hand over; the exit code."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine has one
        store = self._kernel.store
        _on_signals(lambda: self._signalled(task))
        try:
            await self._serve()
        except asyncio.CancelledError:
            self._tell("stopped", "Stopped at once; other workers go on with its runs")
            return Exit.INTERRUPTED
        finally:
            await _close(store)
        self._tell("handed_over", "Handed over")
        return Exit.OK

    async def _serve(self) -> None:
        async with self._kernel.engine(
            claims=True, concurrency=self._concurrency, drain_s=self._drain_s, lease_s=self._lease_s
        ) as engine:
            text = f"Worker {engine.shift.worker[:8]} takes up runs of {self._place}, {self._concurrency} at once"
            self._tell("started", f"{text}; Ctrl-C hands over", worker=engine.shift.worker)
            await self._stop.wait()
            held = len(engine.drivers)
            waits = f" {counted(held, 'run')}: waiting up to {rough(self._drain_s)} for attempts; again stops at once"
            self._tell("handing_over", f"Handing over{waits if held else ''}", runs=held)

    def _signalled(self, task: asyncio.Task[object]) -> None:
        self._told += 1
        if self._told == 1:
            self._stop.set()
            return
        task.cancel()
        asyncio.get_running_loop().call_later(_LAST_S, os._exit, int(Exit.INTERRUPTED))

    def _tell(self, state: str, text: str, **facts: object) -> None:
        self._out.emit({"state": state, "database": self._place, **facts}, lambda: [text])
        self._out.flush()


def _seconds(text: str | None, flag: str) -> float:
    given = length(text, flag)
    return _DEFAULT_S if given is None else given.total_seconds()


def _on_signals(act: Callable[[], None]) -> None:
    """Call *act* on the running loop at every signal to stop."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        if os.name == "nt":  # no loop there can be told of signals
            signal.signal(number, lambda _number, _frame: (loop.call_soon_threadsafe(act), None)[1])
        else:
            loop.add_signal_handler(number, act)


async def _close(store: Store) -> None:
    close = getattr(store, "close", None)
    if close is not None:
        await close()
