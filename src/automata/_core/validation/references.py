"""Rules about expressions: names in reach, values that are there, types that fit.

Walks the graph once in topological order, so that each expression is checked with the types of everything upstream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from automata._core import types
from automata._core.expressions import Typed, check_template
from automata._core.patch import join
from automata._core.validation.parameters import has_hole
from automata._core.validation.survey import Rule, Survey, View, members
from automata._core.validation.visibility import RUN, Frame, Visible
from automata.model import Json, JsonSchema, Kind, Node, Problem

ORDER = "REF-101"
MISFIT = "TYP-001"
ANYTHING = types.from_schema({})

PROBLEMS = 1_000
"""After so many the rest of the expressions is not looked at: what is told is cut off long before."""


def expressions(survey: Survey) -> Iterator[Problem]:
    """Everything the checker of expressions finds; its problems carry their own codes."""
    return (p for p in survey.kept(_check) if p.code not in {ORDER, MISFIT})


def out_of_reach(survey: Survey) -> Iterator[Problem]:
    """An expression names nodes that are upstream, and roots of its own scope."""
    return (p for p in survey.kept(_check) if p.code == ORDER)


def misfit(survey: Survey) -> Iterator[Problem]:
    """What an expression gives fits the parameter it is for."""
    return (p for p in survey.kept(_check) if p.code == MISFIT)


def _check(survey: Survey) -> tuple[Problem, ...]:
    checker = _Checker(survey)
    checker.workflow()
    return tuple(checker.problems)


class _Checker:
    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.problems: list[Problem] = []
        self.views = {id(view.graph): view for view in survey.views}
        self.wanted: dict[tuple[str, str], types.Type] = {}

    def workflow(self) -> None:
        workflow = self.survey.workflow
        roots = {
            "vars": Typed(types.to_schema(types.constant(workflow.vars)), maybe_missing=False),
            "input": Typed(workflow.input or {}, maybe_missing=False),
            "run": Typed(RUN, maybe_missing=False),
        }
        frame = Frame(self.survey.views[0], None, None, roots)
        self.graph(frame)
        settings = workflow.settings
        limits = {"concurrency": settings.concurrency, "rate": settings.rate, "debounce": settings.debounce}
        for name, limit in limits.items():
            if limit is not None and limit.key is not None:
                bare = Frame(View(self.survey, type(workflow.graph)(), "", "", None, None), None, None, roots)
                self.template(limit.key, Visible(bare, None), f"/settings/{name}/key", None)

    def graph(self, frame: Frame) -> types.Type:
        """Check a graph and give the type of its output."""
        view = frame.view
        if view.order is None:
            return ANYTHING
        for id_ in view.order:
            self.node(frame, view.graph.nodes[id_])
        output = view.graph.output
        if output is None:
            return types.constant(None)
        return self.template(output, Visible(frame, None), join(view.pointer, "output"), view.owner)

    def node(self, frame: Frame, node: Node) -> None:
        view = frame.view
        given: dict[str, types.Type] = {}
        for name, value in node.parameters.items():
            env = Visible(frame, node, _extra(node, name))
            given[name] = self.template(value, env, view.at(node, "with", name), node, view)
            self._fit(view, node, name, value, given[name])
        if node.key is not None:
            self.template(node.key, Visible(frame, node), view.at(node, "key"), node, view)
        frame.outputs[node.id] = self.output(frame, node, given)
        if node.compensate is not None:
            own = {node.id: Typed(frame.outputs[node.id], maybe_missing=False)}
            for name, value in node.compensate.parameters.items():
                at = view.at(node, "compensate", "with", name)
                self.template(value, Visible(frame, node, own), at, node, view)

    def output(self, frame: Frame, node: Node, given: Mapping[str, types.Type]) -> JsonSchema:
        """What is known of a node's output; checks its bodies on the way."""
        result = ANYTHING
        for graph, is_body in ((node.body, True), (node.finally_, False)):
            if graph is not None:
                inner = Frame(self.views[id(graph)], frame, node, _roots(node, given, frame, is_body=is_body))
                made = self.graph(inner)
                result = made if is_body else result
        if node.body is None:
            found = self.survey.type_of(node)
            if found is not None and found.kind is Kind.TRIGGER and node.use == "manual":
                return self.survey.workflow.input or {}
            typed = (
                {}
                if found is None or found.compute_output is None
                else {k: types.to_schema(v) for k, v in given.items()}
            )
            return self.survey.catalog.output_schema(node, typed)
        match node.use:
            case "foreach":
                tolerant = node.parameters.get("tolerate", 0) not in {0, "0%"} or "until" in node.parameters
                return {"type": "array"} if tolerant else types.to_schema(types.list_of(result))
            case "race":
                return {
                    "type": "object",
                    "properties": {"winner": {"type": "string"}, "output": {}},
                    "required": ["winner", "output"],
                }
            case _:
                return types.to_schema(result)

    def template(
        self, value: Json, env: Visible, pointer: str, node: Node | None, view: View | None = None
    ) -> types.Type:
        """Check one value; give its type."""
        if not has_hole(value):
            return types.constant(value)
        if len(self.problems) >= PROBLEMS:
            return ANYTHING
        checked = check_template(value, env, self.survey.catalog.functions, pointer)
        address = None if node is None or view is None else view.address + node.id
        self.problems += [evolve(p, node=p.node or address) for p in checked.problems]
        for name, reason in env.refused.items():
            message = f"{name!r} cannot be used here: {reason}"
            hint = "An expression may name nodes that are upstream, and the roots of its own scope"
            self.problems.append(Problem(code=ORDER, message=message, pointer=pointer, hint=hint, node=address))
        return checked.type

    def _fit(self, view: View, node: Node, name: str, value: Json, given: types.Type) -> None:
        if not has_hole(value):
            return
        found = self.survey.type_of(node)
        key = (node.use, name)
        if key not in self.wanted:
            schema = {} if found is None else members(members(found.parameters.get("properties")).get(name))
            self.wanted[key] = types.from_schema(schema) if schema else ANYTHING
        reason = types.assignable(given, self.wanted[key])
        if reason is not None:
            message = f"Parameter {name!r} of node {node.id!r} ({node.use}) gets the wrong type: {reason}"
            self.problems.append(evolve(view.problem(node, message, "with", name), code=MISFIT))


def _extra(node: Node, parameter: str) -> Mapping[str, Typed] | None:
    if node.use == "signal" and parameter == "match":
        return {"signal": Typed({}, maybe_missing=False)}
    if node.use == "foreach" and parameter == "until":
        return {"results": Typed({"type": "array"}, maybe_missing=False)}
    if node.use == "loop" and parameter in {"while", "until"}:
        return {"last": Typed({}, maybe_missing=False), "index": Typed({"type": "integer"}, maybe_missing=False)}
    return None


def _roots(node: Node, given: Mapping[str, types.Type], frame: Frame, *, is_body: bool) -> Mapping[str, Typed]:
    """Roots a body has of its own."""
    if not is_body:
        return {"error": Typed({}, maybe_missing=True)}
    match node.use:
        case "foreach":
            name = node.parameters.get("as", "item")
            return {
                str(name): Typed(_item(node, given), maybe_missing=False),
                "index": Typed({"type": "integer"}, maybe_missing=False),
            }
        case "loop":
            return {"last": Typed({}, maybe_missing=False), "index": Typed({"type": "integer"}, maybe_missing=False)}
        case "scope":
            return {"vars": Typed(_variables(given, frame), maybe_missing=False)}
        case _:
            return {}


def _item(node: Node, given: Mapping[str, types.Type]) -> JsonSchema:
    schema = types.to_schema(given["items"]) if "items" in given else {}
    item = members(schema.get("items"))
    return {"type": "array", "items": item} if node.parameters.get("batch", 1) != 1 else item


def _variables(given: Mapping[str, types.Type], frame: Frame) -> JsonSchema:
    """The outer ``vars`` with those of the scope over them."""
    outer = Visible(frame, None)["vars"].schema
    own = types.to_schema(given["vars"]) if "vars" in given else {}
    properties = {**members(outer.get("properties")), **members(own.get("properties"))}
    if not properties or "properties" not in outer:
        return {}
    return {"type": "object", "properties": properties, "required": sorted(properties)}


RULES = (
    Rule(code="REF-101", title="Name out of reach", find=out_of_reach),
    Rule(code="TYP-001", title="Expression of the wrong type", find=misfit),
    Rule(code="", title="Expressions", find=expressions),
)
