"""What changed between two documents, and who has to care: major, minor or patch, each with its reason."""

from automata._core.diff.compare import compare
from automata._core.diff.record import Change, Diff, Level
from automata._core.diff.schema import schema_changes

__all__ = ["Change", "Diff", "Level", "compare", "schema_changes"]
