"""Where a run starts: `manual`, `schedule.cron`, `schedule.every`."""

from __future__ import annotations

from automata._core.controls.shapes import DURATION, TIMESTAMP, closed
from automata.model import Effect, Kind, NodeType


def triggers() -> tuple[NodeType, ...]:
    """Where a run starts."""
    tick = closed(("at", "scheduled"), at=TIMESTAMP, scheduled=TIMESTAMP)
    return (
        NodeType(
            name="manual",
            title="Manual",
            summary="Starts when a person, the API or another workflow says so",
            kind=Kind.TRIGGER,
            effect=Effect.PURE,
            parameters=closed(),
            examples=({"use": "manual"},),
        ),
        NodeType(
            name="schedule.cron",
            title="Schedule",
            summary="Starts at the times of a cron expression",
            kind=Kind.TRIGGER,
            effect=Effect.PURE,
            parameters=closed(
                ("cron",),
                cron={"type": "string", "format": "cron", "title": "Cron expression", "examples": ["0 9 * * 1-5"]},
                timezone={"type": "string", "format": "timezone", "default": "UTC", "title": "Time zone"},
                misfire={"enum": ["skip", "last", "all"], "default": "last", "title": "Missed times"},
            ),
            output=tick,
            examples=({"use": "schedule.cron", "with": {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}},),
        ),
        NodeType(
            name="schedule.every",
            title="Every",
            summary="Starts again and again after the same time",
            kind=Kind.TRIGGER,
            effect=Effect.PURE,
            parameters=closed(("every",), every={**DURATION, "format": "interval", "title": "Every"}),
            output=tick,
            examples=({"use": "schedule.every", "with": {"every": "15m"}},),
        ),
    )
