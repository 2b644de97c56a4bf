"""The state of a run, as the machine folds it from the journal: activations of graphs, and the steps alive in them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Literal, TypeAlias

from automata._core.plan import PlanGraph, PlanNode, Work
from automata.model import ErrorInfo, Json


class NodeState(IntEnum):
    """What became of a node within one activation."""

    IDLE = 0
    RUNNING = 1
    DONE = 2
    FAILED = 3
    SKIPPED = 4
    CANCELLED = 5


class Phase(IntEnum):
    """What a living step is doing."""

    RUNNING = 0
    RETRYING = 1
    """Waits for the timer of its next attempt."""
    CANCELLING = 2
    """Its bodies are being stopped; it ends when the last of them has."""
    PARKED = 3
    """Waits for a person's choice."""


Ending: TypeAlias = Literal["failed", "cancelled", "returned", "won"]


class Activation:
    """One execution of one graph: the workflow itself, one round of a body, a ``finally``."""

    __slots__ = (
        "address",
        "busy",
        "caught",
        "ending",
        "failure",
        "graph",
        "index",
        "live",
        "locals",
        "owner",
        "pending",
        "prefix",
        "status",
        "taken",
        "values",
    )

    def __init__(
        self, address: str, graph: PlanGraph, owner: Step | None, index: int, locals_: dict[str, Json]
    ) -> None:
        self.address = address
        self.prefix = f"{address}/" if address else ""
        self.graph = graph
        self.owner = owner
        self.index = index
        """Round of a loop or item of a foreach, else 0."""
        self.locals = locals_
        """Scope roots it adds: ``item``, ``index``, ``last``, ``vars``, ``error`` ..."""
        self.pending = [n.indegree for n in graph.nodes]
        """Incoming edges neither taken nor dead yet, by node index."""
        self.taken = [0] * len(graph.nodes)
        self.status = [NodeState.IDLE] * len(graph.nodes)
        self.values: dict[str, Json] = {}
        """Node id to output, for nodes that ran."""
        self.caught: dict[int, ErrorInfo] = {}
        """Node index to the error its branch handles."""
        self.live = 0
        """Steps that have not ended."""
        self.busy = False
        """Whether its steps are being stopped one after another, so that its end waits for the last."""
        self.ending: Ending | None = None
        self.failure: ErrorInfo | None = None

    def chain(self) -> Iterator[Activation]:
        """This activation and those around it, inside out."""
        here: Activation | None = self
        while here is not None:
            yield here
            here = None if here.owner is None else here.owner.activation


class Step:
    """A node, or a compensation, that has started and not ended."""

    __slots__ = (
        "activation",
        "address",
        "attempt",
        "box",
        "child",
        "deaths",
        "error",
        "index",
        "input",
        "key",
        "node",
        "phase",
        "undo",
        "work",
    )

    def __init__(self, activation: Activation, node: PlanNode, work: Work, address: str) -> None:
        self.activation = activation
        self.node = node
        self.index = node.index
        self.work = work
        self.address = address
        self.attempt = 1
        self.phase = Phase.RUNNING
        self.input: Json = None
        """Evaluated parameters, once an attempt has started."""
        self.box: Box | None = None
        """What a node with bodies keeps while they run."""
        self.child: str | None = None
        """The run a ``call`` started."""
        self.key: str | None = None
        """What the node's ``key`` evaluated to, once an attempt has started."""
        self.deaths = 0
        """Attempts during which the worker died."""
        self.error: ErrorInfo | None = None
        """Why it is parked."""
        self.undo = False
        """Whether this is a compensation."""


class Box:
    """The bodies of one step, and how it will end once they have."""

    __slots__ = ("error", "open")

    def __init__(self) -> None:
        self.open: dict[str, Activation] = {}
        """Address to activation, for bodies that have not ended."""
        self.error: ErrorInfo | None = None
        """Why the step fails when its last body has ended."""


class ForeachBox(Box):
    """Progress of a ``foreach``."""

    __slots__ = (
        "allowed",
        "batch",
        "concurrency",
        "enough",
        "failures",
        "items",
        "known",
        "more",
        "name",
        "next",
        "results",
        "total",
    )

    def __init__(
        self, items: list[Json], *, name: str, concurrency: int, batch: int, tolerate: Json, more: Json = None
    ) -> None:
        super().__init__()
        self.items = list(items)
        self.more = more if isinstance(more, str) else None
        """Name of the signal that brings one more item."""
        self.name = name
        self.concurrency = concurrency
        self.batch = batch
        self.total = -(-len(items) // batch)
        self.allowed = allowed_failures(tolerate, self.total)
        self.failures = 0
        self.next = 0
        self.results: list[Json] = [None] * self.total
        self.known: set[int] = set()
        """Indices of the bodies that have ended."""
        self.enough = False
        """Whether ``until`` held, so that what is not done yet will not be."""

    @property
    def wanted(self) -> str | None:
        """Name of the signal it would take now."""
        return None if self.enough or self.error is not None else self.more

    def add(self, item: Json) -> None:
        """Take one more item."""
        self.items.append(item)
        self.total += 1
        self.results.append(None)

    def item(self, index: int) -> Json:
        """What the body numbered *index* works on."""
        if self.batch == 1:
            return self.items[index]
        return self.items[index * self.batch : (index + 1) * self.batch]

    def names(self) -> dict[str, Json]:
        """What ``until`` may look at: the entries known so far, in item order."""
        return {"results": [self.results[i] for i in sorted(self.known)]}


class LoopBox(Box):
    """Progress of a ``loop``."""

    __slots__ = ("index", "last", "maximum", "pause_s")

    def __init__(self, *, last: Json, maximum: int, pause_s: float | None) -> None:
        super().__init__()
        self.index = 0
        self.last = last
        self.maximum = maximum
        self.pause_s = pause_s

    def names(self) -> dict[str, Json]:
        """What its condition may look at."""
        return {"last": self.last, "index": self.index}


class RaceBox(Box):
    """Progress of a ``race``."""

    __slots__ = ("last", "live", "winner")

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[int, int] = {}
        """Root index to the number of living steps of its branch."""
        self.last: dict[int, Json] = {}
        """Root index to the newest output of its branch."""
        self.winner: int | None = None


class ScopeBox(Box):
    """Progress of a ``scope``."""

    __slots__ = ("begun", "cancelled", "finishing", "lock", "output")

    def __init__(self, lock: Json = None) -> None:
        super().__init__()
        self.lock = lock if isinstance(lock, str) else None
        """Name of what at most one scope of a run holds at a time."""
        self.begun = False
        """Whether its body has been opened."""
        self.finishing = False
        """Whether ``finally`` has begun."""
        self.cancelled = False
        self.output: Json = None


def allowed_failures(tolerate: Json, total: int) -> int:
    """How many of *total* bodies may fail: a number, or a percentage like ``"10%"`` rounded down.

    Raises:
        ValueError: *tolerate* is neither.
    """
    if isinstance(tolerate, str) and tolerate.endswith("%") and tolerate[:-1].isdecimal():
        return total * int(tolerate[:-1]) // 100
    if isinstance(tolerate, int) and not isinstance(tolerate, bool) and tolerate >= 0:
        return tolerate
    raise ValueError(f"'tolerate' is {tolerate!r}, neither a whole number nor a percentage like '10%'")
