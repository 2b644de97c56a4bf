"""What may be done with accepted runs: look at them, and send them what people decide.

Everything sent is a message: durable once a call returns, taken up by whichever worker holds the run or claims it next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from attrs import evolve, frozen

from automata._core.history import plain
from automata._core.operations.detail import Detail, Wait, detail_of
from automata._core.operations.lookup import SHOWN, find_run
from automata._core.operations.values import require_fit
from automata._core.stamp import text_of
from automata.errors import Conflict, FixInput, NotFound
from automata.model import (
    Answered,
    CancelRequested,
    Event,
    Json,
    JsonObject,
    Message,
    PauseRequested,
    Resolved,
    ResumeRequested,
    Run,
    RunStatus,
    SignalReceived,
)
from automata.ports import Random, RunQuery, Store

Body = SignalReceived | CancelRequested | PauseRequested | ResumeRequested | Resolved | Answered
UNFINISHED = tuple(status for status in RunStatus if not status.final)
LISTENERS = 10_000
"""Unfinished runs looked through for those that wait for a signal."""


@frozen
class Page:
    """Some of the runs of a list, newest first."""

    runs: Sequence[Run]
    next: tuple[datetime, str] | None
    """Where the next page begins, for ``RunQuery.before``; None when there is none."""


@frozen
class Sent:
    """A message that was accepted."""

    run: Run
    """As it was when the message was sent."""
    id: str
    new: bool
    """False when a message of that id had been accepted before; nothing was sent then."""
    step: str | None = None
    """The step it is for, when it is for one."""


class Runs:
    """The runs of one organisation in one store.

    Every ``run`` may be given as the beginning of an id; `find_run` says how it is found and what is raised. Every
    ``id`` is that of the message: a second one of the same id to the same run is ignored, so that whoever does not
    know whether a call arrived repeats it.

    Args:
        store: Where the runs are.
        random: Gives ids to messages whose sender has none.
        org: Whose runs.
    """

    def __init__(self, store: Store, random: Random, *, org: str = "") -> None:
        self.store = store
        self.random = random
        self.org = org

    # ------------------------------------------------------------ looking

    async def find(self, run: str) -> Run:
        """The row of a run.

        Raises:
            NotFound: There is none.
            FixInput: Several ids begin so.
        """
        return await find_run(self.store, run, org=self.org)

    async def page(self, query: RunQuery, *, since: datetime | None = None) -> Page:
        """Runs that *query* asks for, newest first.

        Args:
            query: Its ``org`` does not matter.
            since: Only runs accepted then or later.
        """
        rows = await self.store.runs(evolve(query, org=self.org, limit=query.limit + 1))
        young = [row for row in rows if since is None or (row.created is not None and row.created >= since)]
        shown = young[: query.limit]
        last = shown[-1] if len(young) > query.limit else None
        return Page(shown, (last.created, last.id) if last is not None and last.created is not None else None)

    async def show(self, run: str) -> Detail:
        """Everything known of a run; costs one reading of its journal."""
        return await self.detail(await self.find(run))

    async def detail(self, row: Run) -> Detail:
        """Everything known of the run of a row."""
        journal = await self.store.journal(row.id)
        found = await self.store.workflow(row.workflow, row.version, org=row.org)
        inbox = () if row.status.final else await self.store.inbox(row.id)
        return detail_of(row, None if found is None else found[1], journal, inbox)

    async def journal(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events of a run, without the first *after*."""
        return await self.store.journal((await self.find(run)).id, after)

    async def listening(self, name: str, *, workflow: str | None = None) -> Sequence[tuple[Run, Wait]]:
        """Steps that wait for a signal of that name, in the newest unfinished runs (`LISTENERS` of them)."""
        return [(run, wait) for run, wait in await self.waiting(workflow=workflow) if _is(wait, name)]

    async def waiting(self, *, workflow: str | None = None) -> Sequence[tuple[Run, Wait]]:
        """What unfinished runs wait for from people and programs; reads the journal of each."""
        rows = await self.store.runs(
            RunQuery(org=self.org, workflow=workflow, statuses=UNFINISHED, limit=LISTENERS),
        )
        kinds = {"approval", "signal", "choice"}
        return [(row, wait) for row in rows for wait in (await self.detail(row)).waits if wait.kind in kinds]

    # ------------------------------------------------------------ steering

    async def cancel(self, run: str, *, reason: str = "", id: str | None = None) -> Sent:  # noqa: A002 - see the class
        """Stop a run in order: no new attempt starts, compensations and ``finally`` run.

        Raises:
            Conflict: It is over.
        """
        row = await self._open(run, id)
        return await self._send(row, CancelRequested(reason, await self._at()), id)

    async def pause(self, run: str, *, id: str | None = None) -> Sent:  # noqa: A002 - see the class
        """Have a run start no new attempt until it is resumed.

        Raises:
            Conflict: It is over.
        """
        return await self._send(await self._open(run, id), PauseRequested(await self._at()), id)

    async def resume(self, run: str, *, id: str | None = None) -> Sent:  # noqa: A002 - see the class
        """Let a paused run go on, or have a worker try one again that could not be driven.

        Raises:
            Conflict: It is over, or a step is parked: then a person has to choose.
        """
        row = await self._open(run)
        if row.status is RunStatus.PARKED and any(w.kind == "choice" for w in (await self.detail(row)).waits):
            raise Conflict(f"Run {row.id[:SHOWN]!r} is parked, not paused; resolve the parked step")
        return await self._send(row, ResumeRequested(await self._at()), id)

    async def signal(self, run: str, name: str, payload: Json = None, *, id: str | None = None) -> Sent:  # noqa: A002
        """Send a signal; one that nothing waits for yet is kept.

        Raises:
            Conflict: The run is over.
            Overloaded: Too many messages wait for it.
        """
        row = await self._open(run, id)
        identity = id or self.random.identifier()
        return await self._send(row, SignalReceived(identity, name, payload, await self._at()), identity)

    async def broadcast(
        self,
        name: str,
        payload: Json = None,
        *,
        workflow: str | None = None,
        id: str | None = None,  # noqa: A002 - see the class
    ) -> list[Sent]:
        """Send a signal to every run that `listening` finds; one that has ended meanwhile is left out."""
        sent = []
        for run in {run.id: run for run, _ in await self.listening(name, workflow=workflow)}:
            try:
                sent.append(await self.signal(run, name, payload, id=id))
            except Conflict:
                continue
        return sent

    # ------------------------------------------------------------ deciding

    async def answer(  # noqa: PLR0913 - keywords, each with a default
        self,
        run: str,
        step: str | None = None,
        *,
        approved: bool,
        by: str | None = None,
        comment: str | None = None,
        form: JsonObject | None = None,
        id: str | None = None,  # noqa: A002 - see the class
    ) -> Sent:
        """Approve or reject what a run asks a person.

        Args:
            run: The run.
            step: Address of the approval; may be left out when only one waits.
            approved: The answer.
            by: Who answers.
            comment: What they say.
            form: The filled form, when the approval has one.
            id: Of the message.

        Raises:
            NotFound: No approval waits, or not at *step*.
            FixInput: Several wait, and *step* does not say which is meant.
            InvalidValue: An approved form does not fit its schema.
            Conflict: It was answered, or the run is over.
        """
        detail = await self.detail(await self._open(run))
        wait = chosen(detail, step, "approval")
        self._unanswered(detail, wait.step, id)
        if approved and wait.form is not None:
            require_fit(form or {}, wait.form, f"The form of {wait.step!r}")
        answer: JsonObject = {"approved": approved, "by": by, "comment": comment, "form": dict(form or {})}
        return await self._send(detail.run, Answered(wait.step, answer), id, wait.step)

    async def resolve(
        self,
        run: str,
        step: str | None = None,
        *,
        choice: Literal["retry", "done", "fail"],
        output: Json = None,
        by: str | None = None,
        id: str | None = None,  # noqa: A002 - see the class
    ) -> Sent:
        """Choose how a parked step goes on.

        Args:
            run: The run.
            step: Address of the parked step; may be left out when only one is.
            choice: Try it again, take it as done with *output*, or let it fail.
            output: Of the step, for ``done``.
            by: Who chooses.
            id: Of the message.

        Raises:
            NotFound: No step is parked, or not *step*.
            FixInput: Several are, and *step* does not say which is meant.
            Conflict: It was resolved, or the run is over.
        """
        detail = await self.detail(await self._open(run))
        wait = chosen(detail, step, "choice")
        self._unanswered(detail, wait.step, id)
        body = Resolved(wait.step, choice, output if choice == "done" else None, by, await self._at())
        return await self._send(detail.run, body, id, wait.step)

    # ------------------------------------------------------------ ways of all of them

    async def _open(self, run: str, id_: str | None = None) -> Run:
        """A run that may be sent something; the store knows whether a message that has an id came before the end."""
        row = await self.find(run)
        if row.status.final and id_ is None:
            raise Conflict(f"Run {row.id[:SHOWN]!r} is over: {row.status}")
        return row

    async def _send(self, row: Run, body: Body, id_: str | None, step: str | None = None) -> Sent:
        identity = id_ or self.random.identifier()
        new = await self.store.send(row.id, Message(id=identity, body=body))
        return Sent(row, identity, new, step)

    async def _at(self) -> str:
        return text_of(await self.store.now())

    def _unanswered(self, detail: Detail, step: str, id_: str | None) -> None:
        """Refuse a second answer while the first waits to be taken up; a repetition of the first is none."""
        for message in detail.messages:
            if isinstance(message.body, Answered | Resolved) and message.body.step == step and message.id != id_:
                raise Conflict(f"{step!r} was answered already; a worker takes the answer up next")


def chosen(detail: Detail, step: str | None, kind: Literal["approval", "choice"]) -> Wait:
    """The wait of that kind at *step*, which may leave iterations out, or be None, where that is clear.

    Raises:
        NotFound: There is none.
        FixInput: There are several.
    """
    waits = [wait for wait in detail.waits if wait.kind == kind]
    exact = [wait for wait in waits if wait.step == step]
    found = exact or [wait for wait in waits if step is None or plain(wait.step) == step]
    if len(found) == 1:
        return found[0]
    what = "approval waits" if kind == "approval" else "step is parked"
    names = ", ".join(repr(wait.step) for wait in (found or waits))
    if found:
        raise FixInput(f"Several steps fit in run {detail.run.id[:SHOWN]!r}: {names}; say which is meant")
    place = "" if step is None else f" at {step!r}"
    instead = f", but at {names}" if waits else ""
    raise NotFound(f"No {what}{place} in run {detail.run.id[:SHOWN]!r}{instead}")


def _is(wait: Wait, name: str) -> bool:
    return wait.kind == "signal" and wait.about == name
