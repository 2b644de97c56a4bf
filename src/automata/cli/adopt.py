"""Writing what a test case observed into its document, every other byte left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

    from automata._core.cases import CaseResult
    from automata.model import Json


def observed(result: CaseResult) -> dict[str, Json]:
    """What the run of a case showed, as an ``expect``."""
    from automata.model import StepStatus

    steps = (s for s in result.steps if "/" not in s.node and "~" not in s.node)
    seen: dict[str, Json] = {"path": [s.node for s in steps if s.status is not StepStatus.SKIPPED]}
    if result.run.error is not None:
        return seen | {"error": {"class": result.run.error.kind}}
    return seen | {"output": result.run.output, "status": str(result.run.status)}


def adopt(text: str, at: int, seen: Mapping[str, Json], *, form: str) -> str:
    """Put *seen* into the ``expect`` of the test case number *at*.

    A member that stands there is replaced where it stands; what is missing is added only when the case expects
    nothing else, or when the run did not succeed. An ``expect`` that no longer applies is replaced as a whole.

    Args:
        text: A valid document.
        at: Number of the case, from 0.
        seen: From `observed`.
        form: ``yaml`` or ``json``.
    """
    import yaml

    whole = _members(yaml.compose(text, Loader=yaml.SafeLoader))["tests"].value[at]
    case = _members(whole)
    if "expect" not in case:
        return _inserted(text, whole, "expect", _written(_short(seen), form), form)
    old = _members(case["expect"])
    if not old or not set(old) <= set(seen):
        return _replaced(text, case["expect"], _written(_short(seen), form))
    for name, node in sorted(old.items(), key=lambda pair: -pair[1].start_mark.index):
        text = _replaced(text, node, _written(seen[name], form))
    if ("error" in seen and "error" not in old) or (
        seen.get("status") not in {None, "succeeded"} and "status" not in old
    ):
        name = "error" if "error" in seen else "status"
        text = _inserted(text, case["expect"], name, _written(seen[name], form), form)
    return text


def _short(seen: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in seen.items() if (name, value) != ("status", "succeeded")}


def _members(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if node is not None and isinstance(node.value, list) else {}


def _inserted(text: str, node: yaml.Node, name: str, value: str, form: str) -> str:
    start = node.start_mark
    key = json.dumps(name) if form == "json" else name
    if text[start.index] == "{":
        comma = ", " if node.value else ""
        return f"{text[: start.index + 1]}{key}: {value}{comma}{text[start.index + 1 :]}"
    return f"{text[: start.index]}{key}: {value}\n{' ' * start.column}{text[start.index :]}"


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, _end(node)
    ending = "\n" if text[start:end].endswith("\n") else ""
    return text[:start] + value + ending + text[end:]


def _end(node: yaml.Node) -> int:
    """Where a node really ends: a block collection's own mark lies behind the comments that follow it."""
    import yaml

    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _written(value: Json, form: str) -> str:
    if form == "json":
        return json.dumps(value, ensure_ascii=False, default=_plain)
    import yaml

    plain = json.loads(json.dumps(value, default=_plain))
    text = yaml.safe_dump([plain], default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    return str(text).strip()[1:-1]


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else list(value)  # type: ignore[call-overload] # JSON values only
