"""``automata runs show``: one run, its steps, what it waits for, why it failed and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.listing import short, state, summary
from automata.cli.progress import brief, error_lines, output_lines, step_lines
from automata.cli.store import Desk, at_desk
from automata.cli.text import columns, counted, safe
from automata.cli.times import ago, took, until
from automata.cli.wayout import fix_of, next_of
from automata.model import RunStatus

if TYPE_CHECKING:
    from automata._core.operations import Detail, Wait
    from automata.cli.console import Console
    from automata.model import Json, Step


@click.command(
    "show",
    cls=Command,
    short_help="Show one run: its steps, its error and the way out.",
    help="Show one run: its steps, what it waits for, its error and the way out.",
    examples=(
        "automata runs show 019a1b2c3d4e5f60",
        "automata runs show 019a1b2c3d4e5f60 --failed-step",
        "automata runs show 019a1b2c3d4e --json",
    ),
)
@click.argument("run", shell_complete=complete.runs)
@click.option("--failed-step", "failed", is_flag=True, help="Only the step that failed, with its input and a way out.")
@database_option
@click.pass_context
def command(context: click.Context, run: str, failed: bool, database: str | None) -> None:  # noqa: FBT001 - click's
    """Read the run and its journal."""
    out = console(context)

    async def work(desk: Desk) -> tuple[Detail, datetime]:
        return await desk.runs.show(run), await desk.store.now()

    detail, now = at_desk(database, work)
    if failed:
        step = detail.failed_step
        if step is None:
            raise Failure(
                f"No step of run {short(detail.run)!r} failed; it is {detail.run.status}",
                exit=Exit.NOT_FOUND,
                fix=f"automata runs show {short(detail.run)}",
            )
        blamed = step
        out.emit(
            detail_json(detail) | {"failed_step": step.node}, lambda: failed_lines(detail, blamed, out), rows="steps"
        )
    else:
        out.emit(detail_json(detail), lambda: detail_lines(detail, now, out), rows="steps")
    out.next(*next_of(detail, shown_step=failed))


def detail_json(detail: Detail) -> dict[str, Json]:
    """A run with its steps and waits, as the documented JSON object."""
    from automata._core.history import step_json
    from automata._core.operations import message_json

    return {
        **summary(detail.run),
        "input": detail.input,
        "trigger": detail.trigger,
        "origin": detail.origin,
        "output": detail.run.output,
        "steps": [step_json(step) for step in detail.steps],
        "waits": [wait.to_json() for wait in detail.waits],
        "messages": [message_json(message) for message in detail.messages],
        "events": len(detail.journal),
    }


def detail_lines(detail: Detail, now: datetime, out: Console) -> Iterator[str]:
    """Write a run for people."""
    run = detail.run
    yield (
        f"Run {out.style(short(run), 'name')} of {out.style(run.workflow, 'title')} "
        f"(version {run.version[:8]}) {state(run.status, out)}"
    )
    facts = [
        ("id", run.id),
        ("started", ago(run.created, now)),
        ("took", took(run.created, run.finished) if run.status.final else ""),
        ("input", "" if detail.input is None else brief(detail.input)),
        ("trigger", detail.trigger or ""),
        ("key", run.key or ""),
        ("repeats", _origin(detail)),
        ("called by", run.parent or ""),
    ]
    yield from columns([(name, safe(text)) for name, text in facts if text])
    yield ""
    yield from step_lines(detail.steps, out)
    if detail.waits:
        yield ""
        yield from columns([_waiting(wait, now) for wait in detail.waits], header=("WAITS FOR", "AT", "ABOUT"))
    if detail.messages:
        yield ""
        yield f"{counted(len(detail.messages), 'message')} not taken up yet"
    if run.error is not None:
        yield ""
        yield from error_lines(run.error, out)
        yield from columns(_fix(detail))
    elif run.status is RunStatus.SUCCEEDED:
        yield ""
        yield from output_lines(run.output)


def failed_lines(detail: Detail, step: Step, out: Console) -> Iterator[str]:
    """Write the step that failed: why, with which input, and what can be done."""
    run = detail.run
    verb = "is parked" if run.status is RunStatus.PARKED else "failed"
    tries = f" (attempt {step.attempt})" if step.attempt else ""
    yield (
        f"Run {out.style(short(run), 'name')} of {out.style(run.workflow, 'title')} {verb} at step "
        f"{out.style(step.node, 'name')}{tries}"
    )
    error = step.error or run.error
    facts = [
        ("why", "" if error is None else f"{error.kind}: {error.message}"),
        ("details", brief(error.details) if error is not None and error.details else ""),
        ("input", "" if step.input is None else brief(step.input)),
    ]
    facts += _fix(detail)
    facts += [("more", f"automata docs {step.use}")] if step.use not in {"?", ""} else []
    yield from columns([(name, safe(text)) for name, text in facts if text])


def _fix(detail: Detail) -> list[tuple[str, str]]:
    return [("fix" if at == 0 else "", line) for at, line in enumerate(fix_of(detail))]


def _origin(detail: Detail) -> str:
    if detail.origin is None:
        return ""
    run, _, events = detail.origin.partition("@")
    return run if events in {"", "0"} else f"{run} from event {events}"


def _waiting(wait: Wait, now: datetime) -> tuple[str, str, str]:
    about = until(wait.about, now) if wait.kind in {"timer", "retry"} else wait.about
    return wait.kind, safe(wait.step), safe(about)
