"""The frozen records everything else speaks: documents, node types, problems, runs.

One file a family; import the names from here. Nothing in this package does anything.
"""

from automata.model.document import (
    Case,
    Compensation,
    Concurrency,
    Edge,
    Expect,
    Graph,
    Join,
    Node,
    Retry,
    Settings,
    Workflow,
)
from automata.model.nodetype import Effect, Kind, NodeType, Outcome, Port
from automata.model.problem import Fix, Position, Problem, Severity
from automata.model.supply import Command, CredentialKind, Function, Rule, Setting
from automata.model.values import Json, JsonObject, JsonSchema

__all__ = [
    "Case",
    "Command",
    "Compensation",
    "Concurrency",
    "CredentialKind",
    "Edge",
    "Effect",
    "Expect",
    "Fix",
    "Function",
    "Graph",
    "Join",
    "Json",
    "JsonObject",
    "JsonSchema",
    "Kind",
    "Node",
    "NodeType",
    "Outcome",
    "Port",
    "Position",
    "Problem",
    "Retry",
    "Rule",
    "Setting",
    "Settings",
    "Severity",
    "Workflow",
]
