"""What the kernel gives back."""

from automata._core.results import Report
from automata.model import Graph, Problem, Severity, Workflow


def test_warnings_do_not_make_a_document_invalid_and_no_document_does():
    workflow = Workflow(name="w", graph=Graph(nodes={}))
    warning = Problem(code="EFF-001", message="Mind this", severity=Severity.WARNING, pointer="")

    assert Report(None, workflow, (warning,)).valid
    assert not Report(None, None, ()).valid
