from automata._core.expressions.findings import Findings
from automata.model import Severity


def test_a_finding_is_kept_once():
    findings = Findings("abc", "/at")
    for _ in range(2):
        findings.error("EXP-001", "No", (0, 1))
    findings.warning("REF-003", "Perhaps", (1, 2), hint="Do")

    assert [(p.code, p.severity, p.pointer, p.hint) for p in findings.problems] == [
        ("EXP-001", Severity.ERROR, "/at", None),
        ("REF-003", Severity.WARNING, "/at", "Do"),
    ]


def test_a_rename_replaces_the_span_in_the_whole_string():
    fix = Findings("x ${ordr.id} y", "/with/t").rename((4, 8), "order")

    assert fix.patch == ({"op": "replace", "path": "/with/t", "value": "x ${order.id} y"},)
