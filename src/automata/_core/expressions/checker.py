"""The static checker: the type of an expression over JSON Schema types, and everything in it that will or may fail.

Unknown types (`DYN`) raise no alarm. What certainly fails is an error; what fails only for some values is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from attrs import evolve, frozen

from automata._core.expressions import complaints
from automata._core.expressions.calls import namespace, resolve
from automata._core.expressions.findings import Findings
from automata._core.expressions.narrowing import NOTHING, Fact, Facts, forget, key_of, proves
from automata._core.expressions.operands import (
    elements,
    match,
    operate,
    plain,
    values_of,
)
from automata._core.expressions.signatures import overloads
from automata._core.expressions.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Macro,
    MapLiteral,
    Member,
    Name,
    Span,
    Unary,
)
from automata._core.expressions.unparse import unparse
from automata._core.expressions.values import TYPE_NAMES, Uint
from automata._core.suggest import did_you_mean, nearest
from automata._core.types import (
    BOOL,
    BYTES,
    DYN,
    INT,
    TYPE,
    Field,
    Type,
    alternatives,
    constant,
    describe,
    from_schema,
    list_of,
    map_of,
    optional_of,
    union,
    without,
)
from automata.model import Function, JsonSchema


@frozen
class Typed:
    """What is known of a root: its schema, and whether it may be absent because its node did not run."""

    schema: JsonSchema
    maybe_missing: bool = False

    @cached_property
    def type(self) -> Type:
        """The schema as a type."""
        return from_schema(self.schema)


class Checker:
    """Infers the types of one expression and notes its problems."""

    def __init__(self, env: Mapping[str, Typed], functions: Mapping[str, Function], findings: Findings) -> None:
        self.env = env
        self.functions = functions
        self.findings = findings
        self.local: dict[str, Type] = {}

    def infer(self, node: Expression, facts: Facts = NOTHING) -> Type:
        """Give the type of *node* where *facts* hold."""
        match node:
            case Literal(value=value):
                if isinstance(value, bytes):
                    return BYTES
                return INT if isinstance(value, Uint) else constant(value)
            case Name():
                return self._name(node, facts)
            case Member() | Index():
                return self._path(node, facts)
            case Has(operand=operand):
                self._has(operand, facts)
                return BOOL
            case Call():
                return self._call(node, facts)
            case Macro():
                return self._macro(node, facts)
            case _:
                return self._operator(node, facts)

    def _operator(self, node: Unary | Binary | Logic | Conditional | ListLiteral | MapLiteral, facts: Facts) -> Type:
        match node:
            case Unary():
                return self._unary(node, facts)
            case Binary():
                return self._binary(node, facts)
            case Logic():
                return self._logic(node, facts)
            case Conditional():
                return self._conditional(node, facts)
            case ListLiteral():
                return list_of(
                    union(self._entry(i, mark, facts) for i, mark in zip(node.items, node.optional, strict=True))
                )
            case MapLiteral():
                return self._map(node, facts)

    # Names and paths

    def _name(self, node: Name, facts: Facts, *, lenient: bool = False) -> Type:
        if node.name in self.local:
            found = self.local[node.name]
        elif node.name in self.env:
            root = self.env[node.name]
            if root.maybe_missing and not lenient and ("present", node.name) not in facts:
                hint = f"guard it with has({node.name}) ? ... : ..."
                self.findings.warning("REF-004", f"Node {node.name!r} may not have run", node.span, hint=hint)
            found = root.type
        elif node.name in TYPE_NAMES:
            return TYPE
        else:
            return self._unknown(node)
        return without(found, "null") if ("filled", node.name) in facts else found

    def _unknown(self, node: Name) -> Type:
        names = [*self.local, *self.env]
        near = nearest(node.name, names)
        fix = self.findings.rename(node.span, near) if near else None
        hint = "" if near else "text stands in quotes"
        message = f"Unknown name {node.name!r}{did_you_mean(node.name, names)}"
        self.findings.error("REF-001", message, node.span, hint=hint, fix=fix)
        return DYN

    def _path(self, node: Member | Index, facts: Facts) -> Type:
        """Check a whole chain, so that one doubt gives one warning and a fix for all of it."""
        doubts: list[complaints.Doubt] = []
        found = self._step(node, facts, doubts, lenient=False)
        if doubts:
            complaints.report(self.findings, node, found, doubts[0])
        return found

    def _step(self, node: Expression, facts: Facts, doubts: list[complaints.Doubt], *, lenient: bool) -> Type:
        """Infer one step of a chain; in a *lenient* one (has, optional) nothing can be missing."""
        if isinstance(node, Name):
            return self._name(node, facts, lenient=True)
        if not isinstance(node, Member | Index):
            return self.infer(node, facts)
        before = self._step(node.operand, facts, doubts, lenient=lenient or node.optional)
        root = node.operand
        soft = lenient or node.optional
        if isinstance(root, Name) and not soft and self._may_be_absent(root, facts):
            doubts.append(
                complaints.Doubt("REF-004", f"Node {root.name!r} may not have run", root.span, node, root.name)
            )
        if isinstance(node, Member):
            found = self._member(before, node, doubts, facts, soft=soft)
        else:
            found = self._index(before, node, doubts, facts, soft=soft)
        if ("filled", key_of(node)) in facts:
            found = without(found, "null")
        return optional_of(found) if node.optional and not lenient else found

    def _may_be_absent(self, root: Name, facts: Facts) -> bool:
        known = None if root.name in self.local else self.env.get(root.name)
        return known is not None and known.maybe_missing and ("present", root.name) not in facts

    def _member(self, before: Type, node: Member, doubts: list[complaints.Doubt], facts: Facts, *, soft: bool) -> Type:
        results: list[Type] = []
        unknown: list[Type] = []
        for part in alternatives(before):
            if part.kind == "optional":
                inner = self._member(part.item or DYN, node, doubts, facts, soft=True)
                results.append(optional_of(inner))
            elif part.kind == "null" and len(alternatives(before)) > 1:
                if not soft:
                    text = unparse(node.operand)
                    doubts.append(complaints.Doubt("REF-005", f"{text!r} may be null", node.name_span, node, text))
            elif part.kind == "map" and (node.name in part.fields or part.rest is not None):
                results.append(self._field(part, node, doubts, facts, soft=soft))
            elif part.kind == "dyn":
                results.append(DYN)
            else:
                unknown.append(part)
        if unknown and not results:
            complaints.no_field(self.findings, node, unknown)
            return DYN
        if unknown and not soft and ("present", key_of(node)) not in facts:
            message = f"Field {node.name!r} of {unparse(node.operand)!r} may be missing"
            doubts.append(complaints.Doubt("REF-003", message, node.name_span, node, unparse(node)))
        return union(results)

    def _field(self, part: Type, node: Member, doubts: list[complaints.Doubt], facts: Facts, *, soft: bool) -> Type:
        known = part.fields.get(node.name)
        if known is None:
            return part.rest or DYN
        if not known.required and not soft and ("present", key_of(node)) not in facts:
            message = f"Field {node.name!r} of {unparse(node.operand)!r} may be missing"
            doubts.append(complaints.Doubt("REF-003", message, node.name_span, node, unparse(node)))
        return known.type

    def _index(self, before: Type, node: Index, doubts: list[complaints.Doubt], facts: Facts, *, soft: bool) -> Type:
        key = self.infer(node.index, facts)
        if isinstance(node.index, Literal) and isinstance(node.index.value, str):  # noqa: SIM102 - the outer test narrows the type
            if any(part.kind == "map" for part in alternatives(before)):
                inner = node.index.span
                member = Member(node.operand, node.index.value, span=node.span, name_span=(inner[0] + 1, inner[1] - 1))
                own: list[complaints.Doubt] = []
                found = self._member(before, member, own, facts, soft=soft)
                doubts.extend(evolve(doubt, step=node) for doubt in own)
                return found
        results: list[Type] = []
        for part in alternatives(before):
            if part.kind == "optional":
                results.append(optional_of(self._index(part.item or DYN, node, doubts, facts, soft=True)))
            elif part.kind == "list" and _may_be(key, "int", "number"):
                results.append(part.item or DYN)
            elif part.kind == "map" and _may_be(key, "string"):
                results.append(values_of(part))
            elif part.kind == "dyn":
                results.append(DYN)
        if not results and not (soft and before.kind == "null"):
            message = f"Cannot look up {describe(key)} in {describe(before)}"
            self.findings.error("EXP-004", message, node.span)
            return DYN
        return union(results)

    def _has(self, operand: Expression, facts: Facts) -> None:
        if isinstance(operand, Name):
            self._name(operand, facts, lenient=True)
        else:
            self._step(operand, facts, [], lenient=True)

    # Operators

    def _unary(self, node: Unary, facts: Facts) -> Type:
        found = self.infer(node.operand, facts)
        if node.operator == "!":
            self._bool(found, node.operand.span, "'!' takes a bool")
            return BOOL
        kinds = {part.kind for part in alternatives(found)}
        if not kinds & {"int", "number", "duration", "dyn"}:
            self.findings.error("EXP-004", f"Cannot negate {describe(found)}", node.span)
            return DYN
        return plain(found)

    def _binary(self, node: Binary, facts: Facts) -> Type:
        left, right = self.infer(node.left, facts), self.infer(node.right, facts)
        if node.operator in {"==", "!="}:
            complaints.equality(self.findings, node, left, right)
            return BOOL
        if node.operator == "in":
            complaints.membership(self.findings, node, left, right)
            return BOOL
        verdict = operate(node.operator, left, right)
        if not verdict.fits:
            complaints.unfit(self.findings, node, left, right)
        elif verdict.wrong:
            complaints.doubtful(self.findings, node, left, right, verdict.wrong)
        return verdict.result

    def _logic(self, node: Logic, facts: Facts) -> Type:
        holds = node.operator == "&&"
        proofs = [proves(part, holds=holds) for part in node.operands]
        for position, part in enumerate(node.operands):
            # An operand that fails is absorbed when another one decides, so every other one guards it.
            others = frozenset[Fact]().union(*(proof for i, proof in enumerate(proofs) if i != position))
            found = self.infer(part, facts | others)
            self._bool(found, part.span, f"{node.operator!r} takes bools")
        return BOOL

    def _conditional(self, node: Conditional, facts: Facts) -> Type:
        self._bool(self.infer(node.test, facts), node.test.span, "The condition must be a bool")
        then = self.infer(node.then, facts | proves(node.test, holds=True))
        return union([then, self.infer(node.otherwise, facts | proves(node.test, holds=False))])

    def _bool(self, found: Type, span: Span, what: str) -> None:
        kinds = {part.kind for part in alternatives(found)}
        if not kinds & {"bool", "dyn", "never"}:
            hint = "compare it with something" if "optional" not in kinds else "end with .orValue(false)"
            self.findings.error("EXP-005", f"{what}, found {describe(plain(found))}", span, hint=hint)
        elif "null" in kinds:
            self.findings.warning("REF-005", f"{what}, but it may be null", span, hint="compare it with true")

    def _entry(self, item: Expression, optional: bool, facts: Facts) -> Type:  # noqa: FBT001 - read from the tree
        found = self.infer(item, facts)
        if not optional:
            return found
        if found.kind not in {"optional", "dyn"}:
            self.findings.error("EXP-004", f"'?' stands before an optional, found {describe(found)}", item.span)
        return found.item or DYN

    def _map(self, node: MapLiteral, facts: Facts) -> Type:
        fields: dict[str, Field] = {}
        rest: list[Type] = []
        for key, value, mark in zip(node.keys, node.values, node.optional, strict=True):
            found = self._entry(value, mark, facts)
            kind = self.infer(key, facts)
            if not _may_be(kind, "string"):
                self.findings.error("EXP-004", f"The keys of a map are strings, found {describe(kind)}", key.span)
            if isinstance(key, Literal) and isinstance(key.value, str):
                fields[key.value] = Field(found, not mark)
            else:
                rest.append(found)
        return map_of(fields, union(rest) if rest else None)

    # Calls and macros

    def _call(self, node: Call, facts: Facts) -> Type:
        function, method = resolve(node, self.functions, frozenset(self.local))
        if function is None:
            self._no_function(node)
            return DYN
        inputs = list(node.arguments)
        if method and node.target is not None:
            inputs.insert(0, node.target)
        types = [self.infer(part, facts) for part in inputs]
        known = overloads(function, method=method)
        fitting = [one for one in known if len(one.inputs) == len(inputs)]
        called = [one.text for one in known or overloads(function, method=not method)]
        hint = (
            f"it is {function.name}{called[0]}"
            if called and called[0].startswith("(")
            else f"it is {' or '.join(called[:3])}"
        )
        if not fitting:
            message = f"{function.name}() does not take {len(node.arguments)} arguments"
            if not known:
                message = f"{function.name}() is {'no method' if method else 'a method'}"
            self.findings.error("EXP-003", message, node.span, hint=hint)
            return union(one.result for one in known) if known else DYN
        found = match(fitting, types)
        if not found.fitting:
            given = ", ".join(describe(plain(one)) for one in types)
            if any(one.kind == "optional" for one in types):
                hint = "end the optional with .orValue(...)"
            self.findings.error("EXP-003", f"{function.name}() cannot take {given}", node.span, hint=hint)
        elif found.wrong is not None and found.wrong[1].kind == "null":
            place = inputs[found.wrong[0]]
            text = unparse(place)
            self.findings.warning("REF-005", f"{text!r} may be null", place.span, hint=f"guard it with {text} != null")
        return found.result

    def _no_function(self, node: Call) -> None:
        prefix = namespace(node.target) if node.target is not None else None
        names = [name for name in self.functions if "." not in name]
        if (
            prefix is not None
            and prefix not in self.env
            and any(name.startswith(f"{prefix}.") for name in self.functions)
        ):
            names = [name.removeprefix(f"{prefix}.") for name in self.functions if name.startswith(f"{prefix}.")]
        elif node.target is not None:
            self.infer(node.target)
        near = nearest(node.name, names)
        fix = self.findings.rename(node.name_span, near) if near else None
        message = f"Unknown function {node.name!r}{did_you_mean(node.name, names)}"
        self.findings.error("EXP-002", message, node.name_span, fix=fix)

    def _macro(self, node: Macro, facts: Facts) -> Type:
        target = self.infer(node.target, facts)
        if node.name == "bind":
            return self._with(node.variable, target, lambda inner: self.infer(node.arguments[0], inner), facts)
        if node.name in {"optMap", "optFlatMap"}:
            return self._opt_map(node, target, facts)
        verdict = elements(target)
        if not verdict.fits:
            hint = "end the optional with .orValue([])" if target.kind == "optional" else ""
            message = f"{node.name}() walks a list or a map, found {describe(target)}"
            self.findings.error("EXP-004", message, node.name_span, hint=hint)
        elif any(part.kind == "null" for part in verdict.wrong):
            text = unparse(node.target)
            self.findings.warning(
                "REF-005", f"{text!r} may be null", node.target.span, hint=f"guard it with {text} != null"
            )
        return self._with(node.variable, verdict.result, lambda inner: self._looped(node, verdict.result, inner), facts)

    def _looped(self, node: Macro, item: Type, facts: Facts) -> Type:
        if node.name == "sortBy":
            self.infer(node.arguments[0], facts)
            return list_of(item)
        if node.name == "map" and len(node.arguments) == 1:
            return list_of(self.infer(node.arguments[0], facts))
        test = node.arguments[0]
        self._bool(self.infer(test, facts), test.span, f"The test of {node.name}() must be a bool")
        if node.name == "map":
            return list_of(self.infer(node.arguments[1], facts | proves(test, holds=True)))
        return list_of(item) if node.name == "filter" else BOOL

    def _opt_map(self, node: Macro, target: Type, facts: Facts) -> Type:
        if target.kind not in {"optional", "dyn"}:
            message = f"{node.name}() is called on an optional, found {describe(target)}"
            self.findings.error("EXP-004", message, node.name_span)
        item = target.item or DYN
        found = self._with(node.variable, item, lambda inner: self.infer(node.arguments[0], inner), facts)
        return optional_of(found)

    def _with(self, variable: str, bound: Type, work: Callable[[Facts], Type], facts: Facts) -> Type:
        """Do *work* with a macro's variable known."""
        before = self.local.get(variable)
        self.local[variable] = bound
        try:
            return work(forget(facts, variable))
        finally:
            if before is None:
                del self.local[variable]
            else:
                self.local[variable] = before


def _may_be(one: Type, *kinds: str) -> bool:
    return any(part.kind in kinds or part.kind == "dyn" for part in alternatives(one))
