"""The ways a node can be left, as far as its graph can tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import frozen

from automata.model import Edge, Node, Port

Ports: TypeAlias = Callable[[Node], Sequence[Port]]
"""The normal ports of a node, without ``error``."""


@frozen
class Way:
    """One way out of a node: a port, or an error some edge catches."""

    port: str
    error_class: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether the node failed and the error was caught."""
        return self.port == "error"

    def takes(self, edge: Edge) -> bool:
        """Whether *edge*, which leaves the node, is taken when the node is left this way."""
        if self.port == EVERY:
            return edge.port != "error"
        return edge.port == self.port and edge.error_class == self.error_class

    def tell(self, node: str) -> str:
        """The step as a person would say it."""
        if self.error_class is not None:
            return f"{node!r} fails with {self.error_class!r}"
        return f"{node!r} fails" if self.is_error else f"{node!r} leaves by {self.port!r}"


EVERY = "*"
"""The way of a disabled node: all its edges but the error edges."""


def ways_of(node: Node, ports: Sequence[Port], leaving: Sequence[Edge]) -> tuple[Way, ...]:
    """List how *node* can be left while the run goes on; empty for a node that always ends the run.

    Every declared port is a way, connected or not; ``otherwise`` of a ``switch`` only when connected, since an
    event no case fits is an error then. An error is a way for each class an edge catches.
    """
    if node.disabled:
        return (Way(EVERY),)
    connected = {e.port for e in leaving}
    normal = [p.name for p in ports if not (node.use == "switch" and p.name == "otherwise" and p.name not in connected)]
    caught = dict.fromkeys(e.error_class for e in leaving if e.port == "error")
    return (*map(Way, normal), *(Way("error", kind) for kind in caught))


def required(node: Node, incoming: int) -> int:
    """How many of *incoming* edges must be taken before *node* runs."""
    if node.join in {"merge", "any"}:
        return 1
    return incoming if node.join == "all" else int(node.join)
