"""Nodes that choose a way or make a value: `if`, `switch`, `set`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automata._core.controls.shapes import closed
from automata.errors import InvalidInput
from automata.model import Effect, Json, JsonObject, JsonSchema, Kind, NodeType, Outcome, Port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automata.ports import Context


BOTH = (Port("true", "True"), Port("false", "False"))


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


def choices() -> tuple[NodeType, ...]:
    """Nodes that choose a way or make a value."""
    case = closed(
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
            parameters=closed(("condition",), condition={"type": "boolean", "title": "Condition"}),
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
            parameters=closed(("cases",), cases={"type": "array", "minItems": 1, "maxItems": 200, "items": case}),
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
