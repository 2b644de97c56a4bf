"""``automata db prune``: remove runs that are over and old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from automata.cli.command import Command, console
from automata.cli.database import database_option, shown
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.fan import STOPWATCH
from automata.cli.store import chosen_blobs
from automata.cli.text import counted
from automata.cli.upkeep import engine_of, is_there, sized, trouble, url_of

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import RunStatus
    from automata.sql.pace import Pruned
    from automata.sql.retention import Policy

_EVERY_S = 5.0
"""How often long work is told."""


@click.command(
    "prune",
    cls=Command,
    short_help="Remove runs that are over and old.",
    help="Remove runs that are over and old, with their journals and messages; then old ticks of schedules and large "
    "values nothing refers to. Workers go on meanwhile. A run that was started with a key stays for seven days at "
    "least, and the file of a SQLite database becomes smaller.",
    examples=(
        "automata db prune --dry-run",
        "automata db prune --older-than 30d --keep-last 100",
        "automata db prune --older-than 90d --status succeeded=7d --status cancelled=1d",
    ),
)
@click.option(
    "--older-than", default="30d", show_default=True, metavar="AGE", help="Runs that ended longer ago than this go."
)
@click.option("--status", "statuses", multiple=True, metavar="STATUS=AGE", help="Another age for one status; repeats.")
@click.option(
    "--keep-last",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Newest runs of each workflow to keep.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@database_option
@click.pass_context
def command(
    context: click.Context,
    older_than: str,
    statuses: tuple[str, ...],
    keep_last: int,
    dry_run: bool,  # noqa: FBT001 - click passes by name
    database: str | None,
) -> None:
    """Remove them in small batches."""
    from automata._core.system import SystemClock
    from automata.sql.blobs import Both
    from automata.sql.database import Database
    from automata.sql.places import place_blobs
    from automata.sql.retention import prune
    from automata.sql.upgrade import check

    policy, out, url = _policy(older_than, statuses, keep_last), console(context), url_of(database)
    if not is_there(url):
        raise Failure(f"There is no database {url.database!r}", exit=Exit.NOT_FOUND, fix="automata db status")
    with trouble(), engine_of(url) as engine:
        if not check(engine).usable:
            raise Failure(
                "The tables of the database do not fit this program", exit=Exit.UNAVAILABLE, fix="automata db status"
            )
        place = Database(engine, SystemClock(), owned=False)
        now_ms = place.read(lambda link: link.clock())
        kept = place_blobs(place, chosen_blobs())
        blobs = kept.places if isinstance(kept, Both) else [kept]
        done = prune(engine, policy, now_ms=now_ms, dry_run=dry_run, blobs=blobs, progress=_Teller(out))
    out.emit({"database": shown(str(url)), "dry_run": dry_run, **_facts(done)}, lambda: _lines(done, dry_run=dry_run))


class _Teller:
    """Says every few seconds how much went."""

    def __init__(self, out: Console) -> None:
        self._out, self._told_s = out, STOPWATCH()

    def __call__(self, sofar: Pruned) -> None:
        """Tell, if it is time."""
        if STOPWATCH() - self._told_s >= _EVERY_S:
            self._told_s = STOPWATCH()
            self._out.say(f"  {sofar.runs:,} runs so far")


def _policy(older_than: str, statuses: tuple[str, ...], keep_last: int) -> Policy:
    from automata.sql.retention import Policy

    ages = dict(_status_age(text) for text in statuses)
    return Policy(age_ms=_age(older_than), ages_ms=ages, keep_last=keep_last)


def _status_age(text: str) -> tuple[RunStatus, int]:
    from automata.model import RunStatus
    from automata.model.run import FINAL

    name, _, age = text.partition("=")
    if name not in FINAL:
        known = ", ".join(sorted(FINAL))
        raise Failure(
            f"{text!r} does not begin with a final status ({known})", exit=Exit.USAGE, fix="--status failed=90d"
        )
    return RunStatus(name), _age(age)


def _age(text: str) -> int:
    from automata._core.durations import parse_duration

    try:
        return parse_duration(text) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise Failure(f"{text!r} is not a length of time", exit=Exit.USAGE, fix="write 30d, 12h or 90m") from None


def _facts(done: Pruned) -> dict[str, object]:
    return {
        "runs": done.runs,
        "by_status": dict(sorted(done.by_status.items())),
        "journal_rows": done.journal,
        "messages": done.messages,
        "occurrences": done.occurrences,
        "blobs": done.blobs,
        "freed_bytes": done.freed_bytes,
        "longest_ms": round(done.slowest_s * 1000, 1),
    }


def _lines(done: Pruned, *, dry_run: bool) -> Iterator[str]:
    parts = ", ".join(f"{count:,} {name}" for name, count in sorted(done.by_status.items()))
    yield f"{counted(done.runs, 'run')} {'would go' if dry_run else 'removed'}" + (f" ({parts})" if parts else "")
    others = (
        (done.occurrences, "tick"),
        (done.blobs, "large value"),
    )
    yield from (f"{counted(count, noun)} {'would go' if dry_run else 'removed'}" for count, noun in others if count)
    if done.freed_bytes:
        yield f"{sized(done.freed_bytes)} given back"
