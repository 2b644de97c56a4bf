"""Applying the fixes problems offer, without touching more of a file than a fix changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automata._core.kernel import Kernel
    from automata._core.results import Report
    from automata.cli.console import Console
    from automata.model import Fix, Json

_ROUNDS = 100
"""Fixes of one file in one go; a fix removes its problem and adds none, so this is never reached in good order."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "none"})


def repair(
    kernel: Kernel, path: str, report: Report, out: Console, *, whole: bool, others: Mapping[str, str | bytes]
) -> int:
    """Apply the first fix of every problem that has one, and write the file; returns how many were applied.

    A fix is taken only when applying it really removes its problem. A scalar is replaced where it stands; any other
    change needs the whole file written anew, which JSON bears and a YAML file's comments do not: those files are left
    alone unless *whole* is true. With *others*, texts by file name, calls between documents are checked too.
    """
    applied = 0
    tried: set[tuple[str, str]] = set()
    while applied < _ROUNDS:
        found = next(((p, p.fixes[0]) for p in report.problems if p.fixes and (p.code, p.pointer) not in tried), None)
        if found is None or report.source is None:
            break
        problem, fix = found
        tried.add((problem.code, problem.pointer))
        text = _edited(report.source.text, report, fix) or _rewritten(report, fix, path, out, whole=whole)
        if text is None:
            continue
        checked = kernel.validate_texts({**others, path: text})[path]
        if checked.source is None or len(checked.problems) >= len(report.problems):
            out.warn(f"{path}: the fix {fix.title!r} did not help and was left out")
            continue
        report, applied = checked, applied + 1
        out.say(f"{path}: {fix.title}")
    if applied and report.source is not None:
        write_whole(Path(path), report.source.text)
    return applied


def _edited(text: str, report: Report, fix: Fix) -> str | None:
    """Replace one scalar in the text, everything else byte for byte; None when the fix is not as simple as that."""
    operation = fix.patch[0]
    source = report.source
    if len(fix.patch) != 1 or operation.get("op") != "replace" or source is None:
        return None
    pointer, value = str(operation["path"]), operation.get("value")
    old, place = _at(source.raw, pointer), source.position(pointer)
    if isinstance(old, Mapping | list | tuple) or isinstance(value, Mapping | list | tuple) or place is None:
        return None
    lines = text.splitlines(keepends=True)
    line = lines[place.line - 1]
    start = place.column - 1
    written = next((form for form in _forms(old) if line.startswith(form, start)), None)
    if written is None:
        return None
    style = written[0] if written[0] in "\"'" else ""
    lines[place.line - 1] = line[:start] + _scalar(value, style, source.format) + line[start + len(written) :]
    return "".join(lines)


def _forms(value: Json) -> list[str]:
    """The ways *value* may stand in a text, quoted ones first."""
    if not isinstance(value, str):
        return [json.dumps(value)]
    return [json.dumps(value, ensure_ascii=False), json.dumps(value), "'" + value.replace("'", "''") + "'", value]


def _scalar(value: Json, style: str, form: str) -> str:
    if isinstance(value, str) and form == "yaml" and style != '"':
        if style == "'":
            return "'" + value.replace("'", "''") + "'"
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and value == value.strip():
            return value
    return json.dumps(value, ensure_ascii=False)


def _rewritten(report: Report, fix: Fix, path: str, out: Console, *, whole: bool) -> str | None:
    from automata._core.patch import apply_patch

    source = report.source
    if source is None:
        return None
    if source.format == "yaml" and not whole:
        out.warn(f"{path}: {fix.title!r} needs the whole file rewritten, and its comments would be lost; add --yes")
        return None
    changed = apply_patch(source.raw, fix.patch)
    if source.format == "json":
        return json.dumps(changed, ensure_ascii=False, indent=2) + "\n"
    import yaml

    return str(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=120))


def _at(raw: Json, pointer: str) -> Json:
    from automata._core.patch import resolve

    return resolve(raw, pointer)


def write_whole(path: Path, text: str) -> None:
    """Replace the file in one step, so that nobody ever sees half of it; its permissions stay."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", newline="")
    beside.chmod(path.stat().st_mode)
    beside.replace(path)
