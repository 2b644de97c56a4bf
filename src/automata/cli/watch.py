"""Standing beside a run: showing it, answering its approvals, sending signals, and stopping it when asked to."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from automata.cli.exits import Exit
from automata.cli.progress import Progress
from automata.cli.text import safe
from automata.model import Event, Graph, Json, Node, RunStarted, StepStarted, Workflow

if TYPE_CHECKING:
    from automata._core.results import RunHandle
    from automata.cli.console import Console


class Companion:
    """Watches one run and acts on it; a `Watcher` of the kernel.

    Args:
        workflow: What runs.
        out: Where to show it.
        approvals: Node to the answer given on the command line.
        signals: Name to payload, sent at the start; early signals are kept.
        timeout_s: When to give up, or None.
    """

    def __init__(
        self,
        workflow: Workflow,
        out: Console,
        *,
        approvals: Mapping[str, bool],
        signals: Mapping[str, Json],
        timeout_s: float | None,
    ) -> None:
        self._workflow = workflow
        self._out = out
        self._approvals = approvals
        self._signals = signals
        self._timeout_s = timeout_s
        self._progress = Progress(out, self._is_fan)
        self._turn = threading.Lock()
        self._asked: set[str] = set()
        self._interrupted = False
        self.expired = False

    def __call__(self, handle: RunHandle, event: Event) -> None:
        """Show the event and act on it."""
        self._progress(event)
        if isinstance(event, RunStarted):
            self._begin(handle)
        elif isinstance(event, StepStarted):
            asyncio.get_running_loop().call_soon(self._answer, handle)

    def close(self) -> None:
        """Give the terminal back."""
        self._progress.pause()

    def _is_fan(self, address: str) -> bool:
        found = _find(self._workflow.graph, _plain(address).split("/"))
        return found is not None and found.use == "foreach"

    def _begin(self, handle: RunHandle) -> None:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread() and os.name != "nt":
            loop.add_signal_handler(signal.SIGINT, self._interrupt, handle)
        if self._timeout_s is not None:
            loop.call_later(self._timeout_s, self._expire, handle)
        for name, payload in self._signals.items():
            loop.call_soon(_quietly, partial(handle.signal, name, payload))

    def _interrupt(self, handle: RunHandle) -> None:
        if self._interrupted:
            self.close()
            self._out.tell("Stopped; steps that were running were left as they were")
            os._exit(Exit.INTERRUPTED)
        self._interrupted = True
        self._progress.pause()
        self._out.say("Cancelling the run; press Ctrl-C again to stop at once")
        self._progress.resume()
        handle.cancel("Interrupted from the command line")

    def _expire(self, handle: RunHandle) -> None:
        self.expired = True
        handle.cancel("The time limit of the command line passed")

    def _answer(self, handle: RunHandle) -> None:
        from automata.errors import NotFound

        try:
            pending = handle.waiting()
        except NotFound:
            return  # the run ended in the same turn of the loop
        for waiting in pending:
            if waiting.node in self._asked:
                continue
            self._asked.add(waiting.node)
            given = self._approvals.get(waiting.node, self._approvals.get(_plain(waiting.node)))
            if given is not None:
                handle.approve(waiting.node, approved=given, by="command line")
            elif self._out.can_ask:
                self._ask(handle, waiting.node, waiting.message)
            else:
                self._give_up(handle, waiting.node)

    def _ask(self, handle: RunHandle, node: str, message: str) -> None:
        """Ask on the terminal, in a thread of its own: the rest of the run goes on meanwhile."""
        loop = asyncio.get_running_loop()

        def work() -> None:
            with self._turn:  # one question at a time
                self._progress.pause()
                approved = self._out.ask(f"{safe(message) or safe(node)} - approve?")
                comment = self._out.read_line("Comment (may be empty): ").strip() or None
                self._progress.resume()
            loop.call_soon_threadsafe(_quietly, lambda: handle.approve(node, approved=approved, comment=comment))

        threading.Thread(target=work, daemon=True).start()

    def _give_up(self, handle: RunHandle, node: str) -> None:
        found = _find(self._workflow.graph, _plain(node).split("/"))
        if found is not None and found.timeout is not None:
            self._out.say(f"Waiting up to {found.timeout} for {node!r}; answer with --approve {node}=yes")
            return
        self._out.warn(f"{node!r} waits for an answer and nobody can be asked; give one with --approve {node}=yes")
        handle.cancel(f"Nobody can answer {node!r}")


def _quietly(act: Callable[[], None]) -> None:
    from automata.errors import NotFound

    try:
        act()
    except NotFound:
        return  # the wait was over before the answer came


def _find(graph: Graph | None, names: list[str]) -> Node | None:
    node = graph.nodes.get(names[0]) if graph is not None else None
    if node is None or len(names) == 1:
        return node
    return _find(node.body, names[1:]) or _find(node.finally_, names[1:])


def _plain(address: str) -> str:
    import re

    return re.sub(r"\[\d+\]|@\d+|~\w+", "", address)
