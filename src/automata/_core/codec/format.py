"""The workflow document, version 1, as one table of shapes: reading, writing, schema and reference come from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from attrs import frozen

from automata._core.codec import limits
from automata._core.codec.edges import ID, PORT, Edges
from automata._core.codec.records import Field, Record
from automata._core.codec.report import Report
from automata._core.codec.shapes import (
    BAD,
    Anything,
    Choice,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    Reference,
    Shape,
    Text,
    label,
    show,
    wrong_type,
)
from automata._core.patch import join
from automata.model import (
    Case,
    Compensation,
    Concurrency,
    Debounce,
    Expect,
    Graph,
    Json,
    Node,
    Rate,
    Retry,
    Settings,
    Workflow,
)

VERSION: Final = 1
"""The one version of the format this release reads and writes."""

RESERVED: Final = frozenset({
    *("vars", "input", "run", "item", "index", "error", "last", "signal"),
    *("true", "false", "null", "in"),
    *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"),
    *("namespace", "return", "var", "void", "while"),
})  # fmt: skip
"""What no node may be called: roots of expressions, literals, and the words CEL keeps for itself."""

_PART = rf"{ID}(?:\[[0-9]{{1,9}}\])?(?:~(?:undo|finally))?"
_ADDRESS = Text(
    least=1,
    most=1_200,
    pattern=rf"{_PART}(?:/{_PART})*",
    form="a node's address like 'price', 'each/price' or 'charge~undo'",
)
_CLASS = Text(least=1, most=63, pattern=ID, form="an error class like 'rate_limited'")
_OBJECT = Anything("object")
_ANY = Anything()


@frozen
class _NodeId:
    """The id of a node, as a key of ``nodes``."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        text = cast("str", value)
        if not re.fullmatch(ID, text):
            rule = "starts with a-z, goes on with a-z, 0-9 and _, and has at most 63 characters"
            report.add("DOC-025", f"{show(text)} cannot be the id of a node; an id {rule}", at)
            return BAD
        if text in RESERVED:
            report.add("DOC-026", f"No node can be called {text!r}; the word has a meaning in expressions", at)
            return BAD
        return text

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("str", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"type": "string", "pattern": f"^{ID}$", "not": {"enum": sorted(RESERVED)}}


@frozen
class _Nodes:
    """The ``nodes`` of a graph: id to node."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if not isinstance(value, Mapping):
            return wrong_type("an object", value, at, report)
        report.nodes += len(value)
        if report.nodes > limits.NODES:
            if report.nodes - len(value) <= limits.NODES:
                report.add("DOC-031", f"The workflow has more than {limits.NODES:,} nodes", at)
            return BAD
        nodes: dict[str, Node] = {}
        for key, item in value.items():
            name = _NODE_ID.read(key, join(at, key), report)
            members = NODE.members(item, join(at, key), report)
            if name is not BAD and members is not None:
                nodes[key] = _node(key, members)
        return nodes

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return {key: NODE.write(node) for key, node in cast("Mapping[str, Node]", value).items()}

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        node: dict[str, Json] = {"$ref": "#/$defs/node"}
        return {"type": "object", "propertyNames": _NODE_ID.schema(), "additionalProperties": node}


@frozen
class _Graph:
    """A nested graph; counts how deep they nest."""

    record: Record

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        report.depth += 1
        try:
            if report.depth >= limits.BODIES:
                report.add("DOC-033", f"{label(at)} is nested deeper than {limits.BODIES} graphs", at)
                return BAD
            return self.record.read(value, at, report)
        finally:
            report.depth -= 1

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return self.record.write(value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return self.record.schema()


@frozen
class _Format:
    """The version of the format."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        if isinstance(value, bool) or not isinstance(value, int):
            return wrong_type(f"the number {VERSION}", value, at, report)
        if value != VERSION:
            report.add("DOC-030", f"Format version {value} is unknown; this release reads version {VERSION}", at)
            return BAD
        return value

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("int", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"const": VERSION}


@frozen
class _Join:
    """``merge``, ``all``, ``any`` or how many."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        return (_JOIN_NUMBER if isinstance(value, int | float) else _JOIN_NAME).read(value, at, report)

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("str | int", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return {"anyOf": [_JOIN_NAME.schema(), _JOIN_NUMBER.schema()]}


@frozen
class _Expect:
    """What a test demands; tells an output of null from none demanded."""

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        members = EXPECT.members(value, at, report)
        return BAD if members is None else Expect(**members, has_output="output" in members)  # type: ignore[arg-type]  # the shapes fit the attributes

    def write(self, value: object) -> Json:
        """See `Shape`."""
        expect = cast("Expect", value)
        written = cast("dict[str, Json]", EXPECT.write(expect))
        return written | {"output": expect.output} if expect.has_output else written

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return EXPECT.schema()


_NODE_ID: Final[Shape] = _NodeId()
_JOIN_NAME: Final = Choice(("merge", "all", "any"))
_JOIN_NUMBER: Final = Number(least=1, most=limits.EDGES)
_RETRY: Final = Reference("retry", lambda: RETRY)
_BODY: Final = Reference("body", lambda: _Graph(BODY))
_FINALLY: Final = Reference("finally", lambda: _Graph(FINALLY))
_USE: Final = Field(
    "use", Text(least=1, most=200), "The node type: a control node, or 'connector.name'.", required=True
)
_WITH: Final = Field("with", _OBJECT, "Its parameters; texts may hold ${...} expressions.", "parameters")
_CONNECTION: Final = Field("connection", Text(least=1, most=200), "Name of the connection (credential) it uses.")
_RETRY_FIELD: Final = Field("retry", _RETRY, "How often a failure is tried again; without it a failure is final.")
_TIMEOUT: Final = Field("timeout", Duration(), "How long one attempt, or the wait, may take.")
_NODES: Final = Field("nodes", _Nodes(), "Node id to node.", required=True)
_EDGES: Final = Field("edges", Edges(), "Connections from ports to nodes.")
_OUTPUT: Final = Field("output", _ANY, "The result: any JSON, texts may hold ${...} expressions.")

RETRY: Final[Record] = Record(
    Retry,
    (
        Field("attempts", Number(least=1, most=1_000), "Tries in all, the first one included."),
        Field("initial", Duration(), "Pause before the second try."),
        Field("factor", Number(least=1, most=100, whole=False), "What each pause is longer by than the one before."),
        Field("max", Duration(), "Longest pause."),
        Field("jitter", Choice(("full", "none")), "'full' takes a random part of each pause, 'none' all of it."),
        Field("on", ListOf(item=_CLASS, least=1), "Error classes worth another try; else the retryable ones."),
    ),
    "How patiently a failing node is tried again.",
)

COMPENSATION: Final = Record(
    Compensation,
    (_USE, _WITH, _CONNECTION, _RETRY_FIELD, _TIMEOUT),
    "What undoes a finished node when its run fails or is cancelled.",
)

BODY: Final[Record] = Record(Graph, (_NODES, _EDGES, _OUTPUT), "A nested graph.")
FINALLY: Final[Record] = Record(Graph, (_NODES, _EDGES), "A nested graph that runs however the body ended.")

NODE: Final[Record] = Record(
    Node,
    (
        _USE,
        _WITH,
        _CONNECTION,
        _RETRY_FIELD,
        _TIMEOUT,
        Field("join", _Join(), "When it runs if several edges arrive: merge, all, any, or how many."),
        Field("cancel", Flag(), "With join 'any' or a number: stop what has not arrived when it starts."),
        Field("key", Text(least=1, most=1_000), "Replaces the run's part of the idempotency key; may hold ${...}."),
        Field("note", Text(), "A remark for people."),
        Field("disabled", Flag(), "Pass over it, as if its input edge led to its successors."),
        Field("body", _BODY, "The nested graph of foreach, loop, race and scope."),
        Field("finally", _FINALLY, "The nested graph a scope runs however its body ends.", "finally_"),
        Field("compensate", Reference("compensation", lambda: COMPENSATION), "What undoes it after a later failure."),
    ),
    "One node of a graph.",
)

SETTINGS: Final = Record(
    Settings,
    (
        Field("timeout", Duration(), "How long a run may take in all."),
        Field(
            "concurrency",
            Record(
                Concurrency,
                (
                    Field("key", Text(least=1, most=1_000), "Runs are counted for each value of it; may hold ${...}."),
                    Field("limit", Number(least=1, most=100_000), "Runs active at once for one key."),
                    Field(
                        "policy",
                        Choice(("queue", "drop_newest", "cancel_oldest", "replace", "round_robin")),
                        "What happens to one too many.",
                    ),
                ),
            ),
            "How many runs may be active at once.",
        ),
        Field(
            "rate",
            Record(
                Rate,
                (
                    Field("key", Text(least=1, most=1_000), "Runs are counted for each value of it; may hold ${...}."),
                    Field(
                        "limit",
                        Number(least=1, most=10_000),
                        "Runs that may begin within the period for one key.",
                        required=True,
                    ),
                    Field("period", Duration(), "How long a run counts.", required=True),
                ),
            ),
            "How many runs may begin within a period; others wait.",
        ),
        Field(
            "debounce",
            Record(
                Debounce,
                (
                    Field("key", Text(least=1, most=1_000), "Starts are told apart by it; may hold ${...}."),
                    Field(
                        "for",
                        Duration(),
                        "How long no other start may come before the run begins.",
                        "for_",
                        required=True,
                    ),
                    Field("max", Duration(), "How long after the first start the run begins at the latest."),
                ),
            ),
            "Make one run of starts that follow each other closely, with the input of the last.",
        ),
        Field(
            "on_error", Choice(("fail", "park")), "Whether an uncaught error fails the run or parks it for a person."
        ),
        Field("retention", Duration(), "How long a finished run is kept."),
        Field(
            "timezone",
            Text(least=1, most=64, pattern=r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", form="a zone like 'Europe/Berlin'"),
            "Time zone of schedules and of time functions.",
        ),
        Field(
            "durability", Choice(("full", "memory")), "'memory' runs without storing steps: faster, lost on a crash."
        ),
        Field("priority", Number(least=-100, most=100), "Higher runs first."),
    ),
    "What holds for a whole run.",
)

_MOCK: Final = Reference("mock", lambda: MOCK)
EXPECT: Final = Record(
    Expect,
    (
        Field("status", Choice(("succeeded", "failed", "cancelled")), "How the run must end."),
        Field("path", ListOf(item=_ADDRESS), "The top-level nodes that must have run, in the order of their start."),
        Field("output", _ANY, "The output the run must have."),
        Field("error", _OBJECT, "Members the run's error must have."),
    ),
    "What a test demands of its run; what is absent is not checked.",
)


@frozen
class _Members:
    """An object kept as JSON whose known keys are checked."""

    fields: tuple[Field, ...]
    summary: str = ""

    @property
    def _record(self) -> Record:
        return Record(_Members, self.fields, self.summary)

    def read(self, value: Json, at: str, report: Report) -> object:
        """See `Shape`."""
        return BAD if self._record.members(value, at, report) is None else value

    def write(self, value: object) -> Json:
        """See `Shape`."""
        return cast("Json", value)

    def schema(self) -> dict[str, Json]:
        """See `Shape`."""
        return self._record.schema()


_AFTER: Final = Field("after", Duration(), "Virtual time that passes first; default 0s.")
MOCK: Final[_Members] = _Members(
    (
        Field("output", _ANY, "What the node gives."),
        Field("port", Text(least=1, most=63, pattern=PORT, form="a port's name"), "The port it leaves by."),
        Field("error", _OBJECT, "The error it fails with: class, message, details."),
    ),
    "What a node does instead of running.",
)
SIGNAL: Final = _Members(
    (
        Field("name", Text(least=1, most=200), "The signal's name.", required=True),
        Field("payload", _ANY, "What it carries."),
        _AFTER,
    ),
    "A signal sent to the run.",
)
APPROVAL: Final = _Members(
    (
        Field("approved", Flag(), "The decision.", required=True),
        Field("by", Text(most=200), "Who decides."),
        Field("comment", Text(), "What they remark."),
        Field("form", _OBJECT, "What they fill in."),
        _AFTER,
    ),
    "A person's decision.",
)

CASE: Final = Record(
    Case,
    (
        Field("name", Text(least=1, most=200), "What it shows.", required=True),
        Field("event", _ANY, "The start input, or the trigger's event."),
        Field(
            "trigger", Text(least=1, most=63, pattern=ID, form="a node id"), "The trigger node the event arrives at."
        ),
        Field(
            "mocks",
            MapOf(
                item=Either(
                    _MOCK, ListOf(item=_MOCK, least=1, into=list), lambda value: isinstance(value, list | tuple)
                ),
                key=_ADDRESS,
            ),
            "Node address to what it does instead; a list has one entry an attempt, the last repeats.",
        ),
        Field("signals", ListOf(item=SIGNAL), "Signals sent to the run."),
        Field("approvals", MapOf(item=APPROVAL, key=_ADDRESS), "Address of an approval node to the decision."),
        Field("expect", _Expect(), "What the run must do."),
    ),
    "A test that lives in the document and runs in virtual time.",
)

WORKFLOW: Final = Record(
    Workflow,
    (
        Field("automata", _Format(), "Version of the format.", "format", required=True, example=VERSION),
        Field("name", Text(least=1, most=200), "What people call it.", required=True, example="Untitled"),
        Field("description", Text(), "What it is for."),
        Field("input", _OBJECT, "JSON Schema of the start input, for manual starts and calls."),
        Field("vars", _OBJECT, "Constants, visible in expressions as vars."),
        Field("settings", SETTINGS, "What holds for a whole run."),
        _NODES,
        _EDGES,
        _OUTPUT,
        Field("errors", Text(least=1, most=200), "A node id, or a workflow's name, that handles a failed run."),
        Field("tests", ListOf(item=CASE), "Tests, run by 'automata test'."),
        Field("layout", _OBJECT, "Positions for the studio; never part of the version."),
    ),
    "A workflow document.",
)

DEFINITIONS: Final[Mapping[str, Shape]] = {
    "node": NODE,
    "body": _BODY.find(),
    "finally": _FINALLY.find(),
    "retry": RETRY,
    "compensation": COMPENSATION,
    "mock": MOCK,
}
"""What the schema says once, under ``$defs``."""


def read_workflow(raw: Json, report: Report) -> Workflow | None:
    """Read a whole document; None when there is a problem."""
    members = WORKFLOW.members(raw, "", report)
    if members is None or report.count:
        return None
    return _workflow(members)


def write_workflow(workflow: Workflow) -> dict[str, Json]:
    """Write a whole document with edges as objects, in the order of the reference."""
    graph = workflow.graph
    values = {field.name: getattr(workflow, field.name, None) for field in WORKFLOW.fields}
    values |= {"format": VERSION, "nodes": graph.nodes, "edges": graph.edges, "output": graph.output}
    written = WORKFLOW.put(values)
    return {key: value for key, value in written.items() if key != "edges" or value}


def _workflow(members: Mapping[str, object]) -> Workflow:
    inner = {name: value for name, value in members.items() if name in {"nodes", "edges", "output"}}
    outer = {name: value for name, value in members.items() if name not in inner and name != "format"}
    return Workflow(graph=Graph(**inner), **outer)  # type: ignore[arg-type]  # the shapes fit the attributes


def _node(name: str, members: Mapping[str, object]) -> Node:
    return Node(id=name, **members)  # type: ignore[arg-type]  # the shapes fit the attributes
