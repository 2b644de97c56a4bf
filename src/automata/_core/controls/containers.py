"""Nodes with a body: `foreach`, `loop`, `race`, `scope`."""

from __future__ import annotations

from automata._core.controls.shapes import DURATION, closed
from automata.model import Effect, JsonSchema, Kind, NodeType


def containers() -> tuple[NodeType, ...]:
    """Nodes with a body."""
    percent: JsonSchema = {"type": "string", "pattern": "^(100|[1-9]?[0-9])%$"}
    return (
        NodeType(
            name="foreach",
            title="For each",
            summary="Runs its body once for every item, several at a time if asked",
            kind=Kind.CONTROL,
            effect=Effect.PURE,
            parameters={
                **closed(
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
                **closed(
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
            parameters=closed(),
            output=closed(("winner", "output"), winner={"type": "string"}, output={}),
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
            parameters=closed(
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
