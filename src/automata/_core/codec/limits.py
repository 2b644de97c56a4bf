"""How large a document may be; every bound gives a problem, never a crash."""

from __future__ import annotations

BYTES = 1_048_576
"""A document's text, in bytes of UTF-8."""
DEPTH = 64
"""Objects and arrays inside each other, anywhere in the document."""
VALUES = 100_000
"""JSON values in all; bounds time and memory for texts made of nothing but brackets and commas."""
NODES = 2_000
"""Nodes of a workflow, nested bodies included."""
EDGES = 10_000
"""Edges of a workflow after chains are taken apart, nested bodies included."""
BODIES = 16
"""Graphs inside each other, the workflow itself being the first."""
PROBLEMS = 200
"""Problems reported for one document; what comes after them is only counted."""
YAML_BYTES_SLOW = 65_536
"""A YAML text where PyYAML has no libyaml and reads forty times slower."""
