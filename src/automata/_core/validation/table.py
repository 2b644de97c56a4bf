"""Every rule of the kernel, in the order problems are sought."""

from __future__ import annotations

from automata._core.validation import (
    cases,
    connections,
    effects,
    limits,
    parameters,
    references,
    soundness,
    structure,
)
from automata._core.validation.survey import Rule

FIRST: tuple[Rule, ...] = limits.FIRST
"""Rules whose breach keeps the others from running."""

RULES: tuple[Rule, ...] = (
    *FIRST,
    *structure.RULES,
    *parameters.RULES,
    *references.RULES,
    *connections.RULES,
    *effects.RULES,
    *limits.RULES,
    *cases.RULES,
    *soundness.RULES,
)
"""All rules; the one without a code passes on the problems of the expression checker under theirs."""
