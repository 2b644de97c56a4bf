"""A user's mistake as a value: found once, rendered by builder, CLI, API and documentation alike."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from automata.model.values import JsonObject


class Severity(StrEnum):
    """How bad a problem is; only errors keep a document from being published or run."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Position:
    """A place in a text, both numbers counted from 1; the column counts characters."""

    line: int
    column: int


@frozen
class Fix:
    """A change that removes a problem and adds none."""

    title: str
    """What it does, in the imperative: "Rename to 'email'"."""
    patch: tuple[JsonObject, ...]
    """JSON Patch operations (RFC 6902) on the document the problem was found in."""


@frozen(kw_only=True)
class Problem:
    """One thing wrong with a document."""

    code: str
    """Stable, like ``REF-003``; ``automata docs CODE`` explains it."""
    message: str
    """One sentence, no full stop: what is wrong, with the offending value."""
    pointer: str = ""
    """JSON Pointer (RFC 6901) into the document as it was written; empty for the whole document."""
    severity: Severity = Severity.ERROR
    hint: str | None = None
    """The way out, when it is not a machine-applicable fix."""
    fixes: tuple[Fix, ...] = ()
    node: str | None = None
    """Address of the node concerned: ids joined by ``/`` through nested bodies."""
    span: tuple[int, int] | None = None
    """Start and end offset inside the string at *pointer*, for problems in expressions."""
    path: tuple[str, ...] = ()
    """Counter-example of a soundness problem: the steps that lead to it, as text."""
    file: str | None = None
    position: Position | None = None
    """Where *pointer* stands in the source text, when it is known."""
