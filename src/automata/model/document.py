"""The workflow document as typed records; `codec` reads and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from automata.model.values import Json, JsonObject, JsonSchema

Join: TypeAlias = Literal["merge", "all", "any"] | int
"""When a node with several incoming edges runs; a number means n of m (1 <= n <= m)."""


@frozen(kw_only=True)
class Retry:
    """How often and how patiently a failing node is tried again. Durations are texts: ``500ms``, ``10s``, ``PT5M``."""

    attempts: int = 3
    """Tries in all, the first one included."""
    initial: str = "1s"
    factor: float = 2.0
    max: str = "1m"
    jitter: Literal["full", "none"] = "full"
    on: tuple[str, ...] | None = None
    """Error classes worth another try; None means the retryable ones (rate_limited, transient, timed_out)."""


@frozen(kw_only=True)
class Compensation:
    """What undoes a finished node when its run fails or is cancelled; runs newest first.

    Its parameters may use everything the node could, and the node's own output by its id.
    """

    use: str
    parameters: JsonObject = field(factory=dict)
    connection: str | None = None
    retry: Retry | None = None
    timeout: str | None = None


@frozen(kw_only=True)
class Node:
    """One node of a graph."""

    id: str
    use: str
    """Name of a node type in the catalog."""
    parameters: JsonObject = field(factory=dict)
    """The document's ``with``: JSON whose strings may hold ``${...}`` expressions."""
    retry: Retry | None = None
    timeout: str | None = None
    join: Join = "merge"
    cancel: bool = False
    """With ``join: any`` or a number: stop what has not arrived yet when the node starts."""
    connection: str | None = None
    compensate: Compensation | None = None
    key: str | None = None
    """Text or template that replaces the run's part of the idempotency key."""
    note: str | None = None
    disabled: bool = False
    body: Graph | None = None
    """Nested graph of foreach, loop, race and scope."""
    finally_: Graph | None = None
    """Nested graph a scope runs however its body ends."""


@frozen(kw_only=True)
class Edge:
    """A connection from a port of one node to another node."""

    source: str
    target: str
    port: str = "out"
    error_class: str | None = None
    """On port ``error``: the one class this edge catches; None catches what no other edge does."""


@frozen(kw_only=True)
class Graph:
    """Nodes and the edges between them; the workflow itself and every nested body is one."""

    nodes: Mapping[str, Node] = field(factory=dict)
    """Node id to node, in document order."""
    edges: tuple[Edge, ...] = ()
    output: Json = None
    """Template of the graph's result."""


@frozen(kw_only=True)
class Concurrency:
    """How many runs of a workflow may be active for one key, and what happens to one too many."""

    key: str | None = None
    limit: int = 1
    policy: Literal["queue", "drop_newest", "cancel_oldest", "replace", "round_robin"] = "queue"


@frozen(kw_only=True)
class Rate:
    """How many runs of a workflow may begin within a period for one key; others wait for their turn."""

    key: str | None = None
    limit: int
    period: str


@frozen(kw_only=True)
class Debounce:
    """Starts for one key that follow each other closely become one run, with the input of the last."""

    key: str | None = None
    for_: str
    """The document's ``for``: how long no other start may come before the run begins."""
    max: str | None = None
    """How long after the first start the run begins at the latest."""


@frozen(kw_only=True)
class Settings:
    """What holds for a whole run."""

    timeout: str | None = None
    concurrency: Concurrency | None = None
    rate: Rate | None = None
    debounce: Debounce | None = None
    on_error: Literal["fail", "park"] = "fail"
    retention: str | None = None
    timezone: str = "UTC"
    durability: Literal["full", "memory"] = "full"
    priority: int = 0


@frozen(kw_only=True)
class Expect:
    """What a test case demands of the run; what is None is not checked."""

    status: str | None = None
    path: tuple[str, ...] | None = None
    """Ids of the top-level nodes that ran, in order of their start; the trigger first."""
    output: Json = None
    has_output: bool = False
    """Whether *output* was given (it may be null)."""
    error: JsonObject | None = None
    """Members the run's error object must have."""


@frozen(kw_only=True)
class Case:
    """A test that lives in the document and runs in virtual time."""

    name: str
    event: Json = None
    """The start input, or the trigger's event."""
    trigger: str | None = None
    """Id of the trigger node the event arrives at, where a document has several."""
    mocks: Mapping[str, Json] = field(factory=dict)
    """Node address to ``{output}``, ``{error}``, or a list of them, one an attempt (the last repeats)."""
    signals: tuple[JsonObject, ...] = ()
    """``{name, payload, after}``: sent when virtual time has advanced by *after* (default 0s)."""
    approvals: Mapping[str, JsonObject] = field(factory=dict)
    """Node address to ``{approved, by, comment, form, after}``."""
    expect: Expect = field(factory=Expect)


@frozen(kw_only=True)
class Workflow:
    """A whole workflow document."""

    name: str
    graph: Graph
    description: str | None = None
    input: JsonSchema | None = None
    vars: JsonObject = field(factory=dict)
    settings: Settings = field(factory=Settings)
    errors: str | None = None
    """A node id of the document, or the name of a workflow, that handles a failed run."""
    tests: tuple[Case, ...] = ()
    layout: Mapping[str, Json] = field(factory=dict)
    """Node id to position; never part of the version."""
