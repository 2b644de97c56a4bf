"""Runs started by runs: the ``call`` node, and the workflow that handles a failed run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from automata._core.machine import Step
from automata.model import Event, Json, JsonObject, Run

Post = Callable[[Event], None]


class Children(Protocol):
    """What a driver asks for when a node calls another workflow."""

    def call(self, parent: Run, step: Step, parameters: JsonObject, post: Post) -> Awaitable[Json]:
        """Start the workflow *parameters* name, and wait for its output unless ``wait`` is false.

        Cancelling the awaiting task cancels the child.

        Raises:
            StepError: There is no such workflow, calls nest too deep, or the child did not succeed.
        """
