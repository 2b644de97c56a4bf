"""The records a comparison gives."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from automata.model import Json, JsonObject


class Level(StrEnum):
    """Who has to care about a change."""

    NONE = "none"
    """Nobody: only the picture moved."""
    PATCH = "patch"
    """Runs do the same: notes, tests, patience."""
    MINOR = "minor"
    """Runs may do something else; nobody outside has to change anything."""
    MAJOR = "major"
    """A caller, a sender of events or an operator has to act, or something that was taken care of no longer is."""

    @property
    def rank(self) -> int:
        """Position in the order none, patch, minor, major."""
        return tuple(Level).index(self)


@frozen(kw_only=True)
class Change:
    """One difference."""

    kind: str
    """What happened to what: ``node_added``, ``edge_removed``, ``input_narrowed`` ..."""
    subject: str
    """Address of the node, the edge as text, or the key of the document."""
    level: Level
    reason: str
    """One sentence: why it has this level."""
    before: Json = None
    after: Json = None

    def to_json(self) -> JsonObject:
        """The change as the CLI prints it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "level": str(self.level),
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
        }


@frozen(kw_only=True)
class Diff:
    """All differences, the gravest first."""

    changes: tuple[Change, ...]

    @property
    def level(self) -> Level:
        """The gravest level of any change."""
        return max((change.level for change in self.changes), key=lambda level: level.rank, default=Level.NONE)
