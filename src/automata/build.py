"""Building workflows from Python; see the how-to guide of that name."""

from automata._core.builder import Exit, GraphBuilder, Step, WorkflowBuilder, expr, workflow

__all__ = ["Exit", "GraphBuilder", "Step", "WorkflowBuilder", "expr", "workflow"]
