"""The records a comparison of runs gives, and how two JSON values differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from attrs import frozen

from automata.model import Effect, Json, JsonObject, RunStatus

Kind = Literal["changed", "gone", "new"]
MOST = 20
"""Places of one value that are named one by one; beyond, the value is named as a whole."""


@frozen(kw_only=True)
class Change:
    """One place where two runs, or two steps, differ."""

    field: str
    """``parameters``, ``key``, ``output``, ``port``, ``status`` or ``error``."""
    path: str
    """Where inside it, like ``body.lines[2]``; empty for the whole."""
    before: Json
    after: Json

    def to_json(self) -> JsonObject:
        """The change as the CLI and the API show it."""
        return {"field": self.field, "path": self.path, "before": self.before, "after": self.after}


@frozen(kw_only=True)
class StepDifference:
    """One step that goes another way."""

    node: str
    """Its address."""
    use: str
    effect: Effect
    kind: Kind
    """Whether it runs in both and does something else, or only in the recorded run, or only under the version tried."""
    changes: tuple[Change, ...] = ()
    would: str | None = None
    """For a step the record has no answer for: the effect that would happen, in words."""
    parameters: Json = None
    """Of that effect."""
    guess: bool = False
    """Whether it rests on a made-up output of a step without a record."""

    def to_json(self) -> JsonObject:
        """The difference as the CLI and the API show it."""
        return {
            "node": self.node,
            "use": self.use,
            "effect": str(self.effect),
            "kind": self.kind,
            "changes": [change.to_json() for change in self.changes],
            "would": self.would,
            "parameters": self.parameters,
            "guess": self.guess,
        }


@frozen(kw_only=True)
class RunDifference:
    """What one recorded run would have done otherwise."""

    run: str
    version: str
    """It ran."""
    status: RunStatus
    """As recorded."""
    would_be: RunStatus
    """Under the version tried."""
    waits: tuple[str, ...] = ()
    """Steps that would wait for what the record does not hold, so that the end is not known."""
    steps: tuple[StepDifference, ...] = ()
    end: tuple[Change, ...] = ()
    """How its status, output and error differ."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.steps or self.end)

    def to_json(self) -> JsonObject:
        """The difference as the CLI and the API show it."""
        return {
            "run": self.run,
            "version": self.version,
            "differs": self.differs,
            "status": str(self.status),
            "would_be": str(self.would_be),
            "waits": list(self.waits),
            "end": [change.to_json() for change in self.end],
            "steps": [step.to_json() for step in self.steps],
        }


def changes(field: str, before: Json, after: Json) -> tuple[Change, ...]:
    """The places where two values of a *field* differ; the whole value when there are too many."""
    found = tuple(_places(field, before, after, ""))
    return found if len(found) <= MOST else (Change(field=field, path="", before=before, after=after),)


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal; ``true`` is not 1, but 1 is 1.0."""
    return next(_places("", one, other, ""), None) is None


def _places(field: str, before: Json, after: Json, path: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{path}.{name}" if path else name
            if name in before and name in after:
                yield from _places(field, before[name], after[name], inner)
            else:
                yield Change(field=field, path=inner, before=before.get(name), after=after.get(name))
    elif _is_list(before) and _is_list(after) and len(before) == len(after):  # type: ignore[arg-type] # both are lists
        for index, (one, other) in enumerate(zip(before, after, strict=True)):  # type: ignore[arg-type] # both are lists
            yield from _places(field, one, other, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield Change(field=field, path=path, before=before, after=after)


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
