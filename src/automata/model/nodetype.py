"""What one kind of node is: the record every trigger, action and control node is described by."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import FunctionType
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from automata.model.values import Json, JsonObject, JsonSchema

if TYPE_CHECKING:
    from automata.ports import BlockingContext, Context, TxContext


class Effect(StrEnum):
    """What running a node does to the world; retry safety, crash behaviour, dry-run and keys follow from it."""

    PURE = "pure"
    READ = "read"
    TX = "tx"
    IDEMPOTENT = "idempotent"
    KEYED = "keyed"
    UNSAFE = "unsafe"
    OUTBOX = "outbox"
    WAIT = "wait"

    @property
    def writes(self) -> bool:
        """Whether a dry-run must not perform it."""
        return self not in {Effect.PURE, Effect.READ, Effect.WAIT}


class Kind(StrEnum):
    """What role a node type plays in a graph."""

    TRIGGER = "trigger"
    ACTION = "action"
    CONTROL = "control"


@frozen
class Port:
    """A way out of a node. Every node has ``error`` besides the ports it declares."""

    name: str
    title: str = ""


@frozen
class Outcome:
    """What an action returns when it leaves by another port than ``out``."""

    output: Json
    port: str = "out"


Run: TypeAlias = "Callable[[Context, JsonObject], Awaitable[Json | Outcome]]"
"""An action: awaited with its context and its evaluated parameters, it returns the node's output."""


BlockingRun: TypeAlias = "Callable[[BlockingContext, JsonObject], Json | Outcome]"
"""An action that is a plain function: it returns the node's output itself, and may block as long as it likes."""


TxRun: TypeAlias = "Callable[[TxContext, JsonObject], Json | Outcome]"
"""An action whose effect is ``tx``: a plain function, called within the store's transaction."""


@frozen
class Blocking:
    """An action that is a plain function, and where it is performed. `NodeType` makes one of every ``def``.

    That of a ``tx`` is a `TxRun`, and *isolation* means nothing for it.
    """

    function: BlockingRun
    isolation: Literal["process", "inproc"] = "process"
    """``process``: in a child process, killed when it hangs; ``inproc``: in a thread, which nobody can kill."""

    async def __call__(self, context: Context, parameters: JsonObject) -> Json | Outcome:
        """Refuse: only a performer that has child processes can do it; a test calls `function`."""
        del context, parameters
        raise TypeError(f"{self.function!r} is a plain function, to be performed in a child process")


def _awaitable(run: Run | BlockingRun | TxRun | None) -> Run | None:
    """Tell plain functions from async ones, those behind a decorator included; other callables are taken as async."""
    if not isinstance(run, FunctionType) or inspect.iscoroutinefunction(inspect.unwrap(run)):
        return run  # type: ignore[return-value] # it says that it is awaitable; the fence round a step checks
    return Blocking(run)


@frozen(kw_only=True)
class NodeType:
    """One kind of node, described the same way whoever supplies it."""

    name: str
    """``if`` for the kernel's own, ``connector.verb_noun`` for everyone else's."""
    title: str
    summary: str
    """One sentence for lists and the palette."""
    kind: Kind = Kind.ACTION
    effect: Effect = Effect.UNSAFE
    parameters: JsonSchema = field(factory=dict)
    """JSON Schema of ``with``, of type object."""
    output: JsonSchema = field(factory=dict)
    """JSON Schema of the output; ``{}`` when nothing is known."""
    ports: tuple[Port, ...] = (Port("out"),)
    default_port: str = "out"
    """Port of an edge that names none: ``a -> b`` leaves an ``approval`` by ``approved``."""
    compute_ports: Callable[[JsonObject], tuple[Port, ...]] | None = None
    """Ports that depend on the (unevaluated) parameters, as for ``switch``; replaces *ports*."""
    compute_output: Callable[[JsonObject, Mapping[str, JsonSchema]], JsonSchema] | None = None
    """Output schema from the parameters and their checked types (parameter name to schema); replaces *output*."""
    compute_effect: Callable[[JsonObject], Effect] | None = None
    """Effect that depends on the (unevaluated) parameters, as for an HTTP method; replaces *effect*."""
    lazy: frozenset[str] = frozenset()
    """Parameters handed over as written; the node evaluates them itself."""
    bodies: tuple[str, ...] = ()
    """Which of ``body`` and ``finally`` a node of this type has; ``body`` is then required."""
    run: Run | None = field(default=None, converter=_awaitable)
    """The action itself, `Blocking` when it was a plain ``def``; None for triggers and what the machine performs."""
    network: bool = False
    """Whether it talks to another host, so that the validator can ask for a retry."""
    credential: str | None = None
    """Name of the credential kind its ``connection`` must have, or None."""
    docs: str = ""
    """Markdown, shown below the summary."""
    examples: tuple[JsonObject, ...] = ()
    """Nodes as they stand in a document, validated in CI."""
    icon: str = ""
    plugin: str = ""
    """Distribution that supplied it; stamped by the catalog."""
