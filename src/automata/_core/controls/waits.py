"""Nodes that wait for something, or tell those that do: `wait`, `signal`, `send`, `approval`, `call`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automata._core.controls.shapes import DURATION, TIMESTAMP, closed
from automata.model import Effect, JsonObject, JsonSchema, Kind, NodeType, Port

if TYPE_CHECKING:
    from collections.abc import Mapping


def _form_output(parameters: JsonObject, _: Mapping[str, JsonSchema]) -> JsonSchema:
    form = parameters.get("form")
    return closed(
        ("approved", "by", "comment", "form"),
        approved={"type": "boolean"},
        by={"type": ["string", "null"]},
        comment={"type": ["string", "null"]},
        form=form if isinstance(form, dict) else {},
    )


def waits() -> tuple[NodeType, ...]:
    """Nodes that wait, or tell those that do."""
    return (
        NodeType(
            name="wait",
            title="Wait",
            summary="Waits for a time, or until one",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters={
                **closed(**{"for": {**DURATION, "title": "For"}}, until={**TIMESTAMP, "title": "Until"}),
                "oneOf": [{"required": ["for"]}, {"required": ["until"]}],
            },
            output=closed(("at",), at=TIMESTAMP),
            examples=({"use": "wait", "with": {"for": "10m"}},),
        ),
        NodeType(
            name="signal",
            title="Signal",
            summary="Waits for a named signal sent to the run",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters=closed(
                ("name",),
                name={"type": "string", "minLength": 1, "maxLength": 200, "title": "Name"},
                match={"type": "boolean", "title": "Match"},
                early={"enum": ["keep", "ignore"], "default": "keep", "title": "Signals that came before"},
            ),
            lazy=frozenset({"match"}),
            docs="`match` is an expression over `signal`, the payload. A signal that comes early is kept for the node, "
            "unless `early` says to ignore it.",
            examples=({"use": "signal", "with": {"name": "paid", "match": "${signal.order == input.order}"}},),
        ),
        NodeType(
            name="send",
            title="Send",
            summary="Sends a signal to its own run",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=closed(
                ("name",),
                name={"type": "string", "minLength": 1, "maxLength": 200, "title": "Name"},
                payload={"title": "Payload"},
            ),
            docs="One branch tells another that something has happened. The output is the payload.",
            examples=({"use": "send", "with": {"name": "sample_done", "payload": "${input.id}"}},),
        ),
        NodeType(
            name="approval",
            title="Approval",
            summary="Asks a person to approve or reject",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters=closed(
                ("message",),
                message={"type": "string", "minLength": 1, "title": "Message"},
                to={
                    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                    "title": "Who may answer",
                },
                form={"type": "object", "title": "Form", "format": "json-schema"},
            ),
            compute_output=_form_output,
            ports=(Port("approved", "Approved"), Port("rejected", "Rejected")),
            default_port="approved",
            examples=({"use": "approval", "with": {"message": "Ship order ${input.id}?"}, "timeout": "2d"},),
        ),
        NodeType(
            name="call",
            title="Call",
            summary="Runs another workflow",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters=closed(
                ("workflow",),
                workflow={"type": "string", "minLength": 1, "title": "Workflow"},
                version={"type": "string", "title": "Version"},
                input={"title": "Input"},
                wait={"type": "boolean", "default": True, "title": "Wait for its end"},
            ),
            docs="The output is the child's output, or `{run}` with its id when `wait` is false.",
            examples=({"use": "call", "with": {"workflow": "Price an order", "input": {"id": "${input.id}"}}},),
        ),
    )
