"""Rules about parameters: known type, known names, nothing missing, values and formats that fit the type's schema.

A value that holds an expression is left to the type rules; everything constant is held against the schema at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from automata._core.canonical import canonical
from automata._core.durations import parse_duration
from automata._core.patch import resolve
from automata._core.schema import Validate, check_schema, validator
from automata._core.schema import Violation as Misfit
from automata._core.suggest import did_you_mean, nearest
from automata._core.validation.survey import Rule, Survey, View, members, quoted, remove, replace
from automata.errors import FixInput
from automata.model import Fix, Json, JsonObject, JsonSchema, Node, Problem

SHAPE = frozenset({"required", "additionalProperties", "minProperties", "maxProperties", "minItems", "maxItems"})
"""Keywords that judge a container by its form, whatever its expressions give."""

_HOLE = re.compile(r"\$\{")


def unknown_type(survey: Survey) -> Iterator[Problem]:
    """`use` names a type of the catalog."""
    names: tuple[str, ...] = ()
    for view, node in survey.nodes:
        for use, tokens in _uses(node):
            if survey.catalog.get(use) is None:
                names = names or survey.catalog.names()
                near = nearest(use, names)
                yield view.problem(
                    node,
                    f"Unknown node type {use!r} in node {node.id!r}{f'; did you mean {near!r}?' if near else ''}",
                    *tokens,
                    hint=None if near else "See 'automata plugins list' for what is installed",
                    fixes=(replace(f"Use {near!r}", view.at(node, *tokens), near),) if near else (),
                )


def _uses(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield node.use, ("use",)
    if node.compensate is not None:
        yield node.compensate.use, ("compensate", "use")


def unknown_parameter(survey: Survey) -> Iterator[Problem]:
    """A type takes the parameters its schema lists."""
    for view, node, use, parameters, tokens, misfits in _judged(survey):
        for misfit in misfits:
            if misfit.keyword != "additionalProperties" or misfit.pointer:
                continue
            known = sorted(members(members(_schema(survey, use)).get("properties")))
            for name in (n for n in parameters if n not in known):
                yield _unknown(view, node, use, name, known, tokens)


def _unknown(view: View, node: Node, use: str, name: str, known: list[str], tokens: tuple[str, ...]) -> Problem:
    near = nearest(name, known)
    at = view.at(node, *tokens, name)
    fixes: list[Fix] = []
    if near:
        move = {"op": "move", "from": at, "path": view.at(node, *tokens, near)}
        fixes.append(Fix(f"Rename to {near!r}", (move,)))
    fixes.append(remove(f"Remove {name!r}", at))
    return view.problem(
        node,
        f"Node {node.id!r} ({use}) has no parameter {name!r}{did_you_mean(name, known)}",
        *tokens,
        name,
        hint=f"It takes {', '.join(known)}" if known else "It takes none",
        fixes=tuple(fixes),
    )


def missing_parameter(survey: Survey) -> Iterator[Problem]:
    """What a type requires is given."""
    for view, node, use, parameters, tokens, misfits in _judged(survey):
        schema = _schema(survey, use)
        for misfit in misfits:
            required = schema.get("required")
            if misfit.keyword != "required" or misfit.pointer or not isinstance(required, list):
                continue
            for name in (n for n in required if n not in parameters):
                if f"'{name}'" in misfit.message:
                    yield view.problem(
                        node, f"Node {node.id!r} ({use}) lacks the parameter {name!r}", *_present(node, tokens)
                    )


def _present(node: Node, tokens: tuple[str, ...]) -> tuple[str, ...]:
    return () if tokens == ("with",) and not node.parameters else tokens


def wrong_value(survey: Survey) -> Iterator[Problem]:
    """A constant fits the schema of its parameter."""
    for view, node, use, parameters, tokens, misfits in _judged(survey):
        for misfit in misfits:
            if not misfit.pointer and misfit.keyword in {"additionalProperties", "required"}:
                continue
            message = _sentence(misfit, parameters, _schema(survey, use).get("oneOf"))
            pointer = view.at(node, *_present(node, tokens)) + misfit.pointer
            where = misfit.pointer.removeprefix("/").replace("/", ".")
            subject = f"Parameter {where!r} of" if where else "The parameters of"
            yield view.problem(node, f"{subject} node {node.id!r} ({use}): {message}", pointer=pointer)


def _sentence(misfit: Misfit, value: Json, rule: Json) -> str:
    if misfit.keyword == "oneOf" and not misfit.pointer and isinstance(value, Mapping):
        names = _alternatives(rule)
        return f"exactly one of {quoted(names)} must be given" if names else "exactly one of its forms must fit"
    return misfit.message.rstrip(".")


def _alternatives(rule: Json) -> list[str]:
    """The parameters a `oneOf` of nothing but requirements chooses between."""
    branches = [members(branch).get("required") for branch in rule] if isinstance(rule, list | tuple) else []
    return [name for names in branches if isinstance(names, list) for name in names if isinstance(name, str)]


def bad_format(survey: Survey) -> Iterator[Problem]:
    """Durations, cron expressions, time zones and timestamps can be read."""
    for view, node in survey.nodes:
        for use, tokens, parameters in _parameters(node):
            properties = members(_schema(survey, use).get("properties"))
            for name, value in parameters.items():
                form = members(properties.get(name)).get("format")
                if isinstance(form, str) and isinstance(value, str) and not has_hole(value):
                    fault = _fault(form, value)
                    if fault:
                        yield view.problem(
                            node, f"Parameter {name!r} of node {node.id!r} ({use}): {fault}", *tokens, name
                        )
    zone = survey.workflow.settings.timezone
    if fault := _timezone(zone):
        yield Problem(code="", message=f"Setting 'timezone': {fault}", pointer="/settings/timezone")


def _fault(form: str, value: str) -> str | None:
    match form:
        case "duration":
            return _duration(value)
        case "interval":
            return _interval(value)
        case "cron":
            return _cron(value)
        case "timezone":
            return _timezone(value)
        case "date-time":
            return _timestamp(value)
        case _:
            return None


def _duration(value: str) -> str | None:
    try:
        parse_duration(value)
    except ValueError as error:
        return str(error)
    return None


def _interval(value: str) -> str | None:
    from automata._core.schedule import parse_interval

    try:
        parse_interval(value)
    except FixInput as error:
        return str(error)
    return None


def _cron(value: str) -> str | None:
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    try:
        next(CronSim(value, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        return f"{value!r} is not a cron expression{f': {error}' if str(error) else ''}"
    return None


@lru_cache(maxsize=256)
def _timezone(value: str) -> str | None:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        return f"{value!r} is not a time zone{did_you_mean(value, sorted(available_timezones()))}"
    return None


def _timestamp(value: str) -> str | None:
    from datetime import datetime

    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return f"{value!r} is not a timestamp; write it like '2030-01-31T09:00:00Z'"
    return None if aware else f"{value!r} has no time zone; append 'Z' for UTC"


def bad_schema(survey: Survey) -> Iterator[Problem]:
    """Schemas inside a document are JSON Schemas that fetch nothing and whose patterns are safe."""
    if survey.workflow.input is not None:
        for place, fault in _faults(survey.workflow.input):
            yield Problem(code="", message=f"The schema of 'input': {fault}", pointer=f"/input{place}")
    for view, node in survey.nodes:
        for use, tokens, parameters in _parameters(node):
            properties = members(_schema(survey, use).get("properties"))
            for name, value in parameters.items():
                if members(properties.get(name)).get("format") == "json-schema" and isinstance(value, Mapping):
                    for place, fault in _faults(value):
                        message = f"The schema {name!r} of node {node.id!r}: {fault}"
                        yield view.problem(node, message, pointer=view.at(node, *tokens, name) + place)


def _faults(schema: JsonObject) -> Iterator[tuple[str, str]]:
    """The first faults of a schema as pointer into it and sentence."""
    for fault in check_schema(schema)[:5]:
        cuts = [at.start() for at in re.finditer(": ", fault)]
        cut = next((cut for cut in cuts if _names_a_place(schema, fault[:cut])), None)
        yield ("", fault) if cut is None else (fault[:cut], fault[cut + 2 :])


def _names_a_place(schema: JsonObject, pointer: str) -> bool:
    try:
        resolve(schema, pointer)
    except ValueError:
        return False
    return True


def has_hole(value: Json) -> bool:
    """Whether a value holds an expression somewhere."""
    if isinstance(value, str):
        return _HOLE.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(has_hole, value.values()))
    return isinstance(value, list | tuple) and any(map(has_hole, value))


def _parameters(node: Node) -> Iterator[tuple[str, tuple[str, ...], JsonObject]]:
    yield node.use, ("with",), node.parameters
    if node.compensate is not None:
        yield node.compensate.use, ("compensate", "with"), node.compensate.parameters


def _schema(survey: Survey, use: str) -> JsonSchema:
    found = survey.catalog.get(use)
    return {} if found is None else found.parameters


_Judged = tuple[View, Node, str, JsonObject, tuple[str, ...], tuple[Misfit, ...]]


def _judged(survey: Survey) -> tuple[_Judged, ...]:
    """Every set of parameters with what its schema says against it, computed once for all rules."""
    return survey.kept(_judge)


def _judge(survey: Survey) -> tuple[_Judged, ...]:
    found: list[_Judged] = []
    for view, node in survey.nodes:
        for use, tokens, parameters in _parameters(node):
            misfits = _misfits(_schema(survey, use), parameters)
            if misfits:
                found.append((view, node, use, parameters, tokens, misfits))
    return tuple(found)


def _misfits(schema: JsonSchema, parameters: JsonObject) -> tuple[Misfit, ...]:
    if schema.keys() <= {"type", "additionalProperties"} and schema.get("additionalProperties") is not False:
        return ()
    if _is_plain(schema, parameters):
        return ()
    misfits = _validator(canonical(schema), _Kept(schema))(parameters)
    return tuple(m for m in misfits if _stands(m, schema, parameters))


def _is_plain(schema: JsonSchema, parameters: JsonObject) -> bool:
    """Whether nothing can be wrong: known names, nothing missing, every value one expression. Spares the validator."""
    properties = members(schema.get("properties"))
    required = schema.get("required", ())
    if schema.keys() - {"type", "properties", "required", "additionalProperties"}:
        return False
    return (
        isinstance(required, list | tuple)
        and all(name in parameters for name in required)
        and all(
            name in properties and isinstance(v, str) and _whole(v, properties[name]) for name, v in parameters.items()
        )
    )


def _whole(value: str, schema: Json) -> bool:
    if has_hole(value):
        return True
    keys = members(schema).keys() - {"title", "description", "default", "format", "examples"}
    return keys == {"type"} and members(schema)["type"] == "string"


def _stands(misfit: Misfit, schema: JsonSchema, parameters: JsonObject) -> bool:
    """Whether a misfit holds whatever the expressions in the value give."""
    try:
        value = resolve(parameters, misfit.pointer)
        rule = resolve(schema, misfit.path)
    except ValueError:
        return False
    if not has_hole(value) or misfit.keyword in SHAPE:
        return True
    if misfit.keyword == "type" and isinstance(value, Mapping | list):
        return True
    if misfit.keyword not in {"oneOf", "anyOf"} or not isinstance(rule, list):
        return False
    return all(members(branch).keys() <= {"required"} for branch in rule)


class _Kept:
    """Carries a schema past the cache, which compares its canonical form only."""

    def __init__(self, schema: JsonSchema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=512)
def _validator(_: bytes, kept: _Kept) -> Validate:
    try:
        return validator(kept.schema)
    except ValueError:
        return lambda _: ()


RULES = (
    Rule(code="PAR-001", title="Unknown node type", find=unknown_type),
    Rule(code="PAR-002", title="Unknown parameter", find=unknown_parameter),
    Rule(code="PAR-003", title="Missing parameter", find=missing_parameter),
    Rule(code="PAR-004", title="Value does not fit its parameter", find=wrong_value),
    Rule(code="PAR-005", title="Text does not have the format it needs", find=bad_format),
    Rule(code="PAR-006", title="Schema that cannot be used", find=bad_schema),
)
