"""Find everything wrong with a workflow document, each with its place, its reason and, where possible, a fix.

One function a rule, in one table; never raises, never runs anything, never stops at the first problem.
"""

from automata._core.validation.check import validate, validate_many
from automata._core.validation.survey import Rule
from automata._core.validation.table import RULES

__all__ = ["RULES", "Rule", "validate", "validate_many"]
