"""A run as one JSON document: its row, the document of its version, its journal and its messages; and back.

Secrets stand in it where they stand in the journal: as ``***``.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from automata._core.canonical import digest
from automata._core.codec import decode, encode
from automata._core.codec import version as version_of
from automata._core.operations.detail import Detail
from automata._core.operations.record import event_json, event_of, message_json, message_of, run_of, run_row
from automata._core.operations.whole import whole_events, whole_messages, whole_value
from automata.errors import Damaged, FixInput
from automata.model import Event, Json, JsonObject, Message, Run, RunFinished, RunStarted, Workflow
from automata.ports import Blobs

FORMAT = "automata.run/1"


@frozen(kw_only=True)
class Export:
    """An exported run, read back."""

    run: Run
    workflow: Workflow | None
    journal: Sequence[Event]
    messages: Sequence[Message]


async def whole(detail: Detail, blobs: Blobs | None) -> Detail:
    """A run with its large values in their places, for a document that says everything; raises as `whole_value`."""
    return evolve(
        detail,
        run=evolve(detail.run, output=await whole_value(detail.run.output, blobs)),
        journal=await whole_events(detail.journal, blobs),
        messages=await whole_messages(detail.messages, blobs),
    )


def export_json(detail: Detail, workflow: Workflow | None) -> dict[str, Json]:
    """Write a run as one object; ``sha256`` is over the canonical form (RFC 8785) of all other members.

    Args:
        detail: The run.
        workflow: The document of its version, if the store has it.
    """
    body: dict[str, Json] = {
        "format": FORMAT,
        "run": run_row(detail.run),
        "document": None if workflow is None else encode(workflow),
        "journal": [event_json(event) for event in detail.journal],
        "messages": [message_json(message) for message in detail.messages],
    }
    return {**body, "sha256": digest(body)}


def read_export(value: Json) -> Export:
    """Read an object of `export_json` back, and check that it is whole.

    Raises:
        FixInput: It is no exported run.
        Damaged: It was changed, or its parts do not belong together.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise FixInput(f"This is no exported run; its member 'format' is not {FORMAT!r}")
    body = {name: part for name, part in value.items() if name != "sha256"}
    if digest(body) != value.get("sha256"):
        raise Damaged("The exported run was changed: it does not match its checksum")
    try:
        found = _read(body)
    except (KeyError, ValueError, TypeError) as error:
        raise Damaged(f"The exported run cannot be read: {error}") from error
    _require_one_story(found)
    return found


def _read(body: JsonObject) -> Export:
    document, journal, messages = body["document"], body["journal"], body["messages"]
    if not isinstance(journal, list) or not isinstance(messages, list):
        raise TypeError("the journal and the messages are lists")
    workflow, problems = (None, ()) if document is None else decode(document)
    if problems:
        raise ValueError(problems[0].message)
    return Export(
        run=run_of(body["run"]),
        workflow=workflow,
        journal=tuple(event_of(event) for event in journal),
        messages=tuple(message_of(message) for message in messages),
    )


def _require_one_story(found: Export) -> None:
    """Hold the parts of an export to each other."""
    run, journal = found.run, found.journal
    if found.workflow is not None and version_of(found.workflow) != run.version:
        raise Damaged(f"The document is not the version {run.version!r} the run is of")
    if not journal or not isinstance(journal[0], RunStarted):
        raise Damaged("The journal does not begin with the start of the run")
    ends = [event for event in journal if isinstance(event, RunFinished)]
    last = journal[-1]
    if len(ends) > 1 or (ends and ends[0] is not last):
        raise Damaged("The journal goes on after the end of the run")
    told = last.status if isinstance(last, RunFinished) else None
    if (told is not None or run.status.final) and told is not run.status:
        raise Damaged(f"The run is {run.status} by its row and {told or 'not over'} by its journal")
