"""An exception on its way between two processes: as JSON, and back."""

from __future__ import annotations

import math
import traceback

from automata._core.payload import TEXT_LIMIT, cleaned, settle
from automata.errors import (
    AuthExpired,
    ExpressionFailed,
    InvalidInput,
    PermissionDenied,
    ProviderBroke,
    RateLimited,
    ResourceConflict,
    ResourceNotFound,
    StepError,
    TimedOut,
    Transient,
)
from automata.model import Json, JsonObject

_CLASSES: dict[str, type[StepError]] = {
    known.error_class: known
    for known in (
        AuthExpired,
        ExpressionFailed,
        InvalidInput,
        PermissionDenied,
        ProviderBroke,
        RateLimited,
        ResourceConflict,
        ResourceNotFound,
        TimedOut,
        Transient,
    )
}


def pack_failure(error: BaseException, *, skip: int = 0) -> dict[str, Json]:
    """Write an exception: a step error as it is, anything else as a ``bug`` with its traceback.

    Args:
        error: Whatever was raised.
        skip: How many of the outermost frames are not the action's.
    """
    kind = getattr(error, "kind", None)
    if not isinstance(error, StepError) or not isinstance(kind, str):
        return {
            "class": "bug",
            "message": cleaned(f"{type(error).__name__}: {_text(error)}"),
            "details": {"traceback": cleaned(_trace(error, skip))},
        }
    after = error.retry_after_s
    return {
        "class": cleaned(kind),
        "message": cleaned(_text(error)),
        "details": _details(error),
        "retry_after_s": after if isinstance(after, int | float) and math.isfinite(after) else None,
        "sent": error.sent is not False,
    }


def unpack_failure(record: JsonObject) -> StepError:
    """Read an exception; what is missing or odd takes its default, because a stranger may have written it."""
    kind, details, after = record.get("class"), record.get("details"), record.get("retry_after_s")
    kind = kind if isinstance(kind, str) else "bug"
    return _CLASSES.get(kind, StepError)(
        str(record.get("message", "")),
        error_class=kind,
        details=details if isinstance(details, dict) else {},
        retry_after_s=after if isinstance(after, int | float) else None,
        sent=record.get("sent") is not False,
    )


def _trace(error: BaseException, skip: int) -> str:
    trace = error.__traceback__
    for _ in range(skip):
        trace = trace.tb_next if trace is not None else None
    try:
        lines = traceback.format_exception(type(error), error, trace, limit=-10)
    except Exception:  # noqa: BLE001 - an exception may be broken itself
        return "its traceback cannot be read"
    return "".join(lines)[-TEXT_LIMIT:]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception may be broken itself
        return "its text cannot be read"


def _details(error: StepError) -> Json:
    try:
        return settle(dict(error.details))
    except Exception as odd:  # noqa: BLE001 - whatever an action put there
        return {"details_left_out": cleaned(_text(odd))}
