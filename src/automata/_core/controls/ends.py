"""Nodes nothing follows: `return`, `fail`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automata._core.controls.shapes import closed
from automata.errors import StepError
from automata.model import Effect, Json, JsonObject, Kind, NodeType

if TYPE_CHECKING:
    from automata.ports import Context


async def _fail(_: Context, parameters: JsonObject) -> Json:
    details = parameters.get("details")
    raise StepError(
        str(parameters.get("message", "The workflow failed on purpose")),
        error_class=str(parameters.get("class", "failed")),
        details=details if isinstance(details, dict) else {},
        sent=False,
    )


def ends() -> tuple[NodeType, ...]:
    """Nodes nothing follows."""
    return (
        NodeType(
            name="return",
            title="Return",
            summary="Ends the run as succeeded; other branches are cancelled",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=closed(output={"title": "Output"}),
            ports=(),
            examples=({"use": "return", "with": {"output": "${input.id}"}},),
        ),
        NodeType(
            name="fail",
            title="Fail",
            summary="Raises an error at this node",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=closed(
                **{
                    "class": {
                        "type": "string",
                        "pattern": "^[a-z][a-z0-9_]{0,62}$",
                        "default": "failed",
                        "title": "Error class",
                    }
                },
                message={"type": "string", "title": "Message"},
                details={"type": "object", "title": "Details"},
            ),
            ports=(),
            run=_fail,
            examples=({"use": "fail", "with": {"class": "out_of_stock", "message": "None left"}},),
        ),
    )
