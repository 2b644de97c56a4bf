"""``automata outbox``: messages that are still to be sent, and those that were given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from automata.cli.command import Group, console
from automata.cli.database import database_option
from automata.cli.store import Desk, at_desk
from automata.cli.text import columns, safe, shorten
from automata.cli.times import rough
from automata.errors import NotFound

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Dispatch, Json

_SHOWN = 16
_ABOUT = 60
_MOST = 10_000

command = Group(
    "outbox",
    short_help="See messages that were not sent, and decide about those given up.",
    help="See messages that were not sent, and decide about those given up. Workers send what is due; "
    "a message that was tried often enough, or whose error is not to be tried again, is dead until you decide.",
    no_args_is_help=True,
    examples=("automata outbox list", "automata outbox retry AFUVHO7UQZ6S3HV7"),
)


@command.command(
    "list",
    short_help="List messages that were not sent.",
    help="List messages that were not sent, dead ones first.",
    examples=("automata outbox list", "automata outbox list --dead --json"),
)
@click.option("--dead", is_flag=True, help="Only messages that were given up.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True, help="How many.")
@database_option
@click.pass_context
def list_messages(context: click.Context, dead: bool, limit: int, database: str | None) -> None:  # noqa: FBT001 - click's
    """Look into the outbox."""
    out = console(context)

    async def work(desk: Desk) -> tuple[Sequence[Dispatch], datetime]:
        return await desk.store.outbox.waiting(limit), await desk.store.now()

    found, now = at_desk(database, work)
    found = [one for one in found if one.dead or not dead]
    out.emit({"messages": [_json(one) for one in found]}, lambda: _table(found, now, out), rows="messages")


@command.command(
    "retry",
    short_help="Have a dead message sent after all.",
    help="Have a dead message sent after all, as if for the first time, under the same id. "
    "MESSAGE is its id, or as much of its beginning as names one.",
    examples=("automata outbox retry AFUVHO7UQZ6S3HV7",),
)
@click.argument("message")
@database_option
@click.pass_context
def retry(context: click.Context, message: str, database: str | None) -> None:
    """Decide for it."""
    _decide(context, database, message, "is due again", lambda desk, id_: desk.store.outbox.again(id_))


@command.command(
    "discard",
    short_help="Forget a dead message.",
    help="Forget a dead message: it is not sent any more. MESSAGE is its id, or as much of its beginning as names one.",
    examples=("automata outbox discard AFUVHO7UQZ6S3HV7",),
)
@click.argument("message")
@database_option
@click.pass_context
def discard(context: click.Context, message: str, database: str | None) -> None:
    """Decide against it."""
    _decide(context, database, message, "is forgotten", lambda desk, id_: desk.store.outbox.discard(id_))


def _decide(
    context: click.Context,
    database: str | None,
    message: str,
    said: str,
    act: Callable[[Desk, str], Awaitable[None]],
) -> None:
    out = console(context)

    async def work(desk: Desk) -> Dispatch:
        found = _named(await desk.store.outbox.waiting(_MOST), message)
        await act(desk, found.id)
        return found

    found = at_desk(database, work, look="automata outbox list --dead")
    line = f"Message {safe(found.id[:_SHOWN])} of run {safe(found.run[:_SHOWN])} {said}"
    out.emit({"message": found.id, "run": found.run, "step": found.step}, lambda: [line])


def _named(waiting: Sequence[Dispatch], text: str) -> Dispatch:
    found = [one for one in waiting if one.dead and one.id.startswith(text.upper())]
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'No'} dead messages begin with {text!r}")
    return found[0]


def _json(one: Dispatch) -> dict[str, Json]:
    return {
        "message": one.id,
        "run": one.run,
        "step": one.step,
        "use": one.body.get("use"),
        "dead": one.dead,
        "attempts": one.attempts,
        "due": None if one.due is None or one.dead else one.due.isoformat(),
        "error": None if one.error is None else one.error.to_json(),
    }


def _table(found: Sequence[Dispatch], now: datetime, out: Console) -> Iterator[str]:
    if not found:
        yield "No message waits"
        return
    rows = [
        (
            safe(one.id[:_SHOWN]),
            safe(one.run[:_SHOWN]),
            safe(one.step),
            safe(one.body.get("use")),
            "dead" if one.dead or one.due is None else _due(one.due, now),
            str(one.attempts),
            "" if one.error is None else shorten(safe(one.error.message), _ABOUT),
        )
        for one in found
    ]
    yield from columns(rows, header=("MESSAGE", "RUN", "STEP", "USE", "DUE", "TRIES", "LAST ERROR"))
    if found[0].dead:
        out.next(f"automata outbox retry {safe(found[0].id[:_SHOWN])}")


def _due(due: datetime, now: datetime) -> str:
    seconds = (due - now).total_seconds()
    return f"in {rough(seconds)}" if seconds > 0 else "now"
