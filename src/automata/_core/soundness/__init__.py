"""Prove that every node of a graph can run, that no join starves, and that nothing is left running, or show why not.

Decides by decision diagrams, never by enumerating runs; says so when a graph is too entangled. Knows nothing of
documents: `validation` turns violations into problems.
"""

from automata._core.soundness.analysis import Violation, analyse, violations
from automata._core.soundness.flow import Flow
from automata._core.soundness.timing import Timing

__all__ = ["Flow", "Timing", "Violation", "analyse", "violations"]
