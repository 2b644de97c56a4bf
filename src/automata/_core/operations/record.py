"""Events, messages and rows of runs as JSON objects for people's files, and back; the store keeps a form of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

import attrs

from automata._core.stamp import text_of
from automata.model import Answered, ChildEnded, ErrorInfo, Event, Json, JsonObject, Message, Run, RunStatus


def event_json(event: Event | Answered | ChildEnded) -> dict[str, Json]:
    """``{"event": "step_started", ...}`` with every field of the event, in the order of the record."""
    members: dict[str, Json] = {"event": _name(type(event))}
    for field in attrs.fields(type(event)):
        value = getattr(event, field.name)
        members[field.name] = whole_error(value) if isinstance(value, ErrorInfo) else value
    return members


def event_of(value: Json) -> Event:
    """The event an object of `event_json` stands for.

    Raises:
        ValueError: It stands for none.
    """
    event: Event = _read(value, _EVENTS)
    return event


def message_json(message: Message) -> dict[str, Json]:
    """A message with its body as an event."""
    return {"id": message.id, "body": event_json(message.body)}


def message_of(value: Json) -> Message:
    """The message an object of `message_json` stands for.

    Raises:
        ValueError: It stands for none.
    """
    given = _object(value)
    return Message(id=str(given.get("id")), body=_read(given.get("body"), _BODIES))


def run_row(run: Run) -> dict[str, Json]:
    """The row of a run."""
    return {
        "run": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "status": str(run.status),
        "key": run.key,
        "parent": run.parent,
        "org": run.org,
        "priority": run.priority,
        "epoch": run.epoch,
        "created": _instant_or_none(run.created),
        "finished": _instant_or_none(run.finished),
        "wake": _instant_or_none(run.wake),
        "output": run.output,
        "error": None if run.error is None else whole_error(run.error),
    }


def run_of(value: Json) -> Run:
    """The row an object of `run_row` stands for; held by nobody.

    Raises:
        ValueError: It stands for none.
    """
    given = _object(value)
    try:
        times: dict[str, Any] = {
            name: None if (text := given[name]) is None else datetime.fromisoformat(str(text))
            for name in ("created", "finished", "wake")
        }
        error = given["error"]
        same: dict[str, Any] = {
            name: given[name] for name in ("workflow", "version", "key", "parent", "org", "priority", "epoch", "output")
        }
        return Run(
            id=str(given["run"]),
            status=RunStatus(str(given["status"])),
            error=None if error is None else _error_of(error),
            **same,
            **times,
        )
    except KeyError as missing:
        raise ValueError(f"The row has no {missing.args[0]!r}") from missing


def whole_error(error: ErrorInfo) -> dict[str, Json]:
    """An error with everything known of it, more than workflows see."""
    return {**error.to_json(), "retry_after_s": error.retry_after_s, "sent": error.sent}


def _instant_or_none(when: datetime | None) -> str | None:
    return None if when is None else text_of(when)


def _name(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_EVENTS: Mapping[str, Any] = {_name(kind): kind for kind in get_args(Event)}
_BODIES: Mapping[str, Any] = {_name(kind): kind for kind in (*get_args(Event), Answered, ChildEnded)}


def _object(value: Json) -> JsonObject:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r:.40} is no object")  # noqa: TRY004 - a fault of the data
    return value


def _read(value: Json, kinds: Mapping[str, Any]) -> Any:
    given: dict[str, Any] = dict(_object(value))
    kind = kinds.get(str(given.pop("event", None)))
    if kind is None:
        raise ValueError(f"{value!r:.80} is no event")
    names = {field.name: field for field in attrs.fields(kind)}
    needed = {name for name, field in names.items() if field.default is attrs.NOTHING}
    if not needed <= set(given) <= set(names):
        raise ValueError(f"{value!r:.80} has not the members of {_name(kind)!r}")
    if isinstance(given.get("error"), Mapping):
        given["error"] = _error_of(given["error"])
    if "status" in given:
        given["status"] = RunStatus(str(given["status"]))
    return kind(**given)


def _error_of(value: Json) -> ErrorInfo:
    given: dict[str, Any] = dict(_object(value))
    given["kind"] = given.pop("class", None)
    if set(given) != {field.name for field in attrs.fields(ErrorInfo)}:
        raise ValueError(f"{value!r:.80} is no error")
    return ErrorInfo(**given)
