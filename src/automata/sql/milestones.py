"""What a batch makes durable, as fault points: a test can kill the process right before a commit, or right after it."""

from __future__ import annotations

from collections.abc import Sequence

from automata._core import fault
from automata.model import StepFailed, StepFinished, StepStarted
from automata.sql.operations import Append, Create, Operation, Transact


def written(operations: Sequence[Operation]) -> None:
    """The operations are executed, and their transaction is still open."""
    if fault.installed():
        for operation in operations:
            if _has(operation, StepFinished, StepFailed):
                fault.point("completion.in_tx")


def before_commit(operations: Sequence[Operation]) -> None:
    """The next statement is the commit."""
    if not fault.installed():
        return
    for operation in operations:
        if type(operation) is Create:
            fault.point("start.before_commit")
        if _has(operation, StepStarted):
            fault.point("attempt_started.before_commit")
        if _has(operation, StepFinished, StepFailed):
            fault.point("completion.before_commit")
        if type(operation) is Append and operation.last is not None:
            fault.point("terminal.before_commit")


def after_commit(operations: Sequence[Operation]) -> None:
    """The commit has returned, and nobody has been told yet."""
    if not fault.installed():
        return
    for operation in operations:
        if type(operation) is Create:
            fault.point("start.after_commit")
        if _has(operation, StepStarted):
            fault.point("attempt_started.after_commit")
        if _has(operation, StepFinished, StepFailed):
            fault.point("completion.after_commit")
        if type(operation) is Append and operation.last is not None:
            fault.point("terminal.after_commit")


def _has(operation: Operation, *kinds: type) -> bool:
    append = operation.append if type(operation) is Transact else operation
    return type(append) is Append and any(isinstance(event, kinds) for event in append.turn.events)
