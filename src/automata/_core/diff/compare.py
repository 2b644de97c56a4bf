"""The comparison itself: keys of the document, then nodes and edges, bodies included. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import attrs

from automata._core.diff.record import Change, Diff, Level
from automata._core.diff.schema import schema_changes
from automata.model import (
    Compensation,
    Concurrency,
    Debounce,
    Edge,
    Effect,
    Graph,
    Json,
    Kind,
    Node,
    NodeType,
    Rate,
    Retry,
    Workflow,
)

Lookup: TypeAlias = Callable[[str], NodeType | None]

_PATIENCE = {
    "retry": "only how patiently it is tried again",
    "timeout": "only how long it may take",
    "note": "only its note",
}
_BEHAVIOUR = {
    "join": "when the node runs changed",
    "cancel": "what is cancelled when the node runs changed",
    "connection": "it acts through another connection",
    "compensate": "what undoes it changed",
    "disabled": "it was switched on or off",
}
_SETTINGS: Mapping[str, tuple[Level, str]] = {
    "timeout": (Level.PATCH, "only how long a run may take"),
    "retention": (Level.PATCH, "only how long runs are kept"),
    "priority": (Level.PATCH, "only which run goes first"),
    "concurrency": (Level.MINOR, "how many runs go on at once changed"),
    "rate": (Level.MINOR, "how many runs may begin in a while changed"),
    "debounce": (Level.MINOR, "which starts become one run changed"),
    "on_error": (Level.MINOR, "what becomes of a failed run changed"),
    "timezone": (Level.MINOR, "times are read in another zone"),
}


def compare(old: Workflow, new: Workflow, find: Lookup = lambda _name: None) -> Diff:
    """Compare two documents.

    Args:
        old: The document before.
        new: The document after.
        find: Gives the node type of a name, or None; without it effects are taken to be unsafe and roles are guessed.
    """
    changes = [
        *_document(old, new),
        *schema_changes(old.input, new.input),
        *_output(old.graph.output, new.graph.output),
        *_settings(old, new),
        *_graph(old.graph, new.graph, find, ""),
    ]
    return Diff(changes=tuple(sorted(changes, key=lambda change: -change.level.rank)))


def _document(old: Workflow, new: Workflow) -> Iterator[Change]:
    told = (
        ("name", Level.MAJOR, "others call it and find its runs by its name"),
        ("description", Level.PATCH, "only its description"),
        ("vars", Level.MINOR, "expressions see other values"),
        ("errors", Level.MINOR, "something else handles failed runs"),
        ("layout", Level.NONE, "only the picture"),
    )
    for key, level, reason in told:
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield Change(kind=f"{key}_changed", subject=key, level=level, reason=reason, before=before, after=after)
    if old.tests != new.tests:
        yield Change(kind="tests_changed", subject="tests", level=Level.PATCH, reason="only its tests")


def _settings(old: Workflow, new: Workflow) -> Iterator[Change]:
    for field in attrs.fields(type(old.settings)):
        before, after = getattr(old.settings, field.name), getattr(new.settings, field.name)
        if before == after:
            continue
        if field.name == "durability":
            weaker = after == "memory"
            level = Level.MAJOR if weaker else Level.MINOR
            reason = "a crash now loses runs" if weaker else "a crash no longer loses runs"
        else:
            level, reason = _SETTINGS[field.name]
        yield Change(
            kind="setting_changed",
            subject=f"settings.{field.name}",
            level=level,
            reason=reason,
            before=_plain(before),
            after=_plain(after),
        )


def _output(before: Json, after: Json) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _member(key, before, after)
        return
    reason = "callers get a result now" if before is None else "callers may get a value of another shape"
    level = Level.MINOR if before is None else Level.MAJOR
    yield Change(kind="output_changed", subject="output", level=level, reason=reason, before=before, after=after)


def _member(key: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Change]:
    kind, level, reason = "output_changed", Level.MAJOR, "callers may get a value of another shape"
    if key not in before:
        kind, level, reason = "output_added", Level.MINOR, "callers get it in addition"
    elif key not in after:
        kind, reason = "output_removed", "callers no longer get it"
    elif before[key] == after[key]:
        return
    yield Change(
        kind=kind, subject=f"output.{key}", level=level, reason=reason, before=before.get(key), after=after.get(key)
    )


def _graph(old: Graph, new: Graph, find: Lookup, within: str) -> Iterator[Change]:
    for name in dict.fromkeys((*old.nodes, *new.nodes)):
        address = f"{within}{name}"
        before, after = old.nodes.get(name), new.nodes.get(name)
        if before is None and after is not None:
            yield _added(after, find, address)
        elif after is None and before is not None:
            yield _removed(before, find, address)
        elif before is not None and after is not None:
            yield from _node(before, after, find, address)
    yield from _edges(old, new, within)
    if within and old.output != new.output:
        reason = "the node that holds the body gives something else"
        yield Change(
            kind="output_changed", subject=within, level=Level.MINOR, reason=reason, before=old.output, after=new.output
        )


def _added(node: Node, find: Lookup, address: str) -> Change:
    reason = "runs can start by it too" if _is_trigger(node, find) else "runs do something in addition"
    return Change(kind="node_added", subject=address, level=Level.MINOR, reason=reason, after=node.use)


def _removed(node: Node, find: Lookup, address: str) -> Change:
    level, reason = Level.MINOR, "it changes nothing outside"
    if _is_trigger(node, find):
        level, reason = Level.MAJOR, "its events no longer start runs"
    elif node.use == "signal":
        level, reason = Level.MAJOR, "signals of its name no longer arrive"
    elif _writes(node, find):
        level, reason = Level.MAJOR, "what it did outside is no longer done"
    return Change(kind="node_removed", subject=address, level=level, reason=reason, before=node.use)


def _node(old: Node, new: Node, find: Lookup, address: str) -> Iterator[Change]:
    if old.use != new.use:
        gone = _is_trigger(old, find) or _writes(old, find)
        level = Level.MAJOR if gone else Level.MINOR
        reason = "what it did is no longer done" if gone else "another type of node does its work"
        yield Change(kind="node_retyped", subject=address, level=level, reason=reason, before=old.use, after=new.use)
    elif old.parameters != new.parameters:
        yield _parameters(old, new, find, address)
    for key, reason in (*_PATIENCE.items(), *_BEHAVIOUR.items()):
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            level = Level.PATCH if key in _PATIENCE else Level.MINOR
            yield Change(
                kind=f"{key}_changed",
                subject=address,
                level=level,
                reason=reason,
                before=_plain(before),
                after=_plain(after),
            )
    if old.key != new.key:
        reason = "a repeated effect is no longer recognised by its old key"
        yield Change(
            kind="key_changed", subject=address, level=Level.MAJOR, reason=reason, before=old.key, after=new.key
        )
    yield from _graph(old.body or Graph(), new.body or Graph(), find, f"{address}/")
    yield from _graph(old.finally_ or Graph(), new.finally_ or Graph(), find, f"{address}/finally/")


def _parameters(old: Node, new: Node, find: Lookup, address: str) -> Change:
    level, reason = Level.MINOR, "it does its work with other values"
    if _is_trigger(old, find) and not old.use.startswith("schedule."):
        level, reason = Level.MAJOR, "whoever sends its events may have to send them elsewhere"
    elif old.use == "signal" and old.parameters.get("name") != new.parameters.get("name"):
        level, reason = Level.MAJOR, "whoever sends the signal must use the new name"
    elif old.use == "approval" and old.parameters.get("form") != new.parameters.get("form"):
        level, reason = Level.MAJOR, "whoever approves fills in another form"
    before, after = old.parameters, new.parameters
    return Change(kind="parameters_changed", subject=address, level=level, reason=reason, before=before, after=after)


def _edges(old: Graph, new: Graph, within: str) -> Iterator[Change]:
    before, after = frozenset(old.edges), frozenset(new.edges)
    for edge in (*old.edges, *new.edges):
        if edge in before and edge in after:
            continue
        added = edge in after
        level, reason = Level.MINOR, "runs take other ways"
        if not added and edge.port == "error" and edge.source in new.nodes:
            level, reason = Level.MAJOR, "an error that was caught may now fail the run"
        yield Change(
            kind="edge_added" if added else "edge_removed",
            subject=f"{within}{_edge_text(edge)}",
            level=level,
            reason=reason,
        )


def _edge_text(edge: Edge) -> str:
    port = "" if edge.port == "out" else f".{edge.port}"
    return f"{edge.source}{port}{f'/{edge.error_class}' if edge.error_class else ''} -> {edge.target}"


def _is_trigger(node: Node, find: Lookup) -> bool:
    found = find(node.use)
    if found is not None:
        return found.kind is Kind.TRIGGER
    return node.use in {"manual", "schedule.cron", "schedule.every"}


def _writes(node: Node, find: Lookup) -> bool:
    found = find(node.use)
    effect = found.effect if found is not None else Effect.UNSAFE if "." in node.use else Effect.PURE
    return effect.writes


def _plain(value: Retry | Compensation | Concurrency | Rate | Debounce | Json) -> Json:
    """A record of the model as JSON; scalars as they are."""
    if isinstance(value, Retry | Compensation | Concurrency | Rate | Debounce):
        return {name.rstrip("_"): each for name, each in attrs.asdict(value).items() if each is not None}
    return value
