"""What the checker says of parts that do not fit: the sentence, the way out and, where it can, a fix."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from automata._core.expressions.findings import Findings
from automata._core.expressions.operands import default_text, elements, plain
from automata._core.expressions.syntax import Binary, Expression, Index, Literal, Member, Span
from automata._core.expressions.unparse import unparse
from automata._core.suggest import did_you_mean, nearest
from automata._core.types import Type, alternatives, describe, overlaps, union


@frozen
class Doubt:
    """A step of a chain that may give nothing."""

    code: str
    message: str
    span: Span
    step: Member | Index
    text: str


def report(findings: Findings, node: Expression, found: Type, doubt: Doubt) -> None:
    """Warn of a chain that may give nothing; the fix makes the doubtful step optional."""
    text = unparse(_made_optional(node, doubt.step))
    default = default_text(found)
    fix = None
    if default is not None and doubt.code != "REF-005":
        new = f"{text}.orValue({default})"
        fix = findings.rewrite(f"Write {new}", node.span, new)
    hint = f"write {text}.orValue(...), or guard it with has({_plain_text(doubt.step)}) ? ... : ..."
    if doubt.code == "REF-005":
        hint = f"write {text}.orValue(...), or guard it with {doubt.text} != null"
    findings.warning(doubt.code, doubt.message, doubt.span, hint=hint, fix=fix)


def no_field(findings: Findings, node: Member, unknown: Sequence[Type]) -> None:
    """Say that a field is not there, and which is near."""
    names = [name for part in unknown for name in part.fields]
    text = unparse(node.operand)
    if not any(part.kind == "map" for part in unknown):
        whole = describe(union(unknown))
        findings.error("REF-002", f"{text!r} is {whole}: it has no field {node.name!r}", node.name_span)
        return
    near = nearest(node.name, names)
    fix = findings.rename(node.name_span, near) if near else None
    hint = "" if near or not names else f"it has {', '.join(names[:8])}"
    message = f"No field {node.name!r} in {text!r}{did_you_mean(node.name, names)}"
    findings.error("REF-002", message, node.name_span, hint=hint, fix=fix)


def unfit(findings: Findings, node: Binary, left: Type, right: Type) -> None:
    """Say that an operator never takes these operands."""
    if node.operator in {"<", "<=", ">", ">="}:
        message = f"Cannot compare {describe(plain(left))} with {describe(plain(right))}"
    else:
        message = f"Cannot use {node.operator!r} on {describe(plain(left))} and {describe(plain(right))}"
    hint = ""
    if node.operator == "+" and "string" in {left.kind, right.kind}:
        other = node.right if left.kind == "string" else node.left
        hint = f"write string({unparse(other)})"
    findings.error("EXP-004", message, node.span, hint=hint)


def doubtful(findings: Findings, node: Binary, left: Type, right: Type, wrong: Sequence[Type]) -> None:
    """Warn that an operator does not always take these operands."""
    if any(part.kind == "null" for part in wrong):
        nullable = node.left if any(part.kind == "null" for part in alternatives(left)) else node.right
        text = unparse(nullable)
        hint = f"guard it with {text} != null"
        findings.warning("REF-005", f"{text!r} may be null", nullable.span, hint=hint)
        return
    message = f"Cannot always use {node.operator!r} on {describe(plain(left))} and {describe(plain(right))}"
    findings.warning("EXP-004", message, node.span)


def equality(findings: Findings, node: Binary, left: Type, right: Type) -> None:
    """Say when two values can never be equal."""
    null = Literal(None)
    literals = isinstance(node.left, Literal) and isinstance(node.right, Literal)
    if null in {node.left, node.right} or literals or overlaps(left, right):
        return
    if overlaps(plain(left), plain(right)):
        value, known = (right, left) if right.values and len(right.values) == 1 else (left, right)
        options = [str(option) for option in known.values or ()]
        wrong = str((value.values or ("",))[0])
        near = did_you_mean(wrong, options) or (f"; it is one of {', '.join(options[:8])}" if options else "")
        findings.error("EXP-007", f"This is never {wrong!r}{near}", node.span)
        return
    message = f"Comparing {describe(plain(left))} with {describe(plain(right))} never holds"
    findings.error("EXP-007", message, node.span, hint="convert one side with int(...) or string(...)")


def membership(findings: Findings, node: Binary, left: Type, right: Type) -> None:
    """Say when a value can never be in a container."""
    verdict = elements(right)
    if not verdict.fits:
        message = f"'in' looks into a list or a map, found {describe(right)}"
        hint = "write text.contains(part) for strings" if right.kind == "string" else ""
        findings.error("EXP-004", message, node.right.span, hint=hint)
    elif verdict.result.kind != "never" and not overlaps(left, verdict.result):
        message = f"A list of {describe(verdict.result)} never holds {describe(left)}"
        findings.error("EXP-007", message, node.span)


def _made_optional(node: Expression, step: Member | Index) -> Expression:
    """Give the chain with *step* written as an optional one."""
    if node is step:
        return evolve(step, optional=True)
    if isinstance(node, Member | Index):
        return evolve(node, operand=_made_optional(node.operand, step))
    return node


def _plain_text(step: Member | Index) -> str:
    return unparse(evolve(step, optional=False))
