"""``automata replay-diff``: what recorded runs would have done under another version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import field, frozen

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.commands.run import valid
from automata.cli.database import database_option
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.fan import STOPWATCH, Fan
from automata.cli.progress import brief
from automata.cli.store import Desk, at_desk
from automata.cli.text import counted, safe
from automata.model import RunStatus

if TYPE_CHECKING:
    from automata._core.plan import Plan
    from automata._core.replay import Change, Left, Replays, RunDifference, StepDifference
    from automata.cli.console import Console
    from automata.model import Json, Workflow

_MOST = 8
"""Places of one step that are shown to people; ``--json`` has them all."""


@frozen
class Found:
    """What a comparison gave."""

    plan: Plan
    runs: list[RunDifference] = field(factory=list)
    left: list[Left] = field(factory=list)

    @property
    def differing(self) -> list[RunDifference]:
        """The runs that would have gone another way."""
        return [run for run in self.runs if run.differs]

    def to_json(self) -> dict[str, Json]:
        """The comparison as the documented JSON object."""
        differ = len(self.differing)
        return {
            "workflow": self.plan.name,
            "version": self.plan.version,
            "runs": [run.to_json() for run in self.runs],
            "left": [each.to_json() for each in self.left],
            "counts": {
                "runs": len(self.runs) + len(self.left),
                "same": len(self.runs) - differ,
                "differ": differ,
                "left": len(self.left),
            },
        }


@click.command(
    "replay-diff",
    cls=Command,
    short_help="See what recorded runs would have done under another version.",
    help="Decide the last finished runs of a workflow again under another version: a published one, or the draft in a "
    "file. What happened outside is taken from their records; nothing outside is touched.\n\n"
    "Steps without a record are answered with a sample, and what rests on one is marked as a guess. "
    "The exit code is 0 when no run would have gone another way, and 9 when one would.",
    examples=(
        "automata replay-diff orders.yaml --runs 50",
        "automata replay-diff Orders --version 3f2a91c0 --runs 200 --status succeeded --json",
    ),
)
@click.argument("workflow", metavar="NAME|FILE", shell_complete=complete.files)
@click.option("--version", "version", metavar="HASH", help="A published version; the current one without it.")
@click.option("--runs", "count", type=click.IntRange(1), default=20, show_default=True, help="How many runs to try.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([str(status) for status in RunStatus if status.final]),
    help="Only runs that ended so; may be repeated.",
)
@database_option
@click.pass_context
def command(
    context: click.Context,
    workflow: str,
    version: str | None,
    count: int,
    statuses: tuple[str, ...],
    database: str | None,
) -> int:
    """Compile, decide again, compare."""
    from automata._core.replay import Replays
    from automata._core.system import SystemRandom
    from automata.cli import access

    out = console(context)
    draft = _draft(workflow, version, out)
    catalog = access.catalog(access.plugins())

    async def work(desk: Desk) -> Found:
        replays = Replays(desk.store, catalog, SystemRandom())
        plan = await replays.plan(workflow, version) if draft is None else replays.compiled(draft)
        return await _compare(replays, plan, count, [RunStatus(status) for status in statuses], out)

    found = at_desk(database, work, look="automata workflows list")
    out.emit(found.to_json(), lambda: _lines(found, out), rows="runs")
    return Exit.FAILED if found.differing else Exit.PARTIAL if found.left else Exit.OK


def _draft(workflow: str, version: str | None, out: Console) -> Workflow | None:
    """The document of a file; None for the name of a published workflow."""
    from automata.cli import access

    if workflow != "-" and not Path(workflow).is_file() and Path(workflow).suffix not in {".yaml", ".yml", ".json"}:
        return None
    if version is not None:
        raise Failure("--version is for published workflows, not for files", exit=Exit.USAGE)
    return valid(access.kernel(), workflow, out)


async def _compare(replays: Replays, plan: Plan, count: int, statuses: list[RunStatus], out: Console) -> Found:
    from automata._core.replay import RunDifference

    found = Found(plan)
    runs = await replays.last(plan.name, count, statuses)
    fan = Fan("runs", len(runs), STOPWATCH(), STOPWATCH())
    async for each in replays.compare(plan, runs):
        if isinstance(each, RunDifference):
            found.runs.append(each)
        else:
            found.left.append(each)
        fan.done, fan.now_s = fan.done + 1, STOPWATCH()
        if fan.due():
            out.say(f"  {fan.note}")
    return found


# ---------------------------------------------------------------- for people


def _lines(found: Found, out: Console) -> Iterator[str]:
    shown: dict[str, int] = {}
    for run in found.runs:
        kind = _kind(run)
        shown[kind] = shown.get(kind, 0) + 1
    for run in found.runs:
        alike = shown.pop(_kind(run), 0)
        if out.verbosity or (run.differs and alike):
            yield from _run(run, out)
        if alike > 1 and run.differs and not out.verbosity:
            yield f"  ... and {counted(alike - 1, 'run')} more in the same places; -v shows them"
    for each in found.left:
        yield f"{out.style(each.run[:16], 'name')}  {out.style('not tried', 'warning')}: {safe(each.reason)}"
    total = len(found.runs) + len(found.left)
    differ = len(found.differing)
    title = f"{out.style(found.plan.name, 'title')} (version {found.plan.version[:8]})"
    if total == 0:
        yield f"{title}: there are no finished runs to try"
        return
    parts = [f"{counted(total, 'run')}", f"{len(found.runs) - differ} the same", f"{differ} would differ"]
    parts += [f"{len(found.left)} not tried"] if found.left else []
    yield f"{title}: {', '.join(parts)}"
    counts = _counts(found)
    if counts:
        yield f"  by step: {', '.join(f'{safe(node)} {number}' for node, number in counts)}"


def _run(run: RunDifference, out: Console) -> Iterator[str]:
    ends = str(run.status) if run.status is run.would_be else f"{run.status} -> {run.would_be}"
    same = "" if run.differs else "  the same"
    yield f"{out.style(run.run[:16], 'name')}  {out.style(ends, 'warning' if run.differs else 'success')}{same}"
    for step in run.steps:
        yield from _step(step, out)
    for change in run.end:
        if change.field != "status":
            yield f"  the run: {_change(change)}"
    if run.waits:
        yield f"  it would wait for what its record does not hold: {safe(', '.join(run.waits))}"


def _kind(run: RunDifference) -> str:
    """Where a run differs, without the values: the same for runs that differ alike."""
    from automata._core.history import plain

    steps = {(plain(s.node), s.kind, *sorted({f"{c.field} {c.path}" for c in s.changes})) for s in run.steps}
    return repr((run.status, run.would_be, sorted(steps), [c.field for c in run.end]))


def _step(step: StepDifference, out: Console) -> Iterator[str]:
    guess = "  (a guess)" if step.guess and step.would is None else ""
    name = f"{out.style(step.node, 'name')}  {step.effect} {safe(step.use)}"
    if step.kind == "gone":
        yield f"  {out.style('-', 'removed')} {name}: would not run any more"
    elif step.kind == "new":
        yield f"  {out.style('+', 'added')} {name}: would run{guess}"
    else:
        yield f"  {out.style('~', 'warning')} {name}{guess}"
    if step.would is not None:
        yield f"      would call {safe(step.would)}  with {brief(step.parameters)}"
    yield from (f"      {_change(change)}" for change in step.changes[:_MOST])
    if len(step.changes) > _MOST:
        yield f"      ... and {counted(len(step.changes) - _MOST, 'place')} more"


def _change(change: Change) -> str:
    place = f"{change.field} {change.path}" if change.path else change.field
    return f"{safe(place)}: {brief(change.before, 60)} -> {brief(change.after, 60)}"


def _counts(found: Found) -> list[tuple[str, int]]:
    """The steps that differ in most runs, at most five."""
    from automata._core.history import plain

    counts: dict[str, int] = {}
    for run in found.differing:
        for node in {plain(step.node) for step in run.steps}:
            counts[node] = counts.get(node, 0) + 1
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:5]
