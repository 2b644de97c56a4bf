"""The kernel's own node types, registered through the same hook as a stranger's.

`if`, `switch`, `set` and `fail` are ordinary pure actions; the others carry none: the machine performs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automata.errors import InvalidInput, StepError
from automata.model import Effect, Json, JsonObject, JsonSchema, Kind, NodeType, Outcome, Port
from automata.sdk import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automata.ports import Context

DURATION: JsonSchema = {"type": "string", "format": "duration", "title": "Duration", "examples": ["10s", "2h", "P1D"]}
TIMESTAMP: JsonSchema = {"type": "string", "format": "date-time"}
BOTH = (Port("true", "True"), Port("false", "False"))


@hookimpl
def automata_node_types() -> tuple[NodeType, ...]:
    """Every control node and kernel trigger."""
    return (*_choices(), *_containers(), *_waits(), *_ends(), *_triggers())


def _object(required: tuple[str, ...] = (), /, **properties: Json) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


# ---------------------------------------------------------------- choices and values


async def _if(_: Context, parameters: JsonObject) -> Outcome:
    condition = parameters["condition"]
    if not isinstance(condition, bool):
        raise InvalidInput(f"The condition gave {_kind(condition)}, not true or false")
    return Outcome(condition, "true" if condition else "false")


async def _set(_: Context, parameters: JsonObject) -> Json:
    return parameters


async def _switch(ctx: Context, parameters: JsonObject) -> Outcome:
    for index, case in enumerate(_cases(parameters)):
        if ctx.evaluate(f"cases/{index}/when") is True:
            return Outcome(case["name"], str(case["name"]))
    return Outcome("otherwise", "otherwise")


async def _fail(_: Context, parameters: JsonObject) -> Json:
    details = parameters.get("details")
    raise StepError(
        str(parameters.get("message", "The workflow failed on purpose")),
        error_class=str(parameters.get("class", "failed")),
        details=details if isinstance(details, dict) else {},
        sent=False,
    )


def _cases(parameters: JsonObject) -> list[JsonObject]:
    cases = parameters.get("cases")
    return [case for case in cases if isinstance(case, dict)] if isinstance(cases, list) else []


def _case_ports(parameters: JsonObject) -> tuple[Port, ...]:
    names = dict.fromkeys(c["name"] for c in _cases(parameters) if isinstance(c.get("name"), str))
    return (*(Port(str(n)) for n in names), Port("otherwise", "Otherwise"))


def _case_names(parameters: JsonObject, _: Mapping[str, JsonSchema]) -> JsonSchema:
    return {"type": "string", "enum": [p.name for p in _case_ports(parameters)]}


def _same(_: JsonObject, typed: Mapping[str, JsonSchema]) -> JsonSchema:
    return {
        "type": "object",
        "properties": dict(typed),
        "required": list(typed),
        "additionalProperties": False,
    }


def _kind(value: Json) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "null")


def _choices() -> tuple[NodeType, ...]:
    case = _object(
        ("name", "when"),
        name={"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$", "not": {"enum": ["error", "otherwise"]}},
        when={"type": "boolean", "title": "When"},
    )
    return (
        NodeType(
            name="if",
            title="If",
            summary="Goes one of two ways",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(("condition",), condition={"type": "boolean", "title": "Condition"}),
            output={"type": "boolean"},
            ports=BOTH,
            run=_if,
            examples=({"use": "if", "with": {"condition": "${input.total > 100}"}},),
        ),
        NodeType(
            name="switch",
            title="Switch",
            summary="Goes the way of the first case that holds",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(("cases",), cases={"type": "array", "minItems": 1, "maxItems": 200, "items": case}),
            compute_ports=_case_ports,
            compute_output=_case_names,
            lazy=frozenset({"cases"}),
            run=_switch,
            docs="Without an edge from `otherwise`, an event no case fits is an error of class `no_match`.",
            examples=({"use": "switch", "with": {"cases": [{"name": "big", "when": "${input.total > 100}"}]}},),
        ),
        NodeType(
            name="set",
            title="Set",
            summary="Makes values from expressions",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters={"type": "object", "additionalProperties": True},
            compute_output=_same,
            run=_set,
            examples=({"use": "set", "with": {"total": "${input.price * 2}"}},),
        ),
    )


# ---------------------------------------------------------------- nodes with a body


def _containers() -> tuple[NodeType, ...]:
    percent: JsonSchema = {"type": "string", "pattern": "^(100|[1-9]?[0-9])%$"}
    return (
        NodeType(
            name="foreach",
            title="For each",
            summary="Runs its body once for every item, several at a time if asked",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters={
                **_object(
                    ("items",),
                    items={"type": "array", "title": "Items"},
                    **{
                        "as": {
                            "type": "string",
                            "pattern": "^[a-z][a-z0-9_]{0,62}$",
                            "default": "item",
                            "title": "Name of the item",
                        }
                    },
                    concurrency={"type": "integer", "minimum": 1, "maximum": 1000, "default": 1, "title": "At once"},
                    batch={
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 10000,
                        "default": 1,
                        "title": "Items a body run",
                    },
                    tolerate={
                        "anyOf": [{"type": "integer", "minimum": 0}, percent],
                        "default": 0,
                        "title": "Failures tolerated",
                    },
                    until={"type": "boolean", "title": "Enough when"},
                    more={"type": "string", "minLength": 1, "maxLength": 200, "title": "Signal that brings an item"},
                ),
                "not": {"required": ["batch", "more"]},
            },
            output={"type": "array"},
            lazy=frozenset({"until"}),
            bodies=("body",),
            docs="The body sees `item` (or the name given by `as`; a list when `batch` is more than 1) and `index`. "
            'The entry of a tolerated failure is `{"error": {...}}`. `until` is tried whenever a body has ended; '
            "it may use `results`, the entries so far in item order. Once it holds, the bodies that still run are "
            "cancelled, no other starts, and the entries that are missing are `null`. Each signal of the name given by "
            "`more` that comes while the node runs, or came before, is one more item.",
            examples=(
                {
                    "use": "foreach",
                    "with": {"items": "${input.rows}", "concurrency": 4},
                    "body": {"nodes": {"row": {"use": "set", "with": {"id": "${item.id}"}}}, "output": "${row.id}"},
                },
            ),
        ),
        NodeType(
            name="loop",
            title="Loop",
            summary="Repeats its body while a condition holds, or until it does",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters={
                **_object(
                    **{"while": {"type": "boolean", "title": "While"}},
                    until={"type": "boolean", "title": "Until"},
                    max={"type": "integer", "minimum": 1, "maximum": 10000, "default": 100, "title": "At most"},
                    every={**DURATION, "title": "Pause between rounds"},
                    initial={"title": "First value of last"},
                ),
                "oneOf": [{"required": ["while"]}, {"required": ["until"]}],
            },
            lazy=frozenset({"while", "until"}),
            bodies=("body",),
            docs="`while` is tried before each round, `until` after it. `last` is the output of the round before, "
            "`index` counts from 0. Reaching `max` is an error of class `loop_limit`.",
            examples=(
                {
                    "use": "loop",
                    "with": {"until": "${last.n >= 3}", "initial": {"n": 0}},
                    "body": {"nodes": {"next": {"use": "set", "with": {"n": "${last.n + 1}"}}}, "output": "${next}"},
                },
            ),
        ),
        NodeType(
            name="race",
            title="Race",
            summary="Starts several branches; the first to reach its end wins, the others are cancelled",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(),
            output=_object(("winner", "output"), winner={"type": "string"}, output={}),
            bodies=("body",),
            docs="Every node of the body without incoming edges starts a branch. A branch that fails is out; "
            "when all fail the race fails with the last error.",
            examples=(
                {
                    "use": "race",
                    "body": {
                        "nodes": {
                            "fast": {"use": "wait", "with": {"for": "1s"}},
                            "slow": {"use": "wait", "with": {"for": "1h"}},
                        }
                    },
                },
            ),
        ),
        NodeType(
            name="scope",
            title="Scope",
            summary="Groups nodes, with variables of its own and steps that run however it ends",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(
                vars={"type": "object", "additionalProperties": True, "title": "Variables"},
                lock={"type": "string", "minLength": 1, "maxLength": 200, "title": "One at a time of"},
            ),
            bodies=("body", "finally"),
            docs="Of the scopes of a run that name the same `lock` one runs at a time, first come, first served; "
            "a scope inside one of the same lock does not wait for it. `timeout` counts the wait.",
            examples=(
                {
                    "use": "scope",
                    "with": {"vars": {"limit": 3}},
                    "body": {
                        "nodes": {"x": {"use": "set", "with": {"limit": "${vars.limit}"}}},
                        "output": "${x.limit}",
                    },
                },
            ),
        ),
    )


# ---------------------------------------------------------------- waits


def _form_output(parameters: JsonObject, _: Mapping[str, JsonSchema]) -> JsonSchema:
    form = parameters.get("form")
    return _object(
        ("approved", "by", "comment", "form"),
        approved={"type": "boolean"},
        by={"type": ["string", "null"]},
        comment={"type": ["string", "null"]},
        form=form if isinstance(form, dict) else {},
    )


def _waits() -> tuple[NodeType, ...]:
    return (
        NodeType(
            name="wait",
            title="Wait",
            summary="Waits for a time, or until one",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters={
                **_object(**{"for": {**DURATION, "title": "For"}}, until={**TIMESTAMP, "title": "Until"}),
                "oneOf": [{"required": ["for"]}, {"required": ["until"]}],
            },
            output=_object(("at",), at=TIMESTAMP),
            examples=({"use": "wait", "with": {"for": "10m"}},),
        ),
        NodeType(
            name="signal",
            title="Signal",
            summary="Waits for a named signal sent to the run",
            kind=Kind.CONTROL,
            effect=Effect.WAIT,
            parameters=_object(
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
            parameters=_object(
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
            parameters=_object(
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
            parameters=_object(
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


# ---------------------------------------------------------------- ends


def _ends() -> tuple[NodeType, ...]:
    return (
        NodeType(
            name="return",
            title="Return",
            summary="Ends the run as succeeded; other branches are cancelled",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(output={"title": "Output"}),
            ports=(),
            examples=({"use": "return", "with": {"output": "${input.id}"}},),
        ),
        NodeType(
            name="fail",
            title="Fail",
            summary="Raises an error at this node",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters=_object(
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


# ---------------------------------------------------------------- triggers


def _triggers() -> tuple[NodeType, ...]:
    tick = _object(("at", "scheduled"), at=TIMESTAMP, scheduled=TIMESTAMP)
    return (
        NodeType(
            name="manual",
            title="Manual",
            summary="Starts when a person, the API or another workflow says so",
            kind=Kind.TRIGGER,
            effect=Effect.PURE,
            parameters=_object(),
            examples=({"use": "manual"},),
        ),
        NodeType(
            name="schedule.cron",
            title="Schedule",
            summary="Starts at the times of a cron expression",
            kind=Kind.TRIGGER,
            effect=Effect.PURE,
            parameters=_object(
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
            parameters=_object(("every",), every={**DURATION, "title": "Every"}),
            output=tick,
            examples=({"use": "schedule.every", "with": {"every": "15m"}},),
        ),
    )
