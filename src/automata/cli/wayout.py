"""What a person can do about a run: the commands that help, by how it stands and by the class of its error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automata.cli.listing import short
from automata.cli.text import safe
from automata.model import RunStatus

if TYPE_CHECKING:
    from automata._core.operations import Detail

_ADVICE = {
    "auth_expired": "Renew the connection, then start the run again:",
    "permission_denied": "Allow it where it was refused, then start the run again:",
    "invalid_input": "Correct the input or the document, then start the run again:",
    "expression": "Correct the expression and publish the document, then start a run of the new version",
    "bug": "The action is broken: update its plugin or report it, then start the run again:",
}
_UNDRIVEN = {
    "blocked": "Install what its version needs where the workers run, then have them try again:",
    "damaged": "Restore the database from a backup; then have a worker try again:",
}
_ANYTIME = "Put its cause right, or catch it with an error edge; then start the run again:"


def fix_of(detail: Detail) -> Sequence[str]:
    """Lines that say what to do; none for a run that needs nothing."""
    run, error = detail.run, detail.run.error
    name = short(run)
    if run.status is RunStatus.PARKED:
        return _choices(detail, name)
    if not run.status.final or run.status is RunStatus.SUCCEEDED or error is None:
        return ()
    advice = _ADVICE.get(error.kind, _ANYTIME)
    if not advice.endswith(":"):
        return (advice,)
    step = detail.failed_step
    again = (
        (f"automata runs replay {name} --from {safe(step.node)}",) if step is not None and "[" not in step.node else ()
    )
    return (advice, *again, f"automata runs retry {name}        (from the beginning: its effects happen again)")


def next_of(detail: Detail, *, shown_step: bool = False) -> Sequence[str]:
    """Commands worth suggesting."""
    run, name = detail.run, short(detail.run)
    if (
        run.status in {RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.PARKED}
        and not shown_step
        and detail.failed_step
    ):
        return (f"automata runs show {name} --failed-step",)
    if run.status.final:
        return (f"automata runs logs {name}",)
    answered = {str(getattr(message.body, "step", "")) for message in detail.messages}
    kinds = {wait.kind: wait for wait in reversed(detail.waits) if wait.step not in answered}
    hints = ["automata worker"] if run.status is RunStatus.QUEUED else []
    if "approval" in kinds:
        hints.append(f"automata runs approve {name} {safe(kinds['approval'].step)}")
    if "signal" in kinds:
        hints.append(f"automata events send '{safe(kinds['signal'].about)}' --run {name}")
    if run.status is RunStatus.PAUSED:
        hints.append(f"automata runs resume {name}")
    return (*hints, f"automata runs tail {name}")


def _choices(detail: Detail, name: str) -> Sequence[str]:
    parked = [wait for wait in detail.waits if wait.kind == "choice"]
    place = f" {safe(parked[0].step)}" if len(parked) > 1 else ""
    kind = detail.run.error.kind if detail.run.error is not None else ""
    if not parked:
        return (
            _UNDRIVEN.get(kind, "Put its cause right, then have a worker try again:"),
            f"automata runs resume {name}",
        )
    look = "Find out whether its effect happened, then choose:" if kind == "in_doubt" else "Choose how it goes on:"
    return (
        look,
        f"automata runs resolve {name}{place} --retry           it did not happen: try again",
        f"automata runs resolve {name}{place} --done @out.json  it did: this is its output",
        f"automata runs resolve {name}{place} --fail            take the error's way",
    )
