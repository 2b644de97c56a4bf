"""Problems of one expression, collected: codes, places, and fixes that rewrite the string they stand in.

The codes: EXP-001 syntax, EXP-002 unknown function, EXP-003 arguments, EXP-004 operands, EXP-005 a condition that is no
bool, EXP-006 a value that cannot stand in a text, EXP-007 a comparison that never holds; REF-001 unknown name, REF-002
unknown field, REF-003 a field that may be missing, REF-004 a node that may not have run, REF-005 a value that may be
null.
"""

from __future__ import annotations

from automata._core.expressions.syntax import Span
from automata.model import Fix, Problem, Severity


class Findings:
    """Collects the problems of one string."""

    def __init__(self, text: str, pointer: str) -> None:
        self.text = text
        self.pointer = pointer
        self.problems: list[Problem] = []

    def error(self, code: str, message: str, span: Span, *, hint: str = "", fix: Fix | None = None) -> None:
        """Note what will fail."""
        self._add(Severity.ERROR, code, message, span, hint, fix)

    def warning(self, code: str, message: str, span: Span, *, hint: str = "", fix: Fix | None = None) -> None:
        """Note what may fail."""
        self._add(Severity.WARNING, code, message, span, hint, fix)

    def _add(self, severity: Severity, code: str, message: str, span: Span, hint: str, fix: Fix | None) -> None:
        problem = Problem(
            code=code,
            message=message,
            pointer=self.pointer,
            severity=severity,
            hint=hint or None,
            fixes=(fix,) if fix else (),
            span=span,
        )
        if problem not in self.problems:
            self.problems.append(problem)

    def rewrite(self, title: str, span: Span, text: str) -> Fix:
        """Make the fix that puts *text* in the place of *span*."""
        start, end = span
        value = self.text[:start] + text + self.text[end:]
        return Fix(title, ({"op": "replace", "path": self.pointer, "value": value},))

    def rename(self, span: Span, name: str) -> Fix:
        """Make the fix for a mistyped name."""
        return self.rewrite(f"Rename to {name!r}", span, name)
