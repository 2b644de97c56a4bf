"""Which plugins take part: checked against blocklist, safe mode and versions, described by manifests. Imports none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve

from automata._core.manifest import Manifest, read_manifest
from automata._core.plugins.guard import LIMIT_S
from automata._core.plugins.index import Found, Index, read_index
from automata._core.plugins.proxy import PluginInfo, Proxy, Report, Status
from automata._core.plugins.registry import Plugins
from automata._core.plugins.versions import admits, normalize, read_requirement

KERNEL = "automata-kernel"
BUILTINS = ("automata._core.controls",)
"""The kernel's own plugins, as entry-point values: named, not imported, like a stranger's."""
FIRST_PARTY = frozenset({KERNEL, "automata-http", "automata-files"})
"""Distributions safe mode still loads; a name and not a prefix, because anybody may publish ``automata-anything``."""


def discover(
    *,
    disabled: Iterable[str] = (),
    safe_mode: bool = False,
    path: Sequence[str] | None = None,
    cache: Path | None = None,
    limit_s: float = LIMIT_S,
    builtins: Sequence[str] = BUILTINS,
) -> Plugins:
    """Find the installed plugins; reads metadata and manifests, and runs no code of theirs.

    Args:
        disabled: Names of distributions or entry points to leave out, in any spelling PEP 503 makes equal.
        safe_mode: Leave out everything that is not first-party.
        path: Folders to look in; ``sys.path`` when None.
        cache: File to keep the index in, or None.
        limit_s: How long a plugin's import, or one of its registration hooks, may take.
        builtins: The kernel's own plugins.
    """
    index = read_index(path, cache)
    blocked = frozenset(normalize(name) for name in disabled)
    version = index.installed.get(KERNEL, "")
    proxies = [_builtin(value, version) for value in builtins]
    off: list[PluginInfo] = []
    reports: list[Report] = []
    for found in index.found:
        status, reason = _judge(found, blocked, version, safe_mode=safe_mode)
        if status is Status.FOUND:
            manifest, notes = _describe(found)
            status, reason = _judge_range(found, manifest.kernel if manifest else "", version)
            if status is Status.FOUND:
                proxies.append(Proxy(found, manifest, limit_s=limit_s, notes=(*notes, *_missing(found, index))))
                continue
        off.append(_switched_off(found, status, reason))
        if status is not Status.DISABLED:
            reports.append(Report(plugin=found.distribution, message=reason))
    return Plugins(proxies, off, reports)


def _builtin(value: str, version: str) -> Proxy:
    name = value.rpartition(".")[2]
    return Proxy(Found(name=name, value=value, distribution=KERNEL, version=version, builtin=True), None)


def _judge(found: Found, blocked: frozenset[str], version: str, *, safe_mode: bool) -> tuple[Status, str]:
    names = {normalize(found.distribution), normalize(found.name)}
    if names & blocked:
        return Status.DISABLED, "Switched off by AUTOMATA_DISABLED_PLUGINS"
    if safe_mode and normalize(found.distribution) not in FIRST_PARTY:
        return Status.DISABLED, "Left out in safe mode"
    ranges = [wanted.range for line in found.requires if (wanted := read_requirement(line)) and wanted.name == KERNEL]
    return _judge_range(found, ",".join(filter(None, ranges)), version)


def _judge_range(found: Found, clauses: str, version: str) -> tuple[Status, str]:
    if not clauses or not version:
        return Status.FOUND, ""
    label = f"{found.distribution} {found.version}"
    try:
        fits = admits(clauses, version)
    except ValueError as error:
        return Status.INCOMPATIBLE, f"{label} asks for {KERNEL}{clauses}, which cannot be read: {error}"
    if fits:
        return Status.FOUND, ""
    return Status.INCOMPATIBLE, f"{label} needs {KERNEL} {clauses}, and {version} is installed"


def _describe(found: Found) -> tuple[Manifest | None, tuple[str, ...]]:
    """The manifest, when there is one that fits; a bad one costs an import, not the plugin."""
    if not found.manifest:
        return None, ()
    try:
        manifest = read_manifest(Path(found.manifest).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None, ()
    except (OSError, ValueError) as error:
        return None, (f"automata.json is not used: {error}",)
    if manifest.entry_point != found.value:
        return None, ()
    if normalize(manifest.name) != normalize(found.distribution) or manifest.version != found.version:
        return None, (f"automata.json is not used: it describes {manifest.name} {manifest.version}",)
    return manifest, ()


def _missing(found: Found, index: Index) -> tuple[str, ...]:
    wanted = [needed for line in found.requires if (needed := read_requirement(line))]
    return tuple(
        f"Needs {needed.name!r}, which is not installed" for needed in wanted if needed.name not in index.installed
    )


def _switched_off(found: Found, status: Status, reason: str) -> PluginInfo:
    blank = Proxy(found, None).info
    return evolve(blank, status=status, reason=reason)
