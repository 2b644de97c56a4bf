"""Collects the problems of one document, with the node each belongs to; decides nothing."""

from __future__ import annotations

from automata._core.codec import limits
from automata._core.patch import split
from automata.model import Fix, Problem


class Report:
    """What is found while a document is read, plus the counts that limits look at."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._missed = 0
        self.nodes = 0
        """Nodes met so far."""
        self.edges = 0
        """Edges met so far."""
        self.depth = 0
        """Graphs that are open."""

    def add(
        self, code: str, message: str, pointer: str, *, hint: str | None = None, fixes: tuple[Fix, ...] = ()
    ) -> None:
        """Note a problem at *pointer*; beyond `limits.PROBLEMS` it is only counted."""
        if self.full:
            self.miss()
            return
        self._problems.append(
            Problem(code=code, message=message, pointer=pointer, hint=hint, fixes=fixes, node=node_at(pointer))
        )

    def miss(self) -> None:
        """Count a problem that nobody will read, because the report is full."""
        self._missed += 1

    @property
    def count(self) -> int:
        """How many problems there are, listed or not."""
        return len(self._problems) + self._missed

    @property
    def full(self) -> bool:
        """Whether another problem would only be counted, so that wording it is wasted."""
        return len(self._problems) >= limits.PROBLEMS

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything noted, in the order found."""
        if not self._missed:
            return tuple(self._problems)
        return (*self._problems, Problem(code="DOC-034", message=f"{self._missed} more problems are not listed"))


def node_at(pointer: str) -> str | None:
    """Give the address of the node that *pointer* lies in: ``/nodes/each/body/nodes/fetch/with`` is ``each/fetch``."""
    tokens = split(pointer)
    address: list[str] = []
    while len(tokens) > 1 and tokens[0] == "nodes":
        address.append(tokens[1])
        tokens = tokens[3:] if len(tokens) > 2 and tokens[2] in {"body", "finally"} else ()  # noqa: PLR2004 - the third token
    return "/".join(address) or None
